use hotconfig::HotConfig;

#[derive(HotConfig, Clone)]
#[hot(prefix = "/configs/")]
struct Config {
    port: u16,
}

fn main() {}
