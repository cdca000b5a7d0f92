//! Where the status hangs out, for the one loop that writes it and all who read it.
//!
//! In: each status, with the swap that it belongs to. Out: the status of what can be seen; and
//! where something is new, those who watch it are woken. It knows no log and no metrics.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use arc_swap::ArcSwap;
use tokio::sync::Notify;

use super::Status;
use crate::event;
use crate::guard::guard;

#[derive(Debug)]
pub(crate) struct Board {
    current: ArcSwap<Status>,
    /// Held while a configuration is swapped and its status is written: whoever has seen the one
    /// finds the other, also who looked between the two.
    publishing: Mutex<()>,
    /// Whether there is a configuration: before, nobody is told how old it is.
    started: AtomicBool,
    bells: Mutex<Bells>,
}

/// Two statuses, one after the other.
#[derive(Debug)]
#[must_use = "the change is still to be logged and measured"]
pub(crate) struct Written {
    pub(crate) before: Arc<Status>,
    pub(crate) now: Arc<Status>,
    /// Whether they differ in anything that is told.
    pub(crate) is_news: bool,
    /// Whether a configuration that had started ended with it.
    pub(crate) ends: bool,
}

/// Those who watch the status.
#[derive(Debug, Default)]
struct Bells {
    next: u64,
    all: BTreeMap<u64, Arc<Notify>>,
}

impl Board {
    pub(crate) fn new(status: Status) -> Arc<Self> {
        Arc::new(Self {
            current: ArcSwap::from_pointee(status),
            publishing: Mutex::new(()),
            started: AtomicBool::new(false),
            bells: Mutex::default(),
        })
    }

    /// The status of the configuration that can be seen. Waits for a swap that is under way.
    pub(crate) fn read(&self) -> Arc<Status> {
        let _whole = self.publishing();
        self.current.load_full()
    }

    /// Writes the status together with what `swap` does. No code of a user's may run in it.
    pub(crate) fn write<R>(&self, mut status: Status, swap: impl FnOnce() -> R) -> (R, Written) {
        status.aged = self.has_started() && status.is_stale_at(Instant::now());
        let now = Arc::new(status);
        let whole = self.publishing();
        let swapped = swap();
        let before = self.current.swap(Arc::clone(&now));
        drop(whole);
        let is_news = !now.is_no_news(&before);
        if is_news {
            self.ring();
        }
        let ends = now.ended && !before.ended && self.has_started();
        let written = Written {
            before,
            now,
            is_news,
            ends,
        };
        (swapped, written)
    }

    /// The status as it stands: for the loop, which writes it.
    pub(crate) fn own(&self) -> Arc<Status> {
        self.current.load_full()
    }

    /// There is a first configuration, whose age counts from now on.
    pub(crate) fn start(&self) -> Written {
        self.started.store(true, Ordering::Relaxed);
        self.write(Status::clone(&self.own()), || {}).1
    }

    /// Writes the end into the status.
    pub(crate) fn end(&self) -> Written {
        let mut ended = Status::clone(&self.own());
        ended.connected = false;
        ended.ended = true;
        self.write(ended, || {}).1
    }

    /// When those who watch are to be told that it is stale, if nothing confirms it before; `None`
    /// where they were.
    pub(crate) fn ages_at(&self) -> Option<Instant> {
        let status = self.current.load();
        let confirmed = status.confirmed.filter(|_| !status.aged)?;
        confirmed.checked_add(status.staleness)
    }

    /// Adds one that is woken by news, until [`Board::forget`].
    pub(super) fn watch(&self) -> (u64, Arc<Notify>) {
        let mut bells = self.bells();
        let (id, bell) = (bells.next, Arc::new(Notify::new()));
        bells.next += 1;
        bells.all.insert(id, Arc::clone(&bell));
        (id, bell)
    }

    pub(super) fn forget(&self, id: u64) {
        self.bells().all.remove(&id);
    }

    /// Wakes all. Not under the lock: a waker may run anything, and a panic of it is not ours to
    /// die of.
    fn ring(&self) {
        let all: Vec<_> = self.bells().all.values().cloned().collect();
        for bell in all {
            if let Err(panic) = guard(|| bell.notify_one()) {
                event::waker_panicked(&panic);
            }
        }
    }

    fn has_started(&self) -> bool {
        self.started.load(Ordering::Relaxed)
    }

    fn bells(&self) -> MutexGuard<'_, Bells> {
        self.bells.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn publishing(&self) -> MutexGuard<'_, ()> {
        self.publishing
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}
