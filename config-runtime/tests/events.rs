//! The events of `tracing`, against the table in the crate's documentation.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::too_many_lines,
    reason = "a test says what it expects by failing"
)]

use std::collections::BTreeMap;
use std::fmt::{self, Write};
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Wake, Waker};
use std::time::Duration;

use hotconfig::store::Memory;
use hotconfig::{Hot, HotBuilder, HotConfig, Revision, Secret, Update, field};
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context as Layered, Layer, SubscriberExt};

const LIMIT: Duration = Duration::from_secs(20);

/// The rows that no test can bring about: a thread that gets no runtime.
const UNSEEN: [&str; 3] = ["thread_failed", "tls_changed", "tls_refused"];

#[derive(HotConfig, Clone, Debug, PartialEq)]
#[hot(prefix = "/told/{env}")]
struct Told {
    #[hot(default = 8, range(1..=64), alias = "old/size")]
    size: u32,
    #[hot(default = 4, restart)]
    workers: u16,
    #[hot(secret, default = "none", non_empty)]
    password: Secret<String>,
    needed: u8,
    #[hot(nested)]
    inner: Inner,
}

#[derive(HotConfig, Clone, Debug, PartialEq)]
struct Inner {
    #[hot(default = 1)]
    number: u32,
}

fn key(name: &str) -> String {
    format!("/told/test/{name}")
}

fn builder(store: &Memory) -> HotBuilder<Told> {
    Hot::<Told>::builder(store.clone())
        .var("env", "test")
        .backoff(Duration::from_millis(5), Duration::from_millis(20))
}

/// One event: its level, the names of its fields, and what was in them.
#[derive(Debug, Clone)]
struct Seen {
    level: String,
    fields: Vec<String>,
    values: BTreeMap<String, String>,
}

#[derive(Clone, Default)]
struct Collects(Arc<Mutex<Vec<Seen>>>);

impl<S: Subscriber> Layer<S> for Collects {
    fn on_event(&self, event: &Event<'_>, _: Layered<'_, S>) {
        let metadata = event.metadata();
        if !metadata.target().starts_with("hotconfig") {
            return;
        }
        let mut values = Values::default();
        event.record(&mut values);
        let name = values.0.get("event").cloned();
        assert_eq!(name.as_deref(), Some(metadata.name()), "{metadata:?}");
        assert_eq!(metadata.target(), "hotconfig", "{metadata:?}");
        let fields = metadata
            .fields()
            .iter()
            .map(|field| field.name().to_owned());
        self.0.lock().unwrap().push(Seen {
            level: metadata.level().to_string().to_lowercase(),
            fields: fields
                .filter(|name| name != "event" && name != "message")
                .collect(),
            values: values.0,
        });
    }
}

#[derive(Default)]
struct Values(BTreeMap<String, String>);

impl Visit for Values {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name().to_owned(), value.to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let mut text = String::new();
        write!(text, "{value:?}").unwrap();
        self.0.insert(field.name().to_owned(), text);
    }
}

impl Collects {
    fn named(&self, name: &str) -> Vec<BTreeMap<String, String>> {
        let all = self.0.lock().unwrap();
        let named = all.iter().filter(|seen| seen.values["event"] == name);
        named.map(|seen| seen.values.clone()).collect()
    }

