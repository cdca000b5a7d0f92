use hotconfig::HotConfig;

#[derive(HotConfig, Clone)]
struct Config {
    #[hot(key = , default = 8)]
    port: u16,
}

fn main() {}
