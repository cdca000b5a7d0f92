use std::time::Duration;

use hotconfig::HotConfig;

#[derive(HotConfig, Clone)]
struct Config {
    #[hot(range(1..=300))]
    a: u8,
    #[hot(range("1"..="5"))]
    b: u8,
    #[hot(range(1..=5))]
    c: Duration,
    #[hot(range("1s"..=5))]
    d: Duration,
    #[hot(range("1s"..="soon"))]
    e: Duration,
    #[hot(range(0..=1))]
    f: f64,
}

fn main() {}
