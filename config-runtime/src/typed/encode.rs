//! Shows or encodes a value of any type, if the type can be shown or encoded.
//!
//! In: a value. Out: a text for people, or the bytes that the store would hold; nothing if the type
//! has neither. It knows no keys and no store.

use super::leaf::LeafDecoder;
use super::tree::Absent;
use crate::guard::guard;
use crate::value::{self, Codec, encode};

/// Shows a value of any type: through `Debug` if the type has it, otherwise not at all.
///
/// The expansion calls `(&AsDebug(&field)).show()` with both traits in scope; method resolution
/// takes the first that fits.
#[doc(hidden)]
#[derive(Debug)]
pub struct AsDebug<'a, V: ?Sized>(pub &'a V);

#[doc(hidden)]
pub trait ShowDebug {
    fn show(&self) -> Option<String>;
}

impl<V: std::fmt::Debug + ?Sized> ShowDebug for AsDebug<'_, V> {
    fn show(&self) -> Option<String> {
        Some(format!("{:?}", self.0))
    }
}

#[doc(hidden)]
pub trait ShowNothing {
    fn show(&self) -> Option<String>;
}

impl<V: ?Sized> ShowNothing for &AsDebug<'_, V> {
    fn show(&self) -> Option<String> {
        None
    }
}

/// The default of a leaf as the store would hold it, if reading it gives the same value.
///
/// `encode` is `(&AsStored(value, codec)).encode()`, with both traits in scope.
#[doc(hidden)]
pub fn default_of<V>(
    leaf: fn() -> LeafDecoder<V>,
    encode: fn(&V) -> Option<Bytes>,
) -> Option<Absent> {
    let written = guard(|| {
        let leaf = leaf();
        let value = (leaf.absent)()?.ok()?;
        let Some(raw) = encode(&value)? else {
            return Some(Absent::Nothing);
        };
        value::secret_was_read();
        let again = (leaf.decode)(&raw);
        // A type may write a value that it keeps in a `Secret`.
        if value::secret_was_read() {
            return Some(Absent::Hidden);
        }
        let text = String::from_utf8(raw).ok()?;
        let again = again.ok()?;
        (leaf.same)(&value, &again).then(|| {
            let same = |text: &str| {
                let again = (leaf.decode)(text.as_bytes());
                again.is_ok_and(|again| (leaf.same)(&value, &again))
            };
            // The text of a committed file must not change between runs.
            Absent::Text(encode::canonical(&text, same))
        })
    });
    written.ok().flatten()
}

/// The bytes of a value; `None` if there is no value.
type Bytes = Option<Vec<u8>>;

/// A value to be written in a format, if its type has `Serialize`.
#[doc(hidden)]
#[derive(Debug)]
pub struct AsStored<'a, V: ?Sized>(pub &'a V, pub Codec);

#[doc(hidden)]
pub trait EncodeSerialize {
    fn encode(&self) -> Option<Bytes>;
}

impl<V: serde::Serialize + ?Sized> EncodeSerialize for AsStored<'_, V> {
    fn encode(&self) -> Option<Bytes> {
        self.1.encode(self.0).ok()
    }
}

#[doc(hidden)]
pub trait EncodeNothing {
    fn encode(&self) -> Option<Bytes>;
}

impl<V: ?Sized> EncodeNothing for &AsStored<'_, V> {
    fn encode(&self) -> Option<Bytes> {
        None
    }
}
