use std::time::Duration;

use hotconfig::HotConfig;

#[derive(HotConfig, Clone)]
struct Config {
    #[hot(range(64..=1))]
    port: u16,
    #[hot(range(5..5))]
    size: u16,
    #[hot(range("5m".."1s"))]
    time: Duration,
}

fn main() {}
