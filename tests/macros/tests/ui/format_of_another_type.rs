use hotconfig::HotConfig;

#[derive(HotConfig, Clone)]
struct Config {
    #[hot(text)]
    a: Vec<u8>,
}

fn main() {}
