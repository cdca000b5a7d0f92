use hotconfig::HotConfig;

#[derive(HotConfig, Clone)]
#[hot(schema = "config.schema")]
struct Config {
    port: u16,
}

fn main() {}
