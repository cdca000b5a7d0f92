use hotconfig::HotConfig;

#[derive(HotConfig, Clone)]
struct Config {
    #[hot(nested)]
    db: Option<Pool>,
}

#[derive(HotConfig, Clone)]
struct Pool {
    size: u16,
}

fn main() {}
