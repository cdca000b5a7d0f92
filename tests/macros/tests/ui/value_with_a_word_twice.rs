use hotconfig::HotValue;

#[derive(HotValue, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
enum Level {
    Debug,
    #[serde(rename = "debug")]
    Verbose,
    Info,
    #[serde(alias = "info")]
    Notice,
}

fn main() {}
