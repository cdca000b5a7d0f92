use hotconfig::{Hot, HotConfig};

#[derive(HotConfig, Clone)]
struct Config {
    size: u16,
}

fn main() {
    let _ = Hot::<Config>::builder("http://localhost:2379");
}
