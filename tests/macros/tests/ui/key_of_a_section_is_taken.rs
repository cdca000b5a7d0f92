use hotconfig::HotConfig;

#[derive(HotConfig, Clone)]
struct Config {
    #[hot(key = "db/size")]
    size: u8,
    #[hot(nested)]
    db: Pool,
    #[hot(nested, key = "http")]
    server: Pool,
    #[hot(key = "http/port")]
    port: u16,
    http: u16,
}

#[derive(HotConfig, Clone)]
struct Pool {
    idle: u8,
}

fn main() {}
