//! The subscribers of a history, and a judge of their changes.

use std::sync::Arc;

use futures_util::FutureExt;

use super::config::{Config, LEAVES, MAP, pattern, shown};
use super::judge::{JudgeResult, ensure};
use crate::Field;
use crate::publish::{Changes, Hub, Reader, Update, Watch};
use crate::snapshot::Snapshot;
use crate::typed::compile::lookup::Span;

enum Handle {
    Watch(Watch<Config>),
    Changes(Changes<Config>),
    Reader(Reader<Config>),
}

pub(super) struct Subscriber {
    handle: Handle,
    /// The leaves of its field: the first, and their number.
    leaves: (usize, usize),
    /// The values that it received last.
    last: Vec<String>,
}

/// The values of those leaves.
fn values(config: &Config, (first, len): (usize, usize)) -> Vec<String> {
    let leaves = first..first + len;
    leaves.map(|leaf| shown(config, leaf)).collect()
}

/// The patterns of those leaves, which are not a part of the map.
fn span((first, len): (usize, usize)) -> Span {
    let end = pattern(first + len - 1) + 1;
    let len = end - first;
    Span { first, len }
}

impl Subscriber {
    /// Creates a subscriber of each kind, for fields, for the map and for everything; the last two
    /// poll only at the end.
    pub(super) fn some(hub: &Arc<Hub<Config>>) -> Vec<Self> {
        // The whole struct, compared by the leaves of a field.
        let field = |leaves| Field::<_, _>::__new(|config| config, span(leaves), "");
        let all = (0, LEAVES.len());
        let map = (MAP, LEAVES.len() - MAP);
        let watch = |leaves| (Handle::Watch(hub.watch(field(leaves))), leaves);
        let queue = |leaves, capacity| {
            let queue = hub.changes(field(leaves), capacity);
            (Handle::Changes(queue), leaves)
        };
        let handles = [
            watch((1, 1)),
            watch((7, 2)),
            queue((0, 1), 2),
            watch(map),
            queue(map, 2),
            (Handle::Reader(hub.reader()), all),
            watch(all),
            queue(all, 3),
        ];
        let first = hub.snapshot();
        let subscribers = handles.into_iter().map(|(handle, leaves)| Self {
            handle,
            leaves,
            last: values(&first, leaves),
        });
        subscribers.collect()
    }

    /// Polls once. `true` if there was something.
    pub(super) fn look(&mut self, current: &Snapshot<Config>) -> JudgeResult<bool> {
        let leaves = self.leaves;
        let change = match &mut self.handle {
            Handle::Reader(reader) => {
                ensure!(*reader.get() == **current, "P2: a reader sees another one");
                return Ok(false);
            }
            Handle::Watch(watch) => {
                let change = watch.changed().now_or_never().flatten();
                let differs = values(current, leaves) != self.last;
                ensure!(
                    change.is_some() == differs,
                    "P5, P6: a watch is told if and only if its value differs"
                );
                if let Some(change) = &change {
                    ensure!(*change.current() == **current, "P5: not the latest");
                }
                change
            }
            Handle::Changes(queue) => match queue.next().now_or_never().flatten() {
                Some(Update::Missed(_)) => return Ok(true),
                Some(Update::Changed(change)) => Some(change),
                None => {
                    let last = values(current, leaves);
                    ensure!(self.last == last, "P5: a queue lost its last value");
                    None
                }
            },
        };
        let Some(change) = change else {
            return Ok(false);
        };
        let previous = values(change.previous(), leaves);
        ensure!(
            previous == self.last,
            "telling: previous() is not what was given last"
        );
        self.last = values(change.current(), leaves);
        ensure!(self.last != previous, "P6: told, but nothing changed");
        Ok(true)
    }

    /// Takes the remaining items, after the end.
    pub(super) fn drain(&mut self, current: &Snapshot<Config>) -> JudgeResult {
        while self.look(current)? {}
        let over = match &mut self.handle {
            Handle::Reader(_) => return Ok(()),
            Handle::Watch(watch) => matches!(watch.changed().now_or_never(), Some(None)),
            Handle::Changes(queue) => matches!(queue.next().now_or_never(), Some(None)),
        };
        ensure!(over, "P5: not told that it is over");
        Ok(())
    }
}
