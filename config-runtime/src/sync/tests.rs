//! Random histories of a store, and of the connection to it, through [`Sync`].
//!
//! The store of these tests keeps every state that it ever had. A mirror follows the revisions that
//! `sync` hands out, and must equal the store's state at the cursor after every step.

#![allow(
    clippy::cast_possible_truncation,
    clippy::struct_excessive_bools,
    clippy::too_many_lines,
    clippy::match_same_arms,
    reason = "a world for tests: small numbers, and one arm for each thing that can happen"
)]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;

use super::liveness::AGAIN;
use super::*;
use crate::store::{Entries, Entry};

type Keys = BTreeMap<Vec<u8>, (Arc<[u8]>, Revision)>;

/// A store with two ranges, and one client of it.
struct World {
    /// Its states; the place in the list is the revision. The first is of revision 0.
    states: Vec<[Keys; 2]>,
    /// The events of each revision.
    events: Vec<Vec<(usize, Event)>>,
    compacted: Revision,
    ranges: usize,
    trusted: bool,
    now: Duration,
    sync: Sync,
    /// The pending requests of `sync`, and the position of its watch in each range.
    reading: bool,
    opening: Option<Revision>,
    probing: bool,
    progress: bool,
    asked_latest: bool,
    watch: Option<Vec<Revision>>,
    mirror: Mirror,
    /// Whether the history went back: then the cursor may be in another history.
    rolled_back: bool,
}

/// The revisions that `sync` has handed out, put together.
struct Mirror {
    keys: Vec<Keys>,
    /// The cursor before the step.
    cursor: Option<Revision>,
    /// Whether readings are reported to contradict the known state.
    contradicts: bool,
    staged_readings: usize,
}

impl Replica for Mirror {
    fn contradicts(&self, _: &Reading) -> bool {
        self.contradicts
    }

    fn counts(&self) -> Vec<RangeCount> {
        let count = |keys: &Keys| (keys.len(), keys.values().map(|(_, since)| *since).max());
        self.keys.iter().map(count).collect()
    }

    fn expect_reading(&mut self) {}

    /// Stages like `apply`: newer state than the reading's stays. So a reading from before the
    /// cursor changes nothing, unless it begins a new epoch.
    fn stage_reading(&mut self, reading: &Reading, new_epoch: bool) {
        self.staged_readings += 1;
        let at = reading.revision;
        for (range, entries) in reading.entries.iter().enumerate() {
            let read: Keys = entries
                .iter()
                .map(|entry| (entry.key.to_vec(), (entry.value.into(), entry.mod_revision)))
                .collect();
            if new_epoch || self.cursor <= Some(at) {
                self.keys[range] = read;
            }
        }
    }

    fn stage_revision(&mut self, revision: Revision, events: Vec<(usize, Event)>) {
        for (range, event) in events {
            assert_eq!(event.revision, revision, "P3: an event of another revision");
            let keys = &mut self.keys[range];
            match event.value {
                Some(value) => drop(keys.insert(event.key, (value, revision))),
                None => drop(keys.remove(&event.key)),
            }
        }
    }
}

#[derive(Debug, Clone)]
enum Op {
    Write(Vec<(usize, u8, Option<u8>)>),
    Read,
    FailRead,
    Open,
    FailOpen,
    Deliver { range: usize, revisions: usize },
    Repeat { range: usize },
    Progress,
    Latest,
    Probe,
    Lose,
    Compact(usize),
    RollBack(usize),
    Sleep(u64),
    Want(u64),
}

fn op(rollback: bool) -> impl Strategy<Value = Op> {
    let change = (
        0..2_usize,
        0..3_u8,
        proptest::option::weighted(0.7, 0..4_u8),
    );
    prop_oneof![
        6 => proptest::collection::vec(change, 1..4).prop_map(Op::Write),
        4 => Just(Op::Read),
        1 => Just(Op::FailRead),
        4 => Just(Op::Open),
        1 => Just(Op::FailOpen),
        8 => (0..2_usize, 1..4_usize).prop_map(|(range, revisions)| Op::Deliver { range, revisions }),
        1 => (0..2_usize).prop_map(|range| Op::Repeat { range }),
        3 => Just(Op::Progress),
        3 => Just(Op::Latest),
        2 => Just(Op::Probe),
        1 => Just(Op::Lose),
        1 => (0..8_usize).prop_map(Op::Compact),
        1 => (1..6_usize).prop_map(move |back| match rollback {
            true => Op::RollBack(back),
            false => Op::Lose,
        }),
        4 => (1..40_000_u64).prop_map(Op::Sleep),
        1 => (1..30_u64).prop_map(Op::Want),
    ]
}

