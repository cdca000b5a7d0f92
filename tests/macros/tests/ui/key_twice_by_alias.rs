use hotconfig::HotConfig;

#[derive(HotConfig, Clone)]
struct Config {
    #[hot(alias = "http")]
    port: u16,
    http: u16,
}

fn main() {}
