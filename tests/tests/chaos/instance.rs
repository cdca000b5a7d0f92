//! One instance of the library with its many subscribers, and a record of all that they see.
//!
//! In: a store and how to follow it. Out: what was seen in a round ([`Seen`]). It judges nothing.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use hotconfig::store::Etcd;
use hotconfig::{
    Baseline, Change, Field, Hot, Origin as Found, Snapshot, StartError, Subscription, Update,
    field,
};
use hotconfig_tests::eventually;

use crate::checker::{
    CutOff, Held, Origin, Poll, Publication, Sample, Seen, Subscriber, Told, Waited, Way,
};
use crate::config::{All, KEYS, PREFIX, Row, Service};

/// What every panic of a callback says, so that it is not taken for one that matters.
pub(crate) const ON_PURPOSE: &str = "a callback panics on purpose";

/// How an instance follows its store.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) name: String,
    pub(crate) staleness: Duration,
    pub(crate) compare: Duration,
    pub(crate) backoff: (Duration, Duration),
    /// Whether it may be started while keys are bad.
    pub(crate) late: bool,
}

/// An instance that runs.
pub(crate) struct Instance {
    pub(crate) plan: Plan,
    pub(crate) hot: Hot<Service>,
    first: Publication,
    is_new: bool,
    log: Arc<Log>,
    gate: Arc<Gate>,
    threads: Vec<JoinHandle<()>>,
    _callbacks: Vec<Subscription>,
}

/// What was seen since the round began.
#[derive(Default)]
struct Log {
    publications: Mutex<Vec<Publication>>,
    readers: Mutex<Vec<Vec<Sample>>>,
    subscribers: Mutex<Vec<Subscriber>>,
    polls: Mutex<Vec<Poll>>,
    waited: Mutex<Vec<Waited>>,
    over: AtomicBool,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What a callback that blocks waits at.
#[derive(Default)]
struct Gate {
    open: Mutex<bool>,
    opened: Condvar,
}

impl Gate {
    fn set(&self, open: bool) {
        *lock(&self.open) = open;
        self.opened.notify_all();
    }

    fn pass(&self) {
        let mut open = lock(&self.open);
        while !*open {
            open = self
                .opened
                .wait(open)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl Log {
    fn subscriber(&self, name: String, way: Way, part: fn(&Row) -> String, first: &Row) -> usize {
        let mut all = lock(&self.subscribers);
        all.push(Subscriber {
            name,
            way,
            part,
            baseline: part(first),
            named: true,
            told: Vec::new(),
            missed: 0,
        });
        all.len() - 1
    }

    fn told<V: 'static>(&self, number: usize, of: fn(&V) -> String, change: &Change<V>) {
        let told = Told {
            previous: of(change.previous()),
            current: of(change.current()),
            epoch: change.epoch(),
            revision: change.revision().map_or(0, hotconfig::Revision::get),
        };
        if let Some(one) = lock(&self.subscribers).get_mut(number) {
            one.told.push(told);
        }
    }

    fn missed(&self, number: usize, count: u64) {
        if let Some(one) = lock(&self.subscribers).get_mut(number) {
            one.missed += count;
        }
    }
}

/// A snapshot as the judge wants it.
fn publication(snapshot: &Snapshot<Service>) -> Publication {
    Publication {
        at: Instant::now(),
        epoch: snapshot.epoch(),
        revision: snapshot.revision().map_or(0, hotconfig::Revision::get),
        row: Row::from(&snapshot.all),
    }
}

/// A field with how it is shown, and how the same is found in a row.
struct Part<V: 'static, K> {
    field: Field<Service, V, K>,
    of: fn(&V) -> String,
    part: fn(&Row) -> String,
}

/// Subscribes in every way to what the judge knows by a key.
macro_rules! subscribe {
    ($subscribing:expr; $($key:literal $($path:ident).+ : $of:expr),+ $(,)?) => {
        $($subscribing.all_ways(&Part {
            field: field!(Service, $($path).+),
            of: $of,
            part: |row| row.get($key).to_string(),
        });)+
    };
}

struct Subscribing<'a> {
    hot: &'a Hot<Service>,
    first: &'a Snapshot<Service>,
    row: Row,
    log: &'a Arc<Log>,
}

impl Subscribing<'_> {
    fn name(what: &str, path: &str) -> String {
        format!("{what} of {path}")
    }

