//! `store::Memory` behaves as etcd does: each rule by name, and random histories against a slow,
//! obvious model.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "what the tests call fails as they do"
)]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::poll;
use hotconfig::Revision;
use hotconfig::store::backend::{Backend, BoxFuture, WatchStream};
use hotconfig::store::{
    Entries, Entry, ErrorKind, Event, Memory, Probe, Range, Reading, StoreError, WatchEvent,
};
use proptest::prelude::*;

fn below(prefixes: &[&str]) -> Arc<[Range]> {
    prefixes.iter().map(|prefix| Range::below(prefix)).collect()
}

/// What is there without waiting: no runtime, no clock.
fn now<R>(answer: BoxFuture<'_, R>) -> R {
    answer.now_or_never().expect("an answer at once")
}

/// What has to be waited for; a test that would hang fails.
async fn soon<R>(answer: impl Future<Output = R>) -> R {
    tokio::time::timeout(Duration::from_secs(20), answer)
        .await
        .expect("an answer")
}

fn read(store: &Memory, prefixes: &[&str]) -> Result<Reading, StoreError> {
    now(store.read(below(prefixes)))
}

/// A watch from this revision on.
fn open(store: &Memory, prefixes: &[&str], from: Revision) -> Box<dyn WatchStream> {
    now(store.watch(below(prefixes), from)).expect("a watch")
}

/// A watch from now on, past its `Created`.
fn listening(store: &Memory, prefixes: &[&str]) -> Box<dyn WatchStream> {
    let mut watch = open(store, prefixes, store.revision().next());
    let heard = heard(&mut watch);
    assert_eq!(heard.len(), prefixes.len(), "{heard:?}");
    watch
}

/// All that a watch says without waiting; `Lost` ends it.
fn heard(watch: &mut Box<dyn WatchStream>) -> Vec<WatchEvent> {
    let mut heard = Vec::new();
    while let Some(next) = watch.next().now_or_never() {
        assert!(heard.len() < 10_000, "it says something without end");
        let lost = matches!(next, WatchEvent::Lost(_));
        heard.push(next);
        if lost {
            break;
        }
    }
    heard
}

fn lost(heard: &WatchEvent) -> Option<ErrorKind> {
    match heard {
        WatchEvent::Lost(error) => Some(error.kind()),
        _ => None,
    }
}

fn put(key: &str, value: &str, revision: Revision) -> Event {
    Event {
        key: key.into(),
        value: Some(value.as_bytes().into()),
        revision,
    }
}

fn deleted(key: &str, revision: Revision) -> Event {
    Event {
        key: key.into(),
        value: None,
        revision,
    }
}

fn revision(number: u64) -> Revision {
    Revision::new(number)
}

// Writing.

#[test]
fn a_new_store_is_at_revision_1_and_every_write_makes_the_next() {
    let store = Memory::new();
    assert_eq!(store.revision(), revision(1));
    assert_eq!(store.put("/a/x", "1"), revision(2));
    assert_eq!(
        store.put("/a/x", "1"),
        revision(3),
        "the same value is a revision too"
    );
    assert_eq!(store.delete("/a/x"), Some(revision(4)));
    assert_eq!(store.revision(), revision(4));
    assert_eq!(store.get("/a/x"), None);
}

#[test]
fn a_delete_of_nothing_makes_no_revision() {
    let store = Memory::new();
    assert_eq!(store.delete("/a/x"), None);
    assert_eq!(store.delete_prefix("/a/"), None);
    assert_eq!(
        store.transaction().delete("/a/x").commit().unwrap(),
        revision(1)
    );
    assert_eq!(store.revision(), revision(1));
}

#[test]
fn a_prefix_is_deleted_at_one_revision_byte_for_byte() {
    let store = Memory::new();
    for key in ["/a/1", "/a/2", "/a2/1", "/b/1"] {
        store.put(key, "x");
    }
    let mut watch = listening(&store, &["/a"]);
    let at = store.delete_prefix("/a/").unwrap();
    let events = vec![deleted("/a/1", at), deleted("/a/2", at)];
    assert_eq!(heard(&mut watch), [WatchEvent::Events { range: 0, events }]);
    assert!(store.get("/a2/1").is_some());
    store.delete_prefix("");
    assert!(
        read(&store, &["/a2", "/b"])
            .unwrap()
            .entries
            .iter()
            .all(Entries::is_empty)
    );
}

#[test]
fn a_transaction_is_one_revision_in_the_order_of_its_operations() {
    let store = Memory::new();
    store.put("/a/gone", "x");
    let mut watch = listening(&store, &["/a"]);
    let at = store
        .transaction()
        .put("/a/z", "1")
        .delete("/a/gone")
        .put("/a/b", "2")
        .commit();
    let at = at.unwrap();
    let events = vec![
        put("/a/z", "1", at),
        deleted("/a/gone", at),
        put("/a/b", "2", at),
    ];
    assert_eq!(heard(&mut watch), [WatchEvent::Events { range: 0, events }]);
    assert_eq!(store.mod_revision("/a/z"), store.mod_revision("/a/b"));
    assert_eq!(store.revision(), at);
}

