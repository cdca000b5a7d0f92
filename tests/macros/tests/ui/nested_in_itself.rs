use hotconfig::HotConfig;

#[derive(HotConfig, Clone)]
struct Config {
    #[hot(nested)]
    a: Box<Self>,
    #[hot(nested)]
    b: Box<Config>,
    #[hot(nested)]
    c: Option<Box<Config>>,
    #[hot(nested)]
    d: Vec<Config>,
}

fn main() {}
