use hotconfig::HotConfig;

#[derive(serde::Deserialize, Clone, PartialEq)]
enum Level {
    Info,
}

#[derive(HotConfig, Clone)]
struct Config {
    #[hot(one_of("info", "debug"))]
    level: Level,
}

fn main() {}
