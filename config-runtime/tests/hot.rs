//! The whole way, on the store in this process: start, follow, hold, wait, end.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test says what it expects by failing"
)]
#![allow(
    clippy::trivially_copy_pass_by_ref,
    clippy::unnecessary_wraps,
    reason = "as users write it"
)]

use std::collections::HashMap;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use hotconfig::store::{ErrorKind, Memory};
use hotconfig::{
    Hot, HotBuilder, HotConfig, Invalid, Origin, Reached, Revision, Secret, StartError, WaitError,
    field,
};

/// An upper bound for what must happen; nothing waits for it to pass.
const LIMIT: Duration = Duration::from_secs(20);

#[derive(HotConfig, Clone, Debug, PartialEq)]
#[hot(prefix = "/configs/{app}/{env}")]
struct Service {
    /// Least severe level that is logged.
    #[hot(default = "info", one_of("trace", "debug", "info", "warn", "error"))]
    log_level: String,
    #[hot(nested)]
    db: Pool,
    #[hot(nested)]
    limits: Limits,
    note: Option<String>,
    #[hot(default = 4, restart)]
    workers: u16,
    #[hot(default = 1, alias = "old/retries", range(0..=5))]
    retries: u8,
    #[hot(default = 0.5, range(0.0..=1.0))]
    ratio: f64,
    #[hot(default, json)]
    tags: Vec<String>,
    #[hot(default = 3, deprecated = "use `retries`")]
    tries: u8,
}

#[derive(HotConfig, Clone, Debug, PartialEq)]
struct Pool {
    #[hot(secret)]
    dsn: Secret<String>,
    #[hot(default = 8, range(1..=64), validate = not_thirteen)]
    pool_size: u32,
    #[hot(default = "30s")]
    idle_timeout: Duration,
}

fn not_thirteen(size: &u32) -> Result<(), Invalid> {
    assert_ne!(*size, 13, "thirteen");
    Ok(())
}

#[derive(HotConfig, Clone, Debug, PartialEq)]
#[hot(validate = in_order)]
struct Limits {
    #[hot(default = 10)]
    low: u64,
    #[hot(default = 20)]
    high: u64,
}

fn in_order(limits: &Limits) -> Result<(), Invalid> {
    if limits.low <= limits.high {
        Ok(())
    } else {
        Err("low is above high".into())
    }
}

const DSN: &str = "postgres://u:hunter2@db";

fn key(name: &str) -> String {
    format!("/configs/users/prod/{name}")
}

/// A store with what a start needs.
fn store() -> Memory {
    let store = Memory::new();
    store.put(key("db/dsn"), DSN);
    store
}

fn builder(store: &Memory) -> HotBuilder<Service> {
    store.faults().set_call_timeout(Duration::from_millis(500));
    Hot::<Service>::builder(store.clone())
        .var("app", "users")
        .var("env", "prod")
        .backoff(Duration::from_millis(5), Duration::from_millis(50))
}

async fn start(store: &Memory) -> Hot<Service> {
    builder(store).start().await.unwrap()
}

/// What must happen happens within the limit.
async fn soon<R>(what: &str, happens: impl Future<Output = R>) -> R {
    tokio::time::timeout(LIMIT, happens)
        .await
        .unwrap_or_else(|_| panic!("in vain: {what}"))
}

async fn until(what: &str, holds: impl Fn() -> bool) {
    soon(what, async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    })
    .await;
}

async fn settled(hot: &Hot<Service>, revision: Revision) -> Reached {
    hot.wait_for(revision, LIMIT).await.unwrap()
}

// Starting.

#[tokio::test]
async fn every_mistake_of_the_builder_is_named_before_the_store_is_asked() {
    #[derive(HotConfig, Clone)]
    #[hot(prefix = "/configs/{app}/{env}")]
    struct Wrong {
        #[hot(default = limit_of_this_test(), range(0..=9))]
        _size: u8,
        _needed: String,
    }
    fn limit_of_this_test() -> u8 {
        12
    }
    let store = Memory::new();
    store.faults().disconnect();
    let started = Hot::<Wrong>::builder(store)
        .var("app", "a/b")
        .defaults_without_store()
        .start();
    let Err(StartError::Builder { mistakes, .. }) = started.await else {
        panic!("it started")
    };
    assert_eq!(mistakes.len(), 4, "{mistakes:#?}");
    assert!(mistakes[0].to_string().contains("needs the variable `env`"));
    assert!(mistakes[1].to_string().contains("a/b"));
    assert!(mistakes[2].to_string().contains("the default of `_size`"));
    assert!(mistakes[3].to_string().contains("`_needed` has no default"));
}

#[tokio::test]
async fn defaults_that_break_a_rule_together_could_not_serve() {
    #[derive(HotConfig, Clone)]
    #[hot(prefix = "/p")]
    struct Outer {
        #[hot(nested)]
        _inner: Inner,
    }
    #[derive(HotConfig, Clone)]
    #[hot(validate = never)]
    struct Inner {
        #[hot(default = 1)]
        _one: u8,
    }
    fn never(_: &Inner) -> Result<(), Invalid> {
        Err("never".into())
    }
    let started = Hot::<Outer>::builder(Memory::new()).defaults_without_store();
    let Err(StartError::Builder { mistakes, .. }) = started.start().await else {
        panic!("it started")
    };
    assert_eq!(mistakes.len(), 1, "{mistakes:?}");
    assert!(
        mistakes[0].to_string().contains("_inner") && mistakes[0].to_string().contains("never"),
        "{mistakes:?}"
    );
}

#[tokio::test]
async fn p07_a_start_names_all_problems_at_once_and_no_secret() {
    let store = Memory::new();
    store.put(key("db/dsn"), [b'h', b'u', b'n', b't', 0xff]);
    let bad = store.put(key("db/pool_size"), "900");
    store.put(key("log_level"), "inf");
    store.put(key("db/idle_timeout"), "soon");
    // A section's own rule is asked although the whole can't be built.
    store.put(key("limits/low"), "30");
    let error = builder(&store).start().await.unwrap_err();
    let text = error.to_string();
    let StartError::Problems { problems, .. } = error else {
        panic!("{text}")
    };
    assert_eq!(problems.len(), 5, "{text}");
    assert!(text.contains("low is above high"), "{text}");
    let size = problems
        .iter()
        .find(|problem| problem.field == "db.pool_size")
        .unwrap();
    assert_eq!(size.key, key("db/pool_size"));
    assert_eq!(
        (size.revision, size.found.as_deref()),
        (Some(bad), Some("\"900\""))
    );
    assert!(
        size.expected.as_deref().unwrap().contains("1..=64"),
        "{text}"
    );
    assert!(text.contains("info") && !text.contains("hunt"), "{text}");
}

