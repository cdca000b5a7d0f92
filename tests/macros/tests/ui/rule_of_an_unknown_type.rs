use hotconfig::HotConfig;

#[derive(serde::Deserialize, Clone, PartialEq)]
struct Names(Vec<String>);

#[derive(HotConfig, Clone)]
struct Config {
    #[hot(range(1..=5))]
    names: Names,
    #[hot(url)]
    more: Names,
}

fn main() {}
