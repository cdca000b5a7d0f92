//! The judge objects to a history in which one promise is broken, for each of them, and to
//! none in which all are kept.

use std::sync::Arc;

use super::*;
use crate::history::Bytes;

fn bytes(text: &str) -> Bytes {
    Arc::from(text.as_bytes())
}

/// Changes of keys below the prefix, each at its revision.
fn changes(changes: &[(u64, &str, Option<&str>)]) -> Vec<(String, Option<Bytes>, u64)> {
    changes
        .iter()
        .map(|(revision, key, text)| (format!("{PREFIX}{key}"), text.map(bytes), *revision))
        .collect()
}

/// What etcd did: a good value, a transaction, a bad value, a pair, a transaction with a bad
/// value, a deletion, a pair out of order, and a key of somebody else's.
fn branch(since: Instant) -> Branch {
    let need = (format!("{PREFIX}need"), bytes("1"), 5);
    let mut branch = Branch::new(since, 10, vec![need]);
    let txn = TXN.map(|key| (12, key, Some("3")));
    branch.add(changes(&[(11, "a0", Some("2"))])).unwrap();
    branch.add(changes(&txn)).unwrap();
    branch
        .add(changes(&[
            (13, "a1", Some("x")),
            (14, "pair/min", Some("10")),
            (14, "pair/max", Some("20")),
            (15, "text", Some("hello")),
            (15, "a2", Some("bad")),
            (16, "a0", None),
            (17, "pair/min", Some("30")),
        ]))
        .unwrap();
    let other = vec![("/other".to_owned(), Some(bytes("x")), 18)];
    branch.add(other).unwrap();
    branch
}

fn publication(at: Instant, epoch: u64, revision: u64, row: Row) -> Publication {
    Publication {
        at,
        epoch,
        revision,
        row,
    }
}

/// What an instance says that keeps its promises.
fn seen(now: Instant) -> Seen {
    let mut row = Row::defaults();
    row.set("need", Value::Number(1));
    let first = publication(now, 1, 10, row.clone());
    let mut publications = Vec::new();
    row.set("a0", Value::Number(2));
    publications.push(publication(now, 1, 11, row.clone()));
    for key in TXN {
        row.set(key, Value::Number(3));
    }
    publications.push(publication(now, 1, 12, row.clone()));
    row.set("pair/min", Value::Number(10));
    row.set("pair/max", Value::Number(20));
    publications.push(publication(now, 1, 14, row.clone()));
    row.set("a0", Value::Number(1));
    publications.push(publication(now, 1, 16, row.clone()));
    let samples = std::iter::once(&first).chain(&publications).map(sample);
    let samples: Vec<_> = samples.collect();
    let told = |previous: &str, current: &str, revision| Told {
        previous: previous.to_owned(),
        current: current.to_owned(),
        epoch: 1,
        revision,
    };
    let poll = |fresh| Poll {
        asked: now,
        answered: now,
        fresh,
        confirmed: Some(now),
        epoch: 1,
        revision: 16,
    };
    let because =
        |key: &str, revision| (format!("{PREFIX}{key}"), Some(revision), "bad".to_owned());
    let held = |revision, keys: &[&str], problem| Held {
        revision,
        missing: false,
        keys: keys.iter().map(|key| (*key).to_owned()).collect(),
        problems: vec![problem],
    };
    let of_the_pair = (format!("{PREFIX}pair"), None, "min is above max".to_owned());
    Seen {
        name: "one".to_owned(),
        first,
        is_new: true,
        readers: vec![samples],
        subscribers: vec![Subscriber {
            name: "a queue".to_owned(),
            way: Way::Each,
            part: |row| row.get("a0").to_string(),
            baseline: "1".to_owned(),
            named: true,
            told: vec![told("1", "2", 11), told("2", "1", 16)],
            missed: 0,
        }],
        polls: vec![poll(true), poll(false)],
        staleness: Duration::from_secs(2),
        cut_off: Vec::new(),
        waited: vec![Waited {
            key: "a0",
            revision: 11,
            branch: 0,
            held: None,
            value: Value::Number(2),
        }],
        held: vec![
            held(13, &["a1"], because("a1", 13)),
            held(15, &["text", "a2"], because("a2", 15)),
            held(17, &["pair/min"], of_the_pair),
        ],
        end: publication(now, 1, 18, row),
        publications,
    }
}

fn sample(publication: &Publication) -> Sample {
    Sample {
        epoch: publication.epoch,
        revision: publication.revision,
        row: publication.row.clone(),
        origins: BTreeMap::new(),
    }
}

