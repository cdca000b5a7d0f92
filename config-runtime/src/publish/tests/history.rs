//! Any interleaving of publishing, subscribing, polling and dropping, compared with its history.

use std::sync::Arc;
use std::task::Poll;

use futures_util::FutureExt;
use proptest::prelude::*;

use super::{Config, Writer, given, now};
use crate::Field;
use crate::publish::registry::Registry;
use crate::publish::{Changes, Update, Watch};
use crate::typed::compile::lookup::Span;
use crate::typed::id::{LeafId, pattern_at};
use crate::typed::tree::{Field as SchemaField, Kind, Tree as Declared};

#[derive(Debug, Clone)]
enum Op {
    /// Sets leaves to values of a small range, so that many repeat.
    Publish(Vec<(usize, u32)>),
    /// A field, the capacity of the queue, and the age of the baseline in publications.
    Subscribe(usize, usize, Option<usize>),
    Poll(usize),
    Drop(usize),
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        4 => prop::collection::vec((0..5_usize, 0..3_u32), 0..3).prop_map(Op::Publish),
        1 => (0..4_usize, 0..4_usize, prop::option::of(0..4_usize))
            .prop_map(|(field, capacity, ago)| Op::Subscribe(field, capacity, ago)),
        4 => any::<usize>().prop_map(Op::Poll),
        1 => any::<usize>().prop_map(Op::Drop),
    ]
}

/// The leaves of four fields.
const LEAVES: [&[usize]; 4] = [&[0], &[1], &[1, 2, 3], &[3]];

fn leaves(config: &Config) -> [u32; 5] {
    let Config { level, db, name } = config;
    [*level, db.size, db.wait, db.tls.on, *name]
}

fn values(config: &Config, field: usize) -> Vec<u32> {
    LEAVES[field]
        .iter()
        .map(|&leaf| leaves(config)[leaf])
        .collect()
}

/// A field without its type: the whole struct, compared by the leaves of the field.
fn untyped(field: usize) -> Field<Config, Config> {
    let span = Span {
        first: LEAVES[field][0],
        len: LEAVES[field].len(),
    };
    Field::__new(|config| config, span, "")
}

enum Handles {
    Watch(Watch<Config>),
    Changes(Changes<Config>),
}

struct Subscriber {
    handle: Handles,
    field: usize,
    /// The publication that it received last, in the history; for a queue, all later ones are
    /// newer.
    given: u64,
    /// The values that it received last.
    last: Vec<u32>,
    /// The number of publications that it received or missed.
    counted: u64,
    /// The number of publications.
    published: u64,
    capacity: usize,
}

impl Subscriber {
    /// Polls once, compares the answer with the whole history, and returns whether there was one.
    fn poll(&mut self, history: &[Config]) -> Result<bool, TestCaseError> {
        let current = history.last().expect("never empty");
        let change = match &mut self.handle {
            Handles::Watch(watch) => {
                let change = given(now(watch));
                let differs = values(current, self.field) != self.last;
                prop_assert_eq!(change.is_some(), differs, "told if and only if it differs");
                if let Some(change) = &change {
                    prop_assert_eq!(change.current(), current, "the latest");
                }
                change
            }
            Handles::Changes(changes) => match changes.next().now_or_never().flatten() {
                Some(Update::Missed(count)) => {
                    prop_assert!(count > 0);
                    self.counted += count;
                    return Ok(true);
                }
                Some(Update::Changed(change)) => {
                    // Each publication has its own revision, so the next one is higher.
                    let at = change.revision().expect("published").get() - 1;
                    prop_assert!(at > self.given, "in order, none twice");
                    prop_assert_eq!(
                        change.current(),
                        &history[usize::try_from(at).expect("small")]
                    );
                    self.given = at;
                    self.counted += 1;
                    Some(change)
                }
                None => {
                    prop_assert_eq!(self.counted, self.published, "each given or counted");
                    prop_assert_eq!(values(current, self.field), self.last.clone());
                    None
                }
            },
        };
        let Some(change) = change else {
            return Ok(false);
        };
        let (previous, current) = (
            values(change.previous(), self.field),
            values(change.current(), self.field),
        );
        prop_assert_ne!(&previous, &current, "told, but no change");
        prop_assert_eq!(&previous, &self.last, "previous is what was given last");
        self.last = current;
        Ok(true)
    }

