use hotconfig::HotConfig;

type Level = String;

#[derive(HotConfig, Clone)]
struct Config {
    #[hot(one_of("a", 1))]
    a: Level,
    #[hot(one_of("a", "a"))]
    b: String,
    #[hot(one_of("1"))]
    c: u8,
    #[hot(one_of(1, 300))]
    d: u8,
    #[hot(one_of(LEVEL))]
    e: String,
    #[hot(one_of("a", "b"))]
    f: char,
}

fn main() {}
