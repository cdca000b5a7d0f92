use hotconfig::{HotConfig, Secret};

#[derive(HotConfig, Clone)]
struct Config {
    dsn: Secret<String>,
    token: Option<Secret<String>>,
}

fn main() {}
