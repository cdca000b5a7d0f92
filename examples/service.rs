//! The quick start of `README.md`: a program whose pool size follows etcd.
//!
//! ```text
//! cargo run --package hotconfig-examples --example service -- http://127.0.0.1:2379
//! etcdctl put /configs/user-service/production/pool_size 16
//! ```
#![expect(clippy::print_stdout, reason = "the example prints the changes")]

// ANCHOR: service
use std::time::Duration;

use hotconfig::{Hot, HotConfig, field, store::Etcd};

/// Settings of the user service.
#[derive(HotConfig, Clone, Debug)]
#[hot(prefix = "/configs/{app}/{env}")]
struct UserService {
    /// Maximum number of open connections.
    #[hot(default = 8, range(1..=64))]
    pool_size: u32,
    #[hot(default = "30s")]
    idle_timeout: Duration,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let url = std::env::args().nth(1);
    let url = url.as_deref().unwrap_or("http://127.0.0.1:2379");
    let hot = Hot::<UserService>::builder(Etcd::builder([url]).build()?)
        .var("app", "user-service")
        .var("env", "production")
        .start()
        .await?;

    // The current configuration: one consistent revision, read without a lock.
    println!("pool size: {}", hot.load().pool_size);

    // The changes of one field.
    let mut size = hot.watch(field!(UserService, pool_size));
    while let Some(change) = size.changed().await {
        println!("pool size: {} -> {}", change.previous(), change.current());
    }
    Ok(())
}
// ANCHOR_END: service
