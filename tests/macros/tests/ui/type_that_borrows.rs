use std::borrow::Cow;
use std::collections::HashMap;

use hotconfig::HotConfig;

#[derive(HotConfig, Clone)]
struct Config {
    name: &'static str,
    #[hot(default = &["a"])]
    names: &'static [&'static str],
    maybe: Option<&'static str>,
    table: HashMap<&'static str, u8>,
    cow: Cow<'_, str>,
    shared: Vec<Cow<'static, str>>,
}

fn main() {}