impl World {
    fn new(ranges: usize, trusted: bool, seed: u64) -> Self {
        let mut mirror = Mirror {
            keys: vec![Keys::new(); ranges],
            cursor: None,
            contradicts: false,
            staged_readings: 0,
        };
        let settings = Settings::default();
        let (sync, requests) = Sync::new(ranges, settings, seed, Duration::ZERO, &mut mirror);
        let mut world = Self {
            states: vec![Default::default(), Default::default()],
            events: vec![Vec::new(), Vec::new()],
            compacted: Revision::new(0),
            ranges,
            trusted,
            now: Duration::ZERO,
            sync,
            reading: false,
            opening: None,
            probing: false,
            progress: false,
            asked_latest: false,
            watch: None,
            mirror,
            rolled_back: false,
        };
        world.carry(requests);
        world
    }

    fn latest(&self) -> Revision {
        Revision::new(self.states.len() as u64 - 1)
    }

    fn state(&self, revision: Revision) -> &[Keys] {
        &self.states[revision.get() as usize][..self.ranges]
    }

    fn step(&mut self, event: StoreEvent) {
        self.mirror.cursor = self.sync.cursor();
        let requests = self.sync.step(self.now, event, &mut self.mirror);
        self.carry(requests);
    }

    fn tick(&mut self) {
        self.mirror.cursor = self.sync.cursor();
        let requests = self.sync.tick(self.now, &mut self.mirror);
        self.carry(requests);
    }

    fn carry(&mut self, requests: Vec<Request>) {
        for request in requests {
            match request {
                Request::Read => self.reading = true,
                Request::Open(from) => {
                    self.watch = None;
                    self.opening = Some(from);
                }
                Request::Probe => self.probing = true,
                Request::Latest => self.asked_latest = true,
                Request::Progress if self.trusted => self.progress = true,
                Request::Progress => self.step(StoreEvent::NoProgress),
                Request::Close => {
                    (self.reading, self.probing, self.progress) = (false, false, false);
                    self.asked_latest = false;
                    (self.opening, self.watch) = (None, None);
                }
            }
        }
    }

