use std::sync::atomic::AtomicU32;
use std::sync::{Arc, Mutex};

use hotconfig::HotConfig;

#[derive(HotConfig, Clone)]
struct Config {
    number: Arc<AtomicU32>,
    locked: Arc<Mutex<Vec<u8>>>,
}

fn main() {}
