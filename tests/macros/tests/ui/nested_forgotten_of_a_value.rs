use hotconfig::HotConfig;

#[derive(HotConfig, Clone)]
struct Config {
    db: Pool,
    #[hot(json)]
    whole: Pool,
    maybe: Option<Pool>,
}

#[derive(HotConfig, Clone, PartialEq, serde::Deserialize)]
struct Pool {
    size: u16,
}

fn main() {}
