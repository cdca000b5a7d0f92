//! The whole way, on a real etcd: what is published is what etcd holds, whatever happens to it.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test says what it expects by failing"
)]

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use etcd_client::{
    Client, CompactionOptions, DeleteOptions, GetOptions, LeaseGrantOptions, PutOptions, Txn, TxnOp,
};
use hotconfig::store::{ErrorKind, Etcd};
use hotconfig::{
    Hot, HotBuilder, HotConfig, Invalid, Reached, Revision, Secret, StartError, Update, field,
};
use hotconfig_tests::{LIMIT, Server, chain, eventually};

#[derive(HotConfig, Clone, Debug, PartialEq)]
#[hot(prefix = "/configs/{app}/{env}")]
struct Service {
    #[hot(default = "info", one_of("trace", "debug", "info", "warn", "error"))]
    log_level: String,
    #[hot(nested)]
    db: Pool,
    #[hot(nested)]
    pair: Pair,
    note: Option<String>,
    #[hot(default, json)]
    tags: Vec<String>,
}

#[derive(HotConfig, Clone, Debug, PartialEq)]
struct Pool {
    #[hot(secret, default = "none")]
    dsn: Secret<String>,
    #[hot(default = 8, range(1..=1_000_000))]
    pool_size: u32,
    #[hot(default = "30s")]
    idle_timeout: Duration,
}

/// Always written together: `right` is `left + 1`.
#[derive(HotConfig, Clone, Debug, PartialEq)]
#[hot(validate = in_step)]
struct Pair {
    #[hot(default = 0)]
    left: u64,
    #[hot(default = 1)]
    right: u64,
}

fn in_step(pair: &Pair) -> Result<(), Invalid> {
    if pair.right == pair.left + 1 {
        Ok(())
    } else {
        Err("half of a transaction".into())
    }
}

fn key(name: &str) -> String {
    format!("/configs/users/prod/{name}")
}

fn etcd(server: &Server) -> Etcd {
    Etcd::builder([server.endpoint()])
        .call_timeout(Duration::from_secs(2))
        .build()
        .unwrap()
}

fn builder(etcd: &Etcd) -> HotBuilder<Service> {
    Hot::<Service>::builder(etcd.clone())
        .var("app", "users")
        .var("env", "prod")
        .backoff(Duration::from_millis(10), Duration::from_millis(200))
}

async fn start(server: &Server) -> Hot<Service> {
    builder(&etcd(server)).start().await.unwrap()
}

async fn soon<R>(what: &str, happens: impl Future<Output = R>) -> R {
    tokio::time::timeout(LIMIT, happens)
        .await
        .unwrap_or_else(|_| panic!("in vain: {what}"))
}

async fn put(client: &mut Client, name: &str, value: impl Into<Vec<u8>>) -> Revision {
    let answer = client.put(key(name), value, None).await.unwrap();
    Revision::from(answer.header().unwrap().revision())
}

async fn put_pair(client: &mut Client, left: u64) -> Result<Revision, etcd_client::Error> {
    let puts = [("pair/left", left), ("pair/right", left + 1)]
        .map(|(name, value)| TxnOp::put(key(name), value.to_string(), None));
    let answer = client.txn(Txn::new().and_then(puts)).await?;
    Ok(Revision::from(answer.header().unwrap().revision()))
}

async fn settled(hot: &Hot<Service>, revision: Revision) -> Reached {
    hot.wait_for(revision, LIMIT).await.unwrap()
}

/// What etcd holds, read and decoded without any of our own ways.
async fn held_by_etcd(client: &mut Client) -> Service {
    let all = GetOptions::new().with_prefix();
    let answer = client.get("/configs/users/prod/", Some(all)).await.unwrap();
    let text = |name: &str| {
        let kv = answer
            .kvs()
            .iter()
            .find(|kv| kv.key() == key(name).as_bytes())?;
        Some(kv.value_str().unwrap().to_owned())
    };
    let number = |name: &str, default| text(name).map_or(default, |text| text.parse().unwrap());
    Service {
        log_level: text("log_level").unwrap_or_else(|| "info".to_owned()),
        db: Pool {
            dsn: text("db/dsn").unwrap_or_else(|| "none".to_owned()).into(),
            pool_size: u32::try_from(number("db/pool_size", 8)).unwrap(),
            idle_timeout: Duration::from_secs(30),
        },
        pair: Pair {
            left: number("pair/left", 0),
            right: number("pair/right", 1),
        },
        note: text("note"),
        tags: Vec::new(),
    }
}

