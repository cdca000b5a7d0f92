use hotconfig::HotConfig;

#[derive(HotConfig, Clone)]
struct Config {
    opaque: impl Send,
    what: _,
}

fn main() {}
