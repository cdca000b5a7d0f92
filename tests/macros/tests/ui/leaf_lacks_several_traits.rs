use std::collections::BTreeMap;

use hotconfig::HotConfig;

#[derive(HotConfig, Clone)]
struct Config {
    neither: Opaque,
    inside: BTreeMap<String, Opaque>,
    #[hot(json)]
    section: Pool,
    #[hot(default = "8", length(1..))]
    forgotten: Pool,
    #[hot(compare = alike)]
    compared: Opaque,
}

#[derive(Clone)]
struct Opaque;

#[derive(HotConfig, Clone)]
struct Pool {
    size: u16,
}

fn alike(_: &Opaque, _: &Opaque) -> bool {
    true
}

fn main() {}
