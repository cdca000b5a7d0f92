use hotconfig::HotConfig;

#[derive(HotConfig, Clone)]
struct Config {
    #[hot(compare = by_value)]
    a: u16,
    #[hot(compare = ordered)]
    b: u16,
}

fn by_value(one: u16, other: u16) -> bool {
    one == other
}

fn ordered(one: &u16, other: &u16) -> std::cmp::Ordering {
    one.cmp(other)
}

fn main() {}
