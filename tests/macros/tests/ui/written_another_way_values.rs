use hotconfig::HotConfig;

#[derive(HotConfig, Clone)]
struct Config {
    #[hot(default("x"))]
    a: String,
    #[hot(key("x"))]
    b: u8,
    #[hot(key = limits/rps)]
    c: u8,
    #[hot(secret(true))]
    d: String,
    #[hot(restart = false)]
    e: u8,
    #[hot(with = "codec::hex")]
    f: u8,
    #[hot(validate = |value| value > 3)]
    g: u8,
    #[hot(deprecated("use `a`"))]
    h: u8,
}

fn main() {}