#[tokio::test]
async fn a_change_a_transaction_a_bad_value_and_a_delete() {
    let server = Server::start().await;
    let mut client = server.client().await;
    let hot = start(&server).await;
    let mut size = hot.watch(field!(Service, db.pool_size));
    let mut pair = hot.changes(field!(Service, pair));

    let revision = put(&mut client, "db/pool_size", "16").await;
    let change = soon("the change", size.changed()).await.unwrap();
    assert_eq!((*change.previous(), *change.current()), (8, 16));
    assert_eq!(change.revision(), Some(revision));

    put_pair(&mut client, 7).await.unwrap();
    let Some(Update::Changed(change)) = soon("the pair", pair.next()).await else {
        panic!()
    };
    assert_eq!(change.current(), &Pair { left: 7, right: 8 });

    let bad = put(&mut client, "db/pool_size", "many").await;
    let Reached::Held(held) = settled(&hot, bad).await else {
        panic!("it was let in")
    };
    assert_eq!((held.revision, held.keys), (bad, vec![key("db/pool_size")]));
    assert_eq!(hot.load().db.pool_size, 16);

    client.delete(key("db/pool_size"), None).await.unwrap();
    let change = soon("the delete", size.changed()).await.unwrap();
    assert_eq!(*change.current(), 8);
    assert!(hot.status().held.is_empty());
}

/// Writers on three tasks while etcd is killed and started again; they go on where a write fails.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p03_p04_drill_17_etcd_is_killed_during_writes_and_what_it_holds_is_published() {
    let mut server = Server::start().await;
    let hot = start(&server).await;
    let over = Arc::new(AtomicBool::new(false));
    let writers: Vec<_> = (0..3_u64)
        .map(|writer| {
            let (over, endpoint) = (Arc::clone(&over), server.endpoint());
            tokio::spawn(async move {
                let mut client = Client::connect([endpoint], None).await.unwrap();
                let mut count = 0_u64;
                while !over.load(Ordering::Relaxed) {
                    count += 1;
                    let wrote = match writer {
                        0 => put_pair(&mut client, count).await.is_ok(),
                        1 => client
                            .put(key("db/pool_size"), (count % 1_000 + 1).to_string(), None)
                            .await
                            .is_ok(),
                        _ if count.is_multiple_of(3) => {
                            client.delete(key("note"), None).await.is_ok()
                        }
                        _ => client
                            .put(key("note"), count.to_string(), None)
                            .await
                            .is_ok(),
                    };
                    if !wrote {
                        tokio::task::yield_now().await;
                    }
                }
                count
            })
        })
        .collect();
    // A reader that looks all the time.
    let reader = {
        let (hot, over) = (hot.clone(), Arc::clone(&over));
        std::thread::spawn(move || {
            let mut reader = hot.reader();
            let mut last = None;
            while !over.load(Ordering::Relaxed) {
                let snapshot = reader.snapshot();
                assert_eq!(snapshot.pair.right, snapshot.pair.left + 1, "P3");
                assert!(snapshot.revision() >= last, "P1");
                last = snapshot.revision();
                std::thread::yield_now();
            }
        })
    };
    for round in 1..=3 {
        let before = hot.snapshot().revision();
        eventually("changes arrive", async || {
            hot.snapshot().revision() > before
        })
        .await;
        server.kill();
        eventually("the loss is noticed", async || !hot.status().connected).await;
        server.restart().await;
        eventually(&format!("round {round}: connected again"), async || {
            hot.status().connected
        })
        .await;
    }
    over.store(true, Ordering::Relaxed);
    for writer in writers {
        assert!(writer.await.unwrap() > 0);
    }
    reader.join().unwrap();
    let mut client = server.client().await;
    let expected = held_by_etcd(&mut client).await;
    eventually("what etcd holds is published", async || {
        *hot.load() == expected
    })
    .await;
    assert!(hot.status().held.is_empty());
}

