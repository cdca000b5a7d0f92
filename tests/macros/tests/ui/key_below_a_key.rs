use hotconfig::HotConfig;

#[derive(HotConfig, Clone)]
struct Config {
    db: String,
    #[hot(key = "db/pool_size")]
    pool_size: u16,
}

fn main() {}
