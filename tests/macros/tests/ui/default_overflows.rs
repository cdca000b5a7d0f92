use hotconfig::{HotConfig, Secret};

const MAX: u32 = 4_000_000_000;
const LONG: u64 = 8;

#[derive(HotConfig, Clone)]
struct Config {
    #[hot(default = 200 + 100)]
    a: u8,
    #[hot(default = u64::MAX + 1)]
    b: u64,
    #[hot(default = 1 - 2)]
    c: u32,
    #[hot(default = u32::MAX / 0)]
    d: u32,
    #[hot(default = MAX * 2, range(1..))]
    e: u32,
    #[hot(default = Some(MAX + MAX))]
    f: Option<u32>,
    #[hot(default = MAX + MAX)]
    g: Option<u32>,
    #[hot(default = u128::MAX + 1)]
    h: u128,
    #[hot(default = -i8::MIN)]
    i: i8,
    #[hot(secret, default = u8::MAX + 1)]
    j: Secret<u8>,
    // These are right.
    #[hot(default = 60 * 60 * 24)]
    l: u32,
    #[hot(default = LONG as u32 * 2)]
    m: u32,
    #[hot(default = 1.0 / 0.5)]
    n: f64,
    #[hot(default = !0)]
    o: u64,
}

fn main() {}
