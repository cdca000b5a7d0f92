use hotconfig::{HotConfig, Size};

#[derive(HotConfig, Clone)]
struct Config {
    #[hot(default = "1_000")]
    a: u32,
    #[hot(default = "0x10")]
    b: u32,
    #[hot(default = "16EiB")]
    c: Size,
    #[hot(default = "99999999999999999999")]
    d: Size,
    #[hot(default = "16 EiBs")]
    e: Size,
}

fn main() {}
