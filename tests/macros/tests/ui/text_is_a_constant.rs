use hotconfig::HotConfig;

const PREFIX: &str = "/configs/{app}";
const KEY: &str = "a";

#[derive(HotConfig, Clone)]
#[hot(prefix = PREFIX, rename_all = kebab)]
struct Config {
    #[hot(key = KEY)]
    a: Option<u32>,
    #[hot(alias = concat!("a", "b"))]
    b: Option<u32>,
}

#[derive(HotConfig, Clone)]
#[hot(rename_all("SCREAMING"))]
struct Unknown {
    a: Option<u32>,
}

fn main() {}
