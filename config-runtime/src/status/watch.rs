//! The subscription to the status.

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Instant;

use futures_core::Stream;
use tokio::sync::Notify;

use super::{Status, StatusCell};
use crate::waiting::Waiting;

/// Waits for news of the status, and returns the latest one; see [`Hot::watch_status`].
///
/// News is a change that an operator would act on: of the connection, the staleness, the epoch, the
/// failure or the fallback, of the held, pending, unknown and deprecated keys, and the end. A
/// confirmation and a revision are not news, because they come with every event; [`Hot::status`]
/// has them. States in between may be skipped, but never the last one; a state that equals the one
/// returned last is not returned again.
///
/// The loop's own timer notifies when nothing was confirmed within the staleness limit. While a
/// validator that hangs blocks the loop, no subscriber is woken, but [`Hot::status`] still becomes
/// stale.
///
/// Dropping the watch ends the subscription. It does not keep the loop alive.
///
/// # Example
/// ```
/// # use hotconfig::{Hot, HotConfig, store::Memory};
/// # #[derive(HotConfig, Clone)]
/// # #[hot(prefix = "/users")]
/// # struct Service {
/// #     #[hot(default = 8)]
/// #     pool_size: u32,
/// # }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let store = Memory::new();
/// # let hot = Hot::<Service>::builder(store.clone()).start().await?;
/// let mut news = hot.watch_status();
/// # store.put("/users/pool_size", "many");
/// while let Some(status) = news.changed().await {
///     for held in status.held.iter() {
///         println!("{held}");
///     }
/// #   if !status.held.is_empty() { break }
/// }
/// # Ok(())
/// # }
/// ```
///
/// [`Hot::status`]: crate::Hot::status
/// [`Hot::watch_status`]: crate::Hot::watch_status
#[must_use = "a watch does nothing unless its changes are awaited"]
pub struct StatusWatch {
    cell: Arc<StatusCell>,
    id: u64,
    notify: Arc<Notify>,
    waiting: Waiting,
    last: Status,
}

impl StatusWatch {
    pub(crate) fn new(cell: Arc<StatusCell>) -> Self {
        // In this order: a status that is written after `now` wakes this watch.
        let (id, notify) = cell.watch();
        let last = now(&cell);
        Self {
            cell,
            id,
            notify,
            waiting: Waiting::default(),
            last,
        }
    }

    /// Waits for news since the status that was returned last, and returns the new status. Returns
    /// `None` when the loop has ended and the last status was returned.
    ///
    /// It runs on any runtime, and without one.
    ///
    /// # Cancel safety
    /// A future that is dropped before it was ready has taken nothing; the next call returns the
    /// status.
    pub async fn changed(&mut self) -> Option<Status> {
        poll_fn(|cx| self.poll_changed(cx)).await
    }

    fn poll_changed(&mut self, cx: &mut Context<'_>) -> Poll<Option<Status>> {
        loop {
            let status = now(&self.cell);
            if !status.is_no_news(&self.last) {
                self.last = status.clone();
                return Poll::Ready(Some(status));
            }
            if status.ended {
                return Poll::Ready(None);
            }
            ready!(self.waiting.poll(&self.notify, cx));
        }
    }

    /// The status that was returned last; at first the one that changes are counted from.
    pub fn current(&self) -> &Status {
        &self.last
    }
}

/// The status with its age as of now, instead of the age that subscribers were notified of.
fn now(cell: &StatusCell) -> Status {
    let mut status = Status::clone(&cell.read()).at(Instant::now());
    status.aged = status.stale.is_some();
    status
}

/// The items are those of [`StatusWatch::changed`].
impl Stream for StatusWatch {
    type Item = Status;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Status>> {
        self.poll_changed(cx)
    }
}

impl Drop for StatusWatch {
    fn drop(&mut self) {
        self.cell.forget(self.id);
    }
}

impl fmt::Debug for StatusWatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StatusWatch")
            .field("current", &self.last)
            .finish_non_exhaustive()
    }
}
