use std::time::Duration;

use hotconfig::HotConfig;

#[derive(HotConfig, Clone)]
struct Config {
    #[hot(one_of("info", "louder"), length(..=4), non_empty)]
    a: String,
    #[hot(one_of("info", "Debug"), pattern("^[a-z]+$"))]
    b: String,
    #[hot(one_of(1, 2, 300), range(1..=64))]
    c: u16,
    #[hot(one_of("", "a"), non_empty)]
    d: String,
    #[hot(one_of("https://a/", "b"), url)]
    e: String,
    #[hot(one_of("30s", "2h"), range(.."1h"))]
    f: Duration,
    #[hot(length(..=0), non_empty)]
    g: String,
}

fn main() {}
