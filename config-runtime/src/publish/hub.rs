//! The current snapshot, and the notification of its subscribers.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arc_swap::ArcSwap;
use tokio::sync::Notify;

use super::registry::{Registration, Registry};
use crate::HotConfig;
use crate::event;
use crate::guard::guard;
use crate::observe::Count;
use crate::snapshot::{Inner, Snapshot};
use crate::typed::compile::lookup::Span;
use crate::typed::id::LeafId;
use crate::typed::path::Path;

/// One writer, many readers and subscribers.
pub(crate) struct Hub<T: HotConfig> {
    pub(super) current: ArcSwap<Inner<T>>,
    /// The path of each pattern, for `HotConfig::__same`.
    paths: Vec<Path>,
    registry: Mutex<Registry<Subscriber<T>>>,
    ended: AtomicBool,
    subscribers: Count,
}

/// A snapshot that readers have, and whose subscribers are still to be notified.
#[must_use = "the subscribers must be notified"]
pub(crate) struct Announcement<T: HotConfig> {
    snapshot: Snapshot<T>,
    subscribers: Vec<Arc<Subscriber<T>>>,
    /// Dropped last, and not under a lock: the `Drop` of a configuration may run any code.
    _old: Arc<Inner<T>>,
}

impl<T: HotConfig> Announcement<T> {
    /// Notifies the subscribers. Not under a lock: a waker may run any code.
    pub(crate) fn notify(self) {
        for subscriber in self.subscribers {
            subscriber.notify(&self.snapshot);
        }
    }
}

impl<T: HotConfig> Hub<T> {
    /// Begins with this snapshot.
    pub(crate) fn new(first: Snapshot<T>) -> Arc<Self> {
        Self::counting(first, Count::nowhere())
    }

    /// The same, and counts its subscribers there.
    pub(crate) fn counting(first: Snapshot<T>, subscribers: Count) -> Arc<Self> {
        Arc::new(Self {
            current: ArcSwap::new(first.0),
            paths: T::TREE.leaves().into_iter().map(|leaf| leaf.path).collect(),
            registry: Mutex::new(Registry::new(T::TREE)),
            ended: AtomicBool::new(false),
            subscribers,
        })
    }

    /// Makes this the current snapshot, then notifies the subscribers of the leaves that changed,
    /// which are sorted. For the one writer.
    #[cfg(test)]
    pub(crate) fn publish(&self, next: Snapshot<T>, changed: &[LeafId]) {
        self.swap(next, changed).notify();
    }

    /// Makes this the current snapshot; [`Announcement::notify`] then notifies the subscribers of
    /// the leaves that changed, which are sorted. For the one writer.
    ///
    /// Its cost depends on the changed leaves and the notified subscribers, not on other
    /// subscribers, and it never waits.
    pub(crate) fn swap(&self, next: Snapshot<T>, changed: &[LeafId]) -> Announcement<T> {
        let snapshot = next.clone();
        let registry = self.registry();
        next.0.set_number(self.current.load().number() + 1);
        // Under the lock, so that a new subscriber has the old one as its baseline and is
        // notified, or has the new one and is not.
        let old = self.current.swap(next.0);
        let subscribers = registry.subscribers_of(changed);
        Announcement {
            snapshot,
            subscribers,
            _old: old,
        }
    }

    /// Notes that the last configuration has been published: every waiting subscriber receives its
    /// remaining updates, and then `None`.
    pub(crate) fn end(&self) {
        self.ended.store(true, Ordering::Release);
        let all = self.registry().all();
        for subscriber in all {
            subscriber.wake();
        }
    }

    /// Whether [`Hub::end`] was called. Read it *before* the current snapshot to know that this
    /// is the last one.
    pub(crate) fn has_ended(&self) -> bool {
        self.ended.load(Ordering::Acquire)
    }

    /// The number of watches, queues and callbacks.
    #[cfg(test)]
    pub(crate) fn subscribers(&self) -> usize {
        self.registry().len()
    }

    /// Adds a subscriber; its baseline is the snapshot, and it is notified of all later ones.
    pub(super) fn subscribe(
        self: &Arc<Self>,
        span: Span,
        subscriber: Arc<Subscriber<T>>,
    ) -> (Snapshot<T>, Arc<Ticket>) {
        let mut registry = self.registry();
        let baseline = self.snapshot();
        let registration = registry.add(span, subscriber);
        drop(registry);
        self.subscribers.more();
        let hub = Arc::clone(self) as Arc<dyn Forget>;
        (baseline, Arc::new(Ticket { hub, registration }))
    }

    /// Whether these leaves have the same values in both. A comparison that panics counts as a
    /// difference: better to notify once too often than never.
    pub(super) fn same(&self, span: Span, one: &Snapshot<T>, other: &Snapshot<T>) -> bool {
        let leaves = self.paths.iter().skip(span.first).take(span.len);
        let same = || {
            let mut map = None;
            for path in leaves {
                let steps = path.fixed();
                // All patterns of a map have the steps to the map, which is compared once, as a
                // whole.
                let again = path.maps() > 0 && map.replace(steps) == Some(steps);
                if !again && !one.__same(other, steps) {
                    return false;
                }
            }
            true
        };
        one.is(other) || guard(same).unwrap_or(false)
    }

