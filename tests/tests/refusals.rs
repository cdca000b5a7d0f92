//! What a real etcd says when it can't, or may not, and what becomes of it: the kinds of errors,
//! each one provoked.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test says what it expects by failing"
)]

use std::sync::Arc;
use std::time::Duration;

use hotconfig::Revision;
use hotconfig::store::backend::Backend;
use hotconfig::store::{ErrorKind, Etcd, EtcdBuilder, Range, StoreError};
use hotconfig_tests::users::{self, password, root};
use hotconfig_tests::{Server, chain, eventually};

fn ranges(prefix: &str) -> Arc<[Range]> {
    Arc::new([Range::below(prefix)])
}

fn builder(server: &Server) -> EtcdBuilder {
    Etcd::builder([server.endpoint()]).call_timeout(Duration::from_secs(5))
}

/// What a reading, a probe and a watch end with.
async fn errors(etcd: &Etcd) -> [Option<StoreError>; 3] {
    [
        etcd.read(ranges("/k")).await.err(),
        etcd.probe(ranges("/k")).await.err(),
        etcd.watch(ranges("/k"), Revision::new(1)).await.err(),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_store_is_read_and_watched_as_before() {
    let quota = "--quota-backend-bytes=200000";
    let server = Server::builder().flag(quota).start().await;
    let mut client = server.client().await;
    eventually("the store to be full", || {
        let mut client = client.clone();
        async move {
            let put = client.put("/k/big", vec![b'x'; 100_000], None).await;
            put.is_err_and(|error| error.to_string().contains("database space exceeded"))
        }
    })
    .await;
    client.get("/k/big", None).await.unwrap();
    let etcd = builder(&server).build().unwrap();
    assert_eq!(errors(&etcd).await, [None, None, None]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_of_a_server_without_users_does_no_harm() {
    let server = Server::start().await;
    let etcd = builder(&server).user("reader", "a password");
    assert_eq!(errors(&etcd.build().unwrap()).await, [None, None, None]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_that_is_deleted_while_connected_is_not_authenticated() {
    let server = Server::start().await;
    users::with_users(&server, &[("reader", &["/k/"])]).await;
    let etcd = builder(&server).user("reader", password("reader"));
    let etcd = etcd.build().unwrap();
    assert_eq!(errors(&etcd).await, [None, None, None]);
    root(&server).await.user_delete("reader").await.unwrap();
    for error in errors(&etcd).await {
        let error = error.unwrap();
        assert_eq!(error.kind(), ErrorKind::Unauthenticated, "{error}");
        assert!(chain(&error).contains("\"reader\""), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn authentication_that_is_switched_on_and_off_is_followed() {
    let server = Server::start().await;
    let etcd = builder(&server).user("reader", password("reader"));
    let etcd = etcd.build().unwrap();
    assert_eq!(errors(&etcd).await, [None, None, None]);
    users::with_users(&server, &[("reader", &["/k/"])]).await;
    assert_eq!(errors(&etcd).await, [None, None, None]);
    root(&server).await.auth_disable().await.unwrap();
    assert_eq!(errors(&etcd).await, [None, None, None]);
    server.client().await.auth_enable().await.unwrap();
    eventually("the user to be let in", || async {
        errors(&etcd).await == [None, None, None]
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_user_is_asked_for_by_the_next_call_although_the_token_of_the_last_is_good() {
    let server = Server::start().await;
    users::with_users(&server, &[("nobody", &[]), ("reader", &["/k/"])]).await;
    let etcd = builder(&server).user("nobody", password("nobody"));
    let etcd = etcd.build().unwrap();
    for error in errors(&etcd).await {
        assert_eq!(error.unwrap().kind(), ErrorKind::Denied);
    }
    etcd.set_user("reader", password("reader")).unwrap();
    assert_eq!(errors(&etcd).await, [None, None, None]);
}

/// A second member makes the first one a minority of two: there is no leader any more, and
/// nothing is answered until it is there.
#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_without_a_quorum_can_not_be_reached() {
    let server = Server::start().await;
    let etcd = builder(&server)
        .call_timeout(Duration::from_secs(20))
        .build()
        .unwrap();
    assert_eq!(errors(&etcd).await, [None, None, None]);
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let peer = format!("http://{}", nobody.local_addr().unwrap());
    let mut client = server.client().await;
    client.member_add([peer], None).await.unwrap();
    eventually("no leader", || async {
        errors(&etcd)
            .await
            .into_iter()
            .all(|error| error.is_some_and(|error| error.kind() == ErrorKind::Unreachable))
    })
    .await;
}

/// An alarm of corruption, which an operator can raise too, refuses writes only.
#[tokio::test(flavor = "multi_thread")]
async fn a_corrupt_cluster_is_read_and_watched_as_before() {
    use etcd_client::{AlarmAction, AlarmType};

    let server = Server::start().await;
    let etcd = builder(&server).build().unwrap();
    let mut client = server.client().await;
    let corrupt = client.alarm(AlarmAction::Activate, AlarmType::Corrupt, None);
    corrupt.await.unwrap();
    eventually("writes to be refused", || {
        let mut client = client.clone();
        async move {
            let put = client.put("/k/a", "1", None).await;
            put.is_err_and(|error| error.to_string().contains("corrupt cluster"))
        }
    })
    .await;
    assert_eq!(errors(&etcd).await, [None, None, None]);
}
