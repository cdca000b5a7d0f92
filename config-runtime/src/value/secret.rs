//! A value that is never printed.
//!
//! In: a value. Out: the same value, on an explicit call. It knows nothing of the value.

use std::cell::Cell;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error};
use zeroize::Zeroize;

/// A value that is never printed: `{:?}` shows `***`.
///
/// It is read from the store like the value inside, including `Option` and rules. The error of a
/// failed read never quotes it. `==` is that of the value inside, and is not constant-time.
///
/// When it is dropped, the value is overwritten with zeros. This works for texts, numbers and
/// collections of them; a type of your own needs `#[derive(Zeroize)]` of the crate `zeroize`. It
/// covers only the value: bytes that were received from the store, or that you copied, are freed
/// without being overwritten.
///
/// There is no `Display`, because `format!("postgres://{dsn}")` would then build a wrong URL
/// without an error. There is no `Serialize`, because a debug page or a dump of the configuration
/// would then print the secret. To use the value, call [`Secret::expose`].
///
/// ```
/// use hotconfig::Secret;
///
/// let dsn = Secret::new("postgres://user:password@db".to_owned());
/// assert_eq!(format!("{dsn:?}"), "***");
/// assert!(dsn.expose().ends_with("@db"));
/// ```
///
/// ```compile_fail,E0277
/// let dsn = hotconfig::Secret::new("postgres://user:password@db".to_owned());
/// println!("{dsn}");
/// ```
pub struct Secret<V> {
    value: V,
    /// Stored, so that the type itself needs no bound: an unfit type is then one error in a
    /// configuration, instead of one at each use.
    erase: fn(&mut V),
}

/// A value that can be overwritten with zeros: any type with the trait `Zeroize` of the crate
/// `zeroize`.
#[diagnostic::on_unimplemented(
    message = "a `{Self}` can't be a secret: it can't be overwritten with zeros when it is dropped",
    label = "does not implement `zeroize::Zeroize`",
    note = "use `Secret<String>`, or write `#[derive(zeroize::Zeroize)]` on a type of your own"
)]
#[doc(alias = "Zeroize")]
pub trait Erase {
    /// Overwrites the value with zeros.
    fn erase(&mut self);
}

#[diagnostic::do_not_recommend]
impl<V: Zeroize> Erase for V {
    fn erase(&mut self) {
        self.zeroize();
    }
}

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
    pub const fn new(value: V) -> Self
    where
        V: Erase,
    {
        Self {
            value,
            erase: V::erase,
        }
    }

    /// Returns the value. You must keep it out of logs.
    #[doc(alias = "expose_secret")]
    pub const fn expose(&self) -> &V {
        &self.value
    }
}

impl<V> Drop for Secret<V> {
    fn drop(&mut self) {
        (self.erase)(&mut self.value);
    }
}

impl<V: Clone> Clone for Secret<V> {
    fn clone(&self) -> Self {
        Self {
            value: self.value.clone(),
            erase: self.erase,
        }
    }
}

impl<V: PartialEq> PartialEq for Secret<V> {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl<V: Eq> Eq for Secret<V> {}

impl<V: Default + Erase> Default for Secret<V> {
    fn default() -> Self {
        Self::new(V::default())
    }
}

impl<V: Erase> From<V> for Secret<V> {
    fn from(value: V) -> Self {
        Self::new(value)
    }
}

impl<V> fmt::Debug for Secret<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl<'de, V: Deserialize<'de> + Erase> Deserialize<'de> for Secret<V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        READ.set(true);
        // The error of the value inside may quote it.
        V::deserialize(deserializer)
            .map(Self::new)
            .map_err(|_| unreadable())
    }
}

/// The error for a secret that can't be read, for any reason.
pub(crate) fn unreadable<E: Error>() -> E {
    E::custom("the secret cannot be read")
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    /// Adds its number to the sum when it is overwritten.
    struct Erased(u32, Arc<AtomicU32>);

    impl Zeroize for Erased {
        fn zeroize(&mut self) {
            self.1
                .fetch_add(std::mem::take(&mut self.0), Ordering::Relaxed);
        }
    }

    #[test]
    fn a_secret_is_overwritten_when_it_is_dropped() {
        let sum = Arc::new(AtomicU32::new(0));
        let secret = Secret::new(Erased(7, Arc::clone(&sum)));
        assert_eq!((secret.expose().0, sum.load(Ordering::Relaxed)), (7, 0));
        drop(secret);
        assert_eq!(sum.load(Ordering::Relaxed), 7);
    }
}
