use hotconfig::HotConfig;

const LOW: u32 = 10;
const HIGH: u32 = 20;

#[derive(HotConfig, Clone)]
struct Config {
    #[hot(default = 8, range(LOW..=HIGH))]
    below: u32,
    #[hot(default = HIGH, range(LOW..HIGH))]
    at_the_end: u32,
    #[hot(default, range(LOW..))]
    zero: u32,
}

fn main() {}
