use hotconfig::HotConfig;

#[derive(HotConfig, Clone)]
#[hot(prefix = "/configs/{App}")]
struct Config {
    port: u16,
}

fn main() {}
