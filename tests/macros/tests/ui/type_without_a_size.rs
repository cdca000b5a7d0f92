use hotconfig::HotConfig;

#[derive(HotConfig)]
struct Config {
    port: u16,
    text: str,
}

fn main() {}
