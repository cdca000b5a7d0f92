use hotconfig::key;

mod settings {
    use hotconfig::HotConfig;

    #[derive(HotConfig, Clone)]
    pub struct Config {
        #[hot(nested)]
        db: Pool,
    }

    #[derive(HotConfig, Clone)]
    struct Pool {
        pool_size: u16,
    }
}

fn main() {
    let _ = key!(settings::Config, "db/pool_size");
}
