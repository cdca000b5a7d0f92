use hotconfig::HotConfig;

#[derive(HotConfig, Clone)]
struct Borrowed<'a> {
    name: &'a str,
}

fn main() {}
