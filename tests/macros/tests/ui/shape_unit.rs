use hotconfig::HotConfig;

#[derive(HotConfig, Clone)]
struct Nothing;

fn main() {}
