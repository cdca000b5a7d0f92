use hotconfig::HotConfig;

#[derive(HotConfig, Clone)]
struct Port(u16);

fn main() {}
