use hotconfig::HotConfig;

#[derive(HotConfig, Clone)]
#[hot(prefix = "/")]
struct Config {
    port: u16,
}

fn main() {}
