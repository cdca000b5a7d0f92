use hotconfig::HotConfig;

#[derive(HotConfig, Clone)]
struct Config {
    value: Opaque,
}

#[derive(Clone, serde::Deserialize)]
struct Opaque;

fn main() {}
