use hotconfig::HotConfig;

#[derive(HotConfig, Clone)]
struct Config {
    #[HOT(default = 8)]
    a: u8,
}

fn main() {}
