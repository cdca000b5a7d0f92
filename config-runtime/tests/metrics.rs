//! The metrics, against the table in the crate's documentation. One recorder serves the whole
//! process, since the loop runs on a thread of its own: so there is one test.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test says what it expects by failing"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use hotconfig::store::Memory;
use hotconfig::{Hot, HotConfig, Reached, field};
use metrics::{Counter, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit};
use metrics_util::MetricKind;
use metrics_util::registry::{AtomicStorage, Registry};

const LIMIT: Duration = Duration::from_secs(20);

#[derive(HotConfig, Clone, Debug)]
#[hot(prefix = "/measured/{env}")]
struct Measured {
    #[hot(default = 8, range(1..=64))]
    size: u32,
    #[hot(default = 4, restart)]
    workers: u16,
}

/// Keeps what is measured.
#[derive(Clone)]
struct Collects {
    registry: Arc<Registry<Key, AtomicStorage>>,
    described: Arc<Mutex<BTreeSet<String>>>,
}

impl Collects {
    fn describe(&self, name: &KeyName) {
        let name = name.as_str().to_owned();
        self.described.lock().unwrap().insert(name);
    }
}

impl Recorder for Collects {
    fn describe_counter(&self, name: KeyName, _: Option<Unit>, _: SharedString) {
        self.describe(&name);
    }

    fn describe_gauge(&self, name: KeyName, _: Option<Unit>, _: SharedString) {
        self.describe(&name);
    }

    fn describe_histogram(&self, name: KeyName, _: Option<Unit>, _: SharedString) {
        self.describe(&name);
    }

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        self.registry
            .get_or_create_counter(key, |counter| counter.clone().into())
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        self.registry
            .get_or_create_gauge(key, |gauge| gauge.clone().into())
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        self.registry
            .get_or_create_histogram(key, |histogram| histogram.clone().into())
    }
}

/// What is measured, by name and labels.
struct Meters {
    collects: Collects,
    samples: BTreeMap<String, Vec<f64>>,
    numbers: BTreeMap<String, f64>,
    kinds: BTreeMap<String, (MetricKind, BTreeSet<String>)>,
}

impl Meters {
    fn look(&mut self) {
        let registry = Arc::clone(&self.collects.registry);
        for (key, counter) in registry.get_counter_handles() {
            let count = u32::try_from(counter.load(Ordering::Relaxed)).unwrap();
            let name = self.note(MetricKind::Counter, &key);
            self.numbers.insert(name, f64::from(count));
        }
        for (key, gauge) in registry.get_gauge_handles() {
            let name = self.note(MetricKind::Gauge, &key);
            let value = f64::from_bits(gauge.load(Ordering::Relaxed));
            self.numbers.insert(name, value);
        }
        for (key, histogram) in registry.get_histogram_handles() {
            let name = self.note(MetricKind::Histogram, &key);
            self.samples.insert(name, histogram.data());
        }
    }

    /// Its name, with the values of its labels.
    fn note(&mut self, kind: MetricKind, key: &Key) -> String {
        let described = self.collects.described.lock().unwrap();
        assert!(described.contains(key.name()), "{key} is not described");
        let labels = key.labels().map(|label| label.key().to_owned());
        self.kinds
            .insert(key.name().to_owned(), (kind, labels.collect()));
        key.labels().fold(key.name().to_owned(), |name, label| {
            format!("{name} {}", label.value())
        })
    }

    fn number(&mut self, name: &str) -> f64 {
        self.look();
        self.numbers.get(name).copied().unwrap_or_default()
    }

