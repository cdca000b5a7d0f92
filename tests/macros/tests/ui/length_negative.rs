use hotconfig::HotConfig;

#[derive(HotConfig, Clone)]
struct Config {
    #[hot(length(-1..5))]
    name: String,
}

fn main() {}
