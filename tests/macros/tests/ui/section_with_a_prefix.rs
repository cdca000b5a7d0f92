use hotconfig::HotConfig;

#[derive(HotConfig, Clone)]
#[hot(prefix = "/configs/{app}")]
struct Config {
    #[hot(nested)]
    db: Pool,
}

#[derive(HotConfig, Clone)]
#[hot(prefix = "/db")]
struct Pool {
    size: u16,
}

fn main() {}
