use hotconfig::{HotConfig, field};

#[derive(HotConfig, Clone)]
struct Config {
    #[hot(nested)]
    db: Pool,
    whole: Name,
    #[hot(skip)]
    skipped: u8,
}

#[derive(HotConfig, Clone)]
struct Pool {
    pool_size: u16,
}

#[derive(Clone, PartialEq, serde::Deserialize)]
struct Name {
    first: String,
}

fn main() {
    let _ = field!(Name, first);
}
