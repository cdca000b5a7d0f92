//! Holding, compared with a slow and obvious model of its rule.
//!
//! [`Apply`] must publish and hold the same as the model, for any staged changes in any order.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use proptest::prelude::*;

use super::{Apply, BadKeys, Entry, Event, HotConfig, Publication, Reading, Revision};
use crate::Invalid;
use crate::layers::Layout;
use crate::reference::holding::{Model, Words};
use crate::store::Range;
use crate::sync::Replica as _;

/// Fields with rules of their own, one that is required, and rules between fields at two levels.
#[derive(HotConfig, Clone, Debug, PartialEq)]
#[hot(prefix = "/p", validate = in_order)]
struct Config {
    #[hot(default = 2, range(0..=9))]
    min: u8,
    #[hot(default = 7, range(0..=9))]
    max: u8,
    #[hot(range(0..=9))]
    need: u8,
    #[hot(default = 5, range(0..=9))]
    free: u8,
    maybe: Option<u8>,
    #[hot(nested)]
    pair: Pair,
}

#[derive(HotConfig, Clone, Debug, PartialEq)]
#[hot(validate = even)]
struct Pair {
    #[hot(default = 1, range(0..=9))]
    left: u8,
    #[hot(default = 1, range(0..=9))]
    right: u8,
}

fn in_order(config: &Config) -> Result<(), Invalid> {
    if config.min <= config.max {
        Ok(())
    } else {
        Err("min is above max".into())
    }
}

fn even(pair: &Pair) -> Result<(), Invalid> {
    if (pair.left + pair.right).is_multiple_of(2) {
        Ok(())
    } else {
        Err("the sum is odd".into())
    }
}

const KEYS: [&str; 7] = [
    "min",
    "max",
    "need",
    "free",
    "maybe",
    "pair/left",
    "pair/right",
];

type Texts = BTreeMap<&'static str, String>;

/// One key's digit or its default; an error if there is neither.
fn digit(texts: &Texts, key: &str, default: Option<u8>) -> Result<u8, ()> {
    match texts.get(key) {
        None => default.ok_or(()),
        Some(text) => text.parse().ok().filter(|digit| *digit <= 9).ok_or(()),
    }
}

/// Whether a key by itself is bad in this state.
fn bad(texts: &Texts, key: &str) -> bool {
    match (key, texts.get(key)) {
        ("need", None) => true,
        (_, None) => false,
        // No rule of its own: any `u8`.
        ("maybe", Some(text)) => text.parse::<u8>().is_err(),
        (_, Some(text)) => !text.parse::<u8>().is_ok_and(|digit| digit <= 9),
    }
}

/// Decodes everything, and checks every rule.
fn decode(texts: &Texts) -> Option<Config> {
    if KEYS.iter().any(|key| bad(texts, key)) {
        return None;
    }
    let digit = |key, default| digit(texts, key, default).ok();
    let pair = Pair {
        left: digit("pair/left", Some(1))?,
        right: digit("pair/right", Some(1))?,
    };
    let config = Config {
        min: digit("min", Some(2))?,
        max: digit("max", Some(7))?,
        need: digit("need", None)?,
        free: digit("free", Some(5))?,
        maybe: texts
            .get("maybe")
            .map(|text| text.parse())
            .transpose()
            .ok()?,
        pair,
    };
    let valid = in_order(&config).is_ok() && even(&config.pair).is_ok();
    valid.then_some(config)
}

/// The struct above, in the terms of the model.
struct ConfigWords;

impl Words for ConfigWords {
    type Key = &'static str;
    type Text = String;
    type Config = Config;

    fn decode(&self, texts: &Texts) -> Option<Config> {
        decode(texts)
    }

    fn bad(&self, texts: &Texts) -> Vec<Vec<&'static str>> {
        let bad = KEYS.into_iter().filter(|key| bad(texts, key));
        bad.map(|key| vec![key]).collect()
    }
}

