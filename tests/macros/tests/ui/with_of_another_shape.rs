use hotconfig::HotConfig;

#[derive(HotConfig, Clone)]
struct Config {
    #[hot(with = nothing)]
    a: u16,
    #[hot(with = of_text, default = "8")]
    b: u16,
    #[hot(with = of_another)]
    c: u16,
    #[hot(with = of_another::decode)]
    d: u16,
}

mod nothing {}

mod of_text {
    pub fn decode(raw: &str) -> Result<u16, std::num::ParseIntError> {
        raw.parse()
    }
}

mod of_another {
    pub fn decode(raw: &[u8]) -> Option<u16> {
        raw.first().copied().map(u16::from)
    }
}

fn main() {}
