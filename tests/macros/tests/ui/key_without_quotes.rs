use hotconfig::{HotConfig, key};

#[derive(HotConfig, Clone)]
#[hot(prefix = "/configs/{app}/{env}")]
struct Config {
    #[hot(nested)]
    db: Pool,
    #[hot(key = "limits/rps", alias = "max_rps")]
    rps: u32,
    whole: Name,
    pair: (u8, u8),
    list: Vec<u8>,
    #[hot(skip)]
    skipped: u8,
}

#[derive(HotConfig, Clone)]
struct Pool {
    pool_size: u16,
    idle_timeout: u16,
}

#[derive(Clone, PartialEq, serde::Deserialize)]
struct Name {
    first: String,
}

fn main() {
    let _ = key!(Config, db/pool_size);
}
