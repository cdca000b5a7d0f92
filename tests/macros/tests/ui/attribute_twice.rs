use hotconfig::HotConfig;

#[derive(HotConfig, Clone)]
struct Config {
    #[hot(default = 8, default = 9)]
    port: u16,
}

fn main() {}