/// The promises that an instance is judged to break, after its record was altered.
fn broken_promises(alter: impl FnOnce(&mut Seen, Instant)) -> Vec<&'static str> {
    let now = Instant::now();
    let mut seen = seen(now);
    alter(&mut seen, now);
    broken_promises_of(&[branch(now)], &seen)
}

fn broken_promises_of(branches: &[Branch], seen: &Seen) -> Vec<&'static str> {
    let verdict = judge(branches, seen);
    let mut promises: Vec<_> = verdict.violations.iter().map(|one| one.promise).collect();
    promises.sort_unstable();
    promises.dedup();
    promises
}

#[test]
fn nothing_is_said_of_one_who_keeps_all_promises() {
    let now = Instant::now();
    let verdict = judge(&[branch(now)], &seen(now));
    assert!(verdict.violations.is_empty(), "{:?}", verdict.violations);
    assert!(verdict.judged > 10 && verdict.mixed == 0);
}

#[test]
fn p01_revisions_that_go_back_are_noticed() {
    let back = broken_promises(|seen, _| {
        seen.polls[0].revision = 17;
    });
    assert_eq!(back, ["P1"]);
    let back = broken_promises(|seen, now| {
        let last = seen.publications.last().unwrap().row.clone();
        let before = seen.publications[2].row.clone();
        seen.publications.push(publication(now, 1, 14, before));
        seen.publications.push(publication(now, 1, 16, last));
    });
    assert!(back.contains(&"P1"), "{back:?}");
}

#[test]
fn p02_a_configuration_that_etcd_never_held_is_noticed() {
    let wrong = broken_promises(|seen, _| {
        let row = &mut seen.publications[1].row;
        row.set("list", Value::List(vec![1]));
    });
    assert!(wrong.contains(&"P2"), "{wrong:?}");
    // The right values of the wrong revision are as bad.
    let late = broken_promises(|seen, _| {
        seen.publications[1].revision = 11;
        seen.readers.clear();
    });
    assert!(late.contains(&"P2"), "{late:?}");
    let of_another = broken_promises(|seen, _| {
        let origin = Origin {
            held: false,
            revision: Some(10),
        };
        seen.readers[0][1].origins.insert("a0", origin);
    });
    assert_eq!(of_another, ["P2"]);
}

#[test]
fn p02_a_value_that_was_to_be_held_is_noticed() {
    // `text` was written with a bad value.
    let let_in = broken_promises(|seen, _| {
        let row = &mut seen.publications[3].row;
        row.set("text", Value::Text("hello".to_owned()));
        seen.readers.clear();
    });
    assert!(let_in.contains(&"P2"), "{let_in:?}");
    // A held key shows what it showed before, and nothing else.
    let other = broken_promises(|seen, _| {
        seen.publications[2].row.set("a1", Value::Number(9));
        seen.readers.clear();
    });
    assert!(other.contains(&"P2"), "{other:?}");
}

#[test]
fn p03_a_part_of_a_transaction_is_noticed() {
    let part = broken_promises(|seen, _| {
        seen.publications[1].row.set("txn/t2", Value::Number(0));
    });
    assert!(part.contains(&"P3") && part.contains(&"P2"), "{part:?}");
    // One who reads it in between sees it, too.
    let torn = broken_promises(|seen, _| {
        seen.readers[0][2].row.set("txn/t2", Value::Number(0));
    });
    assert!(torn.contains(&"P3"), "{torn:?}");
}

#[test]
fn p04_an_end_that_is_not_etcds_is_noticed() {
    let stuck = broken_promises(|seen, _| {
        seen.publications.pop();
        seen.end = seen.publications.last().unwrap().clone();
        seen.subscribers.clear();
        seen.readers[0].pop();
    });
    // What it shows is a key that was deleted.
    assert_eq!(stuck, ["P7", "P8"]);
    let now = Instant::now();
    let mut branch = branch(now);
    branch.add(changes(&[(19, "maybe", Some("7"))])).unwrap();
    let stuck = broken_promises_of(&[branch], &seen(now));
    assert_eq!(stuck, ["P4", "P7"]);
    let behind = broken_promises(|seen, _| {
        seen.readers[0].pop();
    });
    assert_eq!(behind, ["P4"]);
}

#[test]
fn p05_a_subscriber_without_the_last_value_is_noticed() {
    let left = broken_promises(|seen, _| {
        seen.subscribers[0].way = Way::Latest;
        seen.subscribers[0].told.pop();
    });
    assert_eq!(left, ["P5"]);
    // A queue says what it dropped.
    let silent = broken_promises(|seen, _| {
        let told = &mut seen.subscribers[0].told;
        told.clear();
    });
    assert_eq!(silent, ["P5"]);
    let allowed = broken_promises(|seen, _| {
        seen.subscribers[0].told.clear();
        seen.subscribers[0].missed = 2;
    });
    assert_eq!(allowed, [""; 0]);
}

