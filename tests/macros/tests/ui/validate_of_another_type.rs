use hotconfig::{HotConfig, Invalid};

#[derive(HotConfig, Clone)]
struct Config {
    #[hot(validate = even)]
    port: u16,
}

fn even(_: &u32) -> Result<(), Invalid> {
    Ok(())
}

fn main() {}
