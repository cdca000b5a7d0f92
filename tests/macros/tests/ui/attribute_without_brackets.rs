use hotconfig::HotConfig;

#[derive(HotConfig, Clone)]
struct Config {
    #[hot = "default"]
    port: u16,
}

fn main() {}
