use hotconfig::HotValue;

#[derive(HotValue, serde::Deserialize)]
#[hot(rename_all = "lowercase")]
enum Level {
    #[hot(rename = "dbg")]
    Debug,
    #[hot(alias = "notice")]
    Info,
    #[hot(skip)]
    Warn,
    #[hot(default = 8)]
    Error,
}

fn main() {}
