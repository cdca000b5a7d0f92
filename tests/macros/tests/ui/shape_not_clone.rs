use hotconfig::HotConfig;

#[derive(HotConfig)]
struct Config {
    port: u16,
}

fn main() {}
