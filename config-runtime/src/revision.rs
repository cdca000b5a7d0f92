//! The store's own number for each of its states.

use std::fmt;

use serde::Serialize;

/// A revision: the number that etcd gives to each state of the whole store, from 1 upwards.
///
/// Every transaction makes the next one. The fallback, the defaults and files have no revision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize)]
#[serde(transparent)]
pub struct Revision(u64);

impl Revision {
    /// The revision with that number.
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// The number.
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The revision after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl From<u64> for Revision {
    fn from(number: u64) -> Self {
        Self(number)
    }
}

/// Converts the number as etcd's clients return it; a negative number, which etcd never sends,
/// becomes 0.
impl From<i64> for Revision {
    fn from(number: i64) -> Self {
        Self(u64::try_from(number).unwrap_or(0))
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
