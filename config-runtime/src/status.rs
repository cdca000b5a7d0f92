//! What the loop knows of itself: for people, for health checks, for `describe`.
//!
//! In: what `sync` and `apply` say after each step. Out: [`Status`], which computes its age when it is
//! asked, so that it is right also while the loop can't run. No secret is in it.

use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use arc_swap::ArcSwap;

use crate::Revision;
use crate::problem::Problem;
use crate::store::StoreError;

/// Where the status hangs out, for the one loop that writes it and all who read it.
#[derive(Debug)]
pub(crate) struct Board {
    current: ArcSwap<Status>,
    /// Held while a configuration is swapped and its status is written: whoever has seen the one
    /// finds the other, also who looked between the two.
    publishing: Mutex<()>,
}

impl Board {
    pub(crate) fn new(status: Status) -> Arc<Self> {
        Arc::new(Self {
            current: ArcSwap::from_pointee(status),
            publishing: Mutex::new(()),
        })
    }

    /// The status of the configuration that can be seen. Waits for a swap that is under way.
    pub(crate) fn read(&self) -> Arc<Status> {
        let _whole = self.publishing();
        self.current.load_full()
    }

    /// Writes the status together with what `swap` does. No code of a user's may run in it.
    pub(crate) fn write<R>(&self, status: Status, swap: impl FnOnce() -> R) -> R {
        let status = Arc::new(status);
        let whole = self.publishing();
        let swapped = swap();
        let old = self.current.swap(status);
        drop(whole);
        drop(old);
        swapped
    }

    /// The status as it stands: for the loop, which writes it.
    pub(crate) fn own(&self) -> Arc<Status> {
        self.current.load_full()
    }

    fn publishing(&self) -> MutexGuard<'_, ()> {
        self.publishing
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the loop knows of itself, at one moment.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Status {
    /// Whether a watch stands.
    pub connected: bool,
    /// The revision up to which everything was applied or held; `None` before the first reading.
    pub revision: Option<Revision>,
    /// One unbroken history of the store; a restore from a backup that is noticed begins a new
    /// one, and this number grows.
    pub epoch: u64,
    /// When the configuration was last confirmed to be current: by an event, by progress that
    /// can be trusted, or by a reading. `None`: never.
    pub confirmed: Option<Instant>,
    /// Since when, and why, the configuration may be out of date. `None`: it is fresh.
    pub stale: Option<Stale>,
    /// Changes that were refused; the last good values stand in.
    pub held: Vec<Held>,
    /// Restart-only fields whose new value waits for a restart.
    pub pending_restart: Vec<Pending>,
    /// Keys below the prefix that the schema doesn't know: the first hundred.
    pub unknown: Arc<[Unknown]>,
    /// How many there are in all.
    pub unknown_count: usize,
    /// Old keys and deprecated fields that are in use.
    pub warnings: Vec<Warning>,
    /// The last failure of the store that has not been overcome.
    pub failure: Option<StoreError>,
    /// The fallback, where there is one.
    pub fallback: Option<FallbackStatus>,
    /// Whether the loop ended: nothing is followed any more.
    pub ended: bool,
    pub(crate) staleness: Duration,
    pub(crate) begun: Instant,
}

impl Status {
    pub(crate) fn new(staleness: Duration) -> Self {
        Self {
            connected: false,
            revision: None,
            epoch: 1,
            confirmed: None,
            stale: None,
            held: Vec::new(),
            pending_restart: Vec::new(),
            unknown: Arc::new([]),
            unknown_count: 0,
            warnings: Vec::new(),
            failure: None,
            fallback: None,
            ended: false,
            staleness,
            begun: Instant::now(),
        }
    }

    /// The same with its age as of now.
    pub(crate) fn at(mut self, now: Instant) -> Self {
        let confirmed = self.confirmed;
        let too_old = confirmed.is_none_or(|at| now.saturating_duration_since(at) > self.staleness);
        self.stale = (too_old || self.ended).then(|| Stale {
            since: confirmed.unwrap_or(self.begun),
            cause: match (&self.failure, self.ended) {
                (_, true) => "the loop ended".to_owned(),
                (Some(failure), _) => failure.to_string(),
                (None, _) => "nothing confirmed it within the staleness limit".to_owned(),
            },
        });
        self
    }

    /// Whether the configuration was confirmed to be current within the staleness limit.
    pub fn is_fresh(&self) -> bool {
        self.stale.is_none()
    }
}

/// Since when, and why, a configuration may be out of date.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stale {
    /// When it was last confirmed; if never, when the loop began.
    pub since: Instant,
    /// Why it could not be.
    pub cause: String,
}

/// How the fallback is: the copy on disk that a start without the store is served from.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct FallbackStatus {
    /// Where it is.
    pub path: PathBuf,
    /// Whether the configuration is the copy's: the store has not been read since the start.
    pub serving: bool,
    /// Why the copy that was found at the start was of no use, until another one is written.
    pub refused: Option<String>,
    /// When this process wrote it last.
    pub written: Option<SystemTime>,
    /// The revision of what was written last.
    pub revision: Option<Revision>,
    /// Why it could not be written, until it can. It is tried again, at least every minute.
    pub failure: Option<String>,
}

impl FallbackStatus {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self {
            path,
            serving: false,
            refused: None,
            written: None,
            revision: None,
            failure: None,
        }
    }
}

/// A group that was refused: the changes that one revision made, accepted or held as a unit.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Held {
    /// The revision that made the changes; of keys that a full read found missing, the revision
    /// that was read at.
    pub revision: Revision,
    /// The epoch that the revision counts in.
    pub epoch: u64,
    /// Whether these are keys that a full read found missing: some revision up to this one
    /// deleted them, and it is not known which.
    pub missing: bool,
    /// The revision at which they were still known.
    pub(crate) after: Revision,
    /// The whole keys.
    pub keys: Vec<String>,
    /// Their paths in Rust.
    pub fields: Vec<String>,
    /// Why: a field of the group is bad, or the whole would break a rule.
    pub problems: Vec<Problem>,
}

impl fmt::Display for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "revision {} is held ({})",
            self.revision,
            self.keys.join(", ")
        )?;
        for problem in &self.problems {
            write!(f, "\n  {problem}")?;
        }
        Ok(())
    }
}

/// A restart-only field whose new value waits for a restart.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Pending {
    /// The path in Rust.
    pub field: String,
    /// The whole key.
    pub key: String,
    /// The revision that wrote the new value; `None` where the key was deleted.
    pub revision: Option<Revision>,
    /// The value that the program runs with, where its type can be shown; `***` for a secret.
    pub running: Option<String>,
    /// The value that it will have after a restart.
    pub pending: Option<String>,
}

/// A key below the prefix that the schema doesn't know. It is left alone.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Unknown {
    /// The whole key; bytes that are not UTF-8 are replaced, control characters escaped.
    pub key: String,
    /// The revision that wrote it.
    pub revision: Revision,
    /// The known key that is most like it, below the prefix.
    pub nearest: Option<String>,
}

/// An old key or a deprecated field that is in use.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Warning {
    /// The whole key.
    pub key: String,
    /// What to do instead.
    pub message: String,
}
