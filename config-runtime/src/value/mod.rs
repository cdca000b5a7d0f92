//! Converts the bytes of one key to a typed value.
//!
//! In: the bytes. Out: a value, or a [`Reason`] with the mistake and the expected form. It knows no
//! keys and no rules.
//!
//! # How a type is written
//!
//! A single word is plain text; everything else is JSON. The type decides by its requests to serde;
//! the bytes never decide.
//!
//! | type | in the store | not accepted |
//! | --- | --- | --- |
//! | whole numbers, up to 128 bits, `NonZero…` | `16`, `-3`, `+16` | `16.0`, `1e3`, `0x10`, `1_000`, numbers out of range |
//! | `f32`, `f64` | `0.5`, `1e-3`, `2` | `NaN`, `inf`, numbers that overflow |
//! | `bool` | `true`, `false` | `1`, `yes`, `True` |
//! | `char` | one character | no character, several characters |
//! | `String`, `Box<str>`, `PathBuf`, … | the text itself, with every character | bytes that are not UTF-8 |
//! | types that read a text: `IpAddr`, `SocketAddr`, … | `10.0.0.1` | texts that the type rejects |
//! | a variant without data | its name, `info` | the name in quotes, or in another case |
//! | [`Duration`](std::time::Duration) | `30s`, `1h 30m`, `250ms`, `0` | any other number without a unit |
//! | [`Size`] | `64MiB`, `1.5GB`, `1024` | 16 EiB and more |
//! | `Option<V>` | as `V`, or `null` | |
//! | a newtype, `Box<V>`, [`Secret<V>`] | as the type inside | |
//! | a variant with data | JSON: `{"Fixed": 3}` | |
//! | structs and maps | a JSON object | a struct from an array |
//! | sequences, even `Vec<u8>`, and tuples | a JSON array | |
//! | types that request bytes, such as `serde_bytes::ByteBuf` | the bytes themselves | |
//! | types that request any value: `serde_json::Value`, `untagged` enums | JSON; a word that is not JSON is a text | broken JSON |
//!
//! # Odd values
//!
//! * White space around a value is ignored, and so is the newline that `etcdctl put key < file`
//!   sends. A text keeps it, unless its type rejects the text for it: `10.0.0.1` with a newline is
//!   an `IpAddr`, a `String` with a newline has a newline.
//! * An empty value is the empty text, or no bytes; no other type accepts it. To go back to the
//!   default, delete the key.
//! * `null` is `None`, unless the type inside reads it as a text: an `Option<String>` is
//!   `Some("null")`. It is `None` if the key is absent, and for `null` if the field has `json`.
//! * A byte order mark is rejected before everything except a text.
//! * JSON may have 128 levels, and ends with the value. If a key is in an object twice, a map
//!   takes the last value; a struct rejects it.
//! * A duration in JSON is `"30s"` or serde's `{"secs": 30, "nanos": 0}`. Types that serde buffers
//!   first (`flatten`, `untagged` and internally tagged types) accept only the latter, and a struct
//!   in them may be read from an array.
//! * A struct of your own with the name `Duration` and exactly the fields `secs` and `nanos` is
//!   written as a duration.
//!
//! [`encode`] converts a value to its bytes.
//!
//! # Reasons
//!
//! The expected form depends on the type alone, so it can be shown for a secret too. The mistake
//! quotes a part of the value only if the message of a type's own `Deserialize` or `FromStr` does:
//! at most about 200 characters, and never a [`Secret`].
//!
//! A [`Secret`] may be anywhere inside a value, `Vec<Secret<String>>`, and its place is unknown if
//! the value can't be read. So for values of several parts (JSON, and enums whose variants have
//! data) only the shape is shown, with the names of the struct's own fields; no text, no number and
//! no other name. The types inside a codec of your own (`with`), or inside a type of your own that
//! reads a text (`FromStr`, `try_from`), are unknown. If one contains a secret, mark the field
//! `secret`.

#[doc(hidden)]
pub mod codec;
pub(crate) mod duration;
pub mod encode;
mod error;
mod plain;
mod secret;
mod size;
mod strict;

pub use codec::Codec;
pub use secret::{Erase, Secret};
pub(crate) use secret::{unreadable as secret_unreadable, was_read as secret_was_read};
pub use size::{Size, SizeError};

pub(crate) use plain::{Mode, decode_seed};

use serde::de::DeserializeOwned;

use crate::reason::Reason;
use crate::wording::shorten;

