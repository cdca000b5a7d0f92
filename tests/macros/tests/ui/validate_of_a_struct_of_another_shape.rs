use hotconfig::{HotConfig, Invalid};

#[derive(HotConfig, Clone)]
#[hot(validate = by_value)]
struct Config {
    a: u16,
}

fn by_value(_: Config) -> Result<(), Invalid> {
    Ok(())
}

#[derive(HotConfig, Clone)]
#[hot(validate = yes_or_no)]
struct Other {
    a: u16,
}

fn yes_or_no(_: &Other) -> bool {
    true
}

fn main() {}
