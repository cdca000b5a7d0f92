use hotconfig::{HotConfig, HotValue};

#[derive(HotValue, serde::Deserialize, Clone, PartialEq)]
#[serde(rename_all = "kebab-case")]
enum Level {
    Debug,
    #[serde(alias = "warn")]
    FairlyBad,
}

#[derive(HotValue, serde::Deserialize, Clone, PartialEq)]
struct Verbosity(Level);

#[derive(HotConfig, Clone)]
struct Config {
    #[hot(default = "debugg")]
    level: Level,
    #[hot(default = "FairlyBad")]
    other: Option<Level>,
    #[hot(default = "fairly_bad")]
    third: Verbosity,
    #[hot(default = "warn")]
    right: Level,
}

fn main() {
    let _ = [Level::Debug, Level::FairlyBad];
}
