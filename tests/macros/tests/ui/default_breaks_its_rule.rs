use std::time::Duration;

use hotconfig::HotConfig;

#[derive(HotConfig, Clone)]
struct Config {
    #[hot(default = 65, range(1..=64))]
    a: u32,
    #[hot(default = 64, range(1..64))]
    b: u32,
    #[hot(default = "loud", one_of("debug", "info"))]
    c: String,
    #[hot(default = 3, one_of(1, 2))]
    d: u8,
    #[hot(default = "10m", range("1s"..="5m"))]
    e: Duration,
    #[hot(default = "", non_empty)]
    f: String,
    #[hot(default = "abc", length(..=2))]
    g: String,
    #[hot(default = "A", pattern("^[a-z]$"))]
    h: String,
}

fn main() {}
