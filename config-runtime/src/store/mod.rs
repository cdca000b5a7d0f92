//! Stores: the source of keys, values and revisions.
//!
//! In: prefixes. Out: whole readings at one revision, and the later changes, in whole revisions. A
//! store knows no schema, no value and no caller. It reports in the types of this file, and `sync`
//! acts on them.

mod entries;
#[cfg(feature = "etcd")]
mod etcd;
mod memory;

use std::sync::Arc;

use serde::Serialize;

#[cfg(feature = "etcd")]
pub use etcd::{Etcd, EtcdBuilder, Tls};
pub use memory::{Faults, Memory, Transaction};

#[doc(hidden)]
pub use entries::{Entries, Entry};

use crate::Revision;
use backend::Backend;

/// A store of configurations: [`Memory`] or, with the feature `etcd`, `Etcd`.
///
/// It is sealed: no other crate can implement it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a store",
    label = "not a store",
    note = "build one with `Etcd::builder([\"http://…\"]).build()?`, or use `Memory::new()`"
)]
pub trait Store: Backend + Send + Sync + 'static {}

#[diagnostic::do_not_recommend]
impl<S: Backend + Send + Sync + 'static> Store for S {}

/// Keys that begin with `start`, which ends with the separator: `/configs/app/prod/`.
///
/// So `/configs/app` never includes `/configs/app2`.
#[doc(hidden)]
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Range {
    start: Arc<str>,
}

impl Range {
    /// The range of the keys below this prefix, which has no separator at its end.
    pub fn below(prefix: &str) -> Self {
        Self {
            start: format!("{prefix}/").into(),
        }
    }

    /// The first possible key.
    pub fn start(&self) -> &str {
        &self.start
    }

    /// The first key after all of them, as etcd requires it: the separator becomes the next byte.
    pub fn end(&self) -> Vec<u8> {
        let mut end = self.start.as_bytes().to_vec();
        if let Some(last) = end.last_mut() {
            *last += 1;
        }
        end
    }

    /// Whether the key is in the range.
    pub fn holds(&self, key: &[u8]) -> bool {
        key.starts_with(self.start.as_bytes())
    }
}

/// Everything under the prefixes at one revision.
#[doc(hidden)]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// The revision at which all of it was true.
    pub revision: Revision,
    /// The entries of each range, in the order in which the ranges were given.
    pub entries: Vec<Entries>,
}

/// The result of a cheap check of the store: the number of keys in each range, and the newest
/// change in it.
#[doc(hidden)]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    /// The store's revision when it answered.
    pub revision: Revision,
    /// For each range, in the order given: the number of keys, and their highest `mod_revision`.
    pub ranges: Vec<(usize, Option<Revision>)>,
}

/// One change of one key.
#[doc(hidden)]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// The whole key.
    pub key: Vec<u8>,
    /// The new value; `None` if it was deleted, by hand or with its lease.
    pub value: Option<Arc<[u8]>>,
    /// The revision that made the change.
    pub revision: Revision,
}

/// An event of a watch: a change in the store, or of the watch itself.
#[doc(hidden)]
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WatchEvent {
    /// The watch of this range is open; the store was at this revision. It is no barrier: events up
    /// to it may still come. A revision below the cursor means another history, or a member that
    /// lags behind.
    Created { range: usize, revision: Revision },
    /// Changes in one range: whole revisions, in order. A revision's changes in *another* range
    /// come separately.
    Events { range: usize, events: Vec<Event> },
    /// All events of all ranges up to this revision have been delivered. Only a store whose
    /// progress can be trusted sends this.
    Progress { revision: Revision },
    /// The watch is over, for all ranges. Nothing follows.
    Lost(StoreError),
}

/// The reason why a call to a store failed.
///
/// `{}` prints the kind, the request and the remedy; the [`source`](std::error::Error::source) is
/// the answer of the store, or the failure of the connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{kind}: {message}")]
pub struct StoreError {
    kind: ErrorKind,
    message: String,
    #[source]
    cause: Option<StoreFailure>,
}

/// The text of a server, or of a connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{0}")]
#[serde(transparent)]
struct StoreFailure(String);

