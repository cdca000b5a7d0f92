use hotconfig::HotConfig;

#[derive(HotConfig, Clone)]
#[hot(rename_all = "camelCase")]
struct Config {
    __: u8,
    #[hot(key = "a ")]
    b: u8,
}

fn main() {}