#[test]
fn an_empty_transaction_answers_the_current_revision_and_makes_none() {
    let store = Memory::new();
    let at = store.put("/a/x", "1");
    assert_eq!(store.transaction().commit().unwrap(), at);
    assert_eq!(store.revision(), at);
}

#[test]
fn a_transaction_that_is_dropped_writes_nothing() {
    let store = Memory::new();
    drop(store.transaction().put("/a/x", "1"));
    assert_eq!(store.revision(), revision(1));
}

#[test]
fn a_key_twice_in_one_transaction_is_refused_whole() {
    let store = Memory::new();
    for transaction in [
        store
            .transaction()
            .put("/a/y", "0")
            .put("/a/x", "1")
            .put("/a/x", "2"),
        store
            .transaction()
            .put("/a/y", "0")
            .put("/a/x", "1")
            .delete("/a/x"),
        store
            .transaction()
            .put("/a/y", "0")
            .delete("/a/x")
            .put("/a/x", "1"),
    ] {
        let error = transaction.commit().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Refused);
        assert!(
            error
                .message()
                .contains("duplicate key given in txn request"),
            "{error}"
        );
    }
    assert_eq!(store.revision(), revision(1));
    assert_eq!(store.get("/a/y"), None);
    // The same delete twice is accepted by etcd, too.
    store.put("/a/x", "1");
    let at = store
        .transaction()
        .delete("/a/x")
        .delete("/a/x")
        .commit()
        .unwrap();
    assert_eq!(at, revision(3));
}

#[test]
fn drill_40_the_129th_operation_is_refused_and_nothing_written() {
    let store = Memory::new();
    let of = |count: usize| {
        (0..count).fold(store.transaction(), |all, number| {
            all.put(format!("/a/{number}"), "x")
        })
    };
    let error = of(129).commit().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Refused);
    assert!(
        error
            .message()
            .contains("too many operations in txn request"),
        "{error}"
    );
    assert_eq!(store.revision(), revision(1));
    assert_eq!(of(128).commit().unwrap(), revision(2));
    assert_eq!(read(&store, &["/a"]).unwrap().entries[0].len(), 128);
}

#[test]
fn keys_and_values_are_arbitrary_bytes() {
    let store = Memory::new();
    store.put(b"/a/\xff\0", [0, 255]);
    store.put("/a/", "");
    let entries = &read(&store, &["/a"]).unwrap().entries[0];
    let found: Vec<_> = entries
        .iter()
        .map(|entry| (entry.key, entry.value))
        .collect();
    assert_eq!(
        found,
        [(&b"/a/"[..], &b""[..]), (&b"/a/\xff\0"[..], &[0, 255][..])]
    );
}

#[test]
fn a_clone_is_the_same_store() {
    let store = Memory::new();
    store.clone().put("/a/x", "1");
    assert!(store.get("/a/x").is_some());
}

#[test]
fn drill_39_debug_shows_no_key_and_no_value() {
    let store = Memory::new();
    store.put("/a/password", "hunter2");
    let text = format!(
        "{store:?} {:?}",
        store.transaction().put("/a/password", "hunter2")
    );
    assert!(
        !text.contains("hunter2") && !text.contains("password"),
        "{text}"
    );
}

#[test]
fn writers_in_many_threads_each_get_a_revision_of_their_own() {
    let store = Memory::new();
    let mut revisions: Vec<_> = std::thread::scope(|scope| {
        let write = |thread: usize| {
            let store = &store;
            move || {
                (0..100)
                    .map(|_| store.put(format!("/a/{thread}"), "x"))
                    .collect::<Vec<_>>()
            }
        };
        let threads: Vec<_> = (0..4).map(|thread| scope.spawn(write(thread))).collect();
        threads
            .into_iter()
            .flat_map(|thread| thread.join().unwrap())
            .collect()
    });
    revisions.sort();
    assert_eq!(revisions, (2..402).map(revision).collect::<Vec<_>>());
}

// Reading.

#[test]
fn a_reading_is_of_one_revision_with_the_ranges_as_they_were_given() {
    let store = Memory::new();
    let x = store.put("/b/x", "1");
    let y = store.put("/a/y", "2");
    store.put("/a2/x", "3");
    store.delete("/a2/x");
    let entry = |key: &'static str, value: &'static str, mod_revision| {
        let entry = Entry {
            key: key.as_bytes(),
            value: value.as_bytes(),
            mod_revision,
        };
        Entries::from_iter([entry])
    };
    let reading = read(&store, &["/b", "/none", "/a"]).unwrap();
    let entries = vec![
        entry("/b/x", "1", x),
        Entries::default(),
        entry("/a/y", "2", y),
    ];
    assert_eq!(
        reading,
        Reading {
            revision: revision(5),
            entries
        }
    );
}

#[test]
fn drill_11_a_range_ends_at_a_segment() {
    let store = Memory::new();
    for key in ["/a", "/a/", "/a/x", "/a0", "/a2/x", "/a-/x"] {
        store.put(key, "x");
    }
    let reading = read(&store, &["/a"]).unwrap();
    let keys: Vec<_> = reading.entries[0].iter().map(|entry| entry.key).collect();
    assert_eq!(keys, [b"/a/".to_vec(), b"/a/x".to_vec()]);
}

