use std::rc::Rc;

use hotconfig::HotConfig;

#[derive(HotConfig, Clone)]
struct Config {
    pointer: *const u8,
    function: fn(u8) -> u8,
    boxed: std::sync::Arc<dyn Send + Sync>,
    shared: Rc<String>,
}

fn main() {}
