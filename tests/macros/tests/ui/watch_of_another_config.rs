use hotconfig::{Hot, HotConfig, field};

#[derive(HotConfig, Clone)]
#[hot(prefix = "/configs/{app}/{env}")]
struct Config {
    #[hot(nested)]
    db: Pool,
}

#[derive(HotConfig, Clone)]
struct Pool {
    pool_size: u16,
}

fn main() {
    let db = Pool { pool_size: 8 };
    let hot = Hot::fixed(Config { db });
    let _ = hot.watch(field!(Pool, pool_size));
}
