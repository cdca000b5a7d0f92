use hotconfig::HotConfig;

#[derive(HotConfig, Clone)]
struct Config {
    #[hot(range(1..=5))]
    name: String,
    #[hot(length(1..=5))]
    port: u16,
    #[hot(pattern("a"))]
    on: bool,
    #[hot(one_of("true"))]
    off: bool,
}

fn main() {}
