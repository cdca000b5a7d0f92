//! The tests' own server does to an etcd what the other tests rely on.

#![allow(clippy::unwrap_used, reason = "a test says what it expects by failing")]

use std::time::Duration;

use hotconfig_tests::{Server, Version, eventually};

async fn get(server: &Server, key: &str) -> Option<String> {
    let answer = server.client().await.get(key, None).await.unwrap();
    let value = answer.kvs().first()?.value_str().unwrap();
    Some(value.to_owned())
}

async fn put(server: &Server, key: &str, value: &str) {
    server.client().await.put(key, value, None).await.unwrap();
}

#[tokio::test]
async fn a_killed_server_comes_back_with_its_data_on_the_same_port() {
    let mut server = Server::start().await;
    let endpoint = server.endpoint();
    put(&server, "a", "1").await;

    server.kill();
    let refused = server.client().await.get("a", None).await;
    assert!(refused.is_err(), "a killed server answered: {refused:?}");

    server.restart().await;
    assert_eq!(server.endpoint(), endpoint);
    assert_eq!(get(&server, "a").await.as_deref(), Some("1"));
}

#[tokio::test]
async fn a_wiped_server_has_an_empty_store_and_the_same_ids() {
    let mut server = Server::start().await;
    put(&server, "a", "1").await;
    put(&server, "a", "2").await;
    let before = server.client().await.status().await.unwrap();

    server.wipe();
    server.restart().await;

    let after = server.client().await.status().await.unwrap();
    assert_eq!(get(&server, "a").await, None);
    let (before, after) = (before.header().unwrap(), after.header().unwrap());
    assert_eq!(after.cluster_id(), before.cluster_id());
    assert_eq!(after.member_id(), before.member_id());
    assert!(after.revision() < before.revision());
}

#[cfg(unix)]
#[tokio::test]
async fn a_stopped_server_is_silent_until_it_goes_on() {
    let server = Server::start().await;
    put(&server, "a", "1").await;

    server.stop();
    server.stop();
    server.cont();
    server.stop();
    let silence = tokio::time::timeout(Duration::from_millis(300), get(&server, "a")).await;
    assert!(silence.is_err(), "a stopped server answered: {silence:?}");

    server.cont();
    eventually("the server to answer again", || async {
        get(&server, "a").await.as_deref() == Some("1")
    })
    .await;
}

#[tokio::test]
async fn servers_share_nothing() {
    let (one, two) = tokio::join!(Server::start(), Server::start());
    put(&one, "a", "1").await;
    assert_eq!(get(&two, "a").await, None);
}

#[tokio::test]
async fn a_flag_of_the_test_replaces_the_default() {
    let server = Server::builder().flag("--max-txn-ops=1").start().await;
    let puts = ["a", "b"].map(|key| etcd_client::TxnOp::put(key, "1", None));
    let refused = server
        .client()
        .await
        .txn(etcd_client::Txn::new().and_then(puts))
        .await;
    assert!(
        refused.is_err(),
        "more operations than the limit: {refused:?}"
    );
}

#[tokio::test]
#[should_panic(expected = "provided but not defined: -no-such-flag")]
async fn a_server_that_can_not_start_shows_its_log() {
    let _server = Server::builder().flag("--no-such-flag").start().await;
}

#[tokio::test]
async fn a_dropped_server_leaves_nothing() {
    let server = Server::start().await;
    let (data, port) = (server.data_dir(), server.port());
    assert!(data.is_dir());
    drop(server);
    assert!(!data.exists());
    assert!(std::net::TcpStream::connect(("127.0.0.1", port)).is_err());
}

#[tokio::test]
async fn the_version_is_the_one_that_the_server_says() {
    let server = Server::start().await;
    let status = server.client().await.status().await.unwrap();
    assert_eq!(status.version(), server.version().to_string());
    assert!(server.version() >= Version::new(3, 4, 0));
}

#[tokio::test]
async fn a_port_that_is_taken_for_a_while_is_waited_for() {
    let mut server = Server::start().await;
    server.kill();
    let thief = std::net::TcpListener::bind(("127.0.0.1", server.port())).unwrap();
    let log = server.data_dir().with_file_name("etcd.log");
    let leaves = async {
        eventually("the server to find its port taken", || async {
            let text = std::fs::read_to_string(&log).unwrap_or_default();
            text.contains("address already in use")
        })
        .await;
        drop(thief);
    };
    tokio::join!(server.restart(), leaves);
    assert!(server.client().await.status().await.is_ok());
}