    fn run(&mut self, op: &Op) {
        match op {
            Op::Write(changes) => self.write(changes),
            Op::Read if self.reading => {
                self.reading = false;
                let revision = self.latest();
                let entries = |keys: &Keys| {
                    keys.iter()
                        .map(|(key, (value, mod_revision))| Entry {
                            key,
                            value,
                            mod_revision: *mod_revision,
                        })
                        .collect()
                };
                let entries = self.state(revision).iter().map(entries).collect();
                self.step(StoreEvent::Read(Ok(Reading { revision, entries })));
            }
            Op::FailRead if self.reading => {
                self.reading = false;
                self.step(StoreEvent::Read(Err(failure())));
            }
            Op::Open => {
                if let Some(from) = self.opening.take() {
                    let before = Revision::new(from.get() - 1);
                    self.watch = Some(vec![before; self.ranges]);
                    self.step(StoreEvent::Opened(Ok(())));
                    let revision = self.latest();
                    for range in 0..self.ranges {
                        self.step(StoreEvent::Watch(WatchEvent::Created { range, revision }));
                    }
                }
            }
            Op::FailOpen => {
                if self.opening.take().is_some() {
                    self.step(StoreEvent::Opened(Err(failure())));
                }
            }
            Op::Deliver { range, revisions } => self.deliver(*range % self.ranges, *revisions),
            Op::Repeat { range } => {
                if let Some(at) = self.watch.as_ref().map(|watch| watch[range % self.ranges]) {
                    self.hear(range % self.ranges, [at]);
                }
            }
            Op::Progress if self.progress => {
                let latest = self.latest();
                // A server answers only when the stream is in step.
                let behind = |watch: &Vec<Revision>| {
                    (0..self.ranges).any(|range| {
                        let from = watch[range].next().get() as usize;
                        self.events
                            .iter()
                            .skip(from)
                            .flatten()
                            .any(|(at, _)| *at == range)
                    })
                };
                if self.watch.as_ref().is_some_and(|watch| !behind(watch)) {
                    self.progress = false;
                    self.watch = Some(vec![latest; self.ranges]);
                    self.step(StoreEvent::Watch(WatchEvent::Progress { revision: latest }));
                }
            }
            Op::Latest if std::mem::take(&mut self.asked_latest) => {
                self.step(StoreEvent::Latest(Ok(self.latest())));
            }
            Op::Probe if self.probing => {
                self.probing = false;
                let count = |keys: &Keys| (keys.len(), keys.values().map(|(_, at)| *at).max());
                let revision = self.latest();
                let ranges = self.state(revision).iter().map(count).collect();
                self.step(StoreEvent::Probed(Ok(Probe { revision, ranges })));
            }
            Op::Lose => {
                if self.watch.take().is_some() {
                    self.step(StoreEvent::Watch(WatchEvent::Lost(failure())));
                }
            }
            Op::Compact(back) => {
                let latest = self.latest().get();
                self.compacted = Revision::new(latest.saturating_sub(*back as u64));
            }
            Op::RollBack(back) => {
                let keep = self.states.len().saturating_sub(*back).max(2);
                self.rolled_back |= keep < self.states.len();
                self.states.truncate(keep);
                self.events.truncate(keep);
                self.compacted = self.compacted.min(self.latest());
            }
            Op::Sleep(ms) => {
                self.now += Duration::from_millis(*ms);
                if self.now >= self.sync.deadline() {
                    self.tick();
                    let next = self.sync.deadline();
                    assert!(
                        next > self.now,
                        "P10: a timer that ran out is due at once again"
                    );
                }
            }
            Op::Want(revision) => self.sync.want(self.now, Some(Revision::new(*revision))),
            Op::Read | Op::FailRead | Op::Progress | Op::Latest | Op::Probe => {}
        }
        self.check();
    }

    fn write(&mut self, changes: &[(usize, u8, Option<u8>)]) {
        let revision = self.latest().next();
        let mut state = self.states.last().cloned().unwrap_or_default();
        let mut events = Vec::new();
        let mut touched = Vec::new();
        for (range, key, value) in changes {
            let name = vec![b'a' + *range as u8, b'/', *key];
            if touched.contains(&name) {
                continue;
            }
            touched.push(name.clone());
            let value: Option<Arc<[u8]>> = value.map(|value| Arc::from([value].as_slice()));
            match &value {
                Some(value) => drop(state[*range].insert(name.clone(), (value.clone(), revision))),
                None if state[*range].remove(&name).is_none() => continue,
                None => {}
            }
            events.push((
                *range,
                Event {
                    key: name,
                    value,
                    revision,
                },
            ));
        }
        // Deleting a missing key makes no revision.
        if !events.is_empty() {
            self.states.push(state);
            self.events.push(events);
        }
    }

    fn deliver(&mut self, range: usize, revisions: usize) {
        let Some(at) = self.watch.as_ref().map(|watch| watch[range]) else {
            return;
        };
        if at < self.compacted {
            self.watch = None;
            let gone = format!("the history now begins at revision {}", self.compacted);
            let gone = StoreError::new(ErrorKind::Compacted, gone);
            return self.step(StoreEvent::Watch(WatchEvent::Lost(gone)));
        }
        let with_events = |revision: &u64| {
            self.events[*revision as usize]
                .iter()
                .any(|(own, _)| *own == range)
        };
        let next: Vec<_> = (at.get() + 1..=self.latest().get())
            .filter(with_events)
            .take(revisions)
            .map(Revision::new)
            .collect();
        if let (Some(last), Some(watch)) = (next.last(), &mut self.watch) {
            watch[range] = *last;
            self.hear(range, next);
        }
    }

    fn hear(&mut self, range: usize, revisions: impl IntoIterator<Item = Revision>) {
        let events: Vec<_> = revisions
            .into_iter()
            .filter_map(|revision| self.events.get(revision.get() as usize))
            .flatten()
            .filter(|(own, _)| *own == range)
            .map(|(_, event)| event.clone())
            .collect();
        if !events.is_empty() {
            self.step(StoreEvent::Watch(WatchEvent::Events { range, events }));
        }
    }

