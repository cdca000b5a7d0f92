use std::time::Duration;

use hotconfig::{HotConfig, Size};

const MAX: u32 = 128;
const NONE: Option<u8> = None;
const WORD: &str = "c";
const NAN: f64 = f64::NAN;
const HALF: f32 = 0.5;
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
    #[hot(default = WORD, one_of("a", "b"))]
    word: String,
    #[hot(default = NONE, range(5..))]
    none: Option<u8>,
    #[hot(default = NAN)]
    fraction: f64,
    #[hot(default = HALF)]
    half: f32,
}

impl Config {
    const WORKERS: u16 = 16;
}

#[derive(HotConfig, Clone)]
struct Generic<T: Most> {
    #[hot(default = MAX, range(1..=64))]
    number: u32,
    #[hot(default = "soon")]
    timeout: Timeout,
    #[hot(default = T::MAX, range(1..=64))]
    unknown: u32,
    #[hot(skip)]
    skipped: std::marker::PhantomData<T>,
}

type Timeout = Duration;

trait Most {
    const MAX: u32;
}

fn main() {}
