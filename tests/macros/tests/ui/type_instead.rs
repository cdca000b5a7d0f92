use std::path::Path;
use std::rc::Rc;

use hotconfig::{HotConfig, Secret};

#[derive(HotConfig, Clone)]
struct Config {
    #[hot(secret)]
    a: Option<String>,
    b: Option<Option<u32>>,
    #[hot(secret)]
    c: Option<Secret<String>>,
}

#[derive(HotConfig, Clone)]
struct Shared {
    a: Rc<str>,
    b: Rc<Path>,
    c: Rc<[u8]>,
    d: Rc<String>,
}

fn main() {}