#[test]
fn a_probe_counts_keys_and_names_the_newest_change_that_stands() {
    let store = Memory::new();
    store.put("/a/x", "1");
    let newest = store.put("/a/a", "1");
    store.put("/a/z", "1");
    store.delete("/a/z");
    let probe = now(store.probe(below(&["/a", "/none"]))).unwrap();
    assert_eq!(
        probe,
        Probe {
            revision: revision(5),
            ranges: vec![(2, Some(newest)), (0, None)]
        }
    );
}

// Watching.

#[test]
fn every_range_says_created_before_anything_else() {
    let store = Memory::new();
    let at = store
        .transaction()
        .put("/a/x", "1")
        .put("/b/x", "1")
        .commit()
        .unwrap();
    let mut watch = open(&store, &["/a", "/b"], at);
    store.put("/a/x", "2");
    let heard = heard(&mut watch);
    assert_eq!(
        heard[0],
        WatchEvent::Created {
            range: 0,
            revision: at
        }
    );
    assert_eq!(
        heard[1],
        WatchEvent::Created {
            range: 1,
            revision: at
        }
    );
    assert!(matches!(heard[2], WatchEvent::Events { range: 0, .. }));
}

#[test]
fn drill_14_a_watch_begins_with_the_revision_it_asked_for() {
    let store = Memory::new();
    store.put("/a/x", "1");
    let second = store.put("/a/x", "2");
    let third = store.put("/a/x", "3");
    let mut watch = open(&store, &["/a"], second);
    let events = vec![put("/a/x", "2", second), put("/a/x", "3", third)];
    assert_eq!(
        heard(&mut watch)[1..],
        [WatchEvent::Events { range: 0, events }]
    );
}

#[test]
fn a_watch_from_the_future_hears_nothing_older() {
    let store = Memory::new();
    let mut watch = open(&store, &["/a"], revision(4));
    assert_eq!(
        heard(&mut watch),
        [WatchEvent::Created {
            range: 0,
            revision: revision(1)
        }]
    );
    store.put("/a/x", "1");
    store.put("/a/x", "2");
    assert_eq!(heard(&mut watch), []);
    let at = store.put("/a/x", "3");
    let events = vec![put("/a/x", "3", at)];
    assert_eq!(heard(&mut watch), [WatchEvent::Events { range: 0, events }]);
}

#[test]
fn one_revision_in_two_ranges_comes_as_two_in_their_order() {
    let store = Memory::new();
    let mut watch = listening(&store, &["/b", "/a"]);
    let at = store
        .transaction()
        .put("/a/x", "1")
        .put("/b/x", "2")
        .put("/a/y", "3")
        .commit();
    let at = at.unwrap();
    let expected = [
        WatchEvent::Events {
            range: 0,
            events: vec![put("/b/x", "2", at)],
        },
        WatchEvent::Events {
            range: 1,
            events: vec![put("/a/x", "1", at), put("/a/y", "3", at)],
        },
    ];
    assert_eq!(heard(&mut watch), expected);
}

#[test]
fn a_backlog_comes_in_whole_revisions_however_long_it_is() {
    let store = Memory::new();
    let mut watch = listening(&store, &["/a"]);
    for _ in 0..30 {
        let all = (0..128).fold(store.transaction(), |all, key| {
            all.put(format!("/a/{key}"), "x")
        });
        all.commit().unwrap();
    }
    let mut next = revision(2);
    for heard in heard(&mut watch) {
        let WatchEvent::Events { range: 0, events } = heard else {
            panic!("{heard:?}")
        };
        assert_eq!(events.len() % 128, 0, "a revision was split");
        assert!(events.len() < 1_000 + 128, "all at once");
        for whole in events.chunks(128) {
            assert!(
                whole.iter().all(|event| event.revision == next),
                "not {next}"
            );
            next = next.next();
        }
    }
    assert_eq!(next, revision(32));
}

#[test]
fn a_busy_range_does_not_silence_another() {
    let store = Memory::new();
    let mut watch = listening(&store, &["/busy", "/calm"]);
    let calm = store
        .transaction()
        .put("/busy/x", "0")
        .put("/calm/x", "1")
        .commit()
        .unwrap();
    for _ in 0..3 {
        // Always something to say for the first range.
        store.put("/busy/x", "x");
        if let WatchEvent::Events { range: 1, events } = now(watch.next()) {
            assert_eq!(events, [put("/calm/x", "1", calm)]);
            return;
        }
    }
    panic!("never the turn of the second");
}

#[test]
fn progress_comes_after_all_events_up_to_it_and_only_when_asked() {
    let store = Memory::new();
    let mut watch = listening(&store, &["/a", "/b"]);
    let x = store.put("/a/x", "1");
    assert!(watch.ask_progress());
    let y = store.put("/b/y", "1");
    let last = store.put("/elsewhere", "1");
    let expected = [
        WatchEvent::Events {
            range: 0,
            events: vec![put("/a/x", "1", x)],
        },
        WatchEvent::Events {
            range: 1,
            events: vec![put("/b/y", "1", y)],
        },
        WatchEvent::Progress { revision: last },
    ];
    assert_eq!(heard(&mut watch), expected);
    assert_eq!(heard(&mut watch), []);
    assert!(watch.ask_progress());
    assert_eq!(heard(&mut watch), [WatchEvent::Progress { revision: last }]);
}

