use hotconfig::HotConfig;

#[derive(HotConfig, Clone)]
struct Config {
    #[hot(restart = true)]
    port: u16,
}

fn main() {}
