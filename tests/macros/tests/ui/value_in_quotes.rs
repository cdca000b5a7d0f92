use hotconfig::HotConfig;

#[derive(HotConfig, Clone)]
struct Config {
    #[hot(validate = "even")]
    port: u16,
}

fn main() {}