#[tokio::test]
async fn drill_24_a_revision_bigger_than_a_message_arrives_whole() {
    let server = Server::builder()
        .flag("--max-request-bytes=33554432")
        .start()
        .await;
    let mut client = server.client().await;
    let hot = start(&server).await;
    // Twice what a client decodes by default, in one revision.
    let big = "x".repeat(4_500_000);
    let puts = [
        TxnOp::put(key("note"), big.clone(), None),
        TxnOp::put(key("tags"), format!("[\"{big}\"]"), None),
        TxnOp::put(key("pair/left"), "7", None),
        TxnOp::put(key("pair/right"), "8", None),
    ];
    let answer = client.txn(Txn::new().and_then(puts)).await.unwrap();
    settled(&hot, answer.header().unwrap().revision().into()).await;
    assert_eq!(hot.load().pair.left, 7);
    assert_eq!(hot.load().note.as_ref().map(String::len), Some(big.len()));
    // And what is more than one message when everything is read.
    let again = start(&server).await;
    assert_eq!(*again.load(), *hot.load());
}

#[tokio::test]
async fn p06_drill_32_writing_the_same_again_tells_nobody() {
    let server = Server::start().await;
    let mut client = server.client().await;
    put(&mut client, "db/pool_size", "16").await;
    let hot = start(&server).await;
    let before = hot.snapshot().revision();
    let mut db = hot.changes(field!(Service, db));
    let same = put(&mut client, "db/pool_size", "16").await;
    settled(&hot, same).await;
    assert_eq!(hot.snapshot().revision(), before);
    hot.shutdown().await;
    assert!(db.next().await.is_none());
}

#[tokio::test]
async fn p08_drill_10_deletes_and_a_compaction_during_an_outage_are_found() {
    let mut server = Server::start().await;
    let mut client = server.client().await;
    put(&mut client, "note", "hello").await;
    put(&mut client, "db/pool_size", "16").await;
    // Long rests: everything below happens before it is back.
    let hot = builder(&etcd(&server))
        .backoff(Duration::from_secs(3), Duration::from_secs(4))
        .start()
        .await
        .unwrap();
    let mut note = hot.watch(field!(Service, note));
    server.kill();
    eventually("the loss is noticed", async || !hot.status().connected).await;
    server.restart().await;
    let mut client = server.client().await;
    client.delete(key("note"), None).await.unwrap();
    for size in 1..50 {
        put(&mut client, "db/pool_size", size.to_string()).await;
    }
    let last = put(&mut client, "db/pool_size", "50").await;
    let compact = CompactionOptions::new().with_physical();
    client
        .compact(i64::try_from(last.get()).unwrap(), Some(compact))
        .await
        .unwrap();
    let change = soon("the delete", note.changed()).await.unwrap();
    assert_eq!(change.current(), &None);
    eventually("the newest", async || hot.load().db.pool_size == 50).await;
}

#[tokio::test]
async fn p13_drill_22_a_wiped_store_begins_a_new_epoch() {
    let mut server = Server::start().await;
    let mut client = server.client().await;
    for size in 1..20 {
        put(&mut client, "db/pool_size", size.to_string()).await;
    }
    let hot = start(&server).await;
    assert_eq!(hot.load().db.pool_size, 19);
    server.wipe();
    server.restart().await;
    let mut client = server.client().await;
    put(&mut client, "note", "young").await;
    eventually("the younger history", async || {
        let config = hot.load();
        config.note.as_deref() == Some("young") && config.db.pool_size == 8
    })
    .await;
    assert_eq!(hot.status().epoch, 2);
    let now = put(&mut client, "db/pool_size", "21").await;
    settled(&hot, now).await;
    assert_eq!(hot.load().db.pool_size, 21);
}

#[tokio::test]
async fn p09_drill_27_a_frozen_member_makes_it_stale_and_a_thawed_one_fresh() {
    let server = Server::start().await;
    let hot = builder(&etcd(&server))
        .staleness_limit(Duration::from_secs(2))
        .start()
        .await
        .unwrap();
    eventually("fresh", async || hot.status().is_fresh()).await;
    server.stop();
    eventually("stale", async || !hot.status().is_fresh()).await;
    server.cont();
    eventually("fresh", async || hot.status().is_fresh()).await;
    let mut client = server.client().await;
    let now = put(&mut client, "db/pool_size", "21").await;
    settled(&hot, now).await;
    assert_eq!(hot.load().db.pool_size, 21);
}

