use hotconfig::HotConfig;

#[derive(HotConfig, Clone)]
struct Config {
    #[hot(key = "port")]
    http: u16,
    port: u16,
}

fn main() {}
