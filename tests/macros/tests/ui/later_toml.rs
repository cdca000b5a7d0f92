use hotconfig::HotConfig;

#[derive(HotConfig, Clone)]
struct Config {
    #[hot(toml)]
    limits: Vec<u8>,
}

fn main() {}
