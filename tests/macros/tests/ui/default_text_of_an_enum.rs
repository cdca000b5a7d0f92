use hotconfig::HotConfig;

#[derive(serde::Deserialize, Clone, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Level {
    Debug,
    Info,
}

#[derive(HotConfig, Clone)]
struct Config {
    #[hot(default = "infoo")]
    level: Level,
    #[hot(default = "info")]
    other: Option<Level>,
}

fn main() {
    let _ = [Level::Debug, Level::Info];
}
