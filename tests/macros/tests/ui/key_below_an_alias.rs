use hotconfig::HotConfig;

#[derive(HotConfig, Clone)]
struct Config {
    #[hot(alias = "db")]
    database: String,
    #[hot(key = "db/size")]
    size: u8,
    #[hot(alias = "size")]
    old: u8,
    #[hot(alias = "size")]
    older: u8,
}

fn main() {}
