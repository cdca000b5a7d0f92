use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroU8;
use std::path::PathBuf;

use hotconfig::HotConfig;
use hotconfig::Size;

#[derive(HotConfig, Clone)]
struct Config {
    #[hot(default = 0)]
    a: NonZeroU8,
    #[hot(default = 300)]
    b: NonZeroU8,
    #[hot(default = "10.0.0")]
    c: IpAddr,
    #[hot(default = "localhost:80")]
    d: SocketAddr,
    #[hot(default = 80)]
    e: SocketAddr,
    #[hot(default = 1024)]
    f: Size,
    #[hot(default = "64 MiBs")]
    g: Size,
    #[hot(default = 5)]
    h: PathBuf,
    #[hot(default = "not a url", url)]
    i: String,
    #[hot(default = 8u64)]
    j: u32,
    #[hot(default = "")]
    k: Option<u32>,
}

fn main() {}
