use hotconfig::HotConfig;

#[derive(HotConfig, Clone)]
struct Config {
    db: Pool,
}

#[derive(HotConfig, Clone)]
struct Pool {
    size: u16,
}

fn main() {}
