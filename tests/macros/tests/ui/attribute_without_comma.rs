use hotconfig::HotConfig;

#[derive(HotConfig, Clone)]
struct Config {
    #[hot(default = 8 range(1..))]
    port: u16,
}

fn main() {}