    fn all_ways<V: Send + Sync + 'static, K: 'static>(&self, part: &Part<V, K>) {
        for slow in [false, false, true] {
            self.watch(part, slow);
        }
        self.changes(part, 1 << 16, false);
        self.changes(part, 2, true);
    }

    fn watch<V: Send + Sync + 'static, K: 'static>(&self, part: &Part<V, K>, slow: bool) {
        let mut watch = self.hot.watch(part.field).since(self.first);
        let name = Self::name(
            if slow { "a slow watch" } else { "a watch" },
            part.field.path(),
        );
        let number = self.log.subscriber(name, Way::Latest, part.part, &self.row);
        let (log, of) = (Arc::clone(self.log), part.of);
        tokio::spawn(async move {
            while let Some(change) = watch.changed().await {
                log.told(number, of, &change);
                rest(slow).await;
            }
        });
    }

    fn changes<V: Send + Sync + 'static, K: 'static>(
        &self,
        part: &Part<V, K>,
        capacity: usize,
        slow: bool,
    ) {
        let changes = self.hot.changes_with_capacity(part.field, capacity);
        let mut changes = changes.since(self.first);
        let name = Self::name(&format!("a queue of {capacity}"), part.field.path());
        let number = self.log.subscriber(name, Way::Each, part.part, &self.row);
        let (log, of) = (Arc::clone(self.log), part.of);
        tokio::spawn(async move {
            while let Some(update) = changes.next().await {
                match update {
                    Update::Changed(change) => log.told(number, of, &change),
                    Update::Missed(count) => log.missed(number, count),
                    _ => panic!("an update of no known kind"),
                }
                rest(slow).await;
            }
        });
    }

    /// A callback; what it does after it has noted its change is up to the caller.
    fn callback<V: Send + Sync + 'static, K: 'static>(
        &self,
        what: &str,
        part: &Part<V, K>,
        then: impl Fn() + Send + 'static,
    ) -> Subscription {
        let name = Self::name(what, part.field.path());
        let number = self.log.subscriber(name, Way::Latest, part.part, &self.row);
        let (log, of) = (Arc::clone(self.log), part.of);
        let subscription = self.hot.on_change(part.field, move |change| {
            log.told(number, of, &change);
            then();
        });
        // It can't name a baseline: what it missed before is none of its business.
        let now = (part.part)(&Row::from(&self.hot.load().all));
        if let Some(one) = lock(&self.log.subscribers).get_mut(number) {
            (one.baseline, one.named) = (now, false);
        }
        subscription
    }
}

async fn rest(slow: bool) {
    if slow {
        tokio::time::sleep(Duration::from_millis(fastrand::u64(..150))).await;
    }
}

fn txn(txn: &crate::config::Txn) -> String {
    [txn.t0, txn.t1, txn.t2, txn.t3]
        .map(|one| one.to_string())
        .join(" ")
}

fn pair(pair: &crate::config::Pair) -> String {
    format!("{}..{}", pair.min, pair.max)
}

#[expect(
    clippy::ref_option,
    reason = "it is given to what has a reference to any value"
)]
fn maybe(value: &Option<u64>) -> String {
    value.map_or("None".to_owned(), |value| value.to_string())
}

