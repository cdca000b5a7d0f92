use hotconfig::HotConfig;

#[derive(HotConfig, Clone)]
struct Config {
    #[hot(range(1..=5))]
    a: Vec<String>,
    #[hot(url)]
    b: Vec<String>,
    #[hot(one_of("a", "b"))]
    c: Option<Vec<String>>,
}

fn main() {}
