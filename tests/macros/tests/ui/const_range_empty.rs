use std::time::Duration;

use hotconfig::HotConfig;

const LOW: u32 = 200;
const HIGH: u32 = 128;

#[derive(HotConfig, Clone)]
struct Config {
    #[hot(default = 150, range(LOW..=HIGH))]
    swapped: u32,
    #[hot(range(HIGH..HIGH))]
    nothing: u32,
    #[hot(length(LEAST..3))]
    name: String,
    #[hot(range(Duration::from_secs(5)..=Duration::from_secs(1)))]
    timeout: Duration,
    #[hot(range("5m"..="1s"))]
    alias: Timeout,
}

const LEAST: usize = 5;
type Timeout = Duration;

fn main() {}