#[tokio::test]
async fn a_missing_required_key_is_a_problem_of_the_start() {
    let StartError::Problems { problems, .. } = builder(&Memory::new()).start().await.unwrap_err()
    else {
        panic!("it started")
    };
    assert_eq!(
        (problems.len(), problems[0].key.clone()),
        (1, key("db/dsn"))
    );
    assert_eq!(problems[0].revision, None);
}

#[tokio::test]
async fn bad_keys_have_their_defaults_where_that_was_asked_for() {
    let store = store();
    store.put(key("db/pool_size"), "900");
    store.put(key("log_level"), "warn");
    let hot = builder(&store)
        .defaults_for_bad_keys()
        .start()
        .await
        .unwrap();
    assert_eq!(
        (hot.load().db.pool_size, hot.load().log_level.as_str()),
        (8, "warn")
    );
    let held = hot.status().held;
    assert_eq!(
        (held.len(), held[0].keys.clone()),
        (1, vec![key("db/pool_size")])
    );
    settled(&hot, store.put(key("db/pool_size"), "9")).await;
    assert_eq!(hot.load().db.pool_size, 9);
    assert!(hot.status().held.is_empty());
}

#[tokio::test]
async fn drill_35_a_start_without_the_store_is_bounded() {
    let store = store();
    store.faults().disconnect();
    let limit = Duration::from_millis(200);
    let started = soon("the start", builder(&store).start_timeout(limit).start()).await;
    let Err(StartError::Store { source: error, .. }) = started else {
        panic!("it started")
    };
    assert_eq!(error.kind(), ErrorKind::Unreachable);
    store.faults().reconnect();
    store.faults().stall();
    let started = soon("the start", builder(&store).start_timeout(limit).start()).await;
    let Err(StartError::Store { source: error, .. }) = started else {
        panic!("it started")
    };
    assert_eq!(error.kind(), ErrorKind::Timeout);
    until("the watches end", || store.watches() == 0).await;
}

static BLOCKING: AtomicBool = AtomicBool::new(true);

fn blocks(number: &u32) -> Result<(), Invalid> {
    while *number == 2 && BLOCKING.load(Ordering::SeqCst) {
        std::thread::sleep(Duration::from_millis(1));
    }
    Ok(())
}

#[derive(HotConfig, Clone, Debug)]
#[hot(prefix = "/blocked")]
struct Blocked {
    #[hot(default = 1, validate = blocks)]
    number: u32,
}

#[tokio::test]
async fn drill_35_a_start_is_bounded_also_while_a_validator_blocks() {
    let store = Memory::new();
    store.put("/blocked/number", "2");
    let limit = Duration::from_millis(100);
    let builder = Hot::<Blocked>::builder(store.clone()).start_timeout(limit);
    let started = soon("the start", builder.start()).await;
    assert!(matches!(started, Err(StartError::Blocked { .. })));
    BLOCKING.store(false, Ordering::SeqCst);
    until("what was begun ends", || store.watches() == 0).await;
    let hot = Hot::<Blocked>::builder(store).start().await.unwrap();
    assert_eq!(hot.load().number, 2);
}

static KEEPS: AtomicBool = AtomicBool::new(true);
static KEPT: AtomicBool = AtomicBool::new(false);

fn keeps(number: &u32) -> Result<(), Invalid> {
    while *number == 2 && KEEPS.load(Ordering::SeqCst) {
        KEPT.store(true, Ordering::SeqCst);
        std::thread::sleep(Duration::from_millis(1));
    }
    Ok(())
}

#[derive(HotConfig, Clone, Debug)]
#[hot(prefix = "/kept")]
struct Kept {
    #[hot(default = 1, validate = keeps)]
    number: u32,
}

#[tokio::test]
async fn a_shutdown_is_bounded_also_while_a_validator_blocks() {
    let store = Memory::new();
    let hot = Hot::<Kept>::builder(store.clone()).start().await.unwrap();
    store.put("/kept/number", "2");
    until("the validator is asked", || KEPT.load(Ordering::SeqCst)).await;
    soon("the shutdown", hot.shutdown()).await;
    assert!(!hot.status().ended, "it was over without the validator");
    // What was asked for is done when it can be.
    KEEPS.store(false, Ordering::SeqCst);
    until("the end", || hot.status().ended && store.watches() == 0).await;
}

#[derive(HotConfig, Clone, Debug)]
#[hot(prefix = "/lenient")]
struct Lenient {
    #[hot(default = 1)]
    number: u32,
}

#[tokio::test]
async fn drill_35_defaults_serve_while_the_store_is_down_and_the_loop_goes_on_trying() {
    let store = Memory::new();
    store.put("/lenient/number", "2");
    store.faults().disconnect();
    let hot = Hot::<Lenient>::builder(store.clone())
        .defaults_without_store()
        .start_timeout(Duration::from_millis(50))
        .backoff(Duration::from_millis(5), Duration::from_millis(50))
        .start()
        .await
        .unwrap();
    assert_eq!(hot.load().number, 1);
    let status = hot.status();
    assert!(
        status
            .stale
            .unwrap()
            .cause
            .to_string()
            .contains("cannot be reached")
    );
    assert!(!status.connected && status.confirmed.is_none());
    let mut number = hot.watch(field!(Lenient, number));
    store.faults().reconnect();
    let change = soon("the store's value", number.changed()).await.unwrap();
    assert_eq!((*change.previous(), *change.current()), (1, 2));
    until("fresh", || hot.status().is_fresh()).await;
}

#[tokio::test]
async fn p15_denied_is_never_an_empty_configuration() {
    let store = Memory::new();
    store.faults().deny("/lenient");
    let StartError::Store { source: error, .. } = Hot::<Lenient>::builder(store.clone())
        .start()
        .await
        .unwrap_err()
    else {
        panic!("denied was taken for empty")
    };
    assert_eq!(error.kind(), ErrorKind::Denied);

    // Denied while it runs: the last values stay, and the status says why.
    let store = self::store();
    let hot = start(&store).await;
    settled(&hot, store.put(key("db/pool_size"), "9")).await;
    store.faults().deny("/configs");
    store.faults().disconnect();
    store.faults().reconnect();
    until("the status says denied", || {
        hot.status()
            .failure
            .is_some_and(|failure| failure.kind() == ErrorKind::Denied)
    })
    .await;
    assert_eq!(hot.load().db.pool_size, 9);
    store.faults().allow();
    settled(&hot, store.put(key("db/pool_size"), "10")).await;
    assert_eq!(hot.load().db.pool_size, 10);
}

