//! The items that subscribers receive: changes of one field, and updates of a queue.

use std::fmt;

use super::Part;
use crate::{Revision, Selector};

/// A change of one field or section: the previous value and the current one.
///
/// It owns the two snapshots that contain the values. So it clones no value and can be sent to any
/// thread, and it keeps both snapshots alive.
pub struct Change<V> {
    previous: Part<V>,
    current: Part<V>,
}

impl<V: 'static> Change<V> {
    pub(super) fn new(previous: Part<V>, current: Part<V>) -> Self {
        Self { previous, current }
    }

    /// The value that this subscriber received last; at first its baseline.
    #[doc(alias = "old")]
    pub fn previous(&self) -> &V {
        &self.previous
    }

    /// The value that it receives now.
    #[doc(alias = "new")]
    pub fn current(&self) -> &V {
        &self.current
    }

    /// The previous and the current value, each with its snapshot. [`Part::snapshot`] returns the
    /// whole configuration.
    pub fn into_parts(self) -> (Part<V>, Part<V>) {
        (self.previous, self.current)
    }

    /// The revision of the snapshot that contains the current value; it may be newer than the
    /// revision that wrote the value. `None` if the snapshot did not come from the store.
    pub fn revision(&self) -> Option<Revision> {
        self.current.revision()
    }

    /// The epoch of that revision; see [`Snapshot::epoch`](crate::Snapshot::epoch).
    pub fn epoch(&self) -> u64 {
        self.current.epoch()
    }

    /// The change of a field of the value.
    pub(super) fn part<W: 'static>(&self, field: impl Selector<V, Value = W>) -> Change<W> {
        Change {
            previous: self.previous.part(field.clone()),
            current: self.current.part(field),
        }
    }
}

impl<V> Clone for Change<V> {
    fn clone(&self) -> Self {
        Self {
            previous: self.previous.clone(),
            current: self.current.clone(),
        }
    }
}

/// Shows the values as their own `Debug` does: a [`Secret`](crate::Secret) shows nothing.
impl<V: fmt::Debug + 'static> fmt::Debug for Change<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Change")
            .field("previous", self.previous())
            .field("current", self.current())
            .field("revision", &self.revision())
            .finish()
    }
}

/// An item of a queue, returned by [`Changes::next`](crate::Changes::next).
#[non_exhaustive]
pub enum Update<V> {
    /// One publication in which the value differs.
    Changed(Change<V>),
    /// This many changes were dropped at this place because the queue was full.
    #[doc(alias = "Lagged")]
    Missed(u64),
}

impl<V> Clone for Update<V> {
    fn clone(&self) -> Self {
        match self {
            Self::Changed(change) => Self::Changed(change.clone()),
            Self::Missed(count) => Self::Missed(*count),
        }
    }
}

impl<V: fmt::Debug + 'static> fmt::Debug for Update<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Changed(change) => f.debug_tuple("Changed").field(change).finish(),
            Self::Missed(count) => f.debug_tuple("Missed").field(count).finish(),
        }
    }
}
