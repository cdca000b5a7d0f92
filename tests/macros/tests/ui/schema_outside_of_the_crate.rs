use hotconfig::HotConfig;

#[derive(HotConfig, Clone)]
#[hot(schema = "../service.schema.json")]
struct Above {
    port: u16,
}

#[derive(HotConfig, Clone)]
#[hot(schema = "/etc/service.schema.json")]
struct Absolute {
    port: u16,
}

#[derive(HotConfig, Clone)]
#[hot(schema = "schemas/../../service.schema.json")]
struct Through {
    port: u16,
}

fn main() {}
