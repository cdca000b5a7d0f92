use hotconfig::HotConfig;

#[derive(HotConfig, Clone)]
struct Config {
    list: Vec<Entry>,
    maybe: Option<Uncompared>,
    started: std::time::Instant,
}

#[derive(Clone, PartialEq)]
struct Entry;

#[derive(Clone, serde::Deserialize)]
struct Uncompared;

fn main() {}
