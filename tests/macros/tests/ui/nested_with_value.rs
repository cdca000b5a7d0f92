use hotconfig::HotConfig;

#[derive(HotConfig, Clone)]
struct Config {
    #[hot(nested, default, json, non_empty)]
    db: Pool,
}

#[derive(HotConfig, Clone)]
struct Pool {
    size: u16,
}

fn main() {}