#[test]
fn p05_only_the_first_change_of_a_new_queue_may_stand_for_several() {
    // A queue of the whole configuration that was given the publications at these revisions only.
    let given = |revisions: &[u64], is_new| {
        broken_promises(|seen, _| {
            let part = |row: &Row| format!("{row:?}");
            let mut last = part(&seen.first.row);
            let publications = seen.publications.iter();
            let told = publications
                .filter(|one| revisions.contains(&one.revision))
                .map(|one| Told {
                    previous: std::mem::replace(&mut last, part(&one.row)),
                    current: part(&one.row),
                    epoch: one.epoch,
                    revision: one.revision,
                })
                .collect();
            seen.is_new = is_new;
            let queue = &mut seen.subscribers[0];
            (queue.part, queue.told) = (part, told);
            queue.baseline = part(&seen.first.row);
        })
    };
    assert_eq!(given(&[11, 12, 14, 16], true), [""; 0]);
    // It subscribed after two publications.
    assert_eq!(given(&[12, 14, 16], true), [""; 0]);
    // In a later round it had subscribed long before.
    assert_eq!(given(&[12, 14, 16], false), ["P5"]);
    // It had subscribed by the first one that it was given.
    assert_eq!(given(&[11, 14, 16], true), ["P5"]);
    assert_eq!(given(&[12, 16], true), ["P5"]);
}

#[test]
fn p06_a_tell_or_a_swap_without_a_change_is_noticed() {
    let same = broken_promises(|seen, _| {
        let told = &mut seen.subscribers[0].told;
        let mut again = told[1].clone();
        again.previous.clone_from(&again.current);
        told.push(again);
    });
    assert!(same.contains(&"P6"), "{same:?}");
    let swapped = broken_promises(|seen, _| {
        let mut again = seen.readers[0].last().unwrap().clone();
        again.revision = 17;
        seen.readers[0].push(again);
    });
    assert_eq!(swapped, ["P6"]);
    let published = broken_promises(|seen, now| {
        let row = seen.end.row.clone();
        seen.publications.push(publication(now, 1, 17, row));
    });
    assert_eq!(published, ["P6"]);
    let of_nothing = broken_promises(|seen, _| {
        seen.subscribers[0].way = Way::Latest;
        seen.subscribers[0].told[0].current = "7".to_owned();
        seen.subscribers[0].told[1].previous = "7".to_owned();
    });
    assert_eq!(of_nothing, ["P2"]);
}

#[test]
fn p07_a_broken_rule_and_a_silent_refusal_are_noticed() {
    let rule = broken_promises(|seen, _| {
        seen.readers[0][4].row.set("pair/min", Value::Number(30));
    });
    assert!(rule.contains(&"P7"), "{rule:?}");
    let zero = broken_promises(|seen, _| {
        seen.readers[0][4].row.set("a0", Value::Number(0));
    });
    assert!(zero.contains(&"P7"), "{zero:?}");
    for silent in 0..3 {
        let unsaid = broken_promises(|seen, _| drop(seen.held.remove(silent)));
        assert_eq!(unsaid, ["P7"]);
    }
    let no_reason = broken_promises(|seen, _| seen.held[0].problems.clear());
    assert_eq!(no_reason, ["P7"]);
    let other_key = broken_promises(|seen, _| seen.held[0].problems[0].0 = format!("{PREFIX}need"));
    assert_eq!(other_key, ["P7"]);
    let other_revision = broken_promises(|seen, _| seen.held[0].revision = 12);
    assert_eq!(other_revision, ["P7"]);
    let without_cause = broken_promises(|seen, _| {
        let mut held = seen.held[0].clone();
        (held.revision, held.keys) = (12, BTreeSet::from(["txn/t0".to_owned()]));
        held.problems[0] = (format!("{PREFIX}txn/t0"), Some(12), "bad".to_owned());
        seen.held.push(held);
    });
    assert_eq!(without_cause, ["P7"]);
}

