//! Callbacks, each in a task of its own.
//!
//! In: a watch and a function. Out: a call for each change, on a thread where it may block. It does
//! not notify: it is one watch among others.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use tokio::runtime::Handle;
use tokio::task::{AbortHandle, spawn_blocking};

use super::hub::{Hub, Ticket};
use super::{Change, Watch};
use crate::event;
use crate::guard::guard;
use crate::{HotConfig, Selector};

/// A callback that is called when its field changes, returned by `on_change`.
///
/// The callback runs on a thread where it may block. Its calls never overlap; changes while it runs
/// reach it afterwards, as one change to the latest value. A panic in it is logged, and the change
/// counts as delivered: it is called again for the next one.
///
/// Dropping the subscription ends the callback: a call that has begun runs to its end, and no other
/// begins. It does not keep the loop alive; when the loop ends, so does the callback, after the
/// last change.
#[must_use = "dropping it ends the callback; `detach()` keeps it"]
pub struct Subscription {
    ticket: Arc<Ticket>,
    over: Arc<AtomicBool>,
    /// `None` if there is no loop, so that nothing will ever change.
    task: Option<AbortHandle>,
    detached: bool,
    path: String,
}

impl Subscription {
    /// Lets the callback live for as long as the loop.
    pub fn detach(mut self) {
        self.detached = true;
    }

    /// Calls back on the blocking threads of that runtime.
    pub(super) fn spawn<V: 'static>(
        mut watch: Watch<V>,
        runtime: Option<&Handle>,
        callback: impl FnMut(Change<V>) + Send + 'static,
    ) -> Self {
        let mut callback = Elsewhere(Some(callback));
        let ticket = watch.ticket();
        let path = watch.path().to_owned();
        let over = Arc::new(AtomicBool::new(false));
        let ended = Arc::clone(&over);
        let calls = async move {
            while let Some(change) = watch.changed().await {
                let (path, ended) = (watch.path().to_owned(), Arc::clone(&ended));
                // The callback is moved to its thread and back: one call at a time, and no lock.
                let call = spawn_blocking(move || {
                    // The call may have waited for a thread for longer than the subscription lived.
                    if !ended.load(Ordering::Acquire)
                        && let Some(callback) = &mut callback.0
                    {
                        let begun = Instant::now();
                        if let Err(panic) = guard(|| callback(change)) {
                            event::callback_panicked(&path, &panic);
                        }
                        let took = begun.elapsed();
                        if took >= event::SLOW {
                            event::callback_slow(&path, took);
                        }
                    }
                    callback
                });
                match call.await {
                    Ok(back) => callback = back,
                    // The runtime is shutting down.
                    Err(_) => return,
                }
            }
        };
        Self {
            ticket,
            over,
            task: runtime.map(|runtime| runtime.spawn(calls).abort_handle()),
            detached: false,
            path,
        }
    }
}

/// A callback that is dropped on a blocking thread, too: its captured values may be slow to drop,
/// and its task lives on the loop's thread.
struct Elsewhere<F: Send + 'static>(Option<F>);

impl<F: Send + 'static> Drop for Elsewhere<F> {
    fn drop(&mut self) {
        if let Some(callback) = self.0.take()
            && let Ok(runtime) = Handle::try_current()
        {
            runtime.spawn_blocking(move || drop(callback));
        }
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        if !self.detached {
            self.over.store(true, Ordering::Release);
            // At once: the task ends only when its runtime polls it.
            self.ticket.cancel();
            if let Some(task) = &self.task {
                task.abort();
            }
        }
    }
}

impl fmt::Debug for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subscription")
            .field("field", &self.path)
            .finish_non_exhaustive()
    }
}

impl<T: HotConfig> Hub<T> {
    /// Calls back with every change, in a task on this runtime; see [`Subscription`].
    pub(crate) fn on_change<V: 'static>(
        self: &Arc<Self>,
        field: impl Selector<T, Value = V>,
        runtime: Option<&Handle>,
        callback: impl FnMut(Change<V>) + Send + 'static,
    ) -> Subscription {
        Subscription::spawn(self.watch(field), runtime, callback)
    }
}
