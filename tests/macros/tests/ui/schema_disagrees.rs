use std::collections::BTreeMap;
use std::time::Duration;

use hotconfig::{HotConfig, HotValue};

#[derive(HotValue, serde::Deserialize, Clone, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Level {
    Debug,
    Info,
    Warn,
}

#[derive(HotConfig, Clone)]
#[hot(schema = "service.schema.json")]
struct Service {
    level: Level,
    #[hot(nested)]
    db: Pool,
    #[hot(key = "limits/rps")]
    rps: u64,
    #[hot(key = "limits/burst")]
    burst: Option<u32>,
    features: BTreeMap<String, bool>,
    timeouts: Timeout,
    retry: Backoff,
    added: u8,
}

type Timeout = Duration;

#[derive(serde::Deserialize, Clone, PartialEq)]
struct Backoff {
    times: u8,
}

#[derive(HotConfig, Clone)]
struct Pool {
    dsn: String,
    #[hot(default = "30")]
    idle: u32,
}

#[derive(HotConfig, Clone)]
#[hot(schema = "other.schema.json")]
struct Other {
    #[hot(nested)]
    db: Larger,
}

#[derive(HotConfig, Clone)]
#[hot(schema = "service.schema.json")]
struct Wrong {
    a: u8,
}

#[derive(HotConfig, Clone)]
struct Larger {
    dsn: String,
    idle: Duration,
    gone: u32,
    #[hot(key = "pool/size")]
    size: u32,
}

fn main() {
    let _ = [Level::Debug, Level::Info, Level::Warn];
    let _ = Backoff { times: 1 }.times;
}