    async fn reaches(&mut self, name: &str, number: f64) {
        let reaches = async {
            while self.number(name) < number {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        let in_time = tokio::time::timeout(LIMIT, reaches).await;
        assert!(in_time.is_ok(), "{name} stays at {}", self.number(name));
    }

    async fn becomes(&mut self, name: &str, number: f64) {
        let becomes = async {
            while (self.number(name) - number).abs() > f64::EPSILON {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        let became = tokio::time::timeout(LIMIT, becomes).await;
        assert!(became.is_ok(), "{name} stays at {}", self.number(name));
    }
}

/// The rows of the table: for each metric its kind and its labels.
fn table() -> BTreeMap<String, (MetricKind, BTreeSet<String>)> {
    let rows = include_str!("../src/_docs/health.rs")
        .lines()
        .skip_while(|line| !line.contains("| metric | kind |"))
        .skip(2)
        .map_while(|line| line.strip_prefix("//! | "));
    rows.map(|row| {
        let mut cells = row.split(" | ");
        let mut cell = || cells.next().unwrap().replace('`', "");
        let (name, kind, labels) = (cell(), cell(), cell());
        let kind = match kind.as_str() {
            "counter" => MetricKind::Counter,
            "gauge" => MetricKind::Gauge,
            "histogram" => MetricKind::Histogram,
            kind => panic!("{kind}"),
        };
        (
            name,
            (kind, labels.split(", ").map(str::to_owned).collect()),
        )
    })
    .collect()
}

fn now() -> f64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.unwrap().as_secs_f64()
}

#[tokio::test]
async fn every_metric_is_one_of_the_table_and_counts_what_it_says() {
    let collects = Collects {
        registry: Arc::new(Registry::atomic()),
        described: Arc::default(),
    };
    metrics::set_global_recorder(collects.clone()).unwrap();
    let mut meters = Meters {
        collects,
        samples: BTreeMap::new(),
        numbers: BTreeMap::new(),
        kinds: BTreeMap::new(),
    };
    let store = Memory::new();
    let before = now();
    let hot = Hot::<Measured>::builder(store.clone())
        .var("env", "test")
        .staleness_limit(Duration::from_secs(3))
        .backoff(Duration::from_millis(5), Duration::from_millis(20))
        .start()
        .await
        .unwrap();
    let of = |name: &str| format!("hotconfig_{name} /measured/test");
    meters.becomes(&of("connected"), 1.0).await;
    meters
        .becomes("hotconfig_readings_total /measured/test ok", 1.0)
        .await;
    let confirmed = meters.number(&of("confirmed_timestamp_seconds"));
    assert!((before..=now()).contains(&confirmed), "{confirmed}");
    assert!((meters.number(&of("staleness_limit_seconds")) - 3.0).abs() < 1e-9);
    meters.becomes(&of("epoch"), 1.0).await;
    meters.becomes(&of("publications_total"), 0.0).await;

    // Subscribers.
    let watch = hot.watch(field!(Measured, size));
    let queue = hot.changes(field!(Measured, size));
    meters.becomes(&of("subscribers"), 2.0).await;
    drop(watch);
    meters.becomes(&of("subscribers"), 1.0).await;

    // A change, one that is held, one that waits, one that nobody knows.
    hot.wait_for(store.put("/measured/test/size", "9"), LIMIT)
        .await
        .unwrap();
    let held = hot
        .wait_for(store.put("/measured/test/size", "900"), LIMIT)
        .await;
    assert!(matches!(held, Ok(Reached::Held(_))));
    store.put("/measured/test/workers", "5");
    let last = store.put("/measured/test/sise", "9");
    hot.wait_for(last, LIMIT).await.unwrap();
    meters.becomes(&of("publications_total"), 1.0).await;
    meters.becomes(&of("events_total"), 4.0).await;
    meters.becomes(&of("held_total"), 1.0).await;
    meters.becomes(&of("held"), 1.0).await;
    meters.becomes(&of("restart_pending"), 1.0).await;
    meters.becomes(&of("unknown_keys"), 1.0).await;
    let revision = f64::from(u32::try_from(last.get()).unwrap());
    meters.becomes(&of("revision"), revision).await;
    let lag = &meters.samples[&of("lag_seconds")];
    assert_eq!(lag.len(), 1, "one publication");
    assert!((0.0..LIMIT.as_secs_f64()).contains(&lag[0]), "{lag:?}");
    assert_eq!(meters.samples[&of("reading_seconds")].len(), 1);
    assert!(!meters.samples[&of("settle_seconds")].is_empty());

    // A loss, and a reading that fails, and one that does not.
    store.faults().disconnect();
    meters.becomes(&of("connected"), 0.0).await;
    meters
        .reaches("hotconfig_readings_total /measured/test failed", 1.0)
        .await;
    meters
        .becomes(
            "hotconfig_watch_losses_total /measured/test unreachable",
            1.0,
        )
        .await;
    meters
        .reaches(
            "hotconfig_store_errors_total /measured/test unreachable",
            2.0,
        )
        .await;
    store.faults().reconnect();
    meters.becomes(&of("connected"), 1.0).await;
    meters.becomes(&of("publications_total"), 1.0).await;
    // A watch that says nothing is given up for a question that is not answered: lost, too.
    store.faults().set_call_timeout(Duration::from_millis(50));
    store.faults().stall();
    meters
        .becomes("hotconfig_watch_losses_total /measured/test timeout", 1.0)
        .await;
    store.faults().resume();
    store.faults().set_call_timeout(Duration::from_secs(5));
    meters.becomes(&of("connected"), 1.0).await;
    // A restore, which is another history.
    store.faults().wipe();
    meters.becomes(&of("epoch"), 2.0).await;
    hot.shutdown().await;
    meters.becomes(&of("connected"), 0.0).await;
    drop(queue);
    meters.becomes(&of("subscribers"), 0.0).await;

    meters.look();
    assert_eq!(meters.kinds, table());
}
