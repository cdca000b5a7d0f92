//! The subscriptions to one field that a task awaits: its latest value, or a queue of its changes.

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use futures_core::Stream;

use super::feed::{ActiveSubscription, subscribe};
use super::hub::{Hub, Ticket};
use super::{Baseline, Change, Update};
use crate::event;
use crate::{HotConfig, Selector};

/// The number of changes that [`Changes`] queues by default.
pub(crate) const CAPACITY: usize = 64;

/// Waits for changes of one field or section, and returns the latest value.
///
/// Values in between may be skipped, but never the last one. A value that equals the one returned
/// last is not returned again, even if there were others in between. Dropping the watch ends the
/// subscription. It does not keep the loop alive.
///
/// It keeps the snapshot that it returned last, or began with, for as long as it lives.
///
/// # Example
/// ```
/// # use hotconfig::{Hot, HotConfig, field, store::Memory};
/// # #[derive(HotConfig, Clone)]
/// # #[hot(prefix = "/users")]
/// # struct Service {
/// #     #[hot(nested)]
/// #     db: Pool,
/// # }
/// # #[derive(HotConfig, Clone)]
/// # struct Pool {
/// #     #[hot(default = 8)]
/// #     pool_size: u32,
/// # }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let store = Memory::new();
/// # let hot = Hot::<Service>::builder(store.clone()).start().await?;
/// # store.put("/users/db/pool_size", "16");
/// let mut size = hot.watch(field!(Service, db.pool_size));
/// println!("beginning with {} connections", size.current());
/// # store.put("/users/db/pool_size", "17");
/// while let Some(change) = size.changed().await {
///     println!("from {} to {} connections", change.previous(), change.current());
/// #   if *change.current() == 17 { break }
/// }
/// # Ok(())
/// # }
/// ```
#[must_use = "a watch does nothing unless its changes are awaited"]
pub struct Watch<V> {
    subscribed: ActiveSubscription<V>,
    path: String,
}

impl<V: 'static> Watch<V> {
    pub(super) fn new(subscribed: ActiveSubscription<V>, path: String) -> Self {
        Self { subscribed, path }
    }

    /// Waits for the next change; `None` when the loop has ended and the last change was returned.
    ///
    /// It runs on any runtime.
    ///
    /// # Cancel safety
    /// A future that is dropped before it was ready has taken nothing; the next call returns the
    /// change.
    #[doc(alias = "recv")]
    pub async fn changed(&mut self) -> Option<Change<V>> {
        poll_fn(|cx| self.poll_changed(cx)).await
    }

    fn poll_changed(&mut self, cx: &mut Context<'_>) -> Poll<Option<Change<V>>> {
        loop {
            match ready!(self.subscribed.poll_next(cx)) {
                Some(Update::Changed(change)) => return Poll::Ready(Some(change)),
                // Nothing is queued, so nothing is missed.
                Some(Update::Missed(_)) => {}
                None => return Poll::Ready(None),
            }
        }
    }

    /// The value that was returned last; at first the baseline, from which changes are counted.
    ///
    /// So a component can start with it and miss no later change.
    #[doc(alias = "borrow")]
    pub fn current(&self) -> &V {
        self.subscribed.feed.current()
    }

    /// Sets the baseline: changes are counted from this state on, instead of from the moment of
    /// subscribing.
    ///
    /// The next change is ready at once if the value differs now. A snapshot of another struct is
    /// ignored, with an error in the log.
    pub fn since(mut self, baseline: &impl Baseline) -> Self {
        since(&mut self.subscribed, &self.path, baseline);
        self
    }

    pub(super) fn ticket(&self) -> Arc<Ticket> {
        Arc::clone(&self.subscribed.ticket)
    }

    pub(super) fn path(&self) -> &str {
        &self.path
    }
}

/// Another watch of the same field, which counts the changes from the value that this one returned
/// last.
impl<V: 'static> Clone for Watch<V> {
    fn clone(&self) -> Self {
        Self {
            subscribed: self.subscribed.feed.watch_again(),
            path: self.path.clone(),
        }
    }
}

/// The items are those of [`Watch::changed`].
impl<V: 'static> Stream for Watch<V> {
    type Item = Change<V>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Change<V>>> {
        self.poll_changed(cx)
    }
}

impl<V> fmt::Debug for Watch<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch")
            .field("field", &self.path)
            .finish_non_exhaustive()
    }
}

