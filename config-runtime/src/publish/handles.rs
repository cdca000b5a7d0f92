//! The handles that read the current configuration.
//!
//! In: the hub. Out: handles that deref to the configuration without a lock. Nothing here waits or
//! notifies.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use arc_swap::{ArcSwap, Cache};

use super::Hub;
use crate::snapshot::{Inner, Snapshot};
use crate::{HotConfig, Revision};

/// The current configuration, borrowed; returned by `load()`.
///
/// It derefs to the configuration struct, stays the same for as long as it is held, and takes no
/// lock and no allocation. It is meant to be short-lived: a thread that holds more than a few
/// makes the next ones a little slower. To keep a configuration, take its
/// [`snapshot`](Guard::snapshot).
pub struct Guard<T>(arc_swap::Guard<Arc<Inner<T>>>);

impl<T> Guard<T> {
    /// The same configuration, to keep.
    pub fn snapshot(&self) -> Snapshot<T> {
        Snapshot(Arc::clone(&self.0))
    }

    /// See [`Snapshot::revision`].
    pub fn revision(&self) -> Option<Revision> {
        self.0.revision()
    }

    /// See [`Snapshot::epoch`].
    pub fn epoch(&self) -> u64 {
        self.0.epoch()
    }
}

impl<T> Deref for Guard<T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.0.value()
    }
}

/// Shows the struct as its own `Debug` does.
impl<T: fmt::Debug> fmt::Debug for Guard<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Guard").field(self.0.value()).finish()
    }
}

/// A reader of the current configuration for hot paths: about one atomic load per read.
///
/// It keeps the configuration that it read last and checks whether there is a newer one. Use one
/// for each thread or task: a clone is cheap. It does not keep the loop alive; when the loop has
/// ended, it stays at the last configuration.
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
/// # fn serve(_: u32) {}
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let store = Memory::new();
/// # let hot = Hot::<Service>::builder(store.clone()).start().await?;
/// let mut reader = hot.reader();
/// for _request in 0..1_000 {
///     serve(reader.get().db.pool_size);
/// }
/// # Ok(())
/// # }
/// ```
pub struct Reader<T: HotConfig>(Cache<Current<T>, Arc<Inner<T>>>);

/// The place in the hub, reached by one pointer.
struct Current<T: HotConfig>(Arc<Hub<T>>);

impl<T: HotConfig> Clone for Current<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T: HotConfig> Deref for Current<T> {
    type Target = ArcSwap<Inner<T>>;

    fn deref(&self) -> &Self::Target {
        &self.0.current
    }
}

impl<T: HotConfig> Reader<T> {
    pub(super) fn new(hub: Arc<Hub<T>>) -> Self {
        Self(Cache::new(Current(hub)))
    }

    /// The current configuration.
    pub fn get(&mut self) -> &T {
        self.0.load().value()
    }

    /// The current configuration, to keep, with its revision and origins.
    pub fn snapshot(&mut self) -> Snapshot<T> {
        Snapshot(Arc::clone(self.0.load()))
    }
}

impl<T: HotConfig> Clone for Reader<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T: HotConfig> fmt::Debug for Reader<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader").finish_non_exhaustive()
    }
}

impl<T: HotConfig> Hub<T> {
    /// The current configuration, borrowed. Lock-free.
    pub(crate) fn load(&self) -> Guard<T> {
        Guard(self.current.load())
    }

    /// The current configuration, to keep.
    pub(crate) fn snapshot(&self) -> Snapshot<T> {
        Snapshot(self.current.load_full())
    }

    /// A reader for hot paths.
    pub(crate) fn reader(self: &Arc<Self>) -> Reader<T> {
        Reader::new(Arc::clone(self))
    }
}
