use hotconfig::HotConfig;

#[derive(HotConfig, Clone)]
struct Config {
    #[hot(nested)]
    db: Pool,
    #[hot(key = "db/timeout")]
    timeout: u16,
}

#[derive(HotConfig, Clone)]
struct Pool {
    size: u16,
}

fn main() {}
