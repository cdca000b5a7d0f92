//! The faults that a test injects into a [`Memory`].
//!
//! In: a store. Out: changes of its state that its readers notice. It knows nothing of them.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::{History, Memory, MemoryShared, failure};
use crate::Revision;
use crate::store::StoreError;

/// Makes a [`Memory`] fail, as etcd can: returned by [`Memory::faults`].
///
/// A fault affects the reads and watches of configurations, and lasts until it is ended: dropping
/// the handle ends nothing. A clone is another handle on the same store.
///
/// ```
/// use hotconfig::store::Memory;
///
/// let store = Memory::new();
/// let faults = store.faults();
/// faults.disconnect();
/// store.put("/configs/app/prod/rps", "2000"); // the operator still writes
/// faults.reconnect();
/// ```
#[derive(Clone)]
pub struct Faults {
    shared: Arc<MemoryShared>,
}

impl Faults {
    pub(super) fn new(store: &Memory) -> Self {
        Self {
            shared: Arc::clone(&store.shared),
        }
    }

    /// Breaks the connection: every watch is lost, with its unread events, and every call fails at
    /// once with [`Unreachable`](crate::store::ErrorKind::Unreachable), until
    /// [`reconnect`](Self::reconnect).
    pub fn disconnect(&self) {
        self.shared.change(|state| {
            state.disconnected = true;
            state.break_off();
        });
    }

    /// Ends [`disconnect`](Self::disconnect). The watches stay lost.
    pub fn reconnect(&self) {
        self.shared.change(|state| state.disconnected = false);
    }

    /// Silences the store, without an error: no call is answered, so that each reaches its time
    /// limit, and no watch sends anything, until [`resume`](Self::resume). The same happens when a
    /// member of etcd is stopped or the network drops every packet.
    ///
    /// A [`disconnect`](Self::disconnect) is still noticed.
    pub fn stall(&self) {
        self.shared.change(|state| state.stalled = true);
    }

    /// Ends [`stall`](Self::stall): the waiting calls are answered now, and no event is missing.
    pub fn resume(&self) {
        self.shared.change(|state| state.stalled = false);
    }

    /// Revokes the permission to read keys that begin with these bytes; all keys if the bytes are
    /// empty. A call that requests any of them fails with
    /// [`Denied`](crate::store::ErrorKind::Denied). An open watch continues, as in etcd.
    pub fn deny(&self, prefix: impl AsRef<[u8]>) {
        let prefix = prefix.as_ref().to_vec();
        self.shared.change(|state| state.denied.insert(prefix));
    }

    /// Ends every [`deny`](Self::deny).
    pub fn allow(&self) {
        self.shared.change(|state| state.denied.clear());
    }

    /// Restores the store from a backup that was made at this revision: its keys and its revision
    /// become the current ones, and later changes are lost. Every watch is lost.
    ///
    /// Revisions are then reused, as by etcd after `snapshot restore`.
    ///
    /// # Errors
    ///
    /// If the revision does not exist yet, or was compacted.
    ///
    /// ```
    /// let store = hotconfig::store::Memory::new();
    /// let backup = store.put("/configs/app/prod/rps", "2000");
    /// store.put("/configs/app/prod/rps", "9000");
    /// store.faults().restore(backup)?;
    /// assert_eq!(store.get("/configs/app/prod/rps").as_deref(), Some(&b"2000"[..]));
    /// assert_eq!(store.revision(), backup);
    /// # Ok::<(), hotconfig::store::StoreError>(())
    /// ```
    pub fn restore(&self, to: Revision) -> Result<(), StoreError> {
        self.shared.change(|state| {
            if to > state.history.revision() {
                return Err(failure::future());
            }
            if !state.history.reaches(to) {
                return Err(failure::compacted());
            }
            state.break_off();
            state.history.restore(to);
            Ok(())
        })
    }

    /// Starts again with nothing, at revision 1. Every watch is lost.
    pub fn wipe(&self) {
        self.shared.change(|state| {
            state.break_off();
            state.history = History::new();
        });
    }

    /// Sets the time limit of a call; 5 s by default.
    ///
    /// A call waits only if the store is [stalled](Self::stall).
    pub fn set_call_timeout(&self, limit: Duration) {
        self.shared.lock().call_timeout = limit;
    }
}

impl fmt::Debug for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.shared.lock();
        f.debug_struct("Faults")
            .field("disconnected", &state.disconnected)
            .field("stalled", &state.stalled)
            .finish_non_exhaustive()
    }
}
