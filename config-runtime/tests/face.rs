//! The abilities that public types share: they can be sent, cloned, and read by a program.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test says what it expects by failing"
)]

use std::time::Duration;

use futures_util::StreamExt;
use hotconfig::schema::{Check, CheckError, Comparison, Report, Schema, SchemaError};
use hotconfig::store::{Faults, Memory, StoreError, Transaction};
use hotconfig::{
    BuilderMistake, Change, Changes, Description, FallbackError, Field, Guard, Held, Hot,
    HotBuilder, HotConfig, Invalid, ManyKeys, NotReady, Origin, Part, Pending, Problem, Reached,
    Reader, Revision, Secret, Snapshot, Stale, StaleCause, StartError, Status, StatusWatch,
    Subscription, Update, View, WaitError, Warning, Watch, field,
};
use serde_json::json;

const LIMIT: Duration = Duration::from_secs(20);

#[derive(HotConfig, Clone, Debug)]
#[hot(prefix = "/users")]
struct Service {
    /// Connections to the database.
    #[hot(default = 8, range(1..=64), alias = "connections")]
    pool_size: u32,
    #[hot(nested)]
    limits: Limits,
    #[hot(secret, default = "hunter2")]
    password: Secret<String>,
}

#[derive(HotConfig, Clone, Debug)]
struct Limits {
    #[hot(default = 100, deprecated = "use `rate`")]
    rps: u32,
    #[hot(default = 4, restart)]
    workers: u16,
}

async fn soon<R>(happens: impl Future<Output = R>) -> R {
    tokio::time::timeout(LIMIT, happens).await.unwrap()
}

#[test]
fn public_types_can_be_sent_shared_and_moved() {
    fn all<V: Send + Sync + Unpin>() {}
    fn unpin<V: Unpin>() {}

    all::<(
        Hot<Service>,
        HotBuilder<Service>,
        View<u32>,
        Reader<Service>,
    )>();
    all::<(Snapshot<Service>, Part<u32>, Change<u32>, Update<u32>)>();
    all::<(Watch<u32>, Changes<u32>, StatusWatch, Subscription)>();
    all::<(Field<Service, u32>, Secret<String>, Revision, Origin)>();
    all::<(Status, Stale, StaleCause, FallbackError, NotReady)>();
    all::<(Held, Pending, hotconfig::Unknown, Warning, Problem)>();
    all::<(StartError, BuilderMistake, WaitError, Reached, Invalid)>();
    all::<(Memory, Transaction, Faults, StoreError, Description)>();
    all::<(
        Schema,
        SchemaError,
        Check<'_>,
        CheckError,
        Report,
        Comparison,
    )>();
    #[cfg(feature = "etcd")]
    all::<(
        hotconfig::store::Etcd,
        hotconfig::store::EtcdBuilder,
        hotconfig::store::Tls,
    )>();
    // A guard is for the moment, and for one thread at a time.
    unpin::<Guard<Service>>();
}

#[test]
fn futures_of_handles_can_be_sent() {
    fn sent(_: impl Send) {}

    let store = Memory::new();
    sent(Hot::<Service>::builder(store.clone()).start());
    let hot = fixed();
    sent(hot.wait_for(1_u64, LIMIT));
    sent(hot.shutdown());
    sent(hot.watch(field!(Service, pool_size)).changed());
    sent(hot.changes(field!(Service, pool_size)).next());
    sent(hot.watch_status().changed());
}

fn fixed() -> Hot<Service> {
    Hot::fixed(Service {
        pool_size: 3,
        limits: Limits { rps: 5, workers: 2 },
        password: Secret::default(),
    })
}

async fn started(store: &Memory) -> Hot<Service> {
    let builder = Hot::<Service>::builder(store.clone());
    soon(builder.start()).await.unwrap()
}

