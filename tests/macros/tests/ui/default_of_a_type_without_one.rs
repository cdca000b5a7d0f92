use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroU32;

#[derive(serde::Deserialize, Clone, PartialEq)]
enum Level {
    Info,
}

use hotconfig::HotConfig;

#[derive(HotConfig, Clone)]
struct Config {
    #[hot(default)]
    a: NonZeroU32,
    #[hot(default)]
    b: IpAddr,
    #[hot(default)]
    c: SocketAddr,
    #[hot(default)]
    d: Level,
}

fn main() {}