#[test]
fn p09_fresh_while_cut_off_is_noticed() {
    let second = Duration::from_secs(1);
    let cut = |seen: &mut Seen, now: Instant| {
        let (from, to) = (now, now + second * 60);
        seen.cut_off = vec![CutOff { from, to }];
    };
    let fresh = broken_promises(|seen, now| {
        cut(seen, now);
        let confirmed = now + SLACK + second * 2;
        let at = confirmed + second;
        (seen.polls[0].asked, seen.polls[0].answered) = (at, at);
        seen.polls[0].confirmed = Some(confirmed);
    });
    assert_eq!(fresh, ["P9"]);
    let too_old = broken_promises(|seen, now| {
        let at = now + second * 3;
        (seen.polls[0].asked, seen.polls[0].answered) = (at, at);
    });
    assert_eq!(too_old, ["P9"]);
    let never = broken_promises(|seen, _| seen.polls[0].confirmed = None);
    assert_eq!(never, ["P9"]);
    let not_yet = broken_promises(|seen, now| {
        cut(seen, now);
        let at = now + second;
        (seen.polls[0].asked, seen.polls[0].answered) = (at, at);
    });
    assert_eq!(not_yet, [""; 0]);
}

#[test]
fn p12_visible_before_it_was_seen_is_noticed() {
    let early = broken_promises(|seen, _| {
        seen.waited[0].revision = 11;
        seen.waited[0].value = Value::Number(7);
    });
    assert_eq!(early, ["P12"]);
    let held = broken_promises(|seen, _| seen.waited[0].held = Some(false));
    assert_eq!(held, ["P12"]);
    let overwritten = broken_promises(|seen, _| seen.waited[0].value = Value::Number(1));
    assert_eq!(overwritten, [""; 0]);
}

/// The store is restored to what it was at revision 12, and goes on from there.
fn restored(now: Instant, last: &[(u64, &str, Option<&str>)]) -> Vec<Branch> {
    let first = branch(now);
    let state = first.state(12).into_iter();
    let state = state.map(|(key, (bytes, revision))| (key, bytes, revision));
    let mut second = Branch::new(now + Duration::from_secs(10), 12, state.collect());
    second.add(changes(last)).unwrap();
    vec![first, second]
}

/// One who comes to its end in the second branch, in that epoch.
fn after_it(now: Instant, epoch: u64, last: u64) -> Seen {
    let mut seen = seen(now);
    let mut row = seen.publications[1].row.clone();
    row.set("list", Value::List(vec![4]));
    let later = now + Duration::from_secs(11);
    seen.publications.push(publication(later, epoch, last, row));
    seen.end = seen.publications.last().unwrap().clone();
    seen.readers.clear();
    seen.subscribers.clear();
    seen.held.clear();
    seen.waited.clear();
    seen
}

#[test]
fn p13_a_history_that_went_back_is_to_be_a_new_epoch() {
    let now = Instant::now();
    let branches = restored(now, &[(13, "list", Some("[4]"))]);
    assert_eq!(
        broken_promises_of(&branches, &after_it(now, 2, 13)),
        [""; 0]
    );
    let unnoticed = broken_promises_of(&branches, &after_it(now, 1, 13));
    assert!(
        unnoticed.contains(&"P13") && unnoticed.contains(&"P1"),
        "{unnoticed:?}"
    );
}

#[test]
fn p13_a_new_epoch_of_the_same_history_is_noticed() {
    let grown = broken_promises(|seen, _| {
        seen.polls[1].epoch = 2;
        seen.end.epoch = 2;
    });
    assert_eq!(grown, ["P13"]);
}

#[test]
fn p13_a_history_that_has_outrun_the_old_one_need_not_be_noticed() {
    let now = Instant::now();
    let mut all = vec![(13, "list", Some("[4]"))];
    all.extend((14..20).map(|revision| (revision, "unknown", Some("x"))));
    let branches = restored(now, &all);
    assert_eq!(
        broken_promises_of(&branches, &after_it(now, 1, 19)),
        [""; 0]
    );
    // But in the end it is that one.
    let mut stuck = after_it(now, 1, 19);
    stuck.publications.pop();
    stuck.end = publication(now, 1, 19, stuck.publications.last().unwrap().row.clone());
    let stuck = broken_promises_of(&branches, &stuck);
    assert!(stuck.contains(&"P4") || stuck.contains(&"P8"), "{stuck:?}");
}

#[test]
fn p13_what_is_of_neither_history_is_counted_and_what_nobody_ever_wrote_is_not() {
    let now = Instant::now();
    let branches = restored(now, &[(13, "list", Some("[4]")), (14, "a0", Some("6"))]);
    let mut mixed = after_it(now, 2, 14);
    // It missed one of the two; then a comparison finds it.
    let row = mixed.end.row.clone();
    mixed.publications.last_mut().unwrap().row = row.clone();
    let mut whole = row;
    whole.set("a0", Value::Number(6));
    let later = now + Duration::from_secs(12);
    mixed.publications.push(publication(later, 2, 14, whole));
    mixed.end = mixed.publications.last().unwrap().clone();
    let verdict = judge(&branches, &mixed);
    assert!(verdict.violations.is_empty(), "{:?}", verdict.violations);
    assert_eq!(verdict.mixed, 1);

    let place = mixed.publications.len() - 2;
    mixed.publications[place].row.set("a0", Value::Number(77));
    assert!(broken_promises_of(&branches, &mixed).contains(&"P2"));
}

