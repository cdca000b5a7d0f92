use std::collections::BTreeMap;

use hotconfig::{HotConfig, HotValue};

#[derive(Clone, PartialEq, serde::Deserialize, serde::Serialize, HotValue)]
#[serde(rename_all = "lowercase")]
enum Level {
    Info,
    Warn,
}

type Levels = Vec<Level>;
type Port = u16;

#[derive(HotConfig, Clone)]
struct Config {
    #[hot(default = r#"["Info"]"#)]
    a: Vec<Level>,
    #[hot(default = r#"["info", "worn"]"#)]
    b: Levels,
    #[hot(default = r#"{"a": "Warn"}"#)]
    c: BTreeMap<String, Option<Level>>,
    #[hot(default = "[80, 100000]")]
    d: Vec<Port>,
    // These are right.
    #[hot(default = r#"["info", "warn"]"#)]
    e: Vec<Level>,
    #[hot(default = r#"{"a": "warn", "b": null}"#)]
    f: BTreeMap<String, Option<Level>>,
    #[hot(default = "[]")]
    g: Levels,
    #[hot(default = "[80, 65535]")]
    h: Vec<Port>,
}

fn main() {}
