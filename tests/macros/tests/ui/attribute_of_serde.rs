use hotconfig::HotConfig;

#[derive(HotConfig, Clone)]
struct Config {
    #[serde(default)]
    a: u8,
}

fn main() {}