    fn check(&self) {
        // The deadline is always near: no state waits forever, and none is due again and again.
        assert!(
            self.sync.deadline() <= self.now + Duration::from_secs(721),
            "P10"
        );
        let Some(cursor) = self.sync.cursor() else {
            return;
        };
        if !self.rolled_back {
            assert!(
                cursor <= self.latest(),
                "P12: the cursor is ahead of the store"
            );
            assert_eq!(
                self.mirror.keys,
                self.state(cursor),
                "P2, P12: what is known at {cursor}"
            );
        }
    }

    /// Stops the writes, and makes the store reachable: within a bounded number of answers
    /// everything is known.
    fn come_to_rest(&mut self) {
        let limit = self.now + Duration::from_secs(1_800);
        for _ in 0..2_000 {
            for op in [Op::Read, Op::Open, Op::Progress, Op::Latest, Op::Probe] {
                self.run(&op);
            }
            for range in 0..self.ranges {
                self.run(&Op::Deliver {
                    range,
                    revisions: 2,
                });
            }
            let read = self.mirror.keys == self.state(self.latest());
            if read && self.sync.cursor() == Some(self.latest()) && self.sync.is_watching() {
                return;
            }
            self.now = self.sync.deadline().max(self.now);
            self.tick();
            assert!(
                self.now < limit,
                "P4: not at rest after half an hour: {:?}",
                self.sync
            );
        }
        panic!("P4, P10: not at rest: {:?}", self.sync);
    }
}

fn failure() -> StoreError {
    StoreError::new(ErrorKind::Unreachable, "broken")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3_000, ..ProptestConfig::default() })]

    #[test]
    fn p12_what_is_known_is_the_stores_state_at_the_cursor(
        ops in proptest::collection::vec(op(false), 1..80),
        ranges in 1..3_usize,
        trusted: bool,
        seed: u64,
    ) {
        let mut world = World::new(ranges, trusted, seed);
        for op in &ops {
            world.run(op);
        }
        world.come_to_rest();
    }

    #[test]
    fn p13_after_a_history_that_went_back_the_newest_state_is_found(
        ops in proptest::collection::vec(op(true), 1..80),
        ranges in 1..3_usize,
        trusted: bool,
        seed: u64,
    ) {
        let mut world = World::new(ranges, trusted, seed);
        for op in &ops {
            world.run(op);
        }
        world.come_to_rest();
    }

    #[test]
    fn p01_the_cursor_goes_back_only_with_a_new_epoch(
        ops in proptest::collection::vec(op(true), 1..80),
        seed: u64,
    ) {
        let mut world = World::new(1, true, seed);
        let mut before = (world.sync.epoch(), world.sync.cursor());
        for op in &ops {
            world.run(op);
            let now = (world.sync.epoch(), world.sync.cursor());
            prop_assert!(now.0 > before.0 || (now.0 == before.0 && now.1 >= before.1));
            before = now;
        }
    }
}

/// A world that watches revision 1 of an empty store.
fn watching(trusted: bool) -> World {
    let mut world = World::new(1, trusted, 7);
    world.run(&Op::Read);
    world.run(&Op::Open);
    assert!(world.sync.is_watching());
    // The check that follows each opening.
    world.now = world.sync.deadline();
    world.tick();
    assert!(world.probing, "progress says nothing of what lies before");
    world.run(&Op::Probe);
    world
}

#[test]
fn drill_14_a_write_between_the_first_reading_and_the_watch_is_seen() {
    let mut world = World::new(1, true, 1);
    world.run(&Op::Read);
    world.run(&Op::Write(vec![(0, 1, Some(1))]));
    world.run(&Op::Open);
    world.run(&Op::Deliver {
        range: 0,
        revisions: 9,
    });
    assert_eq!(world.sync.cursor(), Some(Revision::new(2)));
}

#[test]
fn drill_21_the_cursor_moves_by_no_header_no_probe_and_no_clock() {
    let mut world = watching(false);
    world.run(&Op::Write(vec![(0, 1, Some(1))]));
    let before = world.sync.cursor();
    let latest = world.latest();
    world.step(StoreEvent::Watch(WatchEvent::Created {
        range: 0,
        revision: latest,
    }));
    world.run(&Op::Sleep(11_000));
    world.run(&Op::Probe);
    assert_eq!(world.sync.cursor(), before);
}