/// The kinds of [`StoreError`].
///
/// | kind | handled before it is reported | reaction of the loop | reaction of a start |
/// | --- | --- | --- | --- |
/// | `Unreachable`, `Timeout` | retried at once at each other endpoint | back off, read again | waits for its time limit |
/// | `Compacted`, `Cancelled`, `TooBig` | pages are halved, and pinned readings restarted | back off, read again: a reading needs no history | waits |
/// | `Unauthenticated` | logged in again, once in a call | back off, read again | gives up |
/// | `Denied`, `Invalid` | nothing: an operator has to fix it | back off, read again | gives up |
/// | `Refused`, `Other` | nothing | back off, read again | waits |
///
/// A start that gives up, or whose time limit expired, is served from the fallback or the defaults,
/// if that was requested. A back-off is a random part of a length that doubles with each failure,
/// from 100 ms to 30 s ([`HotBuilder::backoff`](crate::HotBuilder::backoff)), and is reset after
/// 60 s of health. Meanwhile the known state stays in use, and
/// [`Status::failure`](crate::Status::failure) has the reason. The next reading is compared with
/// the known state, so that no missed change is lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ErrorKind {
    /// There is no connection or no leader, or the connection broke.
    #[error("the store cannot be reached")]
    Unreachable,
    /// The store did not answer within the time limit of a call.
    #[error("the store did not answer in time")]
    Timeout,
    /// The user may not read these keys.
    #[error("permission denied")]
    Denied,
    /// The user, the password or the token is not valid.
    #[error("not authenticated")]
    Unauthenticated,
    /// The requested revision is gone.
    #[error("the revision is compacted")]
    Compacted,
    /// The data exceed the limit of a message or of the queue of a watch.
    #[error("too big")]
    TooBig,
    /// The watch was cancelled by the store.
    #[error("the watch was cancelled")]
    Cancelled,
    /// A setting of the store's builder is not valid.
    #[error("invalid store settings")]
    Invalid,
    /// The store rejects the request, now and later: too many operations, a key twice.
    #[error("the store rejected the request")]
    Refused,
    /// Any other failure.
    #[error("the store failed")]
    Other,
}

impl StoreError {
    /// An error of that kind.
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            cause: None,
        }
    }

    /// Adds the text of the server, or of the connection.
    #[cfg(feature = "etcd")]
    pub(crate) fn caused_by(self, text: String) -> Self {
        Self {
            cause: Some(StoreFailure(text)),
            ..self
        }
    }

    /// The kind.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The request and the remedy.
    pub fn message(&self) -> &str {
        &self.message
    }
}

mod sealed {
    pub trait Sealed {}
}

/// The interface of a store, for this crate and its own tests. `Sealed` keeps
/// others from implementing it.
#[doc(hidden)]
pub mod backend {
    use std::future::Future;
    use std::pin::Pin;
    use std::time::Instant;

    pub(crate) use super::sealed::Sealed;
    use super::{Arc, Probe, Range, Reading, Revision, StoreError, WatchEvent};

    /// A future of the store.
    pub type BoxFuture<'a, R> = Pin<Box<dyn Future<Output = R> + Send + 'a>>;

    /// The requests of `sync` to a store.
    ///
    /// Every future ends: each call behind it within the store's own time limit, and a reading is a
    /// call for each of its pages. It may be dropped at any time: nothing is left half-done.
    pub trait Backend: Sealed + std::fmt::Debug {
        /// Reads everything in the ranges at one revision.
        fn read(&self, ranges: Arc<[Range]>) -> BoxFuture<'static, Result<Reading, StoreError>>;

        /// Reads the number of keys, and the revision of the newest change.
        fn probe(&self, ranges: Arc<[Range]>) -> BoxFuture<'static, Result<Probe, StoreError>>;

        /// The store's revision, not older than the call; it is cheap. It reads a key in the
        /// ranges, so that a user without permission gets an error.
        fn latest(&self, ranges: Arc<[Range]>) -> BoxFuture<'static, Result<Revision, StoreError>>;

        /// Watches the ranges from this revision on, itself included.
        fn watch(
            &self,
            ranges: Arc<[Range]>,
            from: Revision,
        ) -> BoxFuture<'static, Result<Box<dyn WatchStream>, StoreError>>;

        /// Waits, from this call on, for the program to set another user: requests that failed
        /// before may then succeed.
        fn renewed(&self) -> BoxFuture<'static, ()> {
            Box::pin(std::future::pending())
        }

        /// The id of the cluster that answered last; `None` before the first answer, and for a
        /// store that has none. A store that was wiped or restored may have kept its id.
        fn cluster(&self) -> Option<u64> {
            None
        }
    }

    /// The events of an open watch. Dropping it ends the watch, on the store's side too.
    pub trait WatchStream: Send {
        /// The next event. Cancel safe: nothing is lost when the future is dropped. After
        /// [`WatchEvent::Lost`] it returns the same again, without end.
        fn next(&mut self) -> BoxFuture<'_, WatchEvent>;

        /// The time at which the last event arrived in this process, if that is known. The event
        /// may have waited for the call of [`next`](Self::next).
        fn arrived(&self) -> Option<Instant> {
            None
        }

        /// Requests a [`WatchEvent::Progress`]. `false` if the store's progress cannot be trusted,
        /// so that none will come.
        fn ask_progress(&mut self) -> bool;
    }
}
