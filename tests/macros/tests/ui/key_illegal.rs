use hotconfig::HotConfig;

#[derive(HotConfig, Clone)]
struct Config {
    #[hot(key = "")]
    empty: u8,
    #[hot(key = "/a")]
    slash_before: u8,
    #[hot(key = "a/")]
    slash_after: u8,
    #[hot(key = "a//b")]
    two_slashes: u8,
    #[hot(key = "a/../b")]
    relative: u8,
    #[hot(key = "a\tb")]
    tab: u8,
    #[hot(key = "{env}/b")]
    variable: u8,
    #[hot(alias = "./old")]
    alias: u8,
}

fn main() {}
