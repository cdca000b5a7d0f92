use hotconfig::HotConfig;

#[derive(HotConfig, Clone)]
struct Config {
    #[hot(length(-1..5))]
    name: String,
    #[hot(length(3..))]
    pair: [u8; 2],
    #[hot(length(..=2))]
    fits: [u8; 2],
}

fn main() {}