/// A queue of the changes of one field or section: one for each publication in which it differs.
///
/// It holds 64 changes, or as many as `changes_with_capacity` was given. When it is full, the
/// oldest is dropped and counted; publishing does not wait for it. Dropping the queue ends the
/// subscription. It does not keep the loop alive.
///
/// Every change in the queue keeps its snapshot alive.
///
/// # Example
/// ```
/// # use hotconfig::{Hot, HotConfig, Update, field, store::Memory};
/// # #[derive(HotConfig, Clone)]
/// # #[hot(prefix = "/users")]
/// # struct Service {
/// #     #[hot(nested)]
/// #     db: Pool,
/// # }
/// # #[derive(HotConfig, Clone)]
/// # struct Pool {
/// #     #[hot(default = 8)]
/// #     pool_size: u32,
/// # }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let store = Memory::new();
/// # let hot = Hot::<Service>::builder(store.clone()).start().await?;
/// let mut sizes = hot.changes(field!(Service, db.pool_size));
/// # store.put("/users/db/pool_size", "17");
/// while let Some(update) = sizes.next().await {
///     match update {
///         Update::Changed(change) => println!("{} -> {}", change.previous(), change.current()),
///         Update::Missed(count) => println!("{count} changes were not recorded"),
///         _ => {}
///     }
/// #   break
/// }
/// # Ok(())
/// # }
/// ```
#[must_use = "a queue does nothing unless its items are awaited"]
pub struct Changes<V> {
    subscribed: ActiveSubscription<V>,
    path: String,
}

impl<V: 'static> Changes<V> {
    pub(super) fn new(subscribed: ActiveSubscription<V>, path: String) -> Self {
        Self { subscribed, path }
    }

    /// Waits for the next item; `None` when the loop has ended and everything was returned.
    ///
    /// [`Update::Missed`] comes before the oldest change that was kept. Every change is counted:
    /// either returned or missed. It runs on any runtime.
    ///
    /// # Cancel safety
    /// A future that is dropped before it was ready has taken nothing; the next call returns the
    /// item.
    #[doc(alias = "recv")]
    pub async fn next(&mut self) -> Option<Update<V>> {
        poll_fn(|cx| self.poll_update(cx)).await
    }

    fn poll_update(&mut self, cx: &mut Context<'_>) -> Poll<Option<Update<V>>> {
        let update = ready!(self.subscribed.poll_next(cx));
        if let Some(Update::Missed(count)) = &update {
            event::missed(&self.path, *count);
        }
        Poll::Ready(update)
    }

    /// The value that was returned last; at first the baseline, from which changes are counted.
    pub fn current(&self) -> &V {
        self.subscribed.feed.current()
    }

    /// Sets the baseline: changes are counted from this state on, instead of from the moment of
    /// subscribing.
    ///
    /// All publications between an older state and the moment of subscribing are one change. Call
    /// it right after subscribing: if the queue overflowed before, changes that a newer state
    /// already holds may be counted as missed. A snapshot of another struct is ignored, with an
    /// error in the log.
    pub fn since(mut self, baseline: &impl Baseline) -> Self {
        since(&mut self.subscribed, &self.path, baseline);
        self
    }
}

/// The items are those of [`Changes::next`].
impl<V: 'static> Stream for Changes<V> {
    type Item = Update<V>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Update<V>>> {
        self.poll_update(cx)
    }
}

impl<V> fmt::Debug for Changes<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Changes")
            .field("field", &self.path)
            .finish_non_exhaustive()
    }
}

fn since<V>(subscribed: &mut ActiveSubscription<V>, path: &str, baseline: &impl Baseline) {
    if !subscribed.feed.since(baseline.whole()) {
        event::foreign_snapshot(path);
    }
}

impl<T: HotConfig> Hub<T> {
    /// Watches a field or a section.
    pub(crate) fn watch<V: 'static>(
        self: &Arc<Self>,
        field: impl Selector<T, Value = V>,
    ) -> Watch<V> {
        let path = field.path().into_owned();
        Watch::new(subscribe(self, field, 0), path)
    }

    /// Queues the changes of a field or a section.
    pub(crate) fn changes<V: 'static>(
        self: &Arc<Self>,
        field: impl Selector<T, Value = V>,
        capacity: usize,
    ) -> Changes<V> {
        let path = field.path().into_owned();
        Changes::new(subscribe(self, field, capacity.max(1)), path)
    }
}