#[test]
fn a_start_needs_no_timers_of_its_caller() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let hot = runtime.block_on(builder(&store()).start()).unwrap();
    assert_eq!(hot.load().db.pool_size, 8);
}

// Following.

#[tokio::test]
async fn a_change_reaches_its_field_alone() {
    let store = store();
    let hot = start(&store).await;
    let mut size = hot.watch(field!(Service, db.pool_size));
    let mut level = hot.changes(field!(Service, log_level));
    let revision = store.put(key("db/pool_size"), "16");
    let change = soon("the change", size.changed()).await.unwrap();
    assert_eq!((*change.previous(), *change.current()), (8, 16));
    assert_eq!(change.revision(), Some(revision));
    assert_eq!(hot.snapshot().revision(), Some(revision));
    hot.shutdown().await;
    assert!(
        level.next().await.is_none(),
        "told although nothing changed"
    );
}

#[test]
fn p03_drill_04_drill_05_no_reader_sees_half_of_a_transaction() {
    let store = store();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let hot = runtime.block_on(start(&store));
    let over = Arc::new(AtomicBool::new(false));
    let readers: Vec<_> = (0..2)
        .map(|_| {
            let (hot, over) = (hot.clone(), Arc::clone(&over));
            std::thread::spawn(move || {
                let mut reader = hot.reader();
                while !over.load(Ordering::Relaxed) {
                    let limits = &reader.get().limits;
                    if limits.low != 10 {
                        assert_eq!(limits.high, limits.low + 1, "half of a transaction");
                    }
                    let config = hot.load();
                    assert!(config.limits.low == 10 || config.limits.high == config.limits.low + 1);
                }
            })
        })
        .collect();
    let mut revision = store.revision();
    for low in 100..2_100_u64 {
        revision = store
            .transaction()
            .put(key("limits/low"), low.to_string())
            .put(key("limits/high"), (low + 1).to_string())
            .commit()
            .unwrap();
    }
    runtime.block_on(settled(&hot, revision));
    assert_eq!(
        hot.load().limits,
        Limits {
            low: 2_099,
            high: 2_100
        }
    );
    over.store(true, Ordering::Relaxed);
    for reader in readers {
        reader.join().unwrap();
    }
}

#[tokio::test]
async fn drill_01_drill_03_a_bad_value_is_said_and_leaves_the_last_good_one() {
    let store = store();
    let hot = start(&store).await;
    settled(&hot, store.put(key("db/pool_size"), "16")).await;
    let before = hot.snapshot();
    let bad = store.put(key("db/pool_size"), "many");
    let Reached::Held(held) = settled(&hot, bad).await else {
        panic!("it was let in")
    };
    assert_eq!(
        (held.revision, held.fields.clone()),
        (bad, vec!["db.pool_size".to_owned()])
    );
    let problem = &held.problems[0];
    assert_eq!(
        (problem.revision, problem.found.as_deref()),
        (Some(bad), Some("\"many\""))
    );
    assert_eq!(hot.load().db.pool_size, 16);
    assert_eq!(
        hot.snapshot().revision(),
        before.revision(),
        "swapped for nothing"
    );
    let described = hot.describe();
    let size = described
        .iter()
        .find(|field| field.field == "db.pool_size")
        .unwrap();
    assert!(
        matches!(&size.origin, Origin::LastGood { .. }),
        "{}",
        size.origin
    );
}

#[tokio::test]
async fn drill_07_two_changes_that_are_only_valid_together_get_in() {
    let store = store();
    let hot = start(&store).await;
    let first = store.put(key("limits/low"), "30");
    assert!(matches!(settled(&hot, first).await, Reached::Held(_)));
    assert_eq!(hot.load().limits.low, 10);
    settled(&hot, store.put(key("limits/high"), "40")).await;
    assert_eq!(hot.load().limits, Limits { low: 30, high: 40 });
}

#[tokio::test]
async fn drill_09_a_deleted_key_is_its_default_or_none_or_held() {
    let store = store();
    store.put(key("note"), "hello");
    store.put(key("db/pool_size"), "16");
    let hot = start(&store).await;
    assert_eq!(hot.load().note.as_deref(), Some("hello"));
    store.delete(key("note"));
    let gone = store.delete(key("db/pool_size")).unwrap();
    settled(&hot, gone).await;
    assert_eq!(
        (hot.load().note.clone(), hot.load().db.pool_size),
        (None, 8)
    );
    let required = store.delete(key("db/dsn")).unwrap();
    let Reached::Held(held) = settled(&hot, required).await else {
        panic!("it was let in")
    };
    assert!(held.problems[0].wrong.contains("missing"), "{held}");
    assert_eq!(hot.load().db.dsn.expose(), DSN);
}

#[tokio::test]
async fn drill_10_what_was_deleted_during_an_outage_and_compacted_is_found() {
    let store = store();
    store.put(key("note"), "hello");
    store.put(key("db/pool_size"), "16");
    let hot = start(&store).await;
    let mut note = hot.watch(field!(Service, note));
    store.faults().disconnect();
    store.delete(key("note"));
    let last = store.put(key("db/pool_size"), "17");
    store.compact(last).unwrap();
    store.faults().reconnect();
    let change = soon("the delete", note.changed()).await.unwrap();
    assert_eq!(
        (change.previous().as_deref(), change.current().as_deref()),
        (Some("hello"), None)
    );
    assert_eq!(hot.load().db.pool_size, 17);
}

#[tokio::test]
async fn a_delete_that_only_a_reading_found_is_held_of_the_revisions_that_may_have_done_it() {
    let store = store();
    let hot = start(&store).await;
    let before = store.put(key("retries"), "2");
    settled(&hot, before).await;
    store.faults().disconnect();
    let deleted = store.delete(key("db/dsn")).unwrap();
    let after = store.put(key("retries"), "3");
    store.faults().reconnect();
    let Reached::Held(held) = settled(&hot, deleted).await else {
        panic!("the delete was let in")
    };
    assert!(held.missing && held.keys == [key("db/dsn")], "{held}");
    assert_eq!(settled(&hot, before).await, Reached::Visible);
    assert_eq!(
        settled(&hot, store.put(key("retries"), "4")).await,
        Reached::Visible
    );
    assert!(deleted < after && hot.load().retries == 4);
}