impl Instance {
    /// Starts one, with all its subscribers.
    pub(crate) async fn start(plan: Plan, etcd: Etcd) -> Result<Self, StartError> {
        let (least, most) = plan.backoff;
        let mut builder = Hot::<Service>::builder(etcd)
            .var("app", "app")
            .staleness_limit(plan.staleness)
            .compare_interval(plan.compare)
            .read_timeout(Duration::from_secs(3))
            .backoff(least, most);
        if plan.late {
            builder = builder
                .defaults_for_bad_keys()
                .start_timeout(Duration::from_secs(2));
        }
        let hot = builder.start().await?;
        let first = hot.snapshot();
        let log = Arc::new(Log::default());
        let gate = Arc::new(Gate::default());
        let callbacks = subscribe(&hot, &first, &log, &gate);
        let threads = threads(&hot, &log);
        Ok(Self {
            is_new: true,
            first: publication(&first),
            plan,
            hot,
            log,
            gate,
            threads,
            _callbacks: callbacks,
        })
    }

    /// Waits for a revision that a good value of this key came with, and notes the answer.
    pub(crate) fn wait_for(&self, key: &'static str, revision: u64, branch: usize) {
        let (hot, log) = (self.hot.clone(), Arc::clone(&self.log));
        tokio::spawn(async move {
            let answer = hot.wait_for(revision, Duration::from_secs(5)).await;
            let held = match answer {
                Ok(hotconfig::Reached::Visible) => None,
                // Or it may have deleted what is held of another.
                Ok(hotconfig::Reached::Held(held)) => {
                    Some(held.missing || held.revision != revision.into())
                }
                // Too late, or another history.
                _ => return,
            };
            let value = Row::from(&hot.load().all).get(key).clone();
            lock(&log.waited).push(Waited {
                key,
                revision,
                branch,
                held,
                value,
            });
        });
    }

    /// Whether it says that it is at this revision, fresh and connected, and has this to show;
    /// otherwise what it does say.
    pub(crate) async fn at(&self, revision: u64) -> Result<Row, String> {
        // Makes it look at once; where the history is another, the answer means nothing.
        let _ = self
            .hot
            .wait_for(revision, Duration::from_millis(500))
            .await;
        let status = self.hot.status();
        let row = Row::from(&self.hot.load().all);
        let at = status.revision.map(hotconfig::Revision::get);
        if status.connected && status.is_fresh() && at == Some(revision) {
            return Ok(row);
        }
        Err(format!(
            "connected: {}, at {at:?} of {revision} in epoch {}, stale: {:?}, failure: {:?}; {row:?}",
            status.connected, status.epoch, status.stale, status.failure
        ))
    }

