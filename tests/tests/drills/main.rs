//! The drills: what has gone wrong elsewhere, on a real etcd. A test has the number of its drill.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test says what it expects by failing"
)]

mod applying;
mod deleting;
mod gate;
mod members;
mod starting;
mod telling;
mod watching;

use std::future::Future;
use std::time::Duration;

use etcd_client::{Client, CompactionOptions, DeleteOptions, Txn, TxnOp};
use hotconfig::store::{Etcd, EtcdBuilder};
use hotconfig::{Held, Hot, HotBuilder, HotConfig, Invalid, Reached, Revision, Secret};
use hotconfig_tests::{LIMIT, Server};

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
    #[hot(default = 4, restart)]
    workers: u16,
    #[hot(default = 0.5, range(0.0..=1.0))]
    ratio: f64,
    #[hot(default, json)]
    tags: Vec<String>,
}

#[derive(HotConfig, Clone, Debug, PartialEq)]
struct Pool {
    #[hot(secret)]
    dsn: Secret<String>,
    #[hot(default = 8, range(1..=1_000_000))]
    pool_size: u32,
    #[hot(default = "30s")]
    idle_timeout: Duration,
}

/// Always written together: `left` is not above `right`.
#[derive(HotConfig, Clone, Debug, PartialEq)]
#[hot(validate = in_order)]
struct Pair {
    #[hot(default = 10)]
    left: u64,
    #[hot(default = 20)]
    right: u64,
}

fn in_order(pair: &Pair) -> Result<(), Invalid> {
    if pair.left <= pair.right {
        Ok(())
    } else {
        Err("left is above right".into())
    }
}

const DSN: &str = "postgres://u:hunter2@db";

fn key(name: &str) -> String {
    format!("/configs/users/prod/{name}")
}

fn patient(endpoint: String) -> EtcdBuilder {
    Etcd::builder([endpoint]).call_timeout(Duration::from_secs(2))
}

fn builder(etcd: EtcdBuilder) -> HotBuilder<Service> {
    Hot::<Service>::builder(etcd.build().unwrap())
        .var("app", "users")
        .var("env", "prod")
        .backoff(Duration::from_millis(10), Duration::from_millis(200))
}

/// A server with what a start needs, a client of it, and a configuration that follows it.
async fn started() -> (Server, Client, Hot<Service>) {
    let (server, client) = served().await;
    let hot = builder(patient(server.endpoint())).start().await.unwrap();
    (server, client, hot)
}

/// A server with what a start needs, and a client of it.
async fn served() -> (Server, Client) {
    let server = Server::start().await;
    let mut client = server.client().await;
    put(&mut client, "db/dsn", DSN).await;
    (server, client)
}

async fn soon<R>(what: &str, happens: impl Future<Output = R>) -> R {
    tokio::time::timeout(LIMIT, happens)
        .await
        .unwrap_or_else(|_| panic!("in vain: {what}"))
}

async fn put(client: &mut Client, name: &str, value: impl Into<Vec<u8>>) -> Revision {
    put_at(client, &key(name), value).await
}

async fn put_at(client: &mut Client, key: &str, value: impl Into<Vec<u8>>) -> Revision {
    let answer = client.put(key, value, None).await.unwrap();
    answer.header().unwrap().revision().into()
}

/// Writes all of this in one revision.
async fn put_all(client: &mut Client, pairs: &[(&str, &str)]) -> Revision {
    let puts: Vec<TxnOp> = pairs
        .iter()
        .map(|(name, value)| TxnOp::put(key(name), *value, None))
        .collect();
    let answer = client.txn(Txn::new().and_then(puts)).await.unwrap();
    answer.header().unwrap().revision().into()
}

async fn delete(client: &mut Client, name: &str) -> Revision {
    let answer = client.delete(key(name), None).await.unwrap();
    answer.header().unwrap().revision().into()
}

async fn delete_below(client: &mut Client, name: &str) -> Revision {
    let below = DeleteOptions::new().with_prefix();
    let answer = client.delete(key(name), Some(below)).await.unwrap();
    answer.header().unwrap().revision().into()
}

async fn compact(client: &mut Client, revision: Revision) {
    let physical = CompactionOptions::new().with_physical();
    let revision = i64::try_from(revision.get()).unwrap();
    client.compact(revision, Some(physical)).await.unwrap();
}

async fn settled(hot: &Hot<Service>, revision: Revision) -> Reached {
    hot.wait_for(revision, LIMIT).await.unwrap()
}

async fn visible(hot: &Hot<Service>, revision: Revision) {
    assert_eq!(settled(hot, revision).await, Reached::Visible);
}

async fn held(hot: &Hot<Service>, revision: Revision) -> Held {
    match settled(hot, revision).await {
        Reached::Held(held) => held,
        other => panic!("it was let in: {other:?}"),
    }
}
