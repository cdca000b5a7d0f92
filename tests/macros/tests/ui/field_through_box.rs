use hotconfig::{HotConfig, field};

#[derive(HotConfig, Clone)]
struct Config {
    name: Box<Name>,
}

#[derive(Clone, PartialEq, serde::Deserialize)]
struct Name {
    first: String,
}

fn main() {
    let _ = field!(Config, name.first);
}
