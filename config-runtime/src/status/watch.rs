//! Waiting for news of the status.

use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use tokio::sync::Notify;

use super::{Status, StatusCell};

/// Waits for news of the status and gives the latest: from [`Hot::watch_status`].
///
/// News is what an operator would act on: connected or not, fresh or stale, another epoch, another
/// failure, something else that is held, pending, unknown or out of use, the end. A confirmation
/// and a revision are none: they come with every event, and [`Hot::status`] has them. States
/// between may be skipped, the last never; one that is the same as the one given last is not given
/// again.
///
/// That nothing was confirmed within the staleness limit is told by the loop's own timer; while the
/// loop can't run, because a validator hangs, nobody is woken, and [`Hot::status`] says it all the
/// same.
///
/// Dropping it ends the subscription. It does not keep the loop alive.
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
///     for held in &status.held {
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
#[must_use = "a watch tells only who awaits its changes"]
pub struct StatusWatch {
    cell: Arc<StatusCell>,
    id: u64,
    notify: Arc<Notify>,
    last: Status,
}

impl StatusWatch {
    pub(crate) fn new(cell: Arc<StatusCell>) -> Self {
        // In this order: what is written after the look rings.
        let (id, notify) = cell.watch();
        let last = now(&cell);
        Self {
            cell,
            id,
            notify,
            last,
        }
    }

    /// The status, once there is news since the one that was given last; `None` when the loop has
    /// ended and that was given.
    ///
    /// Cancel safe: a future that is dropped before it was ready has taken nothing; the next call
    /// gives the status. It runs on any runtime, and on none.
    pub async fn changed(&mut self) -> Option<Status> {
        loop {
            let status = now(&self.cell);
            if !status.is_no_news(&self.last) {
                self.last = status.clone();
                return Some(status);
            }
            if status.ended {
                return None;
            }
            self.notify.notified().await;
        }
    }

    /// The status that was given last; at first the one from which on news is told.
    pub fn current(&self) -> &Status {
        &self.last
    }
}

/// The status with its age as of now: only that counts, not what was told of it.
fn now(cell: &StatusCell) -> Status {
    let mut status = Status::clone(&cell.read()).at(Instant::now());
    status.aged = status.stale.is_some();
    status
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
