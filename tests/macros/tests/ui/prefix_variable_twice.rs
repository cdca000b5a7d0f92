use hotconfig::HotConfig;

#[derive(HotConfig, Clone)]
#[hot(prefix = "/configs/{app}/{app}")]
struct Config {
    port: u16,
}

fn main() {}