#[tokio::test]
async fn what_was_deleted_again_unseen_while_its_delete_is_held_is_not_called_visible() {
    let store = store();
    let hot = start(&store).await;
    settled(&hot, store.put(key("note"), "one")).await;
    let both = store.transaction().put(key("db/pool_size"), "0");
    let first = both.delete(key("note")).commit().unwrap();
    let Reached::Held(held) = settled(&hot, first).await else {
        panic!("a bad value was let in")
    };
    let before = store.put(key("retries"), "2");
    settled(&hot, before).await;
    store.faults().disconnect();
    store.put(key("note"), "two");
    let again = store.delete(key("note")).unwrap();
    store.faults().reconnect();
    assert_eq!(settled(&hot, again).await, Reached::Held(held.clone()));
    assert_eq!(hot.load().note.as_deref(), Some("one"));
    assert_eq!(settled(&hot, before).await, Reached::Visible);
    let after = store.put(key("retries"), "3");
    assert_eq!(settled(&hot, after).await, Reached::Visible);
    let repaired = store.put(key("db/pool_size"), "9");
    assert_eq!(settled(&hot, repaired).await, Reached::Visible);
    assert_eq!(settled(&hot, again).await, Reached::Visible);
    assert_eq!(hot.load().note, None);
}

#[tokio::test]
async fn drill_11_a_longer_name_is_another_prefix() {
    let store = store();
    let hot = start(&store).await;
    store.put("/configs/users/prod2/db/pool_size", "17");
    store.put("/configs/users/prod-db/pool_size", "17");
    settled(&hot, store.put(key("note"), "x")).await;
    assert_eq!(hot.load().db.pool_size, 8);
    assert_eq!(hot.status().unknown_count, 0);
}

#[tokio::test]
async fn p06_drill_16_the_same_again_tells_nobody_and_swaps_nothing() {
    let store = store();
    store.put(key("db/pool_size"), "16");
    let hot = start(&store).await;
    let mut all = hot.changes(field!(Service, db));
    let before = hot.snapshot();
    store.put(key("db/pool_size"), "16");
    store.put(key("db/pool_size"), " 16\n");
    // Everything is read again.
    store.faults().disconnect();
    store.faults().reconnect();
    settled(&hot, store.put(key("db/idle_timeout"), "30000ms")).await;
    assert_eq!(hot.snapshot().revision(), before.revision());
    hot.shutdown().await;
    assert!(all.next().await.is_none());
}

#[tokio::test]
async fn drill_22_a_store_that_went_back_begins_a_new_epoch() {
    let store = store();
    let old = store.put(key("db/pool_size"), "16");
    let hot = start(&store).await;
    let young = store.put(key("db/pool_size"), "17");
    settled(&hot, young).await;
    let mut size = hot.watch(field!(Service, db.pool_size));
    let mut waiting = Box::pin(hot.wait_for(young.next(), LIMIT));
    assert!(futures_util::poll!(&mut waiting).is_pending());
    store.faults().restore(old).unwrap();
    assert_eq!(
        soon("the wait", waiting).await,
        Err(WaitError::EpochChanged)
    );
    let change = soon("the older value", size.changed()).await.unwrap();
    assert_eq!((*change.current(), change.epoch()), (16, 2));
    assert_eq!(hot.status().epoch, 2);
}

#[tokio::test]
async fn p13_drill_22_a_restored_store_that_has_overtaken_us_is_known_by_what_contradicts() {
    let store = store();
    let backup = store.put(key("retries"), "2");
    let same = store.put(key("db/pool_size"), "16");
    let young = store.put(key("retries"), "3");
    let hot = start(&store).await;
    settled(&hot, young).await;
    until("connected", || hot.status().connected).await;
    store.faults().disconnect();
    until("disconnected", || !hot.status().connected).await;
    store.faults().restore(backup).unwrap();
    // The same revision, and another value.
    assert_eq!(store.put(key("db/pool_size"), "21"), same);
    for _ in 0..10 {
        store.put("/elsewhere", "x");
    }
    assert!(store.revision() > young, "overtaken");
    store.faults().reconnect();
    until("the younger history", || {
        let config = hot.load();
        (config.retries, config.db.pool_size) == (2, 21)
    })
    .await;
    assert_eq!(hot.status().epoch, 2);
}

#[tokio::test]
async fn p13_a_restore_between_the_reading_and_the_watch_is_found() {
    for _ in 0..4 {
        let store = store();
        let backup = store.put(key("retries"), "2");
        let young = store.put(key("retries"), "3");
        let hot = start(&store).await;
        // Wherever it is by now: reading is over, and the watch stands, or does not yet.
        store.faults().restore(backup).unwrap();
        for _ in 0..3 {
            store.put("/elsewhere", "x");
        }
        assert!(store.revision() > young, "overtaken");
        until("the younger history", || hot.load().retries == 2).await;
    }
}

#[tokio::test]
async fn drill_06_a_restart_field_keeps_its_first_value_and_is_shown_as_pending() {
    let store = store();
    store.put(key("workers"), "5");
    let hot = start(&store).await;
    let changed = store.put(key("workers"), "6");
    settled(&hot, changed).await;
    assert_eq!(hot.load().workers, 5);
    let pending = hot.status().pending_restart;
    assert_eq!(pending.len(), 1);
    assert_eq!(
        (pending[0].key.clone(), pending[0].revision),
        (key("workers"), Some(changed))
    );
    assert_eq!(
        (pending[0].running.as_deref(), pending[0].pending.as_deref()),
        (Some("5"), Some("6"))
    );
    // Other fields follow; a bad value of this one is held.
    settled(&hot, store.put(key("retries"), "2")).await;
    assert_eq!((hot.load().workers, hot.load().retries), (5, 2));
    assert!(matches!(
        settled(&hot, store.put(key("workers"), "x")).await,
        Reached::Held(_)
    ));
    settled(&hot, store.put(key("workers"), "5")).await;
    assert!(hot.status().pending_restart.is_empty());
}

