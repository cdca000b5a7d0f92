use hotconfig::HotConfig;

#[derive(HotConfig, Clone)]
struct Config {
    #[hot(pattern("^(a"))]
    name: String,
}

fn main() {}