    /// Takes all remaining updates; they must not exceed the queue's capacity.
    fn drain(&mut self, history: &[Config]) -> Result<(), TestCaseError> {
        let mut answers = 0;
        while self.poll(history)? {
            answers += 1;
            // Plus the update that was already fetched, the missed ones, and the baseline's own
            // change.
            prop_assert!(answers <= self.capacity + 4, "the queue is bounded");
        }
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn p05_p06_any_history_is_told_as_the_history_says(ops in prop::collection::vec(op(), 1..60)) {
        let mut writer = Writer::new();
        let hub = Arc::clone(&writer.hub);
        let mut history = vec![writer.config.clone()];
        let mut snapshots = vec![hub.snapshot()];
        let mut subscribers: Vec<Subscriber> = Vec::new();
        for op in ops {
            match op {
                Op::Publish(sets) => {
                    writer.publish(|config| for (leaf, value) in sets {
                        *match leaf {
                            0 => &mut config.level,
                            1 => &mut config.db.size,
                            2 => &mut config.db.wait,
                            3 => &mut config.db.tls.on,
                            _ => &mut config.name,
                        } = value;
                    });
                    let before = history.last().expect("never empty").clone();
                    for subscriber in &mut subscribers {
                        let field = subscriber.field;
                        if values(&before, field) != values(&writer.config, field) {
                            subscriber.published += 1;
                        }
                    }
                    history.push(writer.config.clone());
                    snapshots.push(hub.snapshot());
                }
                Op::Subscribe(field, capacity, ago) => {
                    let now = history.len() - 1;
                    let from = now - ago.unwrap_or(0).min(now);
                    let baseline = &snapshots[from];
                    let handle = if capacity == 0 {
                        let watch = hub.watch(untyped(field));
                        Handles::Watch(if ago.is_some() { watch.since(baseline) } else { watch })
                    } else {
                        let queue = hub.changes(untyped(field), capacity);
                        Handles::Changes(if ago.is_some() { queue.since(baseline) } else { queue })
                    };
                    let last = values(&history[from], field);
                    // All publications between the baseline and now are one change.
                    let published = u64::from(values(&history[now], field) != last);
                    subscribers.push(Subscriber {
                        handle, field, given: from as u64, last, counted: 0, published, capacity,
                    });
                }
                Op::Poll(at) if !subscribers.is_empty() => {
                    let at = at % subscribers.len();
                    subscribers[at].poll(&history)?;
                }
                Op::Drop(at) if !subscribers.is_empty() => {
                    let at = at % subscribers.len();
                    subscribers.swap_remove(at);
                }
                Op::Poll(_) | Op::Drop(_) => {}
            }
            prop_assert_eq!(hub.subscribers(), subscribers.len());
        }
        hub.end();
        for subscriber in &mut subscribers {
            subscriber.drain(&history)?;
            let over = match &mut subscriber.handle {
                Handles::Watch(watch) => matches!(now(watch), Poll::Ready(None)),
                Handles::Changes(changes) => matches!(changes.next().now_or_never(), Some(None)),
            };
            prop_assert!(over);
        }
    }

    #[test]
    fn p06_the_registry_finds_who_a_look_at_everyone_would_find(
        tree in tree(),
        subscriptions in prop::collection::vec((any::<prop::sample::Index>(), any::<bool>()), 0..40),
        changed in prop::collection::btree_set(0..20_usize, 0..8),
    ) {
        let schema = grow(&tree);
        let mut spans = vec![Span { first: 0, len: schema.len() }];
        collect(schema, 0, &mut spans);
        let mut registry = Registry::new(schema);
        let mut kept = Vec::new();
        for (number, (span, keep)) in subscriptions.iter().enumerate() {
            let span = *span.get(&spans);
            let place = registry.add(span, Arc::new(number));
            if *keep {
                kept.push((number, span));
            } else {
                let removed = registry.remove(place);
                prop_assert_eq!(removed.as_deref(), Some(&number));
                prop_assert!(registry.remove(place).is_none());
            }
        }
        prop_assert_eq!(registry.len(), kept.len());
        let known: Vec<usize> =
            changed.iter().copied().filter(|&leaf| leaf < schema.len()).collect();
        let changed: Vec<_> =
            changed.into_iter().map(|leaf| LeafId::fixed(pattern_at(leaf))).collect();
        let expected: Vec<usize> = kept
            .iter()
            .filter(|(_, span)| {
                known.iter().any(|leaf| (span.first..span.first + span.len).contains(leaf))
            })
            .map(|(number, _)| *number)
            .collect();
        let mut found: Vec<usize> = registry.subscribers_of(&changed).iter().map(|number| **number).collect();
        found.sort_unstable();
        prop_assert_eq!(found, expected);
    }
}

/// A struct with fields, some of which are structs or maps.
#[derive(Debug, Clone)]
enum Tree {
    Leaf,
    Section(Vec<Tree>),
    Map(Vec<Tree>),
}

fn tree() -> impl Strategy<Value = Vec<Tree>> {
    let field = Just(Tree::Leaf).prop_recursive(3, 16, 4, |inner| {
        (prop::collection::vec(inner, 0..4), any::<bool>()).prop_map(|(fields, map)| match map {
            true => Tree::Map(fields),
            false => Tree::Section(fields),
        })
    });
    prop::collection::vec(field, 0..5)
}

/// Leaked: a schema is a constant.
fn grow(fields: &[Tree]) -> &'static Declared {
    let fields: Vec<SchemaField> = fields
        .iter()
        .zip(0..)
        .map(|(field, number)| match field {
            Tree::Leaf => SchemaField::new(number, "leaf", "leaf", "u32"),
            Tree::Section(fields) => SchemaField {
                kind: Kind::Section(grow(fields)),
                ..SchemaField::new(number, "section", "section", "Section")
            },
            Tree::Map(fields) => SchemaField::new(number, "map", "map", "Map").map(grow(fields)),
        })
        .collect();
    Box::leak(Box::new(Declared {
        fields: fields.leak(),
        ..Declared::new("Tree")
    }))
}

/// Collects the spans of all fields, counted in the slow way.
fn collect(schema: &Declared, mut first: usize, spans: &mut Vec<Span>) {
    for field in schema.fields {
        let len = match field.kind {
            Kind::Section(section) | Kind::Map(section) => {
                collect(section, first, spans);
                section.len()
            }
            _ => 1,
        };
        spans.push(Span { first, len });
        first += len;
    }
}
