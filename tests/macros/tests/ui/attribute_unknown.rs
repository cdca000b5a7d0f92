use hotconfig::HotConfig;

#[derive(HotConfig, Clone)]
struct Config {
    #[hot(defualt = 8)]
    port: u16,
}

fn main() {}
