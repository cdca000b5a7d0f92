//! The current status: one loop writes it, any handle reads it.
//!
//! In: each status, with the swap that it belongs to. Out: the status of the visible configuration,
//! and wake-ups for its subscribers. It knows no log and no metrics.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arc_swap::ArcSwap;
use tokio::sync::Notify;

use super::Status;
use crate::event;
use crate::guard::guard;

#[derive(Debug)]
pub(crate) struct StatusCell {
    current: ArcSwap<Status>,
    /// Held while a configuration is swapped and its status is written, so that a reader of one of
    /// them finds the other.
    publishing: Mutex<()>,
    watchers: Mutex<Watchers>,
}

/// Two statuses, one after the other.
#[derive(Debug)]
#[must_use = "the subscribers of the status must be notified"]
pub(crate) struct StatusChange {
    pub(crate) before: Arc<Status>,
    pub(crate) now: Arc<Status>,
}

/// The subscribers of the status.
#[derive(Debug, Default)]
struct Watchers {
    next: u64,
    all: BTreeMap<u64, Arc<Notify>>,
}

impl StatusCell {
    pub(crate) fn new(status: Status) -> Arc<Self> {
        Arc::new(Self {
            current: ArcSwap::from_pointee(status),
            publishing: Mutex::new(()),
            watchers: Mutex::default(),
        })
    }

    /// The status of the visible configuration. Waits for a swap that is under way.
    pub(crate) fn read(&self) -> Arc<Status> {
        let _whole = self.publishing();
        self.current.load_full()
    }

    /// Writes the status together with the effect of `swap`, which must not run any code of the
    /// user.
    pub(crate) fn write<R>(&self, now: Arc<Status>, swap: impl FnOnce() -> R) -> (R, StatusChange) {
        let whole = self.publishing();
        let swapped = swap();
        let before = self.current.swap(Arc::clone(&now));
        drop(whole);
        (swapped, StatusChange { before, now })
    }

    /// Wakes the subscribers of the status, if there is news. Returns whether there is.
    pub(crate) fn notify(&self, written: &StatusChange) -> bool {
        let is_news = !written.now.is_no_news(&written.before);
        if is_news {
            self.wake_all();
        }
        is_news
    }

    /// Writes the end into the status, and wakes its subscribers. Returns the change, and whether
    /// there was one.
    pub(crate) fn end(&self) -> (StatusChange, bool) {
        let mut ended = Status::clone(&self.current.load());
        ended.connected = false;
        ended.ended = true;
        let ((), written) = self.write(Arc::new(ended), || {});
        let is_news = self.notify(&written);
        (written, is_news)
    }

    /// Adds a subscriber that is woken by news, until [`StatusCell::forget`].
    pub(super) fn watch(&self) -> (u64, Arc<Notify>) {
        let mut watchers = self.watchers();
        let (id, notify) = (watchers.next, Arc::new(Notify::new()));
        watchers.next += 1;
        watchers.all.insert(id, Arc::clone(&notify));
        (id, notify)
    }

    pub(super) fn forget(&self, id: u64) {
        self.watchers().all.remove(&id);
    }

    /// Wakes all subscribers. Not under the lock: a waker may run any code, and its panic must not
    /// kill the loop.
    fn wake_all(&self) {
        let all: Vec<_> = self.watchers().all.values().cloned().collect();
        for notify in all {
            if let Err(panic) = guard(|| notify.notify_one()) {
                event::waker_panicked(&panic);
            }
        }
    }

    fn watchers(&self) -> MutexGuard<'_, Watchers> {
        self.watchers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn publishing(&self) -> MutexGuard<'_, ()> {
        self.publishing
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}
