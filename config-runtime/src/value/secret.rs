//! A value that is never printed.
//!
//! In: a value. Out: the same value, on an explicit call. It knows nothing of the value.

use std::cell::Cell;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error};

/// A value that is never printed: `{:?}` and `{}` show `***`.
///
/// It is read from the store like the value inside, including `Option` and rules. The error of a
/// failed read says only that the secret can't be read. `==` is that of the value inside and is not
/// constant-time. Memory is not zeroed when it is dropped.
///
/// There is no `Serialize`, because serializing a configuration, for a debug page or a dump to a
/// file, would print the secret. To write it, call [`Secret::expose`].
///
/// ```
/// use hotconfig::Secret;
///
/// let dsn = Secret::new("postgres://user:password@db");
/// assert_eq!(format!("{dsn:?} {dsn}"), "*** ***");
/// assert!(dsn.expose().ends_with("@db"));
/// ```
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Secret<V>(V);

thread_local! {
    /// Whether this thread has read a secret since the last call of [`was_read`].
    static READ: Cell<bool> = const { Cell::new(false) };
}

/// Whether a secret was read on this thread since the last call: a value may have one anywhere
/// inside, behind an alias or in a list, where its field is not marked.
pub(crate) fn was_read() -> bool {
    READ.replace(false)
}

impl<V> Secret<V> {
    /// Hides the value.
    pub const fn new(value: V) -> Self {
        Self(value)
    }

    /// Returns the value. From here on, you have to keep it out of logs.
    pub const fn expose(&self) -> &V {
        &self.0
    }

    /// Returns the value, no longer hidden.
    pub fn into_inner(self) -> V {
        self.0
    }
}

impl<V> From<V> for Secret<V> {
    fn from(value: V) -> Self {
        Self(value)
    }
}

impl<V> fmt::Debug for Secret<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl<V> fmt::Display for Secret<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl<'de, V: Deserialize<'de>> Deserialize<'de> for Secret<V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        READ.set(true);
        // The error of the value inside may quote it.
        V::deserialize(deserializer)
            .map(Self)
            .map_err(|_| unreadable())
    }
}

/// The error for a secret that can't be read, whatever the reason.
pub(crate) fn unreadable<E: Error>() -> E {
    E::custom("the secret cannot be read")
}
