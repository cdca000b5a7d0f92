use hotconfig::HotConfig;

#[derive(HotConfig, Clone)]
#[hot(rename_all = "kebab-case")]
struct Config {
    #[hot(key = "max-size")]
    size: u16,
    max_size: u16,
}

fn main() {}
