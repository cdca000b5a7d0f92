use std::net::IpAddr;
use std::time::Duration;

use hotconfig::Size;
type Url = String;
use hotconfig::HotConfig;

#[derive(HotConfig, Clone)]
struct Config {
    #[hot(url)]
    a: Url,
    #[hot(range("10.0.0.1".."10.0.0.9"))]
    b: IpAddr,
    #[hot(length(1..=5))]
    c: f64,
    #[hot(non_empty)]
    d: u8,
    #[hot(range(1..=64))]
    e: Size,
    #[hot(range(1.0..=5.0))]
    f: u8,
    #[hot(range(-5..=5))]
    g: u8,
    #[hot(range("5m"..="1s"))]
    h: Duration,
    #[hot(range(1u8..=64u8))]
    i: u32,
}

fn main() {}
