//! The changes that one subscriber has not yet received, with the type of the whole struct hidden.

use std::any::Any;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use super::hub::{Hub, Signal, Subscriber, Ticket};
use super::part::whole_snapshot;
use super::{Change, Part, Update};
use crate::snapshot::Snapshot;
use crate::typed::compile::lookup::Span;
use crate::waiting::Waiting;
use crate::{HotConfig, Selector};

/// Delivers the updates of a subscriber, one after another.
pub(super) trait Feed<V>: Send + Sync {
    /// The next update that was not yet delivered, if there is one now.
    fn take(&mut self) -> Option<Update<V>>;

    /// The value that was delivered last.
    fn current(&self) -> &V;

    /// Sets the snapshot that was delivered last; `false` if that is of another struct.
    fn since(&mut self, baseline: Arc<dyn Any + Send + Sync>) -> bool;

    /// Whether the last configuration has been published. Read it before [`Feed::take`].
    fn has_ended(&self) -> bool;

    /// Another subscription, which counts the changes since the value that was delivered last, and
    /// gives the latest value only.
    fn watch_again(&self) -> ActiveSubscription<V>;
}

/// A feed, with the signal and the ticket of its subscriber.
pub(super) struct ActiveSubscription<V> {
    pub(super) feed: Box<dyn Feed<V>>,
    pub(super) signal: Arc<Signal>,
    pub(super) ticket: Arc<Ticket>,
    waiting: Waiting,
}

/// The source of a value's feeds: the hub, or a part of another source.
pub(super) trait Source<V>: Send + Sync {
    /// The value now.
    fn load(&self) -> Part<V>;

    /// Subscribes to these leaves, counted from the value's first one. With a capacity of 0 the
    /// feed gives the latest value only.
    fn subscribe(&self, span: Span, capacity: usize) -> ActiveSubscription<V>;
}

impl<V: 'static> ActiveSubscription<V> {
    /// The next update, once there is one; `None` when the loop has ended.
    pub(super) fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Update<V>>> {
        loop {
            // In this order: `take` then finds everything that was published before the end.
            let ended = self.feed.has_ended();
            if let Some(update) = self.feed.take() {
                return Poll::Ready(Some(update));
            }
            if ended {
                return Poll::Ready(None);
            }
            ready!(self.waiting.poll(&self.signal.notify, cx));
        }
    }

    fn part<W: 'static>(self, field: impl Selector<V, Value = W>) -> ActiveSubscription<W> {
        let feed = Box::new(PartFeed {
            outer: self.feed,
            field,
        });
        ActiveSubscription {
            feed,
            signal: self.signal,
            ticket: self.ticket,
            waiting: self.waiting,
        }
    }
}

/// Subscribes to a field of the source's value.
pub(super) fn subscribe<V: 'static, W: 'static>(
    source: &dyn Source<V>,
    field: impl Selector<V, Value = W>,
    capacity: usize,
) -> ActiveSubscription<W> {
    source.subscribe(field.span(), capacity).part(field)
}

impl<T: HotConfig> Source<T> for Arc<Hub<T>> {
    fn load(&self) -> Part<T> {
        Part::whole(self.snapshot())
    }

    fn subscribe(&self, span: Span, capacity: usize) -> ActiveSubscription<T> {
        if capacity == 0 {
            return watch(self, span, None);
        }
        let signal = Signal::new(capacity);
        let subscriber = Subscriber::new(Arc::clone(&signal));
        let (last, ticket) = Hub::subscribe(self, span, Arc::clone(&subscriber));
        let feed = Box::new(QueueFeed {
            hub: Arc::clone(self),
            span,
            subscriber,
            last,
            ready: None,
        });
        ActiveSubscription {
            feed,
            signal,
            ticket,
            waiting: Waiting::default(),
        }
    }
}

/// Subscribes to the latest value; changes are counted from the baseline, if there is one, and
/// otherwise from now on.
fn watch<T: HotConfig>(
    hub: &Arc<Hub<T>>,
    span: Span,
    baseline: Option<&Snapshot<T>>,
) -> ActiveSubscription<T> {
    let signal = Signal::new(0);
    let (now, ticket) = Hub::subscribe(hub, span, Subscriber::new(Arc::clone(&signal)));
    let feed = Box::new(LatestFeed {
        hub: Arc::clone(hub),
        span,
        last: baseline.cloned().unwrap_or(now),
    });
    ActiveSubscription {
        feed,
        signal,
        ticket,
        waiting: Waiting::default(),
    }
}

/// A part of another source's value.
pub(super) struct PartSource<V, S> {
    pub(super) outer: Arc<dyn Source<V>>,
    pub(super) field: S,
}

