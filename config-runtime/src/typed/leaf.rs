//! How one leaf is read.
//!
//! In: the bytes of one key, or their absence, and what the derive declares of the field. Out: a
//! value that breaks no rule of its own, or the reasons. It knows no other leaf, no key and no
//! store.

use super::shape::{Comparable, Readable};
use crate::reason::{Reason, Reasons};
use crate::value::{self, Secret};

/// How one leaf is read: the derive writes one for each.
#[doc(hidden)]
#[derive(Debug)]
pub struct Leaf<V: 'static> {
    /// Reads the store's bytes.
    pub decode: fn(&[u8]) -> Result<V, Reason>,
    /// What an absent key is read from, where the default is a text.
    pub text: Option<&'static [u8]>,
    /// What it stands for where there is no text; `None` where the field is required.
    pub absent: fn() -> Option<Result<V, Reason>>,
    /// The rules of the field.
    pub check: fn(&V, &mut Reasons),
    /// Whether two values are the same.
    pub same: fn(&V, &V) -> bool,
}

/// The check of a leaf without rules.
#[doc(hidden)]
pub fn unchecked<V>(_: &V, _: &mut Reasons) {}

/// A type that is never printed; the bound of `#[hot(secret)]`.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` is `#[hot(secret)]`, but it can be printed",
    label = "not a `Secret<…>`",
    note = "write `Secret<{Self}>`, or `Option<Secret<…>>`; a section may be secret as a whole: `#[hot(nested, secret)]`"
)]
pub trait IsSecret {}

impl<V> IsSecret for Secret<V> {}
impl<V> IsSecret for Option<Secret<V>> {}

/// Asks the compiler whether a secret leaf is one.
#[doc(hidden)]
pub const fn secret<V: IsSecret>() {}

impl<V> Leaf<V> {
    /// A leaf of which nothing was said. The bounds are on the functions, so that the compiler
    /// names the one that is missing.
    pub const fn auto() -> Self
    where
        V: Readable + Comparable,
    {
        Self::decoded_by(value::auto)
    }

    /// A leaf with the format `text`, and nothing else.
    pub const fn text() -> Self
    where
        V: Readable + Comparable,
    {
        Self::decoded_by(value::text)
    }

    /// A leaf with the format `json`, and nothing else.
    pub const fn json() -> Self
    where
        V: Readable + Comparable,
    {
        Self::decoded_by(value::json)
    }

    const fn decoded_by(decode: fn(&[u8]) -> Result<V, Reason>) -> Self
    where
        V: Readable + Comparable,
    {
        Self {
            decode,
            text: None,
            absent: value::missing,
            check: unchecked,
            same: PartialEq::eq,
        }
    }

    /// The value of these bytes, or of their absence, if it breaks no rule.
    pub(super) fn read(&self, raw: Option<&[u8]>, refuse: &mut dyn FnMut(Reason)) -> Option<V> {
        let value = match raw.or(self.text) {
            Some(raw) => (self.decode)(raw),
            None => (self.absent)().unwrap_or_else(|| Err(Reason::missing())),
        };
        let value = value.map_err(&mut *refuse).ok()?;
        let mut reasons = Reasons::default();
        (self.check)(&value, &mut reasons);
        let reasons = reasons.into_vec();
        let valid = reasons.is_empty();
        reasons.into_iter().for_each(refuse);
        valid.then_some(value)
    }
}
