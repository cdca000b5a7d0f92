use hotconfig::HotConfig;

#[derive(HotConfig, Clone)]
struct Config {
    #[hot()]
    a: u8,
    #[hot]
    b: u8,
}

fn main() {}
