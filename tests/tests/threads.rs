//! What runs ends with the last handle. In a program of its own, which counts its threads.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test says what it expects by failing")]

use hotconfig::store::Etcd;
use hotconfig::{Hot, HotConfig};
use hotconfig_tests::{Server, eventually};

#[derive(HotConfig, Clone)]
#[hot(prefix = "/configs/{env}")]
struct Service {
    #[hot(default = 8)]
    size: u32,
}

/// How many threads of ours there are.
fn threads() -> usize {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    let names =
        tasks.filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("comm")).ok());
    names.filter(|name| name.starts_with("hotconfig")).count()
}

#[tokio::test]
async fn all_threads_end_with_the_last_handles() {
    let server = Server::start().await;
    let etcd = Etcd::builder([server.endpoint()]).build().unwrap();
    let mut hots = Vec::new();
    for env in 0..20 {
        let hot = Hot::<Service>::builder(etcd.clone()).var("env", env.to_string());
        hots.push(hot.start().await.unwrap());
    }
    assert_eq!(hots.iter().map(|hot| hot.load().size).sum::<u32>(), 160);
    // One for each loop, and one for the connections.
    eventually("only the loops and the connection", async || {
        threads() == 21
    })
    .await;
    drop(etcd);
    hots.truncate(1);
    eventually("the loops' threads end", async || threads() == 2).await;
    hots[0].shutdown().await;
    drop(hots);
    eventually("all threads end", async || threads() == 0).await;
}