#[derive(Debug, Clone)]
enum Step {
    /// One transaction: `None` deletes.
    Revision(Vec<(usize, Option<String>)>),
    /// Everything is read, after some changes without an event.
    Reading {
        unseen: Vec<Vec<(usize, Option<String>)>>,
    },
    /// The store goes back that many revisions, and everything is read.
    Restore(usize),
    /// A reading is taken, to arrive late.
    Take,
    /// The reading that was taken arrives, after newer events.
    Arrive,
    Settle,
}

fn change() -> impl Strategy<Value = (usize, Option<String>)> {
    let text = prop_oneof![
        8 => (0..10_u8).prop_map(|digit| digit.to_string()),
        1 => Just("12".to_owned()),
        1 => Just("x".to_owned()),
    ];
    (0..KEYS.len(), proptest::option::weighted(0.8, text))
}

fn step() -> impl Strategy<Value = Step> {
    let transaction = || proptest::collection::vec(change(), 1..4);
    prop_oneof![
        6 => transaction().prop_map(Step::Revision),
        1 => proptest::collection::vec(transaction(), 0..4)
            .prop_map(|unseen| Step::Reading { unseen }),
        1 => (0..6_usize).prop_map(Step::Restore),
        1 => Just(Step::Take),
        1 => Just(Step::Arrive),
        4 => Just(Step::Settle),
    ]
}

/// The store, the model and [`Apply`], side by side.
struct SideBySide {
    revision: u64,
    store: Store,
    model: Model<ConfigWords>,
    apply: Apply<Config>,
    current: Config,
    /// The store after each revision.
    history: Vec<(u64, Store)>,
    taken: Option<Reading>,
}

type Store = BTreeMap<&'static str, (String, u64)>;

impl SideBySide {
    fn new() -> Self {
        let layout = Arc::new(Layout::new(Config::TREE, Arc::new([Range::below("/p")])));
        let mut both = Self {
            revision: 1,
            store: BTreeMap::from([("need", ("3".to_owned(), 1))]),
            model: Model::new(ConfigWords),
            apply: Apply::new(layout),
            current: decode(&Texts::from([("need", "3".to_owned())])).unwrap(),
            history: Vec::new(),
            taken: None,
        };
        both.history.push((both.revision, both.store.clone()));
        both.read(false);
        let first = both
            .apply
            .begin(Some(Revision::new(1)), BadKeys::Refuse)
            .unwrap();
        assert_eq!(*first.snapshot, both.current);
        both.model.settle();
        both
    }

    /// Runs one transaction in the store; the later of two changes of a key counts.
    fn transaction(&mut self, changes: &[(usize, Option<String>)]) -> Vec<(usize, Event)> {
        self.revision += 1;
        let changes: BTreeMap<_, _> = changes.iter().cloned().collect();
        let mut events = Vec::new();
        for (key, text) in changes {
            let name = KEYS[key];
            match &text {
                Some(text) => drop(self.store.insert(name, (text.clone(), self.revision))),
                None => drop(self.store.remove(name)),
            }
            events.push((
                0,
                Event {
                    key: format!("/p/{name}").into_bytes(),
                    value: text.map(|text| Arc::from(text.into_bytes())),
                    revision: Revision::new(self.revision),
                },
            ));
        }
        self.history.push((self.revision, self.store.clone()));
        events
    }

    fn reading(&self) -> Reading {
        let entries = self.store.iter();
        let entries: Vec<_> = entries
            .map(|(key, (text, at))| (format!("/p/{key}"), text, *at))
            .collect();
        let entries = entries.iter().map(|(key, text, at)| Entry {
            key: key.as_bytes(),
            value: text.as_bytes(),
            mod_revision: Revision::new(*at),
        });
        Reading {
            revision: Revision::new(self.revision),
            entries: vec![entries.collect()],
        }
    }

    fn read(&mut self, new_epoch: bool) {
        self.model.epoch += u64::from(new_epoch);
        self.model.read(&KEYS, &self.store, self.revision);
        let reading = self.reading();
        self.apply.stage_reading(&reading, new_epoch);
    }

