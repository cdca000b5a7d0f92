use hotconfig::HotConfig;

#[derive(HotConfig, Clone)]
struct Config {
    #[hot(nested)]
    db: Pool,
}

#[derive(HotConfig)]
struct Pool {
    size: u16,
}

fn main() {}