#[tokio::test]
async fn an_old_key_is_read_until_the_new_one_is_there() {
    let store = store();
    store.put(key("old/retries"), "2");
    let hot = start(&store).await;
    assert_eq!(hot.load().retries, 2);
    let warnings = hot.status().warnings;
    assert_eq!(
        (warnings.len(), warnings[0].key().to_owned()),
        (1, key("old/retries"))
    );
    assert!(
        warnings[0].to_string().contains(&key("retries")),
        "{}",
        warnings[0]
    );
    settled(&hot, store.put(key("retries"), "3")).await;
    assert_eq!(hot.load().retries, 3);
    assert!(hot.status().warnings.is_empty());
    settled(&hot, store.put(key("old/retries"), "4")).await;
    assert_eq!(hot.load().retries, 3, "hidden by the new key");
    settled(&hot, store.delete(key("retries")).unwrap()).await;
    assert_eq!(hot.load().retries, 4);
    settled(&hot, store.put(key("tries"), "4")).await;
    assert!(
        hot.status()
            .warnings
            .iter()
            .any(|warning| warning.to_string().contains("use `retries`"))
    );
}

// Bad input.

#[tokio::test]
async fn drill_02_no_bytes_make_it_panic_hang_or_lose_what_is_good() {
    let store = store();
    let hot = start(&store).await;
    let deep = "[".repeat(10_000);
    let big = "x".repeat(1_400_000);
    let inputs: [(&str, &[u8]); 14] = [
        ("db/pool_size", b"\xff\xfe\x00"),
        ("db/pool_size", b""),
        ("db/pool_size", b"99999999999999999999999"),
        ("db/pool_size", b"-1"),
        ("db/pool_size", b"13"),
        ("db/pool_size", big.as_bytes()),
        ("ratio", b"NaN"),
        ("ratio", b"inf"),
        ("ratio", b"1e999"),
        ("tags", deep.as_bytes()),
        ("tags", b"{\"a\": 1}"),
        ("db/idle_timeout", b"30"),
        ("db/dsn", b"\xc3\x28"),
        ("log_level", b"INFO"),
    ];
    let before = hot.snapshot();
    for (name, value) in inputs {
        let revision = store.put(key(name), value);
        let Reached::Held(held) = settled(&hot, revision).await else {
            panic!(
                "let in: {name} = {}",
                String::from_utf8_lossy(&value[..value.len().min(40)])
            )
        };
        assert_eq!(held.revision, revision);
        assert_eq!(held.problems[0].key, key(name));
        assert_eq!(held.problems[0].revision, Some(revision));
        assert!(
            held.to_string().len() < 2_000,
            "a message of {} bytes",
            held.to_string().len()
        );
    }
    assert_eq!(*hot.snapshot(), *before);
    // Everything else goes on.
    settled(&hot, store.put(key("retries"), "5")).await;
    assert_eq!(hot.load().retries, 5);
    // A long text is a good text.
    settled(&hot, store.put(key("note"), &big)).await;
    assert_eq!(hot.load().note.as_deref(), Some(big.as_str()));
}

#[tokio::test]
async fn keys_outside_the_schema_are_reported_and_left_alone() {
    let store = store();
    store.put(key("db/pool_sise"), "3");
    let hot = start(&store).await;
    store.put(key("db//pool_size"), "3");
    store.put(key(""), "3");
    store.put([key("note").as_bytes(), b"\xff"].concat(), "3");
    settled(&hot, store.put(key("retries"), "2")).await;
    let status = hot.status();
    assert_eq!(
        (status.unknown_count, status.held.len()),
        (4, 0),
        "{:#?}",
        status.unknown
    );
    let typo = status
        .unknown
        .iter()
        .find(|unknown| unknown.key.ends_with("pool_sise"))
        .unwrap();
    assert_eq!(typo.nearest.as_deref(), Some("db/pool_size"));
    assert_eq!(
        (hot.load().db.pool_size, hot.load().note.clone()),
        (8, None)
    );
    settled(&hot, store.delete(key("db/pool_sise")).unwrap()).await;
    settled(&hot, store.put(key("retries"), "3")).await;
    assert_eq!(hot.status().unknown_count, 3);
}

/// What this program has logged so far.
#[derive(Clone, Default)]
struct Log(Arc<std::sync::Mutex<Vec<u8>>>);

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Secrets where their fields do not say so, and a rule that tells them.
#[derive(HotConfig, Clone, Debug)]
#[hot(prefix = "/keeps", validate = telltale)]
struct Keeps {
    #[hot(secret, restart)]
    dsn: Secret<String>,
    #[hot(secret, default = "none", validate = no_spaces)]
    token: Secret<String>,
    #[hot(default)]
    users: Vec<User>,
    #[hot(default = false)]
    tell: bool,
}

#[derive(serde::Deserialize, Clone, Debug, PartialEq)]
struct User {
    name: String,
    password: Secret<String>,
}

fn no_spaces(token: &Secret<String>) -> Result<(), Invalid> {
    if token.expose().contains(' ') {
        return Err(Invalid::new(format!("{} has a space", token.expose())));
    }
    Ok(())
}

fn telltale(keeps: &Keeps) -> Result<(), Invalid> {
    let passwords: Vec<_> = keeps
        .users
        .iter()
        .map(|user| user.password.expose())
        .collect();
    assert!(
        !(keeps.tell && passwords.len() == 2),
        "{passwords:?} and {}",
        keeps.dsn.expose()
    );
    if keeps.tell {
        return Err(Invalid::new(format!(
            "{passwords:?} and {}",
            keeps.dsn.expose()
        )));
    }
    Ok(())
}

