use hotconfig::HotConfig;

#[derive(HotConfig, Clone)]
#[hot(schema = "no_such.schema.json")]
struct Missing {
    a: u8,
}

#[derive(HotConfig, Clone)]
#[hot(schema = "broken.schema.json")]
struct Broken {
    a: u8,
}

#[derive(HotConfig, Clone)]
#[hot(schema = "later.schema.json")]
struct Later {
    a: u8,
}

fn main() {}
