use std::collections::BTreeMap;
use std::time::Duration;

use hotconfig::HotConfig;
use hotconfig::Size;

#[derive(HotConfig, Clone)]
struct Config {
    #[hot(default, range(1..))]
    a: u8,
    #[hot(default, non_empty)]
    b: String,
    #[hot(default, one_of("info", "debug"))]
    c: String,
    #[hot(default, range("1s"..))]
    d: Duration,
    #[hot(default, length(1..))]
    e: Vec<u8>,
    #[hot(default, non_empty)]
    f: BTreeMap<String, u8>,
    #[hot(default, url)]
    g: String,
    #[hot(default, range("1KiB"..))]
    h: Size,
}

fn main() {}