#[test]
fn p15_an_empty_configuration_is_noticed() {
    let empty = broken_promises(|seen, now| {
        let last = seen.publications.last().unwrap().row.clone();
        let mut row = Row::defaults();
        row.set("need", Value::Number(1));
        seen.publications.push(publication(now, 1, 17, row));
        seen.publications.push(publication(now, 1, 18, last));
    });
    assert!(empty.contains(&"P2"), "{empty:?}");
}

#[test]
fn what_a_deleted_key_shows_while_a_needed_one_is_missing_is_left_open() {
    let now = Instant::now();
    let mut branch = branch(now);
    branch
        .add(changes(&[
            (19, "need", None),
            (20, "txn/t0", None),
            (20, "txn/t1", None),
        ]))
        .unwrap();
    branch.add(changes(&[(21, "a0", Some("5"))])).unwrap();
    let state = State::new(&branch, 21);
    let mut row = seen(now).end.row;
    row.set("a0", Value::Number(5));
    let before = row.clone();
    state.explains(&before, &row, false).unwrap();
    row.set("txn/t0", Value::Number(0));
    row.set("txn/t1", Value::Number(0));
    state.explains(&before, &row, false).unwrap();
    row.set("need", Value::Number(2));
    state.explains(&before, &row, false).unwrap_err();
}

#[test]
fn what_was_deleted_with_a_bad_value_may_be_held_in_the_next_round_too() {
    let now = Instant::now();
    let held = |said_to_be_held: &str| {
        let mut before = branch(now);
        before
            .add(changes(&[(19, "maybe", None), (19, "a1", Some("bad"))]))
            .unwrap();
        // The next round begins with what is there, which deletions are not.
        let entries = before.state(19).into_iter();
        let there = entries.map(|(key, (bytes, revision))| (key, bytes, revision));
        let branch = Branch::new(now, 19, there.collect()).with_deletions_of(&before);
        let mut seen = seen(now);
        let mut first = publication(now, 1, 19, seen.end.row.clone());
        first.row.set("maybe", Value::Number(7));
        let mut read = sample(&first);
        let origin = Origin {
            held: true,
            revision: Some(9),
        };
        let key = KEYS.iter().find(|key| **key == said_to_be_held).unwrap();
        read.origins.insert(key, origin);
        (seen.first, seen.is_new) = (first.clone(), false);
        (seen.publications, seen.end) = (Vec::new(), first);
        (seen.readers, seen.subscribers) = (vec![vec![read]], Vec::new());
        seen.waited.clear();
        let because = |key: &str| vec![(format!("{PREFIX}{key}"), Some(19), "bad".to_owned())];
        seen.held[0] = Held {
            revision: 19,
            missing: false,
            keys: ["maybe", "a1"].map(str::to_owned).into(),
            problems: because("a1"),
        };
        broken_promises_of(&[branch], &seen)
    };
    assert_eq!(held("maybe"), [""; 0]);
    assert_eq!(held("list"), ["P7"]);
}

#[test]
fn the_pair_enters_in_the_order_of_revisions() {
    let now = Instant::now();
    let pairs = |changes_of: &[(u64, &str, Option<&str>)], was| {
        let mut branch = Branch::new(now, 10, Vec::new());
        branch.add(changes(changes_of)).unwrap();
        let revision = branch.last;
        let found = State::new(&branch, revision).pairs(was);
        found.into_iter().collect::<Vec<_>>()
    };
    // Each alone is refused, both together get in.
    let both = [(11, "pair/min", Some("30")), (12, "pair/max", Some("40"))];
    assert_eq!(pairs(&both, [10, 20]), [[30, 40]]);
    // The first of two that exclude one another.
    let first = [(11, "pair/min", Some("15")), (12, "pair/max", Some("12"))];
    assert_eq!(pairs(&first, [10, 20]), [[15, 20]]);
    let other = [(11, "pair/max", Some("12")), (12, "pair/min", Some("15"))];
    assert_eq!(pairs(&other, [10, 20]), [[10, 12]]);
    // A transaction is not split.
    let whole = [(11, "pair/min", Some("15")), (11, "pair/max", Some("12"))];
    assert_eq!(pairs(&whole, [10, 20]), [[10, 20]]);
}
