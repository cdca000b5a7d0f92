//! Waits for revisions.
//!
//! In: the revision that each wait is for, and the engine's position. Out: the answers that are
//! due. It knows no handle and no channel.

use std::fmt;
use std::time::Duration;

use crate::Revision;
use crate::apply::Held;

/// The number of one wait, chosen by the code that delivers the answer.
pub(crate) type WaitId = u64;

/// A handle waits for a revision.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wait {
    pub(crate) id: WaitId,
    pub(crate) revision: Revision,
    /// The history that the revision counts in.
    pub(crate) epoch: u64,
    pub(crate) limit: Duration,
}

/// The waits that are not answered yet.
#[derive(Debug, Default)]
pub(super) struct Waits {
    /// Each wait with the time at which its limit is over.
    open: Vec<(Wait, Duration)>,
}

/// The engine's position: its epoch and cursor at a time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Position {
    pub(super) now: Duration,
    pub(super) epoch: u64,
    pub(super) cursor: Option<Revision>,
}

impl Waits {
    pub(super) fn add(&mut self, now: Duration, wait: Wait) {
        self.open.push((wait, now.saturating_add(wait.limit)));
    }

    /// Forgets a wait whose answer is no longer needed.
    pub(super) fn forget(&mut self, id: WaitId) {
        self.open.retain(|(wait, _)| wait.id != id);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.open.is_empty()
    }

    /// The time at which the first limit is over.
    pub(super) fn deadline(&self) -> Option<Duration> {
        self.open.iter().map(|(_, until)| *until).min()
    }

    /// The newest revision that a wait is for.
    pub(super) fn newest(&self) -> Option<Revision> {
        self.open.iter().map(|(wait, _)| wait.revision).max()
    }

    /// Takes the waits that can be answered. `held` finds the held changes of a revision.
    pub(super) fn take_answers(
        &mut self,
        progress: Position,
        held: impl Fn(Revision) -> Option<Held>,
    ) -> Vec<(WaitId, Result<Reached, WaitError>)> {
        let Position { now, epoch, cursor } = progress;
        let mut answers = Vec::new();
        self.open.retain(|(wait, until)| {
            let answer = if wait.epoch != epoch {
                Err(WaitError::EpochChanged)
            } else if cursor >= Some(wait.revision) {
                Ok(held(wait.revision).map_or(Reached::Visible, Reached::Held))
            } else if now >= *until {
                Err(WaitError::TimedOut { cursor })
            } else {
                return true;
            };
            answers.push((wait.id, answer));
            false
        });
        answers
    }

    /// Takes all of them: the loop is over.
    pub(super) fn end(&mut self) -> impl Iterator<Item = WaitId> {
        std::mem::take(&mut self.open)
            .into_iter()
            .map(|(wait, _)| wait.id)
    }
}

/// The outcome of a revision, returned by [`Hot::wait_for`](crate::Hot::wait_for).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reached {
    /// All of its changes are visible, or were overwritten since.
    Visible,
    /// Its changes were rejected; the last good values stay in use. If the revision's changes are
    /// not known, because everything had to be read, this can be the group of the keys that the
    /// reading found missing.
    Held(Held),
}

/// The reason why [`Hot::wait_for`](crate::Hot::wait_for) can't return the outcome of a revision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WaitError {
    /// The time limit expired; everything up to the cursor has been seen.
    #[error("the time limit expired before the revision was reached; {}", DisplayCursor(.cursor))]
    #[non_exhaustive]
    TimedOut {
        /// The loop's cursor.
        cursor: Option<Revision>,
    },
    /// The loop ended.
    #[error("the loop ended")]
    Ended,
    /// The store's history began anew: its revisions can't be compared with the old ones.
    #[error("the store's history began anew, so the revision is from another history")]
    EpochChanged,
}

struct DisplayCursor<'a>(&'a Option<Revision>);

impl fmt::Display for DisplayCursor<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(revision) => write!(f, "the cursor is at revision {revision}"),
            None => f.write_str("nothing was read yet"),
        }
    }
}
