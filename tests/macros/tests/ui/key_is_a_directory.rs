use hotconfig::HotConfig;

#[derive(HotConfig, Clone)]
struct Config {
    #[hot(key = "db/pool_size")]
    pool_size: u16,
    db: String,
}

fn main() {}
