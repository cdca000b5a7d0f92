use hotconfig::HotConfig;

#[derive(HotConfig, Clone)]
struct Config {
    #[hot(default = "x".into())]
    a: String,
    #[hot(default = Default::default())]
    b: Vec<u8>,
    #[hot(default = Some("x"))]
    c: Option<String>,
    #[hot(default = "127.0.0.1".parse().unwrap())]
    d: std::net::IpAddr,
}

fn main() {}
