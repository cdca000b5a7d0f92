use hotconfig::HotConfig;

#[derive(HotConfig, Clone)]
struct Config {
    #[hot(secret)]
    dsn: String,
}

fn main() {}
