use hotconfig::HotConfig;

#[derive(HotConfig, Clone)]
struct Config {
    #[hot(range(5))]
    port: u16,
    #[hot(range = 1..5)]
    size: u16,
}

fn main() {}
