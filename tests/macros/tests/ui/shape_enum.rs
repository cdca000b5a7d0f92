use hotconfig::HotConfig;

#[derive(HotConfig, Clone)]
enum Level {
    Debug,
    Info,
}

fn main() {}