#[tokio::test]
async fn watches_and_queues_are_streams() {
    let store = Memory::new();
    let hot = started(&store).await;
    let watch = hot.watch(field!(Service, pool_size));
    let queue = hot.changes(field!(Service, pool_size));
    let held = hot
        .watch_status()
        .filter(|status| std::future::ready(!status.held.is_empty()));
    let mut sizes = watch.map(|change| *change.current());
    store.put("/users/pool_size", "16");
    assert_eq!(soon(StreamExt::next(&mut sizes)).await, Some(16));
    store.put("/users/pool_size", "900");
    let mut held = std::pin::pin!(held);
    assert_eq!(soon(held.next()).await.unwrap().held.len(), 1);
    hot.shutdown().await;
    assert_eq!(soon(StreamExt::next(&mut sizes)).await, None);
    let all: Vec<_> = soon(queue.collect()).await;
    assert!(matches!(&all[..], [Update::Changed(change)] if *change.current() == 16));
}

#[tokio::test]
async fn a_stream_and_the_method_of_one_watch_take_turns() {
    let store = Memory::new();
    let hot = started(&store).await;
    let mut watch = hot.watch(field!(Service, pool_size));
    for size in 9..40 {
        // A poll that found nothing stays registered, and must not take what the next one waits
        // for.
        if size % 3 == 0 {
            assert!(futures_util::poll!(StreamExt::next(&mut watch)).is_pending());
        }
        store.put("/users/pool_size", size.to_string());
        let change = match size % 2 {
            0 => soon(watch.changed()).await,
            _ => soon(StreamExt::next(&mut watch)).await,
        };
        assert_eq!(*change.unwrap().current(), size);
    }
}

#[tokio::test]
async fn the_clone_of_a_watch_counts_from_what_the_watch_returned_last() {
    let store = Memory::new();
    let hot = started(&store).await;
    let mut watch = hot.watch(field!(Service, pool_size));
    let revision = store.put("/users/pool_size", "16");
    soon(hot.wait_for(revision, LIMIT)).await.unwrap();
    let mut early = watch.clone();
    soon(watch.changed()).await.unwrap();
    let mut late = watch.clone();
    drop(watch);
    let change = soon(early.changed()).await.unwrap();
    assert_eq!((*change.previous(), *change.current()), (8, 16));
    assert_eq!(*late.current(), 16);
    store.put("/users/pool_size", "17");
    for watch in [&mut early, &mut late] {
        let change = soon(watch.changed()).await.unwrap();
        assert_eq!((*change.previous(), *change.current()), (16, 17));
    }
}

#[tokio::test]
async fn the_whole_struct_is_a_field_too() {
    const WHOLE: Field<Service, Service, ManyKeys> = field!(Service);

    let store = Memory::new();
    let hot = started(&store).await;
    let mut watch = hot.watch(WHOLE);
    let mut queue = hot.changes_with_capacity(field!(Service), 1);
    let view = hot.view(field!(Service));
    let (send, mut called) = tokio::sync::mpsc::unbounded_channel();
    let _subscription = hot.on_change(field!(Service), move |change: Change<Service>| {
        let _ = send.send(change.current().limits.rps);
    });
    let before = hot.snapshot();
    let revision = store.put("/users/limits/rps", "7");
    soon(hot.wait_for(revision, LIMIT)).await.unwrap();
    let change = soon(watch.changed()).await.unwrap();
    assert_eq!(
        (change.previous().limits.rps, change.current().limits.rps),
        (100, 7)
    );
    assert!(matches!(soon(queue.next()).await, Some(Update::Changed(_))));
    assert_eq!(
        (view.load().limits.rps, soon(called.recv()).await),
        (7, Some(7))
    );
    assert_eq!(WHOLE.path(), "");

    let (previous, current) = change.into_parts();
    let snapshot: Snapshot<Service> = current.snapshot().unwrap();
    assert_eq!(snapshot.revision(), Some(revision));
    let previous: Snapshot<Service> = previous.snapshot().unwrap();
    assert_eq!(previous.revision(), before.revision());
    assert!(current.snapshot::<Limits>().is_none());
}

