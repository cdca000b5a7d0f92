// The section reports its own mistakes; its keys are not compared with the file.
use hotconfig::HotConfig;

#[derive(HotConfig, Clone)]
#[hot(schema = "faulty.schema.json")]
struct Service {
    port: u16,
    #[hot(nested)]
    db: Pool,
}

#[derive(HotConfig, Clone)]
struct Pool {
    #[hot(key = "pool//size")]
    size: u16,
    #[hot(nested)]
    inner: Opaque,
}

#[derive(Clone)]
struct Opaque;

fn main() {}
