use hotconfig::{HotConfig, Secret};

type Token = Secret<String>;

#[derive(HotConfig, Clone)]
struct Config {
    token: Token,
    maybe: Option<Token>,
}

fn main() {}
