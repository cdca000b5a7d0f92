//! What stands between the program and etcd: etcd's own proxy, and servers that accept a
//! connection and do nothing with it.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test says what it expects by failing"
)]

use std::sync::Arc;
use std::time::Duration;

use hotconfig::store::backend::Backend;
use hotconfig::store::{ErrorKind, Etcd, Range, Tls};
use hotconfig::{Hot, HotConfig, Revision};
use hotconfig_tests::certificates::Authority;
use hotconfig_tests::{GrpcProxy, LIMIT, Server, eventually};
use tokio::io::{AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};

#[derive(HotConfig, Clone, Debug, PartialEq)]
#[hot(prefix = "/configs/proxied")]
struct Service {
    #[hot(default = 8)]
    pool_size: u32,
    note: Option<String>,
}

fn ranges(prefix: &str) -> Arc<[Range]> {
    Arc::new([Range::below(prefix)])
}

#[tokio::test(flavor = "multi_thread")]
async fn p04_behind_a_proxy_everything_converges_and_no_progress_is_believed() {
    let mut server = Server::start().await;
    let proxy = GrpcProxy::start(&server).await;
    let etcd = Etcd::builder([proxy.endpoint()])
        .call_timeout(Duration::from_secs(3))
        .build()
        .unwrap();
    let builder = || {
        Hot::<Service>::builder(etcd.clone())
            .backoff(Duration::from_millis(10), Duration::from_millis(200))
            .staleness_limit(Duration::from_millis(900))
    };
    let is = async |hot: &Hot<Service>, size: u32| {
        eventually(&format!("{size}"), || async {
            hot.load().pool_size == size && hot.status().failure.is_none()
        })
        .await;
    };
    // Two whose watches the proxy joins.
    let first = builder().start().await.unwrap();
    let mut client = server.client().await;
    let key = "/configs/proxied/pool_size";
    client.put(key, "16", None).await.unwrap();
    is(&first, 16).await;
    let second = builder().start().await.unwrap();
    is(&second, 16).await;
    for size in 17..30 {
        client.put(key, size.to_string(), None).await.unwrap();
        is(&first, size).await;
        is(&second, size).await;
    }
    // A revision that nothing in the configuration belongs to: only a look can confirm.
    for hot in [&first, &second] {
        eventually("a look", || async { hot.status().is_fresh() }).await;
        let elsewhere = client.put("/elsewhere", "1", None).await.unwrap();
        let revision = Revision::from(elsewhere.header().unwrap().revision());
        hot.wait_for(revision, LIMIT).await.unwrap();
    }
    let watch = etcd
        .watch(ranges("/configs/proxied"), Revision::new(2))
        .await;
    assert!(!watch.unwrap().ask_progress());

    server.restart().await;
    client.put(key, "30", None).await.unwrap();
    is(&first, 30).await;
    is(&second, 30).await;
    eventually("to be fresh", || async {
        first.status().is_fresh() && second.status().is_fresh()
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn drill_24_what_a_proxy_finds_too_big_is_read_in_halves() {
    let server = Server::start().await;
    let proxy = GrpcProxy::start(&server).await;
    let mut client = server.client().await;
    for number in 0..40 {
        let value = vec![b'x'; 200_000];
        client
            .put(format!("/big/{number}"), value, None)
            .await
            .unwrap();
    }
    let etcd = Etcd::builder([proxy.endpoint()]).build().unwrap();
    let reading = etcd.read(ranges("/big")).await.unwrap();
    assert_eq!(reading.entries[0].len(), 40);
}

/// Accepts connections and hands each one on to where `to` says, or to nowhere.
async fn relay(to: Arc<std::sync::Mutex<Option<u16>>>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let mut held = Vec::new();
        while let Ok((mut near, _)) = listener.accept().await {
            let to = *to.lock().unwrap();
            match to {
                Some(port) => {
                    tokio::spawn(async move {
                        let mut far = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
                        let _ = copy_bidirectional(&mut near, &mut far).await;
                        let _ = near.shutdown().await;
                    });
                }
                // It stays open for ever, as one whose route is gone.
                None => held.push(near),
            }
        }
    });
    port
}

#[tokio::test(flavor = "multi_thread")]
async fn p04_a_connection_that_nobody_answers_is_not_kept() {
    let server = Server::start().await;
    let to = Arc::new(std::sync::Mutex::new(None));
    let port = relay(Arc::clone(&to)).await;
    for scheme in ["http", "https"] {
        let mut builder = Etcd::builder([format!("{scheme}://127.0.0.1:{port}")])
            .call_timeout(Duration::from_millis(700));
        if scheme == "https" {
            builder = builder.tls(Tls::new().ca(Authority::new("any").pem()));
        }
        let etcd = builder.build().unwrap();
        *to.lock().unwrap() = None;
        for _ in 0..2 {
            let error = etcd.read(ranges("/r")).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Timeout, "{error}");
            let error = etcd.watch(ranges("/r"), Revision::new(1)).await;
            assert_eq!(error.err().unwrap().kind(), ErrorKind::Timeout);
        }
        // The old connections are as dead as before; new ones lead to the server.
        *to.lock().unwrap() = Some(server.port());
        let error = etcd.read(ranges("/r")).await;
        if scheme == "http" {
            error.unwrap();
            etcd.watch(ranges("/r"), Revision::new(1)).await.unwrap();
        } else {
            // It gets through, and there is no TLS at the other end.
            assert_eq!(error.unwrap_err().kind(), ErrorKind::Unreachable);
        }
    }
}
