use hotconfig::HotConfig;

#[derive(HotConfig, Clone)]
struct Config {
    #[hot(skip, key = "a", default = 8, range(1..))]
    port: u16,
}

fn main() {}
