use hotconfig::HotConfig;

#[derive(HotConfig, Clone)]
struct Config {
    #[hot(one_of = ["a", "b"])]
    a: String,
    #[hot(one_of(["a", "b"]))]
    b: String,
    #[hot(one_of("a" | "b"))]
    c: String,
    #[hot(one_of("a" "b"))]
    d: String,
    #[hot(one_of["a", "b"])]
    e: String,
    #[hot(pattern = "^[a-z]+$")]
    f: String,
    #[hot(alias = ["old", "older"])]
    g: u8,
}

fn main() {}
