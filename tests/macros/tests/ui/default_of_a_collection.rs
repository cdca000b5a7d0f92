use std::collections::HashMap;
use std::time::Duration;

type Limits = HashMap<String, u8>;

use hotconfig::HotConfig;

#[derive(HotConfig, Clone)]
struct Config {
    #[hot(default = "a, b")]
    a: Vec<String>,
    #[hot(default = "[1, 300]")]
    b: Vec<u8>,
    #[hot(default = "{}")]
    c: Vec<u8>,
    #[hot(default = "{\"a\": [1]}")]
    d: HashMap<String, Vec<bool>>,
    #[hot(default = "[30]")]
    e: Vec<Duration>,
    #[hot(default = "[]", non_empty)]
    f: Vec<u8>,
    #[hot(default = "[1, 2, 3]", length(..=2))]
    g: Option<Vec<u8>>,
    #[hot(default = "[1]")]
    h: [u8; 2],
    #[hot(default = "{\"a\": 1,}")]
    i: Limits,
}

fn main() {}
