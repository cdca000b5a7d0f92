use hotconfig::HotConfig;

#[derive(HotConfig, Clone)]
#[hot(default)]
struct Config {
    port: u16,
}

fn main() {}
