use hotconfig::HotConfig;

#[derive(HotConfig, Clone)]
struct Config {
    #[hot(map)]
    features: std::collections::BTreeMap<String, bool>,
}

fn main() {}
