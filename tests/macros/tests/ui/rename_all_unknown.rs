use hotconfig::HotConfig;

#[derive(HotConfig, Clone)]
#[hot(rename_all = "Kebab")]
struct Config {
    port: u16,
}

fn main() {}
