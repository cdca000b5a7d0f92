use std::rc::Rc;
use std::sync::Mutex;
use std::time::Duration;

use hotconfig::HotConfig;

#[derive(HotConfig, Clone)]
struct Config {
    #[hot(min = 3)]
    text: String,
    #[hot(max_length = 3)]
    number: u32,
    #[hot(nested)]
    boxed: Box<Vec<Pool>>,
    #[hot(nested)]
    maybe: Option<Vec<Pool>>,
    #[hot(default = "30".into())]
    wait: Duration,
    twice: Option<Option<&'static str>>,
    locked: Mutex<Rc<u8>>,
    #[hot(default = debug)]
    level: Level,
    list: Vec<Pool>,
}

#[derive(HotConfig, Clone)]
struct Pool {
    size: u16,
}

#[derive(Clone, PartialEq, serde::Deserialize)]
enum Level {
    Debug,
}

fn main() {}
