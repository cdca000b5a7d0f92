use hotconfig::HotConfig;

#[derive(HotConfig, Clone)]
struct Config {
    #[hot(range(1..=5))]
    names: Vec<String>,
    #[hot(url)]
    more: Vec<String>,
}

fn main() {}
