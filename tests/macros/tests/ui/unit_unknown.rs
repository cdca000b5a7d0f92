use std::time::Duration;

use hotconfig::{HotConfig, Size};

type Wait = Duration;

#[derive(HotConfig, Clone)]
struct Config {
    #[hot(default = "30 secnds")]
    wait: Duration,
    #[hot(default = "64MXB")]
    size: Size,
    #[hot(default = "5 lightyears")]
    alias: Wait,
    #[hot(range("1s"..="5x"))]
    bound: Duration,
    #[hot(default = "[\"1s\", \"2q\"]")]
    inside: Vec<Duration>,
    #[hot(default = "-30s")]
    negative: Duration,
    #[hot(default = "-5MiB")]
    less_than_nothing: Size,
    #[hot(default = "99999999999999999999s")]
    too_long: Duration,
    #[hot(default = "20EiB")]
    too_big: Size,
}

fn main() {}
