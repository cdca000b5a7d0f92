//! A small service that keeps its settings in step with etcd, on hotconfig.
//!
//! In: the endpoint in `ETCD`, over TLS if it begins with `https`. Out: a line for each new set of
//! settings. `cargo xtask size` compares it with the same service on `etcd-client` alone.

#![allow(clippy::print_stdout, reason = "what it shows is printed")]

use std::error::Error;

use hotconfig::store::Etcd;
use hotconfig::{Hot, HotConfig, HotValue, field};
use serde::Deserialize;

#[derive(HotConfig, Clone, Debug)]
#[hot(prefix = "/configs/{app}/{env}")]
struct Settings {
    #[hot(default = "info")]
    level: Level,
    #[hot(default = 8, range(1..=64))]
    pool_size: u32,
    #[hot(default)]
    dsn: String,
}

#[derive(HotValue, Deserialize, Clone, Copy, Debug, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Level {
    Debug,
    Info,
    Warn,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let endpoint = std::env::var("ETCD").unwrap_or_else(|_| "http://127.0.0.1:2379".to_owned());
    let hot = Hot::<Settings>::builder(Etcd::builder([endpoint]).build()?)
        .var("app", "users")
        .var("env", "prod")
        .start()
        .await?;
    println!("{:?}", *hot.load());
    let mut sizes = hot.watch(field!(Settings, pool_size));
    let mut levels = hot.watch(field!(Settings, level));
    loop {
        let changed = tokio::select! {
            size = sizes.changed() => size.is_some(),
            level = levels.changed() => level.is_some(),
        };
        if !changed {
            return Ok(());
        }
        println!("{:?}", *hot.load());
    }
}
