//! The decoder of one leaf: its codec, its default and its rules.
//!
//! In: the bytes of one key, or their absence, and the derive's declarations for the field. Out: a
//! value that breaks no rule of its own, or the reasons. It knows no other leaf, no key and no
//! store.

use serde::de::DeserializeOwned;

use crate::reason::{Reason, Reasons};
use crate::value::codec::{self, Coding};
use crate::value::{self, Secret};

/// The decoder of one leaf, which the derive writes.
#[doc(hidden)]
#[derive(Debug)]
pub struct LeafDecoder<V: 'static> {
    /// Reads the store's bytes.
    pub decode: fn(&[u8]) -> Result<V, Reason>,
    /// The text that is read for an absent key, if the default is a text.
    pub text: Option<&'static [u8]>,
    /// The value of an absent key, if there is no text; `None` if the field is required.
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

/// Makes the compiler check that a secret leaf has a secret type.
#[doc(hidden)]
pub const fn secret<V: IsSecret>() {}

impl<V> LeafDecoder<V> {
    /// A leaf with this codec, and no other attribute.
    pub const fn of<C: Coding>() -> Self
    where
        V: DeserializeOwned + PartialEq,
    {
        Self {
            decode: codec::read::<C, V>,
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
