use hotconfig::HotConfig;

#[derive(HotConfig, Clone)]
struct Config {
    #[hot(min = 1)]
    a: u8,
    #[hot(max_length = 80)]
    b: String,
    #[hot(regex = "^a")]
    c: String,
    #[hot(defualt = 8)]
    d: u8,
    #[hot(description = "A port.")]
    e: u16,
    #[hot(required)]
    f: u16,
    #[hot(env = "PORT")]
    g: u16,
    #[hot(separator = ",")]
    h: Vec<String>,
}

fn main() {}
