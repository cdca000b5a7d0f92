use hotconfig::HotConfig;

#[derive(HotConfig, Clone)]
struct Config {
    #[hot(json, text)]
    name: String,
}

fn main() {}
