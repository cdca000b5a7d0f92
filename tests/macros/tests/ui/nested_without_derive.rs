use hotconfig::HotConfig;

#[derive(HotConfig, Clone)]
struct Config {
    #[hot(nested)]
    db: Pool,
}

#[derive(Clone)]
struct Pool {}

fn main() {}