#[test]
fn p10_a_store_that_refuses_at_once_is_asked_ever_more_seldom() {
    let mut world = World::new(1, true, 3);
    let mut asked = 0;
    while world.now < Duration::from_secs(600) {
        if world.reading {
            asked += 1;
            world.run(&Op::FailRead);
        }
        world.now = world.sync.deadline();
        world.tick();
    }
    assert!(
        (20..200).contains(&asked),
        "{asked} readings in ten minutes"
    );
}

#[test]
fn drill_18_a_watch_that_says_nothing_is_looked_into_and_a_lost_event_found() {
    for trusted in [true, false] {
        let mut world = watching(trusted);
        world.run(&Op::Write(vec![(0, 1, Some(1))]));
        // The event never comes, nor does progress.
        while world.sync.cursor() < Some(world.latest()) {
            world.progress = false;
            world.now = world.sync.deadline();
            world.tick();
            world.run(&Op::Probe);
            world.run(&Op::Read);
            assert!(
                world.now < Duration::from_secs(30),
                "not found within the staleness limit"
            );
        }
    }
}

#[test]
fn drill_15_after_a_compaction_everything_is_read_again() {
    let mut world = watching(true);
    for value in 0..5 {
        world.run(&Op::Write(vec![(0, 1, Some(value))]));
    }
    world.run(&Op::Compact(0));
    let before = world.mirror.staged_readings;
    world.run(&Op::Deliver {
        range: 0,
        revisions: 1,
    });
    world.come_to_rest();
    assert_eq!(world.mirror.staged_readings, before + 1);
}

#[test]
fn p04_another_user_ends_a_rest_and_makes_the_failure_of_the_old_one_cost_none() {
    let mut world = World::new(1, true, 1);
    world.step(StoreEvent::Renewed);
    world.run(&Op::FailRead);
    assert!(world.reading, "it was asked as the old one");
    world.run(&Op::FailRead);
    assert!(!world.reading);
    world.step(StoreEvent::Renewed);
    assert!(world.reading);
    world.run(&Op::Read);
    world.run(&Op::Open);
    world.step(StoreEvent::Renewed);
    world.run(&Op::Lose);
    assert!(world.sync.deadline() > world.now, "the watch stood");
}

#[test]
fn p09_a_probe_confirms_the_moment_it_was_asked_at() {
    let mut world = watching(false);
    world.now = world.sync.deadline();
    let asked = world.now;
    world.tick();
    world.now += Duration::from_secs(4);
    world.run(&Op::Probe);
    assert_eq!(world.sync.confirmed(), Some(asked));
}

#[test]
fn a_reading_that_took_long_is_confirmed_soon() {
    for (took, is_soon) in [(1, false), (9, false), (25, true)] {
        let mut world = World::new(1, true, 7);
        world.now += Duration::from_secs(took);
        world.run(&Op::Read);
        world.run(&Op::Open);
        let soon = world.now + Duration::from_millis(100);
        assert_eq!(world.sync.deadline() < soon, is_soon, "{took} s");
    }
}

#[test]
fn p09_what_came_and_went_confirms_only_until_half_of_it_arrives() {
    let mut world = watching(false);
    let before = world.sync.confirmed();
    world.run(&Op::Write(vec![(0, 1, Some(1))]));
    world.run(&Op::Write(vec![(0, 1, None)]));
    world.now = world.sync.deadline();
    let asked = world.now;
    world.tick();
    world.run(&Op::Probe);
    assert_eq!(world.sync.confirmed(), Some(asked));
    world.run(&Op::Deliver {
        range: 0,
        revisions: 1,
    });
    assert_eq!(world.sync.confirmed(), before);
}

#[test]
fn p09_what_the_watch_says_by_itself_confirms_nothing() {
    let mut world = watching(true);
    let confirmed = world.sync.confirmed();
    world.now += Duration::from_secs(5);
    world.run(&Op::Write(vec![(0, 1, Some(1))]));
    world.run(&Op::Deliver {
        range: 0,
        revisions: 1,
    });
    let revision = world.latest();
    world.step(StoreEvent::Watch(WatchEvent::Progress { revision }));
    assert_eq!(world.sync.cursor(), Some(revision));
    assert_eq!(world.sync.confirmed(), confirmed);
}