#[tokio::test]
async fn a_waiting_watch_is_woken_by_a_write() {
    let store = Memory::new();
    let mut watch = listening(&store, &["/a"]);
    let mut next = watch.next();
    assert!(poll!(&mut next).is_pending());
    let at = store.put("/a/x", "1");
    assert_eq!(
        soon(next).await,
        WatchEvent::Events {
            range: 0,
            events: vec![put("/a/x", "1", at)]
        }
    );
}

#[tokio::test]
async fn a_dropped_wait_loses_nothing() {
    let store = Memory::new();
    let mut watch = open(&store, &["/a"], revision(1));
    drop(watch.next());
    assert!(matches!(
        soon(watch.next()).await,
        WatchEvent::Created { .. }
    ));
    for number in 0..10 {
        let mut waiting = watch.next();
        assert!(poll!(&mut waiting).is_pending());
        let value = number.to_string();
        let at = store.put("/a/x", &value);
        // Woken, and dropped before it looked.
        drop(waiting);
        drop(watch.next());
        let events = vec![put("/a/x", &value, at)];
        assert_eq!(
            soon(watch.next()).await,
            WatchEvent::Events { range: 0, events }
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn watches_hear_all_that_writers_in_other_threads_wrote() {
    let store = Memory::new();
    let listen = |mut watch: Box<dyn WatchStream>| async move {
        let mut revisions = Vec::new();
        while revisions.last() != Some(&revision(401)) {
            if let WatchEvent::Events { events, .. } = soon(watch.next()).await {
                revisions.extend(events.into_iter().map(|event| event.revision));
            }
        }
        revisions
    };
    let watches: Vec<_> = (0..3)
        .map(|_| tokio::spawn(listen(open(&store, &["/a"], revision(2)))))
        .collect();
    let writers = (0..4).map(|_| {
        let store = store.clone();
        std::thread::spawn(move || {
            for _ in 0..100 {
                store.put("/a/x", "x");
            }
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.join().unwrap();
    }
    for watch in watches {
        assert_eq!(
            soon(watch).await.unwrap(),
            (2..=401).map(revision).collect::<Vec<_>>()
        );
    }
}

#[test]
fn drill_34_a_dropped_watch_is_gone() {
    let store = Memory::new();
    let watches: Vec<_> = (0..3).map(|_| listening(&store, &["/a"])).collect();
    assert_eq!(store.watches(), 3);
    drop(watches);
    assert_eq!(store.watches(), 0);
    // Nor does one stay that was asked for, and never taken.
    drop(store.watch(below(&["/a"]), revision(1)));
    drop(store.watch(below(&["/a"]), revision(1)).now_or_never());
    assert_eq!(store.watches(), 0);
}

#[test]
fn a_watch_that_nobody_listens_to_keeps_no_events_and_blocks_no_writer() {
    let store = Memory::new();
    let _unheard: Vec<_> = (0..10)
        .map(|_| open(&store, &["/a"], revision(1)))
        .collect();
    store.put("/a/x", "1");
    let value = store.get("/a/x").unwrap();
    assert_eq!(
        Arc::strong_count(&value),
        3,
        "the state, the history and ours"
    );
}

// Compaction.

#[test]
fn compaction_frees_what_it_forgets() {
    let store = Memory::new();
    store.put("/a/x", "1");
    let old = store.get("/a/x").unwrap();
    store.put("/a/x", "2");
    let last = store.put("/a/y", "3");
    assert!(Arc::strong_count(&old) > 1);
    store.compact(last).unwrap();
    assert_eq!(Arc::strong_count(&old), 1);
    assert_eq!(store.get("/a/x").as_deref(), Some(&b"2"[..]));
}

#[test]
fn drill_15_a_watch_below_the_compacted_revision_is_lost_for_ever() {
    let store = Memory::new();
    store.put("/a/x", "1");
    let compacted = store.put("/a/x", "2");
    store.compact(compacted).unwrap();
    let mut watch = open(&store, &["/a"], revision(2));
    assert!(
        matches!(now(watch.next()), WatchEvent::Created { .. }),
        "as etcd does"
    );
    store.put("/a/x", "3");
    assert!(watch.ask_progress());
    for _ in 0..3 {
        assert_eq!(lost(&now(watch.next())), Some(ErrorKind::Compacted));
    }
}

#[test]
fn a_watch_from_exactly_the_compacted_revision_works_deletes_too() {
    let store = Memory::new();
    store.put("/a/x", "1");
    let compacted = store.delete("/a/x").unwrap();
    store.compact(compacted).unwrap();
    let mut watch = open(&store, &["/a"], compacted);
    let events = vec![deleted("/a/x", compacted)];
    assert_eq!(
        heard(&mut watch)[1..],
        [WatchEvent::Events { range: 0, events }]
    );
}

#[test]
fn a_watch_is_lost_when_what_it_had_yet_to_hear_is_compacted() {
    let store = Memory::new();
    let mut behind = listening(&store, &["/a"]);
    let mut abreast = listening(&store, &["/a"]);
    let mut idle = listening(&store, &["/idle"]);
    store.put("/a/x", "1");
    assert_eq!(heard(&mut abreast).len(), 1);
    let last = store.put("/a/x", "2");
    store.compact(last).unwrap();
    assert_eq!(
        heard(&mut behind).iter().find_map(lost),
        Some(ErrorKind::Compacted)
    );
    let events = vec![put("/a/x", "2", last)];
    assert_eq!(
        heard(&mut abreast),
        [WatchEvent::Events { range: 0, events }]
    );
    assert_eq!(
        heard(&mut idle),
        [],
        "other keys' changes are nothing to it"
    );
    let at = store.put("/idle/x", "1");
    let events = vec![put("/idle/x", "1", at)];
    assert_eq!(heard(&mut idle), [WatchEvent::Events { range: 0, events }]);
}

#[test]
fn compaction_of_the_compacted_or_the_future_is_refused() {
    let store = Memory::new();
    let last = store.put("/a/x", "1");
    assert_eq!(
        store.compact(last.next()).unwrap_err().kind(),
        ErrorKind::Refused
    );
    store.compact(last).unwrap();
    assert_eq!(
        store.compact(last).unwrap_err().kind(),
        ErrorKind::Compacted
    );
    assert_eq!(
        store.compact(revision(0)).unwrap_err().kind(),
        ErrorKind::Compacted
    );
}

#[test]
fn a_history_limit_keeps_so_many_revisions() {
    let store = Memory::new();
    for _ in 0..10 {
        store.put("/a/x", "x");
    }
    store.set_history_limit(3);
    for newest in [11, 12] {
        assert_eq!(store.revision(), revision(newest));
        let mut short = open(&store, &["/a"], revision(newest - 3));
        assert_eq!(
            heard(&mut short).iter().find_map(lost),
            Some(ErrorKind::Compacted)
        );
        let mut watch = open(&store, &["/a"], revision(newest - 2));
        let WatchEvent::Events { events, .. } = &heard(&mut watch)[1] else {
            panic!("no events")
        };
        assert_eq!(events.len(), 3);
        store.put("/a/x", "x");
    }
    store.set_history_limit(0);
    let heard = heard(&mut open(&store, &["/a"], store.revision()));
    assert!(
        matches!(heard[1], WatchEvent::Events { .. }),
        "one at least: {heard:?}"
    );
}

// Faults.

#[test]
fn a_disconnected_store_loses_watches_and_refuses_calls_until_it_reconnects() {
    let store = Memory::new();
    let mut watch = listening(&store, &["/a"]);
    store.put("/a/x", "1");
    store.faults().disconnect();
    assert_eq!(store.watches(), 0);
    let kinds = [
        read(&store, &["/a"]).unwrap_err().kind(),
        now(store.probe(below(&["/a"]))).unwrap_err().kind(),
        now(store.watch(below(&["/a"]), revision(1)))
            .err()
            .unwrap()
            .kind(),
    ];
    assert_eq!(kinds, [ErrorKind::Unreachable; 3]);
    let at = store.put("/a/x", "2");
    store.faults().reconnect();
    for _ in 0..3 {
        assert_eq!(
            lost(&now(watch.next())),
            Some(ErrorKind::Unreachable),
            "also afterwards"
        );
    }
    assert_eq!(read(&store, &["/a"]).unwrap().revision, at);
}

#[tokio::test]
async fn drill_27_a_stalled_store_says_nothing_and_calls_run_into_their_limit() {
    let store = Memory::new();
    store.faults().set_call_timeout(Duration::from_millis(20));
    let mut watch = listening(&store, &["/a"]);
    store.faults().stall();
    let at = store.put("/a/x", "1");
    assert!(watch.ask_progress());
    assert_eq!(heard(&mut watch), []);
    let kinds = [
        store.read(below(&["/a"])).await.unwrap_err().kind(),
        store.probe(below(&["/a"])).await.unwrap_err().kind(),
        store
            .watch(below(&["/a"]), revision(1))
            .await
            .err()
            .unwrap()
            .kind(),
    ];
    assert_eq!(kinds, [ErrorKind::Timeout; 3]);
    assert_eq!(store.watches(), 1, "a watch that was not answered is none");
    store.faults().resume();
    let events = vec![put("/a/x", "1", at)];
    let expected = [
        WatchEvent::Events { range: 0, events },
        WatchEvent::Progress { revision: at },
    ];
    assert_eq!(heard(&mut watch), expected);
}

#[tokio::test]
async fn a_call_that_waits_is_answered_when_the_store_resumes_or_breaks() {
    let store = Memory::new();
    store
        .faults()
        .set_call_timeout(Duration::from_secs(60 * 60));
    let mut watch = listening(&store, &["/a"]);
    store.faults().stall();
    let mut first = store.read(below(&["/a"]));
    assert!(poll!(&mut first).is_pending());
    store.faults().resume();
    assert!(soon(first).await.is_ok());
    store.faults().stall();
    let (mut second, mut next) = (store.read(below(&["/a"])), watch.next());
    assert!(poll!(&mut second).is_pending() && poll!(&mut next).is_pending());
    store.faults().disconnect();
    assert_eq!(
        soon(second).await.unwrap_err().kind(),
        ErrorKind::Unreachable
    );
    assert_eq!(lost(&soon(next).await), Some(ErrorKind::Unreachable));
}

#[test]
fn p15_a_denied_prefix_is_an_error_and_no_empty_reading() {
    let store = Memory::new();
    store.put("/a/x", "1");
    let mut watch = listening(&store, &["/a"]);
    let kind = |prefixes: &[&str]| read(&store, prefixes).map_err(|error| error.kind()).err();
    store.faults().deny("/a/");
    assert_eq!(kind(&["/a"]), Some(ErrorKind::Denied));
    assert_eq!(kind(&["/b", "/a/deeper"]), Some(ErrorKind::Denied));
    assert_eq!(kind(&["/b"]), None);
    let ranges = below(&["/a"]);
    assert_eq!(
        now(store.probe(ranges.clone())).unwrap_err().kind(),
        ErrorKind::Denied
    );
    let watched = now(store.watch(ranges, revision(1)));
    assert_eq!(watched.err().unwrap().kind(), ErrorKind::Denied);
    store.put("/a/x", "2");
    assert_eq!(heard(&mut watch).len(), 1, "an open watch goes on");
    store.faults().allow();
    assert_eq!(kind(&["/a"]), None);
    store.faults().deny("/a/some/keys/of/it");
    assert_eq!(kind(&["/a"]), Some(ErrorKind::Denied));
    store.faults().allow();
    store.faults().deny("");
    assert_eq!(kind(&["/b"]), Some(ErrorKind::Denied));
}

#[test]
fn drill_22_a_restore_goes_back_and_an_old_cursor_hears_nothing() {
    let store = Memory::new();
    let x = store.put("/a/x", "1");
    let backup = store.put("/a/gone", "1");
    store.delete("/a/gone");
    store.put("/a/x", "2");
    let old = store.put("/a/new", "1");
    let mut watch = listening(&store, &["/a"]);
    store.faults().restore(backup).unwrap();
    assert_eq!(lost(&now(watch.next())), Some(ErrorKind::Unreachable));
    let reading = read(&store, &["/a"]).unwrap();
    assert_eq!(reading.revision, backup);
    let found: Vec<_> = reading.entries[0]
        .iter()
        .map(|entry| (entry.key, entry.mod_revision))
        .collect();
    assert_eq!(found, [(&b"/a/gone"[..], backup), (&b"/a/x"[..], x)]);
    // Accepted as the future; only the number in `Created` tells.
    let mut watch = open(&store, &["/a"], old.next());
    assert_eq!(
        heard(&mut watch),
        [WatchEvent::Created {
            range: 0,
            revision: backup
        }]
    );
    let again = store.put("/a/x", "3");
    assert_eq!(again, backup.next(), "given a second time");
    assert_eq!(heard(&mut watch), []);
}

#[test]
fn a_restore_below_the_compacted_revision_or_to_the_future_is_refused() {
    let store = Memory::new();
    store.put("/a/x", "1");
    let compacted = store.put("/a/x", "2");
    let last = store.put("/a/x", "3");
    store.compact(compacted).unwrap();
    assert_eq!(
        store.faults().restore(last.next()).unwrap_err().kind(),
        ErrorKind::Refused
    );
    assert_eq!(
        store.faults().restore(revision(2)).unwrap_err().kind(),
        ErrorKind::Compacted
    );
    assert_eq!(
        Memory::new()
            .faults()
            .restore(revision(0))
            .unwrap_err()
            .kind(),
        ErrorKind::Compacted
    );
    assert_eq!(store.revision(), last);
    store.faults().restore(compacted).unwrap();
    assert_eq!(store.get("/a/x").as_deref(), Some(&b"2"[..]));
}

#[test]
fn a_wiped_store_is_a_new_one() {
    let store = Memory::new();
    store.put("/a/x", "1");
    store.compact(store.revision()).unwrap();
    let mut watch = listening(&store, &["/a"]);
    store.faults().wipe();
    assert_eq!(lost(&now(watch.next())), Some(ErrorKind::Unreachable));
    let reading = read(&store, &["/a"]).unwrap();
    assert_eq!(
        reading,
        Reading {
            revision: revision(1),
            entries: vec![Entries::default()]
        }
    );
    let at = store.put("/a/x", "2");
    let mut watch = open(&store, &["/a"], revision(1));
    let events = vec![put("/a/x", "2", at)];
    assert_eq!(
        heard(&mut watch)[1..],
        [WatchEvent::Events { range: 0, events }]
    );
}

// Random histories.

const PREFIXES: [&str; 2] = ["/a", "/b"];
const KEYS: [&[u8]; 7] = [
    b"/a/1", b"/a/2", b"/a/\xff", b"/b/1", b"/b/2", b"/a2/1", b"/c",
];

#[derive(Debug, Clone)]
enum Step {
    Put(usize, u8),
    Delete(usize),
    DeletePrefix(usize),
    /// A key with the value that it is given, or `None` to delete it.
    Transaction(BTreeMap<usize, Option<u8>>),
    /// To this part of what can be compacted, of 255.
    Compact(u8),
    Restore(u8),
    /// A new watch, from this part of what can be watched.
    Watch(u8),
    /// So many calls of one watch's `next`, each dropped if it has to wait.
    Listen(usize, usize),
    AskProgress(usize),
    DropWatch(usize),
}

fn step() -> impl Strategy<Value = Step> {
    let key = || 0..KEYS.len();
    prop_oneof![
        6 => (key(), any::<u8>()).prop_map(|(key, value)| Step::Put(key, value)),
        3 => key().prop_map(Step::Delete),
        1 => key().prop_map(Step::DeletePrefix),
        3 => proptest::collection::btree_map(key(), any::<Option<u8>>(), 0..5)
            .prop_map(Step::Transaction),
        1 => any::<u8>().prop_map(Step::Compact),
        1 => any::<u8>().prop_map(Step::Restore),
        2 => any::<u8>().prop_map(Step::Watch),
        4 => (any::<usize>(), 1_usize..6).prop_map(|(watch, calls)| Step::Listen(watch, calls)),
        1 => any::<usize>().prop_map(Step::AskProgress),
        1 => any::<usize>().prop_map(Step::DropWatch),
    ]
}

type State = BTreeMap<Vec<u8>, (Vec<u8>, u64)>;

/// All states there ever were, and what each revision did, in full.
struct Model {
    /// The state of revision `number` is `states[number - 1]`.
    states: Vec<State>,
    events: Vec<Vec<Event>>,
    compacted: u64,
}

impl Model {
    fn new() -> Self {
        Self {
            states: vec![State::new()],
            events: vec![vec![]],
            compacted: 0,
        }
    }

    fn revision(&self) -> u64 {
        self.states.len() as u64
    }

    fn state(&self) -> &State {
        &self.states[self.states.len() - 1]
    }

    fn write(&mut self, writes: Vec<(Vec<u8>, Option<Vec<u8>>)>) -> bool {
        let next = self.revision() + 1;
        let (mut state, mut events) = (self.state().clone(), Vec::new());
        for (key, value) in writes {
            let changed = match &value {
                Some(value) => {
                    state.insert(key.clone(), (value.clone(), next));
                    true
                }
                None => state.remove(&key).is_some(),
            };
            if changed {
                events.push(Event {
                    key,
                    value: value.map(Into::into),
                    revision: revision(next),
                });
            }
        }
        let written = !events.is_empty();
        if written {
            self.states.push(state);
            self.events.push(events);
        }
        written
    }

    /// What happened in this range from this revision on.
    fn since(&self, from: u64, range: &Range) -> Vec<Event> {
        let all = self.events.iter().flatten();
        all.filter(|event| event.revision >= revision(from) && range.holds(&event.key))
            .cloned()
            .collect()
    }

    /// Between `first` and now, that part of the way.
    fn part(&self, first: u64, part: u8) -> u64 {
        first + (self.revision() - first) * u64::from(part) / 255
    }
}

/// A watch with all that it has said.
struct Told {
    watch: Box<dyn WatchStream>,
    from: u64,
    created: usize,
    events: [Vec<Event>; 2],
    /// Why it must have been lost by now, if it must.
    due: Option<ErrorKind>,
    lost: Option<ErrorKind>,
}

impl Told {
    fn new(store: &Memory, from: u64, compacted: u64) -> Self {
        Self {
            watch: open(store, &PREFIXES, revision(from)),
            from,
            created: 0,
            events: [vec![], vec![]],
            due: (from < compacted).then_some(ErrorKind::Compacted),
            lost: None,
        }
    }

    /// Before this revision nothing can be heard any more.
    fn compacted(&mut self, at: u64, model: &Model) {
        if self.due.is_some() {
            return;
        }
        for (told, range) in self.events.iter().zip(below(&PREFIXES).iter()) {
            let all = model.since(self.from, range);
            if all[told.len()..]
                .iter()
                .any(|event| event.revision < revision(at))
            {
                self.due = Some(ErrorKind::Compacted);
            }
        }
    }

    /// One call; `false` if it had to wait, and was dropped.
    fn listen(&mut self, model: &Model) -> bool {
        let Some(heard) = self.watch.next().now_or_never() else {
            return false;
        };
        match heard {
            WatchEvent::Created { range, .. } => {
                assert_eq!((range, self.lost), (self.created, None));
                self.created += 1;
            }
            WatchEvent::Events { range, events } => {
                assert_eq!((self.created, self.due, self.lost), (2, None, None));
                let all = model.since(self.from, &Range::below(PREFIXES[range]));
                let told = self.events[range].len();
                assert_eq!(events, all[told..][..events.len()], "in order, none lost");
                let next = all.get(told + events.len()).map(|event| event.revision);
                assert_ne!(
                    events.last().map(|event| event.revision),
                    next,
                    "a split revision"
                );
                self.events[range].extend(events);
            }
            WatchEvent::Progress { revision } => {
                assert_eq!(revision.get(), model.revision());
                self.all_told(model);
            }
            WatchEvent::Lost(error) => {
                assert_eq!(Some(error.kind()), self.due, "lost for no reason");
                self.lost = Some(error.kind());
            }
        }
        true
    }

    fn all_told(&self, model: &Model) {
        for (told, range) in self.events.iter().zip(below(&PREFIXES).iter()) {
            assert_eq!(told, &model.since(self.from, range));
        }
    }

    /// Listens until it waits or is lost, and has then told all or been lost for a reason.
    fn finish(mut self, model: &Model) {
        let mut calls = 0..10_000;
        while self.lost.is_none() && calls.next().is_some() && self.listen(model) {}
        assert!(!calls.is_empty(), "it says something without end");
        assert_eq!(self.lost, self.due);
        if self.lost.is_some() {
            return;
        }
        self.all_told(model);
        assert!(self.watch.ask_progress());
        assert!(matches!(
            now(self.watch.next()),
            WatchEvent::Progress { .. }
        ));
        // Replayed upon the state before it, that is the state now.
        if (2..=model.revision() + 1).contains(&self.from) {
            let own = |key: &Vec<u8>| below(&PREFIXES).iter().any(|range| range.holds(key));
            let mut state = model.states[self.from as usize - 2].clone();
            state.retain(|key, _| own(key));
            for event in self.events.into_iter().flatten() {
                match event.value {
                    Some(value) => {
                        state.insert(event.key, (value.to_vec(), event.revision.get()));
                    }
                    None => drop(state.remove(&event.key)),
                }
            }
            let mut expected = model.state().clone();
            expected.retain(|key, _| own(key));
            assert_eq!(state, expected);
        }
    }
}

/// Does a write to both, and compares what they say of it.
fn write(store: &Memory, model: &mut Model, step: &Step) {
    let made = |made: bool, model: &Model| made.then(|| revision(model.revision()));
    match step {
        Step::Put(key, value) => {
            model.write(vec![(KEYS[*key].to_vec(), Some(vec![*value]))]);
            assert_eq!(store.put(KEYS[*key], [*value]).get(), model.revision());
        }
        Step::Delete(key) => {
            let written = model.write(vec![(KEYS[*key].to_vec(), None)]);
            assert_eq!(store.delete(KEYS[*key]), made(written, model));
        }
        Step::DeletePrefix(key) => {
            let prefix = &KEYS[*key][..2];
            let all = model.state().keys().filter(|key| key.starts_with(prefix));
            let all = all.map(|key| (key.clone(), None)).collect();
            let written = model.write(all);
            assert_eq!(store.delete_prefix(prefix), made(written, model));
        }
        Step::Transaction(writes) => {
            let all = writes
                .iter()
                .fold(store.transaction(), |all, (key, value)| match value {
                    Some(value) => all.put(KEYS[*key], [*value]),
                    None => all.delete(KEYS[*key]),
                });
            let writes = writes.iter();
            let writes = writes.map(|(key, value)| (KEYS[*key].to_vec(), value.map(|v| vec![v])));
            model.write(writes.collect());
            assert_eq!(all.commit().unwrap().get(), model.revision());
        }
        _ => unreachable!("not a write"),
    }
}

fn play(steps: &[Step]) {
    let (store, mut model, mut watches) = (Memory::new(), Model::new(), Vec::<Told>::new());
    for step in steps {
        let count = watches.len().max(1);
        match step {
            Step::Compact(part) => {
                let at = model.part(model.compacted, *part);
                let compacts = at > model.compacted;
                assert_eq!(store.compact(revision(at)).is_ok(), compacts);
                if compacts {
                    for told in &mut watches {
                        told.compacted(at, &model);
                    }
                    model.compacted = at;
                }
            }
            Step::Restore(part) => {
                let to = model.part(model.compacted.max(1), *part);
                store.faults().restore(revision(to)).unwrap();
                model.states.truncate(to as usize);
                model.events.truncate(to as usize);
                for told in &mut watches {
                    told.due.get_or_insert(ErrorKind::Unreachable);
                }
            }
            Step::Watch(part) => {
                // From a little below what is allowed to a little above what there is.
                let from = model.part(model.compacted.saturating_sub(2), *part);
                watches.push(Told::new(
                    &store,
                    from + u64::from(part & 3),
                    model.compacted,
                ));
            }
            Step::Listen(watch, calls) => {
                if let Some(told) = watches.get_mut(watch % count) {
                    for _ in 0..*calls {
                        told.listen(&model);
                    }
                }
            }
            Step::AskProgress(watch) => {
                if let Some(told) = watches.get_mut(watch % count) {
                    assert!(told.watch.ask_progress());
                }
            }
            Step::DropWatch(watch) => {
                if !watches.is_empty() {
                    watches.swap_remove(watch % count);
                }
            }
            step => write(&store, &mut model, step),
        }
    }
    let reading = read(&store, &PREFIXES).unwrap();
    assert_eq!(reading.revision.get(), model.revision());
    for (found, range) in reading.entries.iter().zip(below(&PREFIXES).iter()) {
        let own = model.state().iter().filter(|(key, _)| range.holds(key));
        let expected = own.map(|(key, (value, at))| Entry {
            key,
            value,
            mod_revision: revision(*at),
        });
        assert_eq!(found, &expected.collect::<Entries>());
    }
    for told in watches {
        told.finish(&model);
    }
    for from in model.compacted.max(1)..=model.revision() + 1 {
        Told::new(&store, from, model.compacted).finish(&model);
    }
    assert_eq!(store.watches(), 0);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_history_reads_and_replays_as_the_model_does(
        steps in proptest::collection::vec(step(), 0..60),
    ) {
        play(&steps);
    }
}
