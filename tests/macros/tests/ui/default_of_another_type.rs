use std::time::Duration;

use hotconfig::HotConfig;

#[derive(HotConfig, Clone)]
struct Config {
    #[hot(default = "abc")]
    a: u32,
    #[hot(default = 300)]
    b: u8,
    #[hot(default = -1)]
    c: u8,
    #[hot(default = 1)]
    d: f64,
    #[hot(default = 30)]
    e: Duration,
    #[hot(default = "soon")]
    f: Duration,
    #[hot(default = "yes")]
    g: bool,
    #[hot(default = 5)]
    h: String,
}

fn main() {}
