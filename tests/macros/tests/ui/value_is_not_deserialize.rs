use hotconfig::HotConfig;

#[derive(HotConfig, Clone)]
struct Config {
    value: Opaque,
}

#[derive(Clone, PartialEq)]
struct Opaque;

fn main() {}
