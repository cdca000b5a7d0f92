use hotconfig::{HotConfig, field, key};

#[derive(HotConfig, Clone)]
struct Config {
    size: u32,
    #[hot(nestd)]
    db: u32,
}

fn main() {
    let _ = field!(Config, db);
    let _ = key!(Config, "db");
}