#[tokio::test]
async fn drill_39_a_secret_inside_a_value_is_nowhere_either() {
    let log = Log::default();
    let writer = log.clone();
    tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_writer(move || writer.clone())
        .init();
    let store = Memory::new();
    store.put("/keeps/dsn", "hunter1");
    store.put(
        "/keeps/users",
        r#"[{"name": "ann", "password": "hunterplus"}]"#,
    );
    let hot = Hot::<Keeps>::builder(store.clone()).start().await.unwrap();
    let mut said = vec![format!("{} {:?}", hot.describe(), hot.describe())];
    let two =
        r#"[{"name": "ann", "password": "hunterplus"}, {"name": "bob", "password": "hunter"}]"#;
    for (key, value) in [
        ("/keeps/dsn", "hunter3"),
        ("/keeps/token", "hunter 4"),
        ("/keeps/tell", "true"),
        ("/keeps/users", two),
        ("/keeps/users", r#"[{"name": 7, "password": "hunterplus"}]"#),
        (
            "/keeps/users",
            r#"[{"name": "ann", "password": "hunterplus"}"#,
        ),
        ("/keeps/dsn", "hunter\u{fffd}"),
    ] {
        let revision = store.put(key, value);
        let reached = hot.wait_for(revision, LIMIT).await.unwrap();
        let snapshot = hot.snapshot();
        let origins: Vec<_> = snapshot.origins().collect();
        let described = hot.describe();
        let status = hot.status();
        said.push(format!(
            "{reached:?} {status:?} {origins:?} {snapshot:?} {described} {described:?}"
        ));
    }
    let mut said = said.join("\n");
    said.push_str(std::str::from_utf8(&log.0.lock().unwrap()).unwrap());
    assert!(said.contains("is held"), "nothing was logged: {said}");
    assert!(said.contains("telltale"), "the rule was not asked: {said}");
    assert!(!said.contains("hunter"), "{said}");
    // One secret begins with another: nothing of it is left.
    assert!(!said.contains("plus"), "{said}");
}

/// Secrets that are only found where the value has the right shape.
#[derive(HotConfig, Clone, Debug)]
#[hot(prefix = "/inside")]
struct Inside {
    list: Option<Vec<Secret<String>>>,
    #[hot(json)]
    map: Option<HashMap<String, Secret<u32>>>,
    user: Option<Inner>,
    pair: Option<(u16, Secret<String>)>,
    way: Option<Way>,
    loose: Option<Loose>,
    #[hot(text)]
    plain: Option<Inner>,
    #[hot(default = 1)]
    other: u32,
}

#[derive(serde::Deserialize, Clone, Debug, PartialEq)]
#[serde(deny_unknown_fields)]
struct Inner {
    port: u16,
    kind: Kind,
    password: Secret<String>,
}

#[derive(serde::Deserialize, Clone, Debug, PartialEq)]
enum Kind {
    Admin,
    Guest,
}

#[derive(serde::Deserialize, Clone, Debug, PartialEq)]
enum Way {
    Open,
    Password(Secret<String>),
}

#[derive(serde::Deserialize, Clone, Debug, PartialEq)]
#[serde(untagged)]
enum Loose {
    Number(u32),
    Password { password: Secret<u32> },
}

#[tokio::test]
async fn drill_39_a_secret_that_stands_in_the_wrong_place_is_nowhere_either() {
    const KEYS: [&str; 7] = ["list", "map", "user", "pair", "way", "loose", "plain"];
    let texts = [
        "hunter2",
        "\"hunter2\"",
        "\"hunt\\\"hunter2\"",
        "[hunter2]",
        "['hunter2']",
        "\"a, expected `hunter2`, expected b\"",
        "4711",
        "[4711.5, \"hunter2\"]",
        "{\"hunter2\": 1}",
        "{\"hunter2\": \"hunter2\"}",
        "{\"hunter2`, expected `\": \"x\"}",
        "{\"port\": \"hunter2\"}",
        "{\"port\": 4711000}",
        "{\"port\": 1, \"kind\": \"hunter2\"}",
        "{\"port\": 1, \"kind\": {\"hunter2\": 4711}}",
        "{\"Password\": [\"hunter2\"]}",
        "[1, [\"hunter2\"]]",
        "[\"hunter2\", 1]",
        "ahunter2",
        "hunter2,hunter2",
    ];
    let schema = hotconfig::schema::<Inside>();
    for text in texts {
        let mut said = Vec::new();
        let at_the_start = Memory::new();
        let running = Memory::new();
        let hot = Hot::<Inside>::builder(running.clone()).start().await;
        let hot = hot.unwrap();
        for key in KEYS {
            at_the_start.put(format!("/inside/{key}"), text);
            let revision = running.put(format!("/inside/{key}"), text);
            hot.wait_for(revision, LIMIT).await.unwrap();
            let status = hot.status();
            said.push(format!("{key}: {status} {status:?}"));
        }
        let checked = hotconfig::schema::check(&schema, &at_the_start).run().await;
        said.push(checked.unwrap().to_string());
        let start = Hot::<Inside>::builder(at_the_start).start().await;
        let error = start.unwrap_err();
        said.push(format!("{error} {error:?}"));
        let said = said.join("\n");
        assert!(!said.contains("hunter2"), "{text}: {said}");
        assert!(!said.contains("4711"), "{text}: {said}");
    }
}

#[tokio::test]
async fn what_is_wrong_in_a_value_of_several_parts_is_said_without_the_value() {
    let wrong = |key: &'static str, text: &'static str| async move {
        let store = Memory::new();
        store.put(format!("/inside/{key}"), text);
        let start = Hot::<Inside>::builder(store).start().await;
        let error = start.unwrap_err().to_string();
        error.lines().last().unwrap_or_default().to_owned()
    };
    let said = [
        wrong("user", r#"{"prot": 1}"#).await,
        wrong("user", r#"{"port": 1, "kind": "admin", "password": "x"}"#).await,
        wrong("user", r#"{"port": "x", "secret": [1, null]}"#).await,
        wrong("way", "open").await,
        wrong("list", "\"x\"").await,
    ];
    let (json, list) = (
        "a JSON object with `port`, `kind`, `password`",
        "a JSON array",
    );
    let of = |kind: &str| format!(", or `null` that is a `Option<{kind}>`");
    let inside = |what: &str| format!("  /inside/{what}");
    assert_eq!(
        said,
        [
            inside(
                "user (revision 2): unknown field `prot`: did you mean `port`?, expected one of `port`, `kind`, `password` at line 1 column 7; found {…: …}; expected "
            ) + json
                + &of("Inner"),
            inside(
                "user (revision 2): not a known variant: did you mean `Admin`?, expected one of `Admin`, `Guest` at line 1 column 27; found {\"kind\": …, \"password\": …, \"port\": …}; expected "
            ) + json
                + &of("Inner"),
            inside(
                "user (revision 2): invalid type: string, expected u16 at line 1 column 12; found {\"port\": …, …: […, null]}; expected "
            ) + json
                + &of("Inner"),
            inside(
                "way (revision 2): not a known variant: did you mean `Open`?; found 4 bytes; expected one of `Open`, `Password`, or `null`"
            ),
            inside(
                "list (revision 2): invalid type: string, expected a sequence at line 1 column 3; found a JSON string; expected "
            ) + list
                + &of("Vec<Secret<String>>"),
        ]
    );
}

/// A secret by its type, and one by the flag of its section.
#[derive(HotConfig, Clone, Debug)]
#[hot(prefix = "/choosy")]
struct Choosy {
    #[hot(secret, one_of("hunter2", "hunter3"))]
    password: Secret<String>,
    #[hot(nested, secret)]
    below: Below,
}

#[derive(HotConfig, Clone, Debug)]
struct Below {
    #[hot(default = "hunter2", one_of("hunter2", "hunter3"))]
    word: String,
    #[hot(default = 4711, one_of(4711, 4712))]
    number: u32,
}

#[derive(HotConfig, Clone, Debug)]
struct BadChoice {
    #[hot(secret, default = Secret::new(too_many()), one_of(4711, 4712))]
    typed: Secret<u32>,
    #[hot(nested, secret)]
    below: BadChoiceBelow,
}

#[derive(HotConfig, Clone, Debug)]
struct BadChoiceBelow {
    #[hot(default = too_many(), one_of(4711, 4712))]
    number: u32,
}

fn too_many() -> u32 {
    4713
}

#[tokio::test]
async fn drill_39_the_choices_of_a_secret_are_never_told() {
    const ALL: [&str; 3] = [
        "/choosy/password",
        "/choosy/below/word",
        "/choosy/below/number",
    ];
    let store = Memory::new();
    let mut said = Vec::new();
    for wrong in [None, Some("hunter"), Some("4710")] {
        for key in ALL {
            wrong.map(|wrong| store.put(key, wrong));
        }
        let error = Hot::<Choosy>::builder(store.clone())
            .start()
            .await
            .unwrap_err();
        said.push(format!("{error} {error:?}"));
    }
    let schema = hotconfig::schema::<Choosy>();
    let report = hotconfig::schema::check(&schema, &store)
        .run()
        .await
        .unwrap();
    said.push(format!("{report} {report:?}"));
    assert!(
        report.to_string().contains("the choices of a secret"),
        "{report}"
    );
    for (key, right) in ALL.iter().zip(["hunter2", "hunter2", "4711"]) {
        store.put(*key, right);
    }
    let hot = Hot::<Choosy>::builder(store.clone()).start().await.unwrap();
    for key in ALL {
        let revision = store.put(key, "4710");
        hot.wait_for(revision, LIMIT).await.unwrap();
        said.push(format!("{:?}", hot.status()));
    }
    let said = said.join("\n");
    assert!(said.contains("does not fit"), "{said}");
    assert!(!said.contains("hunter") && !said.contains("471"), "{said}");
}

#[tokio::test]
async fn drill_39_a_secret_default_that_is_wrong_is_told_without_its_choices() {
    let hot = Hot::<BadChoice>::builder(Memory::new()).prefix("/bad");
    let refused = hot.start().await.unwrap_err().to_string();
    let failed = std::panic::catch_unwind(|| {
        hotconfig::assert_schema!(BadChoice, "tests/never-written.schema.json");
    });
    let failed = failed.unwrap_err();
    for said in [&refused, failed.downcast_ref::<String>().unwrap()] {
        for field in ["typed", "below.number"] {
            assert!(
                said.contains(&format!("the default of `{field}`: ")),
                "{said}"
            );
        }
        assert!(!said.contains("471"), "{said}");
    }
}

#[tokio::test]
async fn drill_39_a_secret_is_nowhere() {
    let store = store();
    let hot = start(&store).await;
    settled(
        &hot,
        store.put(key("db/dsn"), [b"hunter2".as_slice(), b"\xff"].concat()),
    )
    .await;
    let everything = format!(
        "{:?} {} {:?} {:?} {:?} {:?}",
        hot.describe(),
        hot.describe(),
        hot.status(),
        hot.load().clone(),
        hot.snapshot(),
        Service::TREE
    );
    assert!(!everything.contains("hunter2"), "{everything}");
    assert!(
        hot.describe()
            .iter()
            .any(|field| field.value.as_deref() == Some("***"))
    );
}

#[tokio::test]
async fn a_description_shows_values_as_their_keys_have_them_and_where_they_came_from() {
    let store = store();
    let written = store.put(key("db/pool_size"), "16");
    store.put(key("workers"), "5");
    let hot = start(&store).await;
    let restart = store.put(key("workers"), "6");
    settled(&hot, restart).await;
    settled(&hot, store.put(key("retries"), "2")).await;
    let text = hot.describe().to_string();
    let line = |name: &str| {
        text.lines()
            .find(|line| line.contains(&key(name)))
            .unwrap()
            .to_owned()
    };
    assert!(
        line("db/pool_size").ends_with(&format!("  16  (revision {written})")),
        "{text}"
    );
    assert!(
        line("db/idle_timeout").ends_with("  30s  (the default)"),
        "{text}"
    );
    assert!(
        line("log_level").ends_with("  info  (the default)"),
        "{text}"
    );
    assert!(line("note").ends_with("  None  (the default)"), "{text}");
    // The one that runs, not the one that waits for a restart.
    let described = hot.describe();
    let workers = described
        .iter()
        .find(|field| field.field == "workers")
        .unwrap();
    assert_eq!(workers.value.as_deref(), Some("5"));
    let origin = hot.snapshot().origin(field!(Service, workers)).clone();
    assert!(
        !origin.to_string().contains(&restart.to_string()),
        "{origin}"
    );
}

// Waiting and health.

#[tokio::test]
async fn a_wait_is_bounded_and_says_how_far_the_loop_came() {
    let store = store();
    let hot = start(&store).await;
    let cursor = store.revision();
    let wait = hot.wait_for(cursor.get() + 1_000, Duration::from_millis(30));
    let Err(WaitError::TimedOut { cursor: at, .. }) = soon("the end", wait).await else {
        panic!("the wait has no bound");
    };
    assert_eq!(at, Some(cursor));
    // A revision that touched no key of ours is reached, too.
    let elsewhere = store.put("/elsewhere", "1");
    assert_eq!(settled(&hot, elsewhere).await, Reached::Visible);
}

#[tokio::test]
async fn p09_drill_19_a_store_that_stops_answering_makes_the_status_stale() {
    let store = store();
    let hot = builder(&store)
        .staleness_limit(Duration::from_millis(300))
        .start()
        .await
        .unwrap();
    until("fresh", || hot.status().is_fresh()).await;
    store.faults().stall();
    until("stale", || !hot.status().is_fresh()).await;
    assert_eq!(hot.load().db.pool_size, 8, "the last values stay");
    store.put(key("db/pool_size"), "9");
    store.faults().resume();
    until("fresh again", || {
        hot.status().is_fresh() && hot.load().db.pool_size == 9
    })
    .await;
}

/// Looks at the status in the moment in which it is woken.
struct Looks(
    Hot<Service>,
    std::sync::Mutex<Vec<(usize, Option<Revision>)>>,
);

impl std::task::Wake for Looks {
    fn wake(self: Arc<Self>) {
        let status = self.0.status();
        self.1
            .lock()
            .unwrap()
            .push((status.held.len(), status.revision));
    }
}

#[tokio::test]
async fn drill_29_who_is_told_finds_the_status_that_belongs_to_the_change() {
    let store = store();
    let hot = start(&store).await;
    settled(&hot, store.put(key("db/pool_size"), "many")).await;
    let mut size = hot.watch(field!(Service, db.pool_size));
    let looks = Arc::new(Looks(hot.clone(), std::sync::Mutex::default()));
    let waker = std::task::Waker::from(Arc::clone(&looks));
    let mut changed = Box::pin(size.changed());
    let mut context = std::task::Context::from_waker(&waker);
    assert!(changed.as_mut().poll(&mut context).is_pending());
    let good = store.put(key("db/pool_size"), "16");
    until("woken", || !looks.1.lock().unwrap().is_empty()).await;
    assert_eq!(looks.1.lock().unwrap()[0], (0, Some(good)));
}

// Handles and ends.

#[tokio::test]
async fn the_loop_ends_with_the_last_hot_and_view_and_watches_are_told() {
    let store = store();
    let hot = start(&store).await;
    let mut size = hot.watch(field!(Service, db.pool_size));
    let mut reader = hot.reader();
    let view = hot.view(field!(Service, db));
    drop(hot);
    store.put(key("db/pool_size"), "9");
    let change = soon("the change", size.changed()).await.unwrap();
    assert_eq!((*change.current(), view.load().pool_size), (9, 9));
    drop(view);
    assert!(soon("the end", size.changed()).await.is_none());
    assert_eq!(reader.get().db.pool_size, 9);
    until("the watch in the store ends", || store.watches() == 0).await;
}

#[tokio::test]
async fn a_shutdown_is_over_when_it_returns() {
    let store = store();
    let hot = start(&store).await;
    soon("the end", hot.shutdown()).await;
    assert_eq!(store.watches(), 0);
    let status = hot.status();
    assert!(status.ended && !status.is_fresh());
    assert_eq!(hot.wait_for(1_u64, LIMIT).await, Err(WaitError::Ended));
    assert_eq!(hot.load().db.pool_size, 8);
    soon("a second one", hot.shutdown()).await;
}

#[tokio::test]
async fn the_loop_runs_on_ones_own_runtime_where_that_is_wanted() {
    let store = store();
    let handle = tokio::runtime::Handle::current();
    let hot = builder(&store).runtime(handle).start().await.unwrap();
    settled(&hot, store.put(key("retries"), "2")).await;
    assert_eq!(hot.load().retries, 2);
}

#[tokio::test]
async fn several_configurations_live_on_one_store() {
    let store = store();
    store.put("/lenient/number", "2");
    let service = start(&store).await;
    let lenient = Hot::<Lenient>::builder(store.clone())
        .start()
        .await
        .unwrap();
    settled(&service, store.put(key("retries"), "3")).await;
    assert_eq!((service.load().retries, lenient.load().number), (3, 2));
}

#[tokio::test]
async fn drill_28_a_callback_may_read_the_configuration_and_sees_the_new_value() {
    let store = store();
    let hot = start(&store).await;
    let (sender, mut told) = tokio::sync::mpsc::unbounded_channel();
    let inside = hot.clone();
    let _subscription = hot.on_change(field!(Service, db.pool_size), move |change| {
        sender
            .send((*change.current(), inside.load().db.pool_size))
            .unwrap();
    });
    store.put(key("db/pool_size"), "9");
    assert_eq!(soon("the call", told.recv()).await, Some((9, 9)));
}

#[tokio::test]
async fn p11_a_callback_that_blocks_delays_neither_publishing_nor_another() {
    let store = store();
    let hot = start(&store).await;
    let (release, blocked) = std::sync::mpsc::channel::<()>();
    let _blocking = hot.on_change(field!(Service, retries), move |_| {
        let _ = blocked.recv();
    });
    let (sender, mut told) = tokio::sync::mpsc::unbounded_channel();
    let _other = hot.on_change(field!(Service, retries), move |change| {
        sender.send(*change.current()).unwrap();
    });
    for retries in 2..5_u8 {
        settled(&hot, store.put(key("retries"), retries.to_string())).await;
        assert_eq!(hot.load().retries, retries);
        assert_eq!(soon("the other's call", told.recv()).await, Some(retries));
    }
    drop(release);
}

/// Something that takes its time when it is let go of.
struct Lingers(std::sync::mpsc::Receiver<()>);

impl Drop for Lingers {
    fn drop(&mut self) {
        let _ = self.0.recv();
    }
}

#[tokio::test]
async fn p11_a_callback_that_blocks_when_it_is_dropped_delays_nobody() {
    let store = store();
    let hot = start(&store).await;
    let (release, blocked) = std::sync::mpsc::channel::<()>();
    let lingers = Lingers(blocked);
    let subscription = hot.on_change(field!(Service, retries), move |_| {
        let _ = &lingers;
    });
    drop(subscription);
    for retries in 3..5_u8 {
        let revision = store.put(key("retries"), retries.to_string());
        soon("a change", settled(&hot, revision)).await;
        assert_eq!(hot.load().retries, retries);
    }
    drop(release);
}

#[tokio::test]
async fn a_fixed_configuration_serves_unit_tests() {
    let config = Lenient { number: 7 };
    let hot = Hot::fixed(config);
    assert_eq!((hot.load().number, hot.snapshot().revision()), (7, None));
    assert!(hot.status().is_fresh());
    assert!(matches!(
        hot.snapshot().origin(field!(Lenient, number)),
        Origin::Fixed
    ));
    let mut number = hot.watch(field!(Lenient, number));
    drop(hot.on_change(field!(Lenient, number), |_| {}));
    drop(hot);
    assert!(soon("the end", number.changed()).await.is_none());
}

#[tokio::test]
async fn whoever_sees_a_configuration_finds_its_status() {
    let store = store();
    let hot = builder(&store).start().await.unwrap();
    let looks = std::thread::spawn({
        let hot = hot.clone();
        move || {
            // It is told of nothing, and looks by itself, also while something is published.
            loop {
                let seen = hot.snapshot().revision();
                let known = hot.status().revision;
                assert!(known >= seen, "{known:?} is the status of {seen:?}");
                if hot.status().ended {
                    break;
                }
            }
        }
    });
    for number in 0..2_000_u32 {
        store.put(key("db/pool_size"), (1 + number % 60).to_string());
    }
    let last = store.put(key("db/pool_size"), "64");
    hot.wait_for(last, Duration::from_secs(30)).await.unwrap();
    hot.shutdown().await;
    looks.join().unwrap();
}