    /// Waits for an event of that name with this in that field.
    async fn told(&self, name: &str, field: &str, with: &str) -> BTreeMap<String, String> {
        let find = || {
            self.named(name).into_iter().find(|values| {
                let value = values.get(field);
                value.is_some_and(|value| value.contains(with))
            })
        };
        let told = async {
            loop {
                if let Some(found) = find() {
                    return found;
                }
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        let told = tokio::time::timeout(LIMIT, told).await;
        told.unwrap_or_else(|_| panic!("no {name} with {field}={with}: {:#?}", self.named(name)))
    }
}

/// The rows of the table: for each event its level and its fields.
fn table() -> BTreeMap<String, (String, Vec<String>)> {
    let rows = include_str!("../src/_docs/health.rs")
        .lines()
        .skip_while(|line| !line.contains("| event | level |"))
        .skip(2)
        .map_while(|line| line.strip_prefix("//! | "));
    rows.map(|row| {
        let mut cells = row.split(" | ");
        let mut cell = || cells.next().unwrap().replace('`', "");
        let (name, level, fields) = (cell(), cell(), cell());
        let fields = fields.split(", ").map(str::to_owned).collect();
        (name, (level, fields))
    })
    .collect()
}

struct Panics;

impl Wake for Panics {
    fn wake(self: Arc<Self>) {
        panic!("woken");
    }
}

async fn soon<R>(what: &str, happens: impl Future<Output = R>) -> R {
    tokio::time::timeout(LIMIT, happens)
        .await
        .unwrap_or_else(|_| panic!("in vain: {what}"))
}

async fn settled(hot: &Hot<Told>, revision: Revision) {
    hot.wait_for(revision, LIMIT).await.unwrap();
}

#[tokio::test]
async fn every_event_is_one_of_the_table_and_every_row_is_told() {
    let seen = Collects::default();
    let subscriber = tracing_subscriber::registry().with(seen.clone());
    tracing::subscriber::set_global_default(subscriber).unwrap();
    let store = Memory::new();
    store.faults().set_call_timeout(Duration::from_millis(200));

    // No start: a key is missing, and a secret is bad.
    store.put(key("password"), "");
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("copy");
    std::fs::write(&copy, "something else").unwrap();
    builder(&store).fallback(&copy).start().await.unwrap_err();
    seen.told("fallback_refused", "why", "not a fallback file")
        .await;
    let refused = seen.told("start_refused", "error", "needed").await;
    assert_eq!(refused["schema"], "Told");
    assert_eq!(refused["prefix"], "/told/test");

    store.put(key("needed"), "1");
    let good = store.put(key("password"), "hunter2");
    let hot = builder(&store)
        .fallback(folder.path().join("no/folder"))
        .fallback_interval(Duration::ZERO)
        .staleness_limit(Duration::from_millis(400))
        .start()
        .await
        .unwrap();
    let started = seen.told("started", "held", "0").await;
    assert_eq!(started["revision"], good.to_string());
    seen.told("connected", "prefix", "/told/test").await;
    seen.told("fallback_failed", "path", "no/folder").await;

    settled(&hot, store.put(key("size"), "16")).await;
    seen.told("changed", "fields", "size").await;
    let held = store.put(key("size"), "900");
    settled(&hot, held).await;
    let told = seen.told("held", "keys", &key("size")).await;
    assert_eq!(told["revision"], held.to_string());
    assert!(told["problems"].contains("900"), "{told:?}");
    // What is wrong with a secret is told, and what it is not.
    settled(&hot, store.put(key("password"), b"hunter2\xff")).await;
    seen.told("held", "keys", &key("password")).await;
    settled(&hot, store.put(key("size"), "17")).await;
    seen.told("released", "revision", &held.to_string()).await;

    settled(&hot, store.put(key("sise"), "1")).await;
    seen.told("unknown_key", "nearest", "size").await;
    store.delete(key("size"));
    settled(&hot, store.put(key("old/size"), "18")).await;
    seen.told("deprecated", "key", &key("old/size")).await;
    settled(&hot, store.put(key("workers"), "5")).await;
    seen.told("restart_pending", "field", "workers").await;

    // Subscribers, whose panics need not be printed.
    std::panic::set_hook(Box::new(|_| {}));
    let mut queue = hot.changes_with_capacity(field!(Told, inner.number), 1);
    let _panicking = hot.on_change(field!(Told, inner.number), |_| panic!("a mistake"));
    let _slow = hot.on_change(field!(Told, inner), |_| {
        std::thread::sleep(Duration::from_millis(1_001));
    });
    let other = Hot::fixed(Inner { number: 1 });
    let view = hot.view(field!(Told, inner));
    let mut foreign = view.watch(field!(Inner, number)).since(&other.snapshot());
    seen.told("foreign_snapshot", "field", "inner.number").await;
    let waker = Waker::from(Arc::new(Panics));
    let mut waiting = Box::pin(foreign.changed());
    let polled = Pin::as_mut(&mut waiting).poll(&mut Context::from_waker(&waker));
    assert!(polled.is_pending());
    settled(&hot, store.put(key("inner/number"), "2")).await;
    settled(&hot, store.put(key("inner/number"), "3")).await;
    let missed = soon("an item", queue.next()).await.unwrap();
    assert!(matches!(missed, Update::Missed(1)), "{missed:?}");
    seen.told("missed", "field", "inner.number").await;
    seen.told("callback_panicked", "panic", "a mistake").await;
    seen.told("callback_slow", "field", "inner").await;
    seen.told("waker_panicked", "panic", "woken").await;
    drop(std::panic::take_hook());
    let backup = store.revision();

    // The store.
    store.faults().disconnect();
    let lost = seen.told("disconnected", "error", "reached").await;
    assert_eq!(lost["kind"], "unreachable");
    let stale = seen.told("stale", "cause", "reached").await;
    assert!(stale["confirmed_ms_ago"].parse::<u64>().unwrap() >= 400);
    store.faults().deny("");
    store.faults().reconnect();
    seen.told("store_failed", "kind", "denied").await;
    store.faults().allow();
    seen.told("fresh", "prefix", "/told/test").await;
    settled(&hot, store.put(key("inner/number"), "4")).await;
    store.faults().restore(backup).unwrap();
    seen.told("new_epoch", "epoch", "2").await;
    hot.shutdown().await;
    seen.told("ended", "prefix", "/told/test").await;

    // The copy on disk.
    store.put(key("password"), "hunter2");
    let kept = || {
        let limit = Duration::from_millis(300);
        builder(&store).start_timeout(limit).fallback(&copy)
    };
    kept().start().await.unwrap().shutdown().await;
    store.faults().disconnect();
    kept().start().await.unwrap().shutdown().await;
    seen.told("fallback_serving", "path", "copy").await;

    let table = table();
    let all = seen.0.lock().unwrap().clone();
    for Seen {
        level,
        fields,
        values,
    } in &all
    {
        let name = &values["event"];
        let row = table.get(name);
        let row = row.unwrap_or_else(|| panic!("{name} is not in the table"));
        assert_eq!((level, fields), (&row.0, &row.1), "{name}");
        for (field, value) in values {
            assert!(!value.contains("hunter"), "{name}, {field}: {value}");
        }
    }
    let told = |name: &String| all.iter().any(|seen| seen.values["event"] == *name);
    let untold: Vec<_> = table.keys().filter(|name| !told(name)).collect();
    assert_eq!(untold, UNSEEN, "rows that nothing was told of");
    let source = include_str!("../src/event.rs");
    for name in UNSEEN {
        assert!(source.contains(&format!("\"{name}\"")), "{name}");
    }
    // A start that failed has no end.
    assert_eq!(
        (seen.named("started").len(), seen.named("ended").len()),
        (3, 3)
    );
}
