use hotconfig::{HotConfig, Size};

type Bytes = Size;
type Port = u16;

#[derive(HotConfig, Clone)]
struct Config {
    #[hot(range(1..=64))]
    a: Bytes,
    #[hot(range("1s"..))]
    b: Port,
    #[hot(range(LOW..))]
    c: Port,
}

const LOW: u32 = 3;

fn main() {}