impl<V: 'static, S: Selector<V>> Source<S::Value> for PartSource<V, S> {
    fn load(&self) -> Part<S::Value> {
        self.outer.load().part(self.field.clone())
    }

    fn subscribe(&self, span: Span, capacity: usize) -> ActiveSubscription<S::Value> {
        self.outer
            .subscribe(inside(self.field.span(), span), capacity)
            .part(self.field.clone())
    }
}

struct PartFeed<V, S> {
    outer: Box<dyn Feed<V>>,
    field: S,
}

impl<V: 'static, S: Selector<V>> Feed<S::Value> for PartFeed<V, S> {
    fn take(&mut self) -> Option<Update<S::Value>> {
        Some(match self.outer.take()? {
            Update::Changed(change) => Update::Changed(change.part(self.field.clone())),
            Update::Missed(count) => Update::Missed(count),
        })
    }

    fn current(&self) -> &S::Value {
        self.field.get(self.outer.current())
    }

    fn since(&mut self, baseline: Arc<dyn Any + Send + Sync>) -> bool {
        self.outer.since(baseline)
    }

    fn has_ended(&self) -> bool {
        self.outer.has_ended()
    }

    fn watch_again(&self) -> ActiveSubscription<S::Value> {
        self.outer.watch_again().part(self.field.clone())
    }
}

/// Compares the current snapshot with the one that was delivered last.
struct LatestFeed<T: HotConfig> {
    hub: Arc<Hub<T>>,
    span: Span,
    last: Snapshot<T>,
}

impl<T: HotConfig> Feed<T> for LatestFeed<T> {
    fn take(&mut self) -> Option<Update<T>> {
        let current = self.hub.snapshot();
        if self.hub.same(self.span, &self.last, &current) {
            return None;
        }
        Some(give(&mut self.last, current))
    }

    fn current(&self) -> &T {
        &self.last
    }

    fn since(&mut self, baseline: Arc<dyn Any + Send + Sync>) -> bool {
        let baseline = whole_snapshot(baseline);
        let known = baseline.is_some();
        self.last = baseline.unwrap_or_else(|| self.last.clone());
        known
    }

    fn has_ended(&self) -> bool {
        self.hub.has_ended()
    }

    fn watch_again(&self) -> ActiveSubscription<T> {
        watch(&self.hub, self.span, Some(&self.last))
    }
}

/// Walks through the publications since the last delivered one.
struct QueueFeed<T: HotConfig> {
    hub: Arc<Hub<T>>,
    span: Span,
    subscriber: Arc<Subscriber<T>>,
    last: Snapshot<T>,
    /// A snapshot that was fetched and differs from `last`, while the missed changes before it are
    /// reported first.
    ready: Option<Snapshot<T>>,
}

impl<T: HotConfig> Feed<T> for QueueFeed<T> {
    fn take(&mut self) -> Option<Update<T>> {
        let mut missed: u64 = 0;
        while self.ready.is_none() {
            let (dropped, fetched) = self.subscriber.fetch();
            missed = missed.saturating_add(dropped);
            let Some(fetched) = fetched else { break };
            // Outside the subscriber's lock: comparing runs a user's code.
            if !self.hub.same(self.span, &self.last, &fetched) {
                self.ready = Some(fetched);
            } else if missed > 0 {
                // A to B to A, and B was dropped: the change back counts as missed, too, since the
                // subscriber never saw B.
                missed = missed.saturating_add(1);
            }
        }
        if missed > 0 {
            return Some(Update::Missed(missed));
        }
        self.ready.take().map(|next| give(&mut self.last, next))
    }

    fn current(&self) -> &T {
        &self.last
    }

    fn since(&mut self, baseline: Arc<dyn Any + Send + Sync>) -> bool {
        let Some(baseline) = whole_snapshot(baseline) else {
            return false;
        };
        let before = std::mem::replace(&mut self.last, baseline);
        self.subscriber.skip_to(&self.last);
        // With an older baseline, the snapshot at the subscription is the first change.
        let first = self.ready.take().unwrap_or(before);
        let newer = first.0.number() > self.last.0.number();
        if newer && !self.hub.same(self.span, &self.last, &first) {
            self.ready = Some(first);
        }
        true
    }

    fn has_ended(&self) -> bool {
        self.hub.has_ended()
    }

    fn watch_again(&self) -> ActiveSubscription<T> {
        watch(&self.hub, self.span, Some(&self.last))
    }
}

fn give<T: HotConfig>(last: &mut Snapshot<T>, next: Snapshot<T>) -> Update<T> {
    let previous = std::mem::replace(last, next.clone());
    Update::Changed(Change::new(Part::whole(previous), Part::whole(next)))
}

/// A span that is counted from the first leaf of another.
fn inside(outer: Span, inner: Span) -> Span {
    Span {
        first: outer.first.saturating_add(inner.first),
        len: inner.len,
    }
}
