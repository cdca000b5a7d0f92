use hotconfig::HotConfig;

#[derive(HotConfig, Clone)]
struct Config {
    #[hot(default = Vec::<u8>::new())]
    port: u16,
}

fn main() {}