    fn registry(&self) -> MutexGuard<'_, Registry<Subscriber<T>>> {
        self.registry.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A subscriber's entry in the registry. It is removed when this is dropped, or earlier.
pub(super) struct Ticket {
    hub: Arc<dyn Forget>,
    registration: Registration,
}

trait Forget: Send + Sync {
    fn forget(&self, registration: Registration);
}

impl<T: HotConfig> Forget for Hub<T> {
    fn forget(&self, registration: Registration) {
        let subscriber = self.registry().remove(registration);
        if subscriber.is_some() {
            self.subscribers.less();
        }
        // Not under the lock: it may hold snapshots.
        drop(subscriber);
    }
}

impl Ticket {
    /// Removes the entry now.
    pub(super) fn cancel(&self) {
        self.hub.forget(self.registration);
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.cancel();
    }
}

/// The writer's end of one subscription.
pub(super) struct Subscriber<T> {
    signal: Arc<Signal>,
    backlog: Mutex<Backlog<T>>,
}

/// The part of a subscriber that does not depend on the struct.
pub(super) struct Signal {
    pub(super) notify: Arc<Notify>,
    /// The maximum number of queued publications; 0 if only the latest counts.
    capacity: usize,
}

/// The publications that were not yet fetched.
struct Backlog<T> {
    snapshots: VecDeque<Snapshot<T>>,
    missed: u64,
    /// The number of the baseline: the notification of a publication may come after the subscriber
    /// has already seen it.
    known: u64,
}

impl Signal {
    pub(super) fn new(capacity: usize) -> Arc<Self> {
        Arc::new(Self {
            notify: Arc::default(),
            capacity,
        })
    }
}

impl<T> Subscriber<T> {
    pub(super) fn new(signal: Arc<Signal>) -> Arc<Self> {
        let backlog = Mutex::new(Backlog {
            snapshots: VecDeque::new(),
            missed: 0,
            known: 0,
        });
        Arc::new(Self { signal, backlog })
    }

    fn notify(&self, snapshot: &Snapshot<T>) {
        let capacity = self.signal.capacity;
        if capacity > 0 {
            let dropped = self.backlog().push(snapshot.clone(), capacity);
            drop(dropped);
        }
        self.wake();
    }

    fn wake(&self) {
        // The waker belongs to the subscriber's executor; its panic must not kill the loop.
        if let Err(panic) = guard(|| self.signal.notify.notify_one()) {
            event::waker_panicked(&panic);
        }
    }

    /// The number of snapshots that were dropped, and the oldest one that waits after them.
    pub(super) fn fetch(&self) -> (u64, Option<Snapshot<T>>) {
        let mut backlog = self.backlog();
        (
            std::mem::take(&mut backlog.missed),
            backlog.snapshots.pop_front(),
        )
    }

    /// Forgets the publications that are not newer than this snapshot.
    pub(super) fn skip_to(&self, known: &Snapshot<T>) {
        let mut backlog = self.backlog();
        let known = known.0.number();
        backlog.known = known;
        let older = backlog
            .snapshots
            .partition_point(|waiting| waiting.0.number() <= known);
        if older > 0 {
            // The dropped publications are older still.
            backlog.missed = 0;
        }
        let skipped: Vec<_> = backlog.snapshots.drain(..older).collect();
        drop(backlog);
        drop(skipped);
    }

    fn backlog(&self) -> MutexGuard<'_, Backlog<T>> {
        self.backlog.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Backlog<T> {
    /// Appends a snapshot and returns the oldest ones, for which there is no room.
    fn push(&mut self, snapshot: Snapshot<T>, capacity: usize) -> Vec<Snapshot<T>> {
        if snapshot.0.number() <= self.known {
            return Vec::new();
        }
        let surplus = (self.snapshots.len() + 1).saturating_sub(capacity);
        let dropped: Vec<_> = self.snapshots.drain(..surplus).collect();
        self.missed = self.missed.saturating_add(dropped.len() as u64);
        self.snapshots.push_back(snapshot);
        dropped
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;
    use std::thread;

    use super::*;
    use crate::publish::tests::{Config, LEVEL, TestUpdate, drain, snapshot};

    /// A subscriber that subscribes while the writer swaps finds either the old snapshot and is
    /// notified, or the new one. The test acts as the writer, and notifies nobody.
    #[test]
    fn p05_a_baseline_is_not_older_than_the_entry_in_the_registry() {
        let hub = Hub::new(snapshot(Config::default(), 1));
        let subscriber = Subscriber::new(Signal::new(1));
        let begun = Barrier::new(2);
        let (baseline, _ticket) = thread::scope(|scope| {
            let registry = hub.registry();
            let subscriber = scope.spawn(|| {
                begun.wait();
                hub.subscribe(Span { first: 0, len: 1 }, subscriber)
            });
            begun.wait();
            // Lets it run as far as it can; every point that it reaches is correct.
            (0..1_000).for_each(|_| thread::yield_now());
            hub.current.store(snapshot(Config::default(), 2).0);
            drop(registry);
            subscriber.join().expect("no panic")
        });
        assert!(baseline.is(&hub.snapshot()));
    }

    /// A subscriber names a snapshot as its baseline, and is notified of it only afterwards.
    #[test]
    fn p06_what_the_baseline_holds_is_neither_told_nor_missed() {
        let hub = Hub::new(snapshot(Config::default(), 1));
        let queue = hub.changes(LEVEL, 1);
        let next = snapshot(Config::of_level(1), 2);
        next.0.set_number(1);
        hub.current.store(Arc::clone(&next.0));
        let mut queue = queue.since(&hub.snapshot());
        for subscriber in hub.registry().subscribers_of(&[LeafId::fixed(0)]) {
            subscriber.notify(&next);
        }
        hub.publish(snapshot(Config::of_level(2), 3), &[LeafId::fixed(0)]);
        assert_eq!(drain(&mut queue), [TestUpdate::Changed(1, 2)]);
    }
}
