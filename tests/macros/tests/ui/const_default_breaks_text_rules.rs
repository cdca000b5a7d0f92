use hotconfig::HotConfig;

const LEVEL: &str = "infoo";

#[derive(HotConfig, Clone)]
struct Config {
    #[hot(default = LEVEL, one_of("debug", "info"))]
    level: String,
    #[hot(default = LEVEL, length(..=4))]
    short: String,
    #[hot(default = LEVEL, length(..=MOST))]
    shorter: String,
    #[hot(default = "four", length(..=MOST))]
    shortest: String,
}

const MOST: usize = 3;

fn main() {}
