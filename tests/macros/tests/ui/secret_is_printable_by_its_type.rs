use hotconfig::HotConfig;

type Dsn = String;

#[derive(HotConfig, Clone)]
struct Config {
    #[hot(secret)]
    dsn: Dsn,
}

fn main() {}
