use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use hotconfig::{HotConfig, HotValue};

#[derive(Clone, PartialEq, serde::Deserialize, serde::Serialize, HotValue)]
enum Level {
    Info,
}

#[derive(HotConfig, Clone)]
struct Config {
    #[hot(default = info)]
    a: String,
    #[hot(default = localhost)]
    b: IpAddr,
    #[hot(default = info)]
    c: Level,
    #[hot(default = soon)]
    d: Duration,
    #[hot(default = on)]
    e: bool,
    #[hot(default = off)]
    f: bool,
    #[hot(default = null)]
    g: Option<u32>,
    #[hot(default = none)]
    h: Option<Level>,
    #[hot(default = 127.0.0.1)]
    i: IpAddr,
    #[hot(default = /var/lib)]
    j: PathBuf,
    #[hot(default = 10.0.0.1:80, restart)]
    k: SocketAddr,
    #[hot(default = ::1)]
    l: IpAddr,
    #[hot(default = 1.2.3)]
    m: String,
    #[hot(default = "none")]
    n: Option<u32>,
    #[hot(default = 8 restart)]
    o: u32,
    #[hot(key = /a/b)]
    p: Option<u32>,
    // Some write their constants so.
    #[hot(default = eight)]
    r: u32,
}

#[allow(non_upper_case_globals)]
const eight: u32 = 8;

fn main() {}
