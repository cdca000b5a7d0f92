use hotconfig::HotConfig;

#[derive(HotConfig, Clone)]
struct Config {
    #[hot(one_of())]
    name: String,
}

fn main() {}
