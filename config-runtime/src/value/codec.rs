//! The codecs: how the bytes of a key become a value, and back.
//!
//! In: the list of codecs. Out: each of them as a type, for the expansion, and as a value
//! ([`Codec`]), for schemas. It knows no keys and no rules.
//!
//! A new codec is a type with [`Coding`] in a file of its own, a `pub use` and a line in the list
//! here, and a line in the list of the macro (`config-derive/src/model/codec.rs`).

use std::marker::PhantomData;

use serde::Serialize;
use serde::de::{DeserializeOwned, DeserializeSeed};

use super::{Mode, decode_seed, encode};
use crate::reason::Reason;

/// One codec.
#[doc(hidden)]
pub trait Coding {
    /// The name in an attribute and in a schema file.
    const NAME: &'static str;
    /// The codec in a sentence, after "read".
    const WORDS: &'static str;
    /// The form of the bytes, if the tools of the schema know it.
    const MODE: Option<Mode>;

    /// Decodes a value with a seed, which may be used twice.
    ///
    /// # Errors
    /// The bytes are not a value of the type.
    fn decode<'a, S>(raw: &'a [u8], seed: S) -> Result<S::Value, Reason>
    where
        S: DeserializeSeed<'a> + Copy;

    /// Encodes a value; `None` if the key is best left out.
    ///
    /// # Errors
    /// No bytes would be decoded as the value.
    fn encode<V: Serialize + ?Sized>(value: &V) -> Result<Option<Vec<u8>>, Reason>;
}

macro_rules! codecs {
    ($($(#[$doc:meta])+ $codec:ident,)+) => {
        /// The codec of a key.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum Codec {
            $($(#[$doc])+ $codec,)+
        }

        impl Codec {
            /// All codecs.
            pub const ALL: &'static [Self] = &[$(Self::$codec,)+];

            /// The name in an attribute and in a schema file.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$codec => <$codec as Coding>::NAME,)+
                }
            }

            /// The codec in a sentence, after "read".
            pub(crate) const fn words(self) -> &'static str {
                match self {
                    $(Self::$codec => <$codec as Coding>::WORDS,)+
                }
            }

            /// The form of the bytes, if the tools of the schema know it.
            pub(crate) const fn mode(self) -> Option<Mode> {
                match self {
                    $(Self::$codec => <$codec as Coding>::MODE,)+
                }
            }

            /// Decodes a value with a seed, which may be used twice.
            pub(crate) fn decode<'a, S>(self, raw: &'a [u8], seed: S) -> Result<S::Value, Reason>
            where
                S: DeserializeSeed<'a> + Copy,
            {
                match self {
                    $(Self::$codec => <$codec as Coding>::decode(raw, seed),)+
                }
            }

            /// Encodes a value; `None` if the key is best left out.
            pub(crate) fn encode<V>(self, value: &V) -> Result<Option<Vec<u8>>, Reason>
            where
                V: Serialize + ?Sized,
            {
                match self {
                    $(Self::$codec => <$codec as Coding>::encode(value),)+
                }
            }
        }
    };
}

codecs! {
    /// Plain text for a word, JSON for the rest: the codec of a field without one.
    Auto,
    /// Plain text, never JSON.
    Text,
    /// JSON, even for a word.
    Json,
}

/// Decodes a value whose type the compiler knows.
#[doc(hidden)]
pub fn read<C: Coding, V: DeserializeOwned>(raw: &[u8]) -> Result<V, Reason> {
    C::decode(raw, PhantomData)
}

macro_rules! with_mode {
    ($($codec:ident: $name:literal, $words:literal, $encode:path;)+) => {$(
        #[doc(hidden)]
        #[derive(Debug)]
        pub struct $codec;

        impl Coding for $codec {
            const NAME: &'static str = $name;
            const WORDS: &'static str = $words;
            const MODE: Option<Mode> = Some(Mode::$codec);

            fn decode<'a, S>(raw: &'a [u8], seed: S) -> Result<S::Value, Reason>
            where
                S: DeserializeSeed<'a> + Copy,
            {
                decode_seed(raw, Mode::$codec, seed)
            }

            fn encode<V: Serialize + ?Sized>(value: &V) -> Result<Option<Vec<u8>>, Reason> {
                $encode(value)
            }
        }
    )+};
}

with_mode! {
    Auto: "auto", "in the format of its type", encode::auto;
    Text: "text", "as plain text", encode::text;
    Json: "json", "as JSON", encode::json;
}