#[tokio::test]
async fn p09_an_idle_prefix_is_confirmed_again_and_again() {
    let server = Server::start().await;
    let hot = builder(&etcd(&server))
        .staleness_limit(Duration::from_millis(900))
        .start()
        .await
        .unwrap();
    let first = hot.status().confirmed;
    let later = first.map(|first| first + Duration::from_millis(1_200));
    eventually("confirmed beyond the limit", async || {
        hot.status().confirmed > later
    })
    .await;
    assert_eq!(hot.status().failure, None);
}

#[tokio::test]
async fn drill_13_a_key_that_goes_with_its_lease_is_its_default_again() {
    let server = Server::start().await;
    let mut client = server.client().await;
    let lease = client
        .lease_grant(2, None::<LeaseGrantOptions>)
        .await
        .unwrap()
        .id();
    let leased = PutOptions::new().with_lease(lease);
    client
        .put(key("db/pool_size"), "99", Some(leased))
        .await
        .unwrap();
    let hot = start(&server).await;
    assert_eq!(hot.load().db.pool_size, 99);
    eventually("the lease ends", async || hot.load().db.pool_size == 8).await;
}

#[tokio::test]
async fn p15_drill_23_denied_is_an_error_and_names_the_range() {
    let server = Server::start().await;
    let mut client = server.client().await;
    client.user_add("root", "secret-root", None).await.unwrap();
    client.user_grant_role("root", "root").await.unwrap();
    client
        .user_add("reader", "secret-reader", None)
        .await
        .unwrap();
    client.auth_enable().await.unwrap();
    let etcd = Etcd::builder([server.endpoint()])
        .user("reader", "secret-reader")
        .build()
        .unwrap();
    let StartError::Store { source: error, .. } = builder(&etcd).start().await.unwrap_err() else {
        panic!("denied was taken for empty")
    };
    assert_eq!(error.kind(), ErrorKind::Denied);
    assert!(chain(&error).contains("/configs/users/prod/"), "{error}");
    assert!(!chain(&error).contains("secret-"), "{error}");
    let wrong = Etcd::builder([server.endpoint()])
        .user("reader", "wrong")
        .build()
        .unwrap();
    let StartError::Store { source: error, .. } = builder(&wrong).start().await.unwrap_err() else {
        panic!()
    };
    assert_eq!(error.kind(), ErrorKind::Unauthenticated);
}

#[tokio::test]
async fn several_configurations_share_one_etcd() {
    let server = Server::start().await;
    let mut client = server.client().await;
    let etcd = etcd(&server);
    let mut hots = Vec::new();
    for env in 0..20 {
        let hot = Hot::<Service>::builder(etcd.clone())
            .var("app", "users")
            .var("env", format!("env{env}"))
            .start();
        hots.push(hot.await.unwrap());
    }
    for (env, hot) in hots.iter().enumerate() {
        let answer = client
            .put(
                format!("/configs/users/env{env}/db/pool_size"),
                (env + 100).to_string(),
                None,
            )
            .await
            .unwrap();
        hot.wait_for(answer.header().unwrap().revision(), LIMIT)
            .await
            .unwrap();
        assert_eq!(hot.load().db.pool_size as usize, env + 100);
    }
}

#[tokio::test]
async fn thousands_of_keys_that_are_not_ours_are_counted_and_followed() {
    let server = Server::start().await;
    let mut client = server.client().await;
    for chunk in 0..120 {
        let puts: Vec<_> = (0..100)
            .map(|number| TxnOp::put(key(&format!("other/{chunk}/{number}")), "x", None))
            .collect();
        client.txn(Txn::new().and_then(puts)).await.unwrap();
    }
    // More than one page.
    let etcd = Etcd::builder([server.endpoint()])
        .page_size(1_000)
        .build()
        .unwrap();
    let hot = builder(&etcd).start().await.unwrap();
    assert_eq!(hot.status().unknown_count, 12_000);
    assert_eq!(hot.status().unknown.len(), 100);
    let below = DeleteOptions::new().with_prefix();
    client.delete(key("other/"), Some(below)).await.unwrap();
    let last = put(&mut client, "note", "x").await;
    settled(&hot, last).await;
    assert_eq!(hot.status().unknown_count, 0);
}
