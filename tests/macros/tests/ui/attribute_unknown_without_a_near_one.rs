use hotconfig::HotConfig;

#[derive(HotConfig, Clone)]
struct Config {
    #[hot(frobnicate)]
    port: u16,
}

fn main() {}
