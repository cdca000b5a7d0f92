use hotconfig::HotConfig;

#[derive(HotConfig, Clone)]
struct Config {
    #[hot(range(1..))]
    #[hot(range(..9))]
    port: u16,
}

fn main() {}