#[test]
fn p03_a_revision_of_two_ranges_waits_for_both() {
    let mut world = World::new(2, true, 1);
    world.run(&Op::Read);
    world.run(&Op::Open);
    world.run(&Op::Write(vec![(0, 1, Some(1)), (1, 1, Some(1))]));
    world.run(&Op::Deliver {
        range: 0,
        revisions: 1,
    });
    assert_eq!(
        world.mirror.keys[0].len(),
        0,
        "shown before the other range was seen"
    );
    world.run(&Op::Deliver {
        range: 1,
        revisions: 1,
    });
    assert_eq!(
        (world.mirror.keys[0].len(), world.mirror.keys[1].len()),
        (1, 1)
    );
}

#[test]
fn p13_progress_below_the_cursor_confirms_nothing_and_is_looked_into() {
    let mut world = watching(true);
    for value in 0..3 {
        world.run(&Op::Write(vec![(0, 1, Some(value))]));
    }
    world.run(&Op::Deliver {
        range: 0,
        revisions: 9,
    });
    world.now = world.sync.deadline();
    world.tick();
    assert!(world.progress, "progress was asked for");
    let confirmed = world.sync.confirmed();
    let revision = Revision::new(2);
    world.step(StoreEvent::Watch(WatchEvent::Progress { revision }));
    assert_eq!(world.sync.confirmed(), confirmed);
    assert!(world.reading, "a reading tells what it means");
}

#[test]
fn drill_25_a_member_that_lags_behind_costs_a_reading_and_no_watch() {
    let mut world = World::new(1, true, 1);
    world.run(&Op::Write(vec![(0, 1, Some(1))]));
    world.run(&Op::Write(vec![(0, 1, Some(2))]));
    world.run(&Op::Read);
    world.opening = None;
    world.step(StoreEvent::Opened(Ok(())));
    let behind = Revision::new(1);
    world.step(StoreEvent::Watch(WatchEvent::Created {
        range: 0,
        revision: behind,
    }));
    assert!(world.reading, "a reading tells what it means");
    world.run(&Op::Read);
    assert!(world.sync.is_watching() && world.sync.failure().is_none());
    assert_eq!(world.sync.epoch(), 1);
}

#[test]
fn p02_what_a_watch_says_that_began_below_the_cursor_waits_for_a_reading() {
    let mut world = watching(true);
    for value in 0..3 {
        world.run(&Op::Write(vec![(0, 1, Some(value))]));
    }
    world.run(&Op::Deliver {
        range: 0,
        revisions: 9,
    });
    let cursor = world.sync.cursor();
    world.step(StoreEvent::Watch(WatchEvent::Created {
        range: 0,
        revision: Revision::new(2),
    }));
    // The younger history has overtaken the cursor meanwhile.
    world.run(&Op::Write(vec![(0, 2, Some(3))]));
    let confirmed = world.sync.confirmed();
    world.run(&Op::Deliver {
        range: 0,
        revisions: 9,
    });
    assert_eq!(
        (world.sync.cursor(), world.sync.confirmed()),
        (cursor, confirmed)
    );
    world.run(&Op::Read);
    assert_eq!(world.sync.cursor(), Some(world.latest()));
}

#[test]
fn p13_a_reading_that_contradicts_what_is_known_begins_a_new_epoch() {
    let mut world = watching(true);
    world.run(&Op::Lose);
    world.now = world.sync.deadline();
    world.tick();
    let entries = vec![Entries::default()];
    let revision = Revision::new(9);
    world.reading = false;
    world.mirror.contradicts = true;
    world.step(StoreEvent::Read(Ok(Reading { revision, entries })));
    assert_eq!(world.sync.epoch(), 2);
    assert_eq!(world.sync.cursor(), Some(revision));
}

/// Answers probes, and nothing else, until the condition holds.
fn probe_until(world: &mut World, mut so: impl FnMut(&mut World) -> bool) {
    while !so(world) {
        world.run(&Op::Probe);
        world.now = world.sync.deadline();
        world.tick();
    }
}

fn asked_for_progress(world: &mut World) -> bool {
    std::mem::take(&mut world.progress)
}

