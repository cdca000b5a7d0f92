use hotconfig::{HotConfig, field};

mod settings {
    #[derive(hotconfig::HotConfig, Clone)]
    pub struct Pool {
        pool_size: u16,
    }
}

#[derive(HotConfig, Clone)]
struct Config {
    #[hot(nested)]
    db: settings::Pool,
}

fn main() {
    let _ = field!(Config, db.pool_size);
}
