use hotconfig::HotConfig;

#[derive(HotConfig, Clone, Copy)]
union Either {
    a: u8,
    b: i8,
}

fn main() {}