#[tokio::test]
async fn a_status_is_read_by_a_program() {
    let store = Memory::new();
    store.put("/users/connections", "9");
    store.put("/users/limits/rps", "7");
    let hot = started(&store).await;
    store.put("/users/limits/workers", "5");
    store.put("/users/pool_sise", "5");
    let revision = store.put("/users/limits/rps", "many");
    soon(hot.wait_for(revision, LIMIT)).await.unwrap();

    let mut status = serde_json::to_value(hot.status()).unwrap();
    assert!(status["confirmed_ms_ago"].take().is_u64());
    status["connected"].take();
    assert_eq!(
        status,
        json!({
            "connected": null,
            "revision": 6,
            "epoch": 1,
            "confirmed_ms_ago": null,
            "stale": null,
            "held": [{
                "revision": 6,
                "epoch": 1,
                "missing": false,
                "keys": ["/users/limits/rps"],
                "fields": ["limits.rps"],
                "problems": [{
                    "key": "/users/limits/rps",
                    "field": "limits.rps",
                    "revision": 6,
                    "found": "\"many\"",
                    "wrong": "not a whole number",
                    "expected": "a whole number from 0 to 4294967295",
                }],
            }],
            "pending_restart": [{
                "field": "limits.workers",
                "key": "/users/limits/workers",
                "revision": 4,
                "running": "4",
                "pending": "5",
            }],
            "unknown": [{
                "key": "/users/pool_sise",
                "revision": 5,
                "nearest": "pool_size",
            }],
            "unknown_count": 1,
            "warnings": [
                {
                    "kind": "alias",
                    "key": "/users/connections",
                    "field": "pool_size",
                    "now": "/users/pool_size",
                },
                {
                    "kind": "deprecated",
                    "key": "/users/limits/rps",
                    "field": "limits.rps",
                    "note": "use `rate`",
                },
            ],
            "failure": null,
            "fallback": null,
            "ended": false,
        })
    );

    store.faults().disconnect();
    let mut news = hot.watch_status();
    while news.current().failure.is_none() {
        soon(news.changed()).await.unwrap();
    }
    let failure = serde_json::to_value(&news.current().failure).unwrap();
    assert_eq!(
        failure,
        json!({
            "kind": "unreachable",
            "message": "the connection is broken",
            "cause": null,
        })
    );
    assert_eq!(
        serde_json::to_value(StaleCause::Silent).unwrap(),
        json!({ "kind": "silent" })
    );
}

#[tokio::test]
async fn a_description_is_read_by_a_program() {
    let store = Memory::new();
    store.put("/users/pool_size", "9");
    let hot = started(&store).await;
    let revision = store.put("/users/pool_size", "900");
    soon(hot.wait_for(revision, LIMIT)).await.unwrap();
    let description = serde_json::to_value(hot.describe()).unwrap();
    assert_eq!(description["revision"], 2);
    assert_eq!(
        description["fields"][0],
        json!({
            "field": "pool_size",
            "key": "/users/pool_size",
            "value": "9",
            "origin": {
                "kind": "last_good",
                "origin": { "kind": "key", "key": "/users/pool_size", "revision": 2, "layer": 0 },
            },
            "doc": "Connections to the database.",
            "type_name": "u32",
        })
    );
    assert!(!description.to_string().contains("hunter2"));
}

#[tokio::test]
async fn an_error_does_not_print_its_source() {
    let store = Memory::new();
    store.faults().deny("/users/");
    let error = Hot::<Service>::builder(store).start().await.unwrap_err();
    let source = std::error::Error::source(&error).unwrap();
    assert_eq!(error.to_string(), "the configuration can't be read");
    assert!(source.to_string().contains("permission denied"), "{source}");
    let StartError::Store { source, .. } = error else {
        panic!("{error:?}");
    };
    assert_eq!(source.kind(), hotconfig::store::ErrorKind::Denied);
}
