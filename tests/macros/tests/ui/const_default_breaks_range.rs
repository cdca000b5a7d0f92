use std::time::Duration;

use hotconfig::{HotConfig, Size};

const MAX: u32 = 128;
const PATIENCE: Duration = Duration::from_secs(90);

#[derive(HotConfig, Clone)]
struct Config {
    #[hot(default = MAX, range(1..=64))]
    pool_size: u32,
    #[hot(default = 60 * 5, range(..100))]
    seconds: u64,
    #[hot(default = Some(MAX), range(1..=64))]
    maybe: Option<u32>,
    #[hot(default = PATIENCE, range("1s"..="60s"))]
    patience: Duration,
    #[hot(default = Duration::from_millis(10), range("1s"..))]
    timeout: Duration,
    #[hot(default = Size::new(1 << 30), range(.."64MiB"))]
    buffer: Size,
    #[hot(default = f64::NAN, range(0.0..))]
    ratio: f64,
    #[hot(default = Self::WORKERS, range(..=8))]
    workers: u16,
}

impl Config {
    const WORKERS: u16 = 16;
}

fn main() {}
