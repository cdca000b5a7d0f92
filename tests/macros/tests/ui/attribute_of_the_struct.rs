use hotconfig::HotConfig;

#[derive(HotConfig, Clone)]
struct Config {
    #[hot(rename_all = "kebab-case")]
    port: u16,
}

fn main() {}
