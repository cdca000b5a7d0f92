use hotconfig::HotConfig;

#[derive(HotConfig, Clone)]
struct Config {
    #[hot(nested)]
    a: Config,
}

fn main() {}