/// Reads plain text for single words, and JSON for the rest: the codec of a field without one.
///
/// ```
/// use hotconfig::value;
///
/// assert_eq!(value::auto(b"16"), Ok(16_u32));
/// assert_eq!(value::auto(b"30s"), Ok(std::time::Duration::from_secs(30)));
/// assert_eq!(value::auto(b"[1, 2]"), Ok(vec![1, 2]));
/// let reason = value::auto::<u8>(b"300").unwrap_err();
/// assert_eq!(reason.to_string(), "out of range; expected a whole number from 0 to 255");
/// ```
pub fn auto<V: DeserializeOwned>(raw: &[u8]) -> Result<V, Reason> {
    plain::decode(raw, Mode::Auto)
}

/// Reads plain text, never JSON: the codec of `#[hot(text)]`.
///
/// A type that is not a word is always rejected; a type that requests any value gets a text.
pub fn text<V: DeserializeOwned>(raw: &[u8]) -> Result<V, Reason> {
    plain::decode(raw, Mode::Text)
}

/// Reads JSON, even for single words: the codec of `#[hot(json)]`. A text, a variant without data,
/// a duration and an address are then in quotes.
pub fn json<V: DeserializeOwned>(raw: &[u8]) -> Result<V, Reason> {
    plain::decode(raw, Mode::Json)
}

/// The value of an absent key if no default was declared: `None` for an `Option`, even behind an
/// alias, in a `Box` or in a newtype; nothing for other types.
#[doc(hidden)]
pub fn missing<V: DeserializeOwned>() -> Option<Result<V, Reason>> {
    plain::missing().map(Ok)
}

/// A type with a default of its own, for `#[hot(default)]`.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no `Default`, which `#[hot(default)]` takes",
    label = "no `Default` of `{Self}`",
    note = "derive `Default` on `{Self}`, or write the value, `#[hot(default = …)]`"
)]
pub trait HasDefault: Default {}

#[diagnostic::do_not_recommend]
impl<V: Default> HasDefault for V {}

/// The value of an absent key with the type's own default.
#[doc(hidden)]
pub fn of_type<V: HasDefault>() -> Option<Result<V, Reason>> {
    Some(Ok(V::default()))
}

/// The value of an absent key that is required: none.
#[doc(hidden)]
pub fn required<V>() -> Option<Result<V, Reason>> {
    None
}

/// Calls the `decode` of a `#[hot(with = path)]` module.
#[doc(hidden)]
pub fn with<V, E: std::fmt::Display>(
    decode: impl Fn(&[u8]) -> Result<V, E>,
    raw: &[u8],
) -> Result<V, Reason> {
    decode(raw).map_err(|error| Reason::new(shorten(&error.to_string())))
}

/// A type for `#[hot(default = …)]` on a field of type `V`: a `V`; the value inside an `Option` or
/// a [`Secret`]; a `&str` for a text.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the default of a field of type `{V}`",
    label = "not a `{V}`",
    note = "write an expression of type `{V}`, or a text in quotes as the store would hold it"
)]
pub trait IntoDefault<V>: Sized {
    fn into_default(self) -> V;

    /// The same as the result of a leaf's `absent`.
    fn into_absent(self) -> Option<Result<V, Reason>> {
        Some(Ok(self.into_default()))
    }
}

#[diagnostic::do_not_recommend]
impl<V> IntoDefault<V> for V {
    fn into_default(self) -> V {
        self
    }
}

#[diagnostic::do_not_recommend]
impl<V> IntoDefault<Option<V>> for V {
    fn into_default(self) -> Option<V> {
        Some(self)
    }
}

#[diagnostic::do_not_recommend]
impl<V: Erase> IntoDefault<Secret<V>> for V {
    fn into_default(self) -> Secret<V> {
        Secret::new(self)
    }
}

macro_rules! texts {
    ($($text:ty),+) => {$(
        #[diagnostic::do_not_recommend]
        impl IntoDefault<$text> for &str {
            fn into_default(self) -> $text {
                self.into()
            }
        }

        #[diagnostic::do_not_recommend]
        impl IntoDefault<Option<$text>> for &str {
            fn into_default(self) -> Option<$text> {
                Some(self.into())
            }
        }
    )+};
}

texts!(String, Box<str>, std::sync::Arc<str>, std::path::PathBuf);

/// The codec of `#[hot(with = hotconfig::value::from_str)]`: any type with `FromStr`.
pub mod from_str {
    use std::fmt::Display;
    use std::str::FromStr;

    use super::{Reason, shorten};

    /// Reads the text. If the type rejects it, reads it without the white space around it.
    pub fn decode<V>(raw: &[u8]) -> Result<V, Reason>
    where
        V: FromStr,
        V::Err: Display,
    {
        let text = std::str::from_utf8(raw).map_err(|_| Reason::new("not UTF-8"))?;
        text.parse()
            .or_else(|error: V::Err| text.trim().parse().map_err(|_| error))
            .map_err(|error| Reason::new(shorten(&error.to_string())))
    }
}