/// A watch with a pending check, and the time of its requests; the store has moved on to revision
/// 9.
fn looked_into() -> (World, Duration) {
    let mut world = watching(true);
    for value in world.latest().get()..9 {
        world.run(&Op::Write(vec![(0, 1, Some(value as u8))]));
    }
    probe_until(&mut world, asked_for_progress);
    assert!(world.asked_latest, "which revision the store is at");
    let asked = world.now;
    (world, asked)
}

#[test]
fn p09_a_cursor_confirms_the_moment_at_which_the_store_was_there() {
    let (mut world, asked) = looked_into();
    let before = world.sync.confirmed();
    world.now += Duration::from_secs(1);
    world.run(&Op::Latest);
    // For example, the answer to an older request.
    let revision = Revision::new(8);
    world.step(StoreEvent::Watch(WatchEvent::Progress { revision }));
    assert_eq!(world.sync.confirmed(), before);
    world.now += Duration::from_secs(1);
    let revision = Revision::new(9);
    world.step(StoreEvent::Watch(WatchEvent::Progress { revision }));
    assert_eq!(world.sync.confirmed(), Some(asked));
    assert!(
        world.sync.deadline() > world.now + AGAIN,
        "nothing more to ask"
    );
}

#[test]
fn p09_events_confirm_where_they_reach_what_the_store_was_at() {
    let (mut world, asked) = looked_into();
    world.run(&Op::Latest);
    let before = world.sync.confirmed();
    world.run(&Op::Deliver {
        range: 0,
        revisions: 7,
    });
    assert_eq!(world.sync.confirmed(), before);
    world.run(&Op::Deliver {
        range: 0,
        revisions: 1,
    });
    assert_eq!(world.sync.cursor(), Some(world.latest()));
    assert_eq!(world.sync.confirmed(), Some(asked));
}

#[test]
fn events_that_overtake_the_answer_are_no_doubt() {
    let (mut world, asked) = looked_into();
    world.asked_latest = false;
    world.run(&Op::Deliver {
        range: 0,
        revisions: 9,
    });
    let revision = Revision::new(8);
    world.step(StoreEvent::Latest(Ok(revision)));
    assert!(!world.reading, "a reading for nothing");
    assert_eq!(world.sync.confirmed(), Some(asked));
}

#[test]
fn p13_a_store_that_is_behind_what_was_known_when_it_was_asked_is_looked_into() {
    let (mut world, _) = looked_into();
    let before = world.sync.confirmed();
    world.step(StoreEvent::Latest(Ok(Revision::new(0))));
    assert!(world.reading);
    assert_eq!(world.sync.confirmed(), before);
}

#[test]
fn a_look_that_fails_costs_a_probe_and_no_watch_unless_it_is_denied() {
    let (mut world, _) = looked_into();
    world.step(StoreEvent::Latest(Err(failure())));
    assert!(world.sync.is_watching());
    probe_until(&mut world, |world| world.probing);
    let (mut world, _) = looked_into();
    let denied = StoreError::new(ErrorKind::Denied, "not these");
    world.step(StoreEvent::Latest(Err(denied)));
    assert!(!world.sync.is_watching());
}

#[test]
fn p09_a_member_that_lags_without_knowing_it_confirms_nothing() {
    let (mut world, _) = looked_into();
    let before = world.sync.confirmed();
    let end = world.now + Duration::from_secs(120);
    while world.now < end {
        if asked_for_progress(&mut world) {
            let revision = Revision::new(5);
            world.step(StoreEvent::Watch(WatchEvent::Progress { revision }));
        }
        world.run(&Op::Latest);
        world.run(&Op::Probe);
        assert_eq!(world.sync.confirmed(), before);
        if std::mem::take(&mut world.reading) {
            return;
        }
        world.now = world.sync.deadline();
        world.tick();
    }
    panic!("nothing was read");
}

#[test]
fn p09_progress_that_nobody_answers_confirms_nothing_and_a_probe_does() {
    let mut world = watching(true);
    probe_until(&mut world, asked_for_progress);
    let before = world.sync.confirmed();
    world.now = world.sync.deadline();
    world.tick();
    assert_eq!(world.sync.confirmed(), before, "by the clock");
    let asked = world.now;
    world.now += Duration::from_secs(1);
    world.run(&Op::Probe);
    assert_eq!(world.sync.confirmed(), Some(asked));
}
