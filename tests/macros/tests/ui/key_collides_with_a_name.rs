use hotconfig::HotConfig;

#[derive(HotConfig, Clone)]
struct Config {
    #[hot(key = "port")]
    first: u16,
    port: u16,
    #[hot(alias = "size")]
    other: u16,
    size: u16,
    #[hot(key = "db/size")]
    in_a_section: u16,
    #[hot(nested)]
    db: Pool,
    #[hot(nested)]
    cache: Pool,
    #[hot(key = "cache/size")]
    in_another: u16,
}

#[derive(HotConfig, Clone)]
struct Pool {
    size: u16,
}

fn main() {}
