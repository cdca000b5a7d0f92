use hotconfig::HotConfig;

#[derive(HotConfig, Clone)]
struct Config {
    #[hot(range = 1..5)]
    a: u8,
    #[hot(range = "1..5")]
    b: u8,
    #[hot(range(1, 5))]
    c: u8,
    #[hot(range(min = 1, max = 5))]
    d: u8,
    #[hot(range[1..=5])]
    e: u8,
    #[hot(length(5))]
    f: String,
    #[hot(length(min = 1))]
    g: String,
    #[hot(range((1..=9).step_by(2)))]
    h: u8,
    #[hot(range(1..3, 7..9))]
    i: u8,
}

fn main() {}
