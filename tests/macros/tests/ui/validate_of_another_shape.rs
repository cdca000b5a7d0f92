use hotconfig::{HotConfig, Invalid};

#[derive(HotConfig, Clone)]
struct Config {
    #[hot(validate = by_value)]
    a: u16,
    #[hot(validate = yes_or_no)]
    b: u16,
    #[hot(validate = says_text)]
    c: u16,
    #[hot(validate = two)]
    d: u16,
}

fn by_value(_: u16) -> Result<(), Invalid> {
    Ok(())
}

fn yes_or_no(_: &u16) -> bool {
    true
}

fn says_text(_: &u16) -> Result<(), String> {
    Ok(())
}

fn two(_: &u16, _: &u16) -> Result<(), Invalid> {
    Ok(())
}

fn main() {}