    /// Lets the callback that blocks go on, and waits until every subscriber has the last value.
    ///
    /// Answers who does not, after the limit of waiting.
    pub(crate) async fn at_rest(&self) -> Result<(), String> {
        let end = Row::from(&self.hot.load().all);
        let blocked = |one: &Subscriber| one.name.starts_with("a callback that blocks");
        let left = |log: &Log, blocking: bool| {
            let subscribers = lock(&log.subscribers);
            let mut waiting = subscribers.iter().filter(|one| {
                let last = one.told.last().map_or(&one.baseline, |told| &told.current);
                (blocking || !blocked(one)) && *last != (one.part)(&end)
            });
            let publications = lock(&log.publications);
            let last = publications
                .last()
                .map_or(&self.first.row, |last| &last.row);
            let readers = lock(&log.readers);
            let read = readers
                .iter()
                .all(|samples| samples.last().is_none_or(|last| last.row == end));
            let waiting = waiting.next().map(|one| one.name.clone());
            waiting.or((*last != end || !read).then(|| "a reader or the queue of all".to_owned()))
        };
        // P11: nobody waits for the one that blocks.
        for blocking in [false, true] {
            self.gate.set(blocking);
            let began = Instant::now();
            while let Some(who) = left(&self.log, blocking) {
                if began.elapsed() > hotconfig_tests::LIMIT {
                    return Err(who);
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        }
        Ok(())
    }

    /// What was seen in this round, which is over: everything is at rest.
    pub(crate) fn seen(&mut self, cut_off: Vec<CutOff>) -> Seen {
        let status = self.hot.status();
        let below = |key: &String| key.strip_prefix(PREFIX).unwrap_or(key).to_owned();
        let held = status.held.iter().map(|held| Held {
            revision: held.revision.get(),
            missing: held.missing,
            keys: held.keys.iter().map(below).collect::<BTreeSet<_>>(),
            problems: held
                .problems
                .iter()
                .map(|problem| {
                    let revision = problem.revision.map(hotconfig::Revision::get);
                    (problem.key.clone(), revision, problem.wrong.clone())
                })
                .collect(),
        });
        let end = publication(&self.hot.snapshot());
        let readers = lock(&self.log.readers)
            .iter_mut()
            .map(|samples| {
                // The last one is where the next round begins.
                let last = samples.last().cloned();
                std::mem::replace(samples, last.into_iter().collect())
            })
            .collect();
        let mut subscribers = Vec::new();
        for one in lock(&self.log.subscribers).iter_mut() {
            subscribers.push(one.clone());
            one.baseline = (one.part)(&end.row);
            (one.told, one.missed, one.named) = (Vec::new(), 0, true);
        }
        let seen = Seen {
            name: self.plan.name.clone(),
            first: std::mem::replace(&mut self.first, end.clone()),
            is_new: std::mem::take(&mut self.is_new),
            publications: std::mem::take(&mut *lock(&self.log.publications)),
            readers,
            subscribers,
            polls: std::mem::take(&mut *lock(&self.log.polls)),
            staleness: self.plan.staleness,
            cut_off,
            waited: std::mem::take(&mut *lock(&self.log.waited)),
            held: held.collect(),
            end,
        };
        self.gate.set(false);
        seen
    }

    /// Ends it, and waits for its end.
    pub(crate) async fn end(mut self) {
        self.gate.set(true);
        self.hot.shutdown().await;
        self.log.over.store(true, Ordering::Relaxed);
        let threads = std::mem::take(&mut self.threads);
        eventually("the threads of an instance to end", || {
            let over = threads.iter().all(JoinHandle::is_finished);
            async move { over }
        })
        .await;
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        self.gate.set(true);
        self.log.over.store(true, Ordering::Relaxed);
    }
}

fn subscribe(
    hot: &Hot<Service>,
    first: &Snapshot<Service>,
    log: &Arc<Log>,
    gate: &Arc<Gate>,
) -> Vec<Subscription> {
    record(hot, first, log);
    let subscribing = Subscribing {
        hot,
        first,
        row: Row::from(&first.all),
        log,
    };
    subscribe!(subscribing;
        "need" all.need: u64::to_string,
        "a0" all.a0: u64::to_string,
        "a1" all.a1: u64::to_string,
        "a2" all.a2: u64::to_string,
        "maybe" all.maybe: maybe,
        "leased" all.leased: maybe,
        "text" all.text: |text| format!("{text:?}"),
        "list" all.list: |list| format!("{list:?}"),
        "txn/t3" all.txn.t3: u64::to_string,
        "pair/max" all.pair.max: u64::to_string,
    );
    let of_txn = Part {
        field: field!(Service, all.txn),
        of: txn,
        part: |row| {
            crate::config::TXN
                .map(|key| row.get(key).to_string())
                .join(" ")
        },
    };
    let of_pair = Part {
        field: field!(Service, all.pair),
        of: pair,
        part: |row| format!("{}..{}", row.get("pair/min"), row.get("pair/max")),
    };
    let of_all = Part {
        field: field!(Service, all),
        of: |all: &All| format!("{:?}", Row::from(all)),
        part: |row| format!("{row:?}"),
    };
    let of_a0 = Part {
        field: field!(Service, all.a0),
        of: u64::to_string,
        part: |row| row.get("a0").to_string(),
    };
    subscribing.all_ways(&of_txn);
    subscribing.all_ways(&of_pair);
    subscribing.all_ways(&of_all);
    let gate = Arc::clone(gate);
    vec![
        subscribing.callback("a callback", &of_all, || {}),
        subscribing.callback("a callback", &of_txn, || {}),
        subscribing.callback("a callback that panics", &of_a0, || panic!("{ON_PURPOSE}")),
        subscribing.callback("a callback that blocks", &of_a0, move || gate.pass()),
    ]
}

/// Notes every publication.
fn record(hot: &Hot<Service>, first: &impl Baseline, log: &Arc<Log>) {
    let changes = hot.changes_with_capacity(field!(Service, all), 1 << 20);
    let mut changes = changes.since(first);
    let log = Arc::clone(log);
    tokio::spawn(async move {
        while let Some(update) = changes.next().await {
            let Update::Changed(change) = update else {
                panic!("a queue of a million is full");
            };
            lock(&log.publications).push(Publication {
                at: Instant::now(),
                epoch: change.epoch(),
                revision: change.revision().map_or(0, hotconfig::Revision::get),
                row: Row::from(change.current()),
            });
        }
    });
}

/// Those that read and ask all the time, each on a thread of its own.
fn threads(hot: &Hot<Service>, log: &Arc<Log>) -> Vec<JoinHandle<()>> {
    let mut reader = hot.reader();
    let loading = hot.clone();
    let asking = hot.clone();
    *lock(&log.readers) = vec![Vec::new(), Vec::new()];
    let looping = |every: u64, mut look: Box<dyn FnMut(&Log) + Send>| {
        let log = Arc::clone(log);
        std::thread::spawn(move || {
            while !log.over.load(Ordering::Relaxed) {
                look(&log);
                std::thread::sleep(Duration::from_micros(every));
            }
        })
    };
    vec![
        looping(
            1_000,
            Box::new(move |log| {
                let snapshot = reader.snapshot();
                note(log, 0, &snapshot, true);
            }),
        ),
        looping(
            700,
            Box::new(move |log| {
                let snapshot = loading.load().snapshot();
                note(log, 1, &snapshot, false);
            }),
        ),
        looping(
            5_000,
            Box::new(move |log| {
                let asked = Instant::now();
                let status = asking.status();
                lock(&log.polls).push(Poll {
                    asked,
                    answered: Instant::now(),
                    fresh: status.is_fresh(),
                    confirmed: status.confirmed,
                    epoch: status.epoch,
                    revision: status.revision.map_or(0, hotconfig::Revision::get),
                });
            }),
        ),
    ]
}

/// Notes what a reader has, if it is another configuration than it had.
fn note(log: &Log, reader: usize, snapshot: &Snapshot<Service>, with_origins: bool) {
    let now = publication(snapshot);
    let mut readers = lock(&log.readers);
    let Some(samples) = readers.get_mut(reader) else {
        return;
    };
    let same = |last: &Sample| {
        (last.epoch, last.revision) == (now.epoch, now.revision) && last.row == now.row
    };
    if samples.last().is_some_and(same) {
        return;
    }
    let origins = snapshot.origins().filter(|_| with_origins);
    let origins = origins.filter_map(|(path, origin)| {
        let key = path.strip_prefix("all.")?.replace('.', "/");
        let key = KEYS.iter().find(|known| **known == key)?;
        Some((*key, from(origin)))
    });
    samples.push(Sample {
        epoch: now.epoch,
        revision: now.revision,
        origins: origins.collect(),
        row: now.row,
    });
}

fn from(origin: &Found) -> Origin {
    match origin {
        Found::Key { revision, .. } => Origin {
            held: false,
            revision: Some(revision.get()),
        },
        Found::LastGood { origin: inner, .. } => Origin {
            held: true,
            revision: from(inner).revision,
        },
        _ => Origin {
            held: false,
            revision: None,
        },
    }
}
