//! The thread of an `Etcd` ends with it. Alone in its process, because threads are counted.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test says what it expects by failing")]

use hotconfig::Revision;
use hotconfig::store::backend::Backend;
use hotconfig::store::{Etcd, Range};
use hotconfig_tests::{Server, eventually};

fn threads() -> usize {
    std::fs::read_dir("/proc/self/task")
        .unwrap()
        .filter_map(|task| std::fs::read_to_string(task.unwrap().path().join("comm")).ok())
        .filter(|name| name.trim() == "hotconfig-etcd")
        .count()
}

#[tokio::test]
async fn the_thread_starts_with_the_first_call_and_ends_with_the_last_handle() {
    let server = Server::start().await;
    let ranges: std::sync::Arc<[Range]> = [Range::below("/thread")].into();
    let etcd = Etcd::builder([server.endpoint()]).build().unwrap();
    assert_eq!(threads(), 0);
    etcd.read(ranges.clone()).await.unwrap();
    assert_eq!(threads(), 1);
    let watch = etcd.watch(ranges.clone(), Revision::new(1)).await.unwrap();
    let clone = etcd.clone();
    drop(etcd);
    clone.read(ranges.clone()).await.unwrap();
    let unanswered = clone.read(ranges.clone());
    drop(clone);
    unanswered.await.unwrap();
    assert_eq!(threads(), 1, "a watch keeps the thread");
    drop(watch);
    eventually("the thread to end", || async { threads() == 0 }).await;

    // Nobody waits for a server that does not answer, either.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", silent.local_addr().unwrap());
    let etcd = Etcd::builder([endpoint]).build().unwrap();
    let mut read = etcd.read(ranges);
    assert!(futures_util::poll!(&mut read).is_pending());
    // A thread gives itself its name.
    eventually("the thread to start", || async { threads() == 1 }).await;
    drop(etcd);
    drop(read);
    eventually("the thread to end", || async { threads() == 0 }).await;
}