    fn run(&mut self, step: &Step) {
        match step {
            Step::Revision(changes) => {
                let events = self.transaction(changes);
                for (_, event) in &events {
                    let key = KEYS
                        .iter()
                        .find(|key| event.key.ends_with(key.as_bytes()))
                        .unwrap();
                    let new = self.store.get(key).cloned();
                    self.model
                        .change(key, new, (self.model.epoch, self.revision, false));
                }
                self.apply
                    .stage_revision(Revision::new(self.revision), events);
            }
            Step::Reading { unseen } => {
                for changes in unseen {
                    self.transaction(changes);
                }
                self.taken = None;
                self.read(false);
            }
            Step::Restore(back) => {
                let keep = self.history.len().saturating_sub(*back).max(1);
                self.history.truncate(keep);
                let (revision, store) = self.history[keep - 1].clone();
                (self.revision, self.store, self.taken) = (revision, store, None);
                self.read(true);
            }
            Step::Take => self.taken = Some(self.reading()),
            // Everything in it is known, and some of it is no longer true.
            Step::Arrive => {
                if let Some(taken) = self.taken.take() {
                    self.apply.stage_reading(&taken, false);
                }
            }
            Step::Settle => self.settle(),
        }
    }

    fn settle(&mut self) {
        let before = self.current.clone();
        self.model.settle();
        // The loop does not always have time for it, and it must make no difference.
        if self.revision.is_multiple_of(2) {
            self.apply.prepare();
        }
        let published = self.apply.settle(Some(Revision::new(self.revision)));
        let expected = self.model.published.clone().unwrap();
        if let Some(Publication { snapshot, changed }) = published {
            assert_ne!(*snapshot, before, "P6: swapped although nothing changed");
            let differs =
                |leaf: &crate::typed::tree::Leaf| !snapshot.__same(&before, leaf.path.fixed());
            let expected: Vec<_> = Config::TREE
                .leaves()
                .iter()
                .filter(|leaf| differs(leaf))
                .map(crate::typed::tree::Leaf::id)
                .collect();
            assert_eq!(changed, expected, "P6: told of the wrong fields");
            let leaves = self.apply.slots.leaves();
            let origins = leaves.map(|(id, leaf)| self.apply.origin(id, leaf));
            let origins: Vec<_> = origins.collect();
            assert_eq!(
                **snapshot.all_origins(),
                *origins,
                "an origin is out of date"
            );
            self.current = Config::clone(&snapshot);
        }
        assert_eq!(self.current, expected, "P2, P7: published");
        let held: Vec<_> = self
            .apply
            .held()
            .into_iter()
            .map(|held| {
                (
                    held.epoch,
                    held.revision.get(),
                    held.keys.into_iter().collect(),
                )
            })
            .collect();
        let expected: Vec<(u64, u64, BTreeSet<String>)> = self
            .model
            .groups
            .iter()
            .map(|((epoch, at, _), keys)| {
                (
                    *epoch,
                    *at,
                    keys.iter().map(|key| format!("/p/{key}")).collect(),
                )
            })
            .collect();
        assert_eq!(held, expected, "held");
        for held in self.apply.held() {
            assert!(
                !held.problems.is_empty(),
                "P7: held without a reason: {held}"
            );
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, ..ProptestConfig::default() })]

    #[test]
    fn p02_p03_p07_holding_is_what_the_model_says(
        steps in proptest::collection::vec(step(), 1..40),
    ) {
        let mut both = SideBySide::new();
        for step in &steps {
            both.run(step);
        }
        both.settle();
    }

    #[test]
    fn p04_when_the_store_says_something_valid_that_is_published(
        steps in proptest::collection::vec(step(), 1..40),
    ) {
        let mut both = SideBySide::new();
        for step in &steps {
            both.run(step);
        }
        let valid = ["1", "8", "4", "6", "2", "3", "5"];
        let all = valid.iter().enumerate().map(|(key, text)| (key, Some((*text).to_owned())));
        both.run(&Step::Revision(all.collect()));
        both.settle();
        prop_assert!(both.apply.held().is_empty());
        let texts = KEYS.iter().zip(valid).map(|(key, text)| (*key, text.to_owned())).collect();
        prop_assert_eq!(Some(both.current), decode(&texts));
    }
}

