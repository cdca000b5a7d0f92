//! The fallback beside a real etcd: a start while it is down, while it denies, and after it was wiped.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test says what it expects by failing"
)]

use std::path::PathBuf;
use std::time::Duration;

use etcd_client::{Client, Txn, TxnOp};
use hotconfig::store::{ErrorKind, Etcd};
use hotconfig::{Hot, HotBuilder, HotConfig, Origin, field};
use hotconfig_tests::{LIMIT, Server, eventually};
use tempfile::TempDir;

#[derive(HotConfig, Clone, Debug, PartialEq)]
#[hot(prefix = "/configs/{app}")]
struct Service {
    #[hot(default = 8, range(1..=64))]
    size: u32,
    note: Option<String>,
    #[hot(default = 1)]
    left: u32,
    #[hot(default = 1)]
    right: u32,
}

fn path(folder: &TempDir) -> PathBuf {
    folder.path().join("users.fallback")
}

fn builder(server: &Server, folder: &TempDir) -> HotBuilder<Service> {
    let etcd = Etcd::builder([server.endpoint()])
        .call_timeout(Duration::from_secs(1))
        .build()
        .unwrap();
    Hot::<Service>::builder(etcd)
        .var("app", "users")
        .backoff(Duration::from_millis(10), Duration::from_millis(200))
        .start_timeout(Duration::from_secs(2))
        .fallback(path(folder))
        .fallback_interval(Duration::from_millis(10))
}

async fn put(client: &mut Client, pairs: &[(&str, &str)]) {
    let puts = pairs
        .iter()
        .map(|(name, value)| TxnOp::put(format!("/configs/users/{name}"), *value, None));
    let puts: Vec<_> = puts.collect();
    client.txn(Txn::new().and_then(puts)).await.unwrap();
}

/// Starts beside a running etcd, and leaves the copy of what it holds.
async fn leave_a_copy(server: &Server, folder: &TempDir) {
    let mut client = server.client().await;
    put(&mut client, &[("size", "16"), ("note", "hello")]).await;
    put(&mut client, &[("left", "3"), ("right", "3")]).await;
    let hot = builder(server, folder).start().await.unwrap();
    hot.shutdown().await;
    let cluster = client
        .status()
        .await
        .unwrap()
        .header()
        .unwrap()
        .cluster_id();
    let copy = std::fs::read_to_string(path(folder)).unwrap();
    assert!(
        copy.contains("\"16\"") && copy.contains("/configs/users/"),
        "{copy}"
    );
    let names = [format!("{cluster}"), format!("{cluster:x}")];
    assert!(
        names.iter().any(|name| copy.contains(name)),
        "{cluster:x} in {copy}"
    );
}

#[tokio::test]
async fn drill_35_a_start_while_etcd_is_down_is_served_from_the_copy_until_it_is_back() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::start().await;
    leave_a_copy(&server, &folder).await;
    server.kill();

    let hot = builder(&server, &folder).start().await.unwrap();
    assert_eq!((hot.load().size, hot.load().left), (16, 3));
    let status = hot.status();
    assert!(status.fallback.unwrap().serving && status.stale.is_some());
    assert_eq!(status.failure.unwrap().kind(), ErrorKind::Unreachable);

    let mut note = hot.watch(field!(Service, note));
    server.restart().await;
    let mut client = server.client().await;
    client.delete("/configs/users/note", None).await.unwrap();
    let change = tokio::time::timeout(LIMIT, note.changed())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (change.previous().as_deref(), change.current().as_deref()),
        (Some("hello"), None)
    );
    eventually("fresh, of the store", async || {
        let status = hot.status();
        status.is_fresh() && !status.fallback.unwrap().serving
    })
    .await;
    let origin = hot.snapshot().origin(field!(Service, size)).clone();
    assert!(matches!(origin, Origin::Key { .. }), "{origin}");
}

#[cfg(unix)]
#[tokio::test]
async fn drill_35_a_start_while_etcd_is_frozen_is_served_from_the_copy() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start().await;
    leave_a_copy(&server, &folder).await;
    server.stop();
    let hot = builder(&server, &folder).start().await.unwrap();
    assert_eq!(hot.load().size, 16);
    assert!(!hot.status().is_fresh());
    server.cont();
    eventually("fresh", async || hot.status().is_fresh()).await;
}

#[tokio::test]
async fn p15_a_start_that_is_denied_is_served_from_the_copy_until_it_is_granted() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start().await;
    leave_a_copy(&server, &folder).await;
    let mut root = server.client().await;
    root.user_add("root", "root", None).await.unwrap();
    root.role_add("root").await.unwrap();
    root.user_grant_role("root", "root").await.unwrap();
    root.auth_enable().await.unwrap();

    let hot = builder(&server, &folder).start().await.unwrap();
    assert_eq!(hot.load().size, 16);
    let kind = hot.status().failure.unwrap().kind();
    let refused = [ErrorKind::Unauthenticated, ErrorKind::Denied];
    assert!(refused.contains(&kind), "{kind}");
    let login = etcd_client::ConnectOptions::new().with_user("root", "root");
    let mut root = Client::connect([server.endpoint()], Some(login))
        .await
        .unwrap();
    root.auth_disable().await.unwrap();
    eventually("fresh", async || hot.status().is_fresh()).await;
}

#[tokio::test]
async fn p13_a_start_after_a_wipe_takes_what_the_store_says_and_not_the_copy() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::start().await;
    leave_a_copy(&server, &folder).await;
    server.wipe();
    server.restart().await;
    let hot = builder(&server, &folder).start().await.unwrap();
    assert_eq!((hot.load().size, hot.load().note.as_deref()), (8, None));
}

#[tokio::test]
async fn p03_a_bad_key_at_the_start_holds_what_was_written_with_it_and_the_copy_stands_in() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start().await;
    leave_a_copy(&server, &folder).await;
    let mut client = server.client().await;
    put(&mut client, &[("left", "4"), ("right", "four")]).await;
    put(&mut client, &[("size", "17")]).await;
    let hot = builder(&server, &folder).start().await.unwrap();
    let config = hot.load();
    assert_eq!((config.size, config.left, config.right), (17, 3, 3));
    assert_eq!(hot.status().held[0].keys.len(), 2);
}
