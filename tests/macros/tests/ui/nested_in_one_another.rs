use hotconfig::HotConfig;

#[derive(HotConfig, Clone)]
struct Config {
    #[hot(nested)]
    db: Box<Pool>,
}

#[derive(HotConfig, Clone)]
struct Pool {
    #[hot(nested)]
    config: Box<Config>,
}

fn main() {}
