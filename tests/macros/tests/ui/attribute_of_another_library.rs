use hotconfig::HotConfig;

#[derive(HotConfig, Clone)]
struct Config {
    #[hot(rename = "p")]
    port: u16,
}

fn main() {}
