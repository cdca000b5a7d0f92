use hotconfig::HotConfig;

#[derive(HotConfig, Clone)]
struct Config {
    #[hot(key = port)]
    port: u16,
}

fn main() {}
