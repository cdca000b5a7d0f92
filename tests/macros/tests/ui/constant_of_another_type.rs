use std::time::Duration;

use hotconfig::HotConfig;

const TEXT: &str = "8";
const BIG: u64 = 8;
const SECONDS: u32 = 30;

#[derive(HotConfig, Clone)]
struct Config {
    #[hot(default = TEXT, range(1..))]
    text: u32,
    #[hot(default = BIG, range(..=4))]
    big: u32,
    #[hot(range(TEXT..=BIG))]
    bounds: u32,
    #[hot(default = TEXT as u32)]
    cast: u32,
    #[hot(default = SECONDS, range("1s"..))]
    seconds: Duration,
    #[hot(default = TEXT, length(..SECONDS))]
    length: String,
}

fn main() {}
