use std::num::NonZeroU8;

use hotconfig::HotConfig;

#[derive(HotConfig, Clone)]
struct Config {
    #[hot(default = -0)]
    number: u8,
    #[hot(range(-0..=8))]
    bound: u16,
    #[hot(one_of(-0, 1))]
    choice: u32,
    #[hot(length(-0..=8))]
    text: String,
    #[hot(range(-0..))]
    never_zero: NonZeroU8,
    #[hot(default = -0)]
    signed: i8,
}

fn main() {}
