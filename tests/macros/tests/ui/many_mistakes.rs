use hotconfig::HotConfig;

#[derive(HotConfig, Clone)]
#[hot(prefix = "/configs/{App}/", rename_all = "shouting", validat = rule)]
struct Config {
    #[hot(default = 65, range(1..=64))]
    pool_size: u32,
    #[hot(nestde)]
    db: Pool,
    #[hot(key = "a//b", default = "abc")]
    number: u32,
    #[hot(pattern("("), length(5..1), one_of())]
    name: String,
    #[hot(json, text, default = 5)]
    text: String,
    #[hot(secret)]
    password: String,
    #[hot(key = "text")]
    other: Option<String>,
    #[hot(range(1 2), default = )]
    odd: u8,
    #[hot(nested)]
    maybe: Option<Pool>,
}

#[derive(HotConfig, Clone)]
struct Pool {
    size: u16,
}

fn used() {
    let _ = hotconfig::field!(Config, db.size);
    let _ = hotconfig::field!(Config, pool_size);
    let _ = Config::TREE;
}

fn main() {}
