use std::time::Duration;

type Limits = Vec<u8>;

use hotconfig::HotConfig;

#[derive(HotConfig, Clone)]
struct Config {
    #[hot(json, default = "info")]
    a: String,
    #[hot(json, default = 5)]
    b: String,
    #[hot(json, default = "\"yes\"")]
    c: bool,
    #[hot(json, default = "30s")]
    d: Duration,
    #[hot(json, default = "\"loud\"", one_of("info", "debug"))]
    e: String,
    #[hot(json, default = "[1")]
    f: Limits,
}

fn main() {}
