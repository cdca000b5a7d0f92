//! A value that is never printed.
//!
//! In: a value. Out: the same value, to who asks for it by name. It knows nothing of the value.

use std::cell::Cell;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error};

/// A value that is never printed: `{:?}` and `{}` show `***`.
///
/// It is read from the store like the value inside, with `Option`, rules and all. When that
/// fails, its error says no more than that. `==` is that of the value inside and takes no
/// constant time. Memory is not zeroed when it is dropped.
///
/// There is no `Serialize`: whatever serialises a configuration, a debug page or a dump to a
/// file, would print the secret. Who has to write it calls [`Secret::expose`].
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
    /// Whether this thread has read a secret since it was last asked.
    static READ: Cell<bool> = const { Cell::new(false) };
}

/// Whether a secret was read on this thread since the last call: a value may have one anywhere
/// inside, behind an alias or in a list, where its field does not say so.
pub(crate) fn was_read() -> bool {
    READ.replace(false)
}

impl<V> Secret<V> {
    /// Hides the value.
    pub const fn new(value: V) -> Self {
        Self(value)
    }

    /// The value. From here on, keeping it out of logs is up to you.
    pub const fn expose(&self) -> &V {
        &self.0
    }

    /// The value, no longer hidden.
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

/// What is said of a secret that can't be read, whatever is wrong with it.
pub(crate) fn unreadable<E: Error>() -> E {
    E::custom("the secret cannot be read")
}