fn set(key: &str, text: &str) -> (usize, Option<String>) {
    (
        KEYS.iter().position(|known| *known == key).unwrap(),
        Some(text.to_owned()),
    )
}

#[test]
fn drill_07_min_above_max_is_held_until_max_is_raised_too() {
    let mut both = SideBySide::new();
    both.run(&Step::Revision(vec![set("min", "8")]));
    both.settle();
    assert_eq!((both.current.min, both.apply.held().len()), (2, 1));
    both.run(&Step::Revision(vec![set("max", "9")]));
    both.settle();
    assert_eq!((both.current.min, both.current.max), (8, 9));
    assert!(both.apply.held().is_empty());
}

#[test]
fn drill_08_one_bad_key_blocks_no_later_change() {
    let mut both = SideBySide::new();
    both.run(&Step::Revision(vec![set("free", "x")]));
    both.run(&Step::Revision(vec![set("max", "9")]));
    both.settle();
    assert_eq!((both.current.free, both.current.max), (5, 9));
    let held = both.apply.held();
    assert_eq!(held[0].problems[0].found.as_deref(), Some("\"x\""));
    assert_eq!(held[0].problems[0].revision, Some(Revision::new(2)));
}

#[test]
fn p03_a_transaction_with_one_bad_key_is_held_whole() {
    let mut both = SideBySide::new();
    both.run(&Step::Revision(vec![set("free", "x"), set("max", "9")]));
    both.settle();
    assert_eq!((both.current.free, both.current.max), (5, 7));
    // The bad key is overwritten: the remaining keys of the transaction are accepted.
    both.run(&Step::Revision(vec![set("free", "6")]));
    both.settle();
    assert_eq!((both.current.free, both.current.max), (6, 9));
}

#[test]
fn p06_a_reading_that_finds_nothing_new_publishes_nothing() {
    let mut both = SideBySide::new();
    both.run(&Step::Revision(vec![set("free", "x"), set("max", "9")]));
    both.settle();
    both.run(&Step::Reading { unseen: Vec::new() });
    assert!(both.apply.settle(Some(Revision::new(2))).is_none());
    assert_eq!(both.apply.held().len(), 1);
}

/// Everything but the bad keys is accepted, even if several fields are required.
#[test]
fn a_start_with_bad_keys_takes_what_is_good() {
    #[derive(HotConfig, Clone, Debug, PartialEq)]
    #[hot(validate = low_below_high)]
    struct Start {
        one: u8,
        two: u8,
        #[hot(default = 1)]
        low: u8,
        #[hot(default = 20)]
        high: u8,
        #[hot(default = 5, range(0..=9))]
        free: u8,
    }
    fn low_below_high(start: &Start) -> Result<(), Invalid> {
        if start.low <= start.high {
            Ok(())
        } else {
            Err("low is above high".into())
        }
    }
    let layout = Arc::new(Layout::new(Start::TREE, Arc::new([Range::below("/p")])));
    let mut apply = Apply::<Start>::new(layout);
    let entries = [
        ("/p/free", "x", 5),
        ("/p/low", "30", 4),
        ("/p/one", "1", 2),
        ("/p/two", "2", 3),
    ];
    let entries = entries.map(|(key, text, at)| Entry {
        key: key.as_bytes(),
        value: text.as_bytes(),
        mod_revision: Revision::new(at),
    });
    let revision = Revision::new(9);
    let entries = vec![entries.into_iter().collect()];
    apply.stage_reading(&Reading { revision, entries }, false);
    let first = apply.begin(Some(revision), BadKeys::Default).unwrap();
    let expected = Start {
        one: 1,
        two: 2,
        low: 1,
        high: 20,
        free: 5,
    };
    assert_eq!(*first.snapshot, expected);
    let held: Vec<_> = apply
        .held()
        .into_iter()
        .map(|held| held.revision.get())
        .collect();
    assert_eq!(held, [4, 5]);
}
