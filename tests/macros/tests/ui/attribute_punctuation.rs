use hotconfig::HotConfig;

#[derive(HotConfig, Clone)]
struct Config {
    #[hot(range 1..=64)]
    a: u32,
    #[hot(default: 5)]
    b: u32,
    #[hot(hot::default = 5)]
    c: u32,
    #[hot("default" = 5)]
    d: u32,
    #[hot(default,, range(..9))]
    e: u32,
    #[hot(default 5)]
    f: u32,
    #[hot(key: "g")]
    g: u32,
    #[hot(one_of "a", "b")]
    h: String,
    #[hot(secret: true)]
    i: String,
    #[hot(hot::nested)]
    j: u32,
}

fn main() {}
