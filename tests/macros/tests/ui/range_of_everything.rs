use hotconfig::HotConfig;

#[derive(HotConfig, Clone)]
struct Config {
    #[hot(range(..))]
    port: u16,
}

fn main() {}
