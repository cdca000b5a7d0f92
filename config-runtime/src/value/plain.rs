//! The bytes of a key as a deserializer: plain text for a single word, JSON for the rest.
//!
//! In: bytes, and a [`Mode`]. Out: a value of the type that serde requests. [`decode`] reads a type
//! known at compile time, [`decode_seed`] one known only at run time; both run the same code.

use std::cell::{Cell, RefCell};
use std::fmt::Display;
use std::marker::PhantomData;
use std::str::FromStr;

use serde::de::value::StrDeserializer;
use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, Expected, IgnoredAny,
    IntoDeserializer, VariantAccess, Visitor,
};

use super::duration;
use super::error::Error;
use super::strict::{StrictReader, is_duration, visit_duration};
use crate::reason::{FieldNames, Reason};
use crate::wording::{nearest, one_of_words, suggest};

/// The values that are read as JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// All values except single words.
    Auto,
    /// No value.
    Text,
    /// Every value.
    Json,
}

/// Reads a value.
pub(super) fn decode<V: DeserializeOwned>(raw: &[u8], mode: Mode) -> Result<V, Reason> {
    decode_seed(raw, mode, PhantomData::<V>)
}

/// Reads a value with a seed, which may be used twice.
pub(crate) fn decode_seed<'a, S: DeserializeSeed<'a> + Copy>(
    raw: &'a [u8],
    mode: Mode,
    seed: S,
) -> Result<S::Value, Reason> {
    let requests = TypeRequests::default();
    let read = |texts, nulls| {
        seed.deserialize(PlainDeserializer {
            raw,
            mode,
            texts,
            nulls,
            requests: &requests,
        })
    };
    let first = read(TextHandling::Whole, NullHandling::AsInner);
    let text = std::str::from_utf8(raw).unwrap_or_default();
    let trimmed = text.trim();
    // The requests are known only after the first reading; a second one is rarely necessary.
    let result = if mode == Mode::Json {
        first
    } else if requests.option.get() && trimmed == "null" && !(first.is_ok() && requests.text.get())
    {
        read(TextHandling::Whole, NullHandling::AsNone).or(first)
    } else if first.is_err() && requests.text.get() && trimmed.len() < text.len() {
        read(TextHandling::Trimmed, NullHandling::AsInner).or(first)
    } else {
        first
    };
    result.map_err(|error| {
        // A variant without data is read from its name.
        let has_data = |name: &&'static str| {
            let plain = PlainDeserializer {
                raw: name.as_bytes(),
                mode: Mode::Auto,
                texts: TextHandling::Whole,
                nulls: NullHandling::AsInner,
                requests: &TypeRequests::default(),
            };
            seed.deserialize(plain).is_err()
        };
        if requests.variants.get().iter().any(has_data) {
            requests.parts.set(true);
        }
        requests.reason(error)
    })
}

/// The requests that the type made of serde while it was read.
#[derive(Default)]
struct TypeRequests {
    /// An `Option`.
    option: Cell<bool>,
    /// A text of any content.
    text: Cell<bool>,
    /// The expected form.
    expected: RefCell<Option<String>>,
    /// A value of several parts, which may be secrets.
    parts: Cell<bool>,
    /// The fields of a struct.
    fields: Cell<FieldNames>,
    /// The variants of an enum, which may have data.
    variants: Cell<FieldNames>,
}

impl TypeRequests {
    fn expect(&self, expected: impl Into<String>) {
        self.expected.replace(Some(expected.into()));
    }

    fn reason(&self, error: Error) -> Reason {
        let mut reason = Reason::new(error.wrong);
        if self.parts.get() {
            reason = reason.of_shape(self.fields.get());
        }
        let Some(expected) = error.expected.or_else(|| self.expected.take()) else {
            return reason;
        };
        if self.option.get() {
            reason.with_expected(format!("{expected}, or `null`"))
        } else {
            reason.with_expected(expected)
        }
    }
}

/// The form of a text for a type that requests one.
#[derive(Clone, Copy, PartialEq, Eq)]
enum TextHandling {
    Whole,
    Trimmed,
}

/// The value for a type that requests an option.
#[derive(Clone, Copy, PartialEq, Eq)]
enum NullHandling {
    /// The type inside.
    AsInner,
    /// `None`: the value is `null`.
    AsNone,
}

/// The bytes of a key.
#[derive(Clone, Copy)]
struct PlainDeserializer<'a, 's> {
    raw: &'a [u8],
    mode: Mode,
    texts: TextHandling,
    nulls: NullHandling,
    requests: &'s TypeRequests,
}

impl<'a> PlainDeserializer<'a, '_> {
    /// The whole text.
    fn text(self) -> Result<&'a str, Error> {
        std::str::from_utf8(self.raw)
            .map_err(|error| Error::new(format!("invalid UTF-8 at byte {}", error.valid_up_to())))
    }

    /// The text of a word: not empty, and without the white space around it.
    fn word(self) -> Result<&'a str, Error> {
        let text = self.text()?;
        if text.starts_with('\u{feff}') {
            return Err(Error::new("begins with a byte order mark"));
        }
        match text.trim() {
            "" => Err(Error::new("the value is empty")),
            word => Ok(word),
        }
    }

    /// Reads JSON to its end.
    fn json<R>(
        self,
        read: impl FnOnce(JsonReader<'_, 'a>) -> Result<R, Error>,
    ) -> Result<R, Error> {
        let mut json = serde_json::Deserializer::from_str(self.word()?);
        let value = read(StrictReader(&mut json))?;
        json.end().map_err(|error| Error::foreign(&error))?;
        Ok(value)
    }

    /// Reads a type that is not a word.
    fn no_word<R>(
        self,
        expected: impl Into<String>,
        read: impl FnOnce(JsonReader<'_, 'a>) -> Result<R, Error>,
    ) -> Result<R, Error> {
        self.requests.parts.set(true);
        if self.mode == Mode::Text {
            return Err(Error::new("this type cannot be read from plain text"));
        }
        self.requests.expect(expected);
        self.json(read)
    }

    /// Reads a type that is a word.
    fn scalar<V: Visitor<'a>>(
        self,
        expected: &str,
        visitor: V,
        plain: impl FnOnce(&'a str, V) -> Result<V::Value, Error>,
        json: impl FnOnce(JsonReader<'_, 'a>, V) -> Result<V::Value, Error>,
    ) -> Result<V::Value, Error> {
        if self.mode == Mode::Json {
            self.requests.expect(format!("{expected}, as JSON"));
            self.json(|from| json(from, visitor))
        } else {
            self.requests.expect(expected);
            plain(self.word()?, visitor)
        }
    }

    /// Reads a type that takes any text, and may reject its content.
    fn any_text<V: Visitor<'a>>(
        self,
        visitor: V,
        json: impl FnOnce(JsonReader<'_, 'a>, V) -> Result<V::Value, Error>,
    ) -> Result<V::Value, Error> {
        let expected = (&visitor as &dyn Expected).to_string();
        if self.mode == Mode::Json {
            self.requests.expect(format!("{expected}, as JSON"));
            return self.json(|from| json(from, visitor));
        }
        self.requests.text.set(true);
        self.requests.expect(expected);
        let text = self.text()?;
        visitor.visit_borrowed_str(if self.texts == TextHandling::Trimmed {
            text.trim()
        } else {
            text
        })
    }
}

/// JSON that is being read.
type JsonReader<'j, 'a> =
    StrictReader<&'j mut serde_json::Deserializer<serde_json::de::StrRead<'a>>>;

/// Parses a whole number.
fn whole<N: FromStr<Err = std::num::ParseIntError>>(word: &str) -> Result<N, Error> {
    use std::num::IntErrorKind as Kind;

    word.parse().map_err(|error: N::Err| {
        let digits = word.strip_prefix('-').unwrap_or(word);
        let only = |allowed: fn(u8) -> bool| !digits.is_empty() && digits.bytes().all(allowed);
        Error::new(match error.kind() {
            Kind::PosOverflow | Kind::NegOverflow => "out of range",
            // A number below zero for an unsigned type.
            _ if only(|byte| byte.is_ascii_digit()) => "out of range",
            _ if only(|byte| byte.is_ascii_digit() || byte == b'_') => {
                "not a whole number: leave the `_` out"
            }
            _ if ["0x", "0b", "0o"]
                .iter()
                .any(|radix| digits.starts_with(radix)) =>
            {
                "not a whole number in decimal digits"
            }
            _ if digits.parse::<f64>().is_ok_and(f64::is_finite) => {
                "not a whole number: write it without a point or an exponent"
            }
            _ => "not a whole number",
        })
    })
}

/// Parses a number that may have a fraction.
fn fraction<N: FromStr>(word: &str, finite: impl Fn(&N) -> bool) -> Result<N, Error> {
    let number = word.parse().map_err(|_| Error::new("not a number"))?;
    if finite(&number) {
        Ok(number)
    } else if word.bytes().any(|byte| byte.is_ascii_digit()) {
        Err(Error::new("out of range"))
    } else {
        Err(Error::new("not a finite number"))
    }
}

fn expected_whole(lowest: impl Display, highest: impl Display) -> String {
    format!("a whole number from {lowest} to {highest}")
}

fn boolean(word: &str) -> Result<bool, Error> {
    match word {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => {
            let near = match word.to_ascii_lowercase().as_str() {
                "1" | "yes" | "y" | "on" | "t" => Some("true"),
                "0" | "no" | "n" | "off" | "f" => Some("false"),
                _ => nearest(word, ["true", "false"]),
            };
            Err(Error::new(suggest("neither `true` nor `false`", near)))
        }
    }
}

macro_rules! wholes {
    ($($method:ident, $visit:ident, $number:ident;)+) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            self.scalar(
                &expected_whole($number::MIN, $number::MAX),
                visitor,
                |word, visitor| visitor.$visit(whole::<$number>(word)?),
                |json, visitor| json.$method(visitor),
            )
        }
    )+};
}

impl<'de> Deserializer<'de> for PlainDeserializer<'de, '_> {
    type Error = Error;

    wholes! {
        deserialize_i8, visit_i8, i8;
        deserialize_i16, visit_i16, i16;
        deserialize_i32, visit_i32, i32;
        deserialize_i64, visit_i64, i64;
        deserialize_i128, visit_i128, i128;
        deserialize_u8, visit_u8, u8;
        deserialize_u16, visit_u16, u16;
        deserialize_u32, visit_u32, u32;
        deserialize_u64, visit_u64, u64;
        deserialize_u128, visit_u128, u128;
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.scalar(
            "a finite number of 32 bits",
            visitor,
            |word, visitor| visitor.visit_f32(fraction(word, |number: &f32| number.is_finite())?),
            |json, visitor| json.deserialize_f32(visitor),
        )
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.scalar(
            "a finite number",
            visitor,
            |word, visitor| visitor.visit_f64(fraction(word, |number: &f64| number.is_finite())?),
            |json, visitor| json.deserialize_f64(visitor),
        )
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.scalar(
            "`true` or `false`",
            visitor,
            |word, visitor| visitor.visit_bool(boolean(word)?),
            |json, visitor| json.deserialize_bool(visitor),
        )
    }

    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.mode == Mode::Json {
            self.requests.expect("one character, as JSON");
            return self.json(|json| json.deserialize_char(visitor));
        }
        self.requests.expect("one character");
        let text = self.text()?;
        match only_char(text).or_else(|| only_char(text.trim())) {
            Some(char) => visitor.visit_char(char),
            None if text.is_empty() => Err(Error::new("the value is empty")),
            None => Err(Error::new("more than one character")),
        }
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.any_text(visitor, |json, visitor| json.deserialize_str(visitor))
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.any_text(visitor, |json, visitor| json.deserialize_string(visitor))
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.any_text(visitor, |json, visitor| {
            json.deserialize_identifier(visitor)
        })
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.mode == Mode::Json {
            return self.no_word("a JSON string or array", |json| {
                json.deserialize_bytes(visitor)
            });
        }
        visitor.visit_borrowed_bytes(self.raw)
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_bytes(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.requests.option.set(true);
        match self.nulls {
            NullHandling::AsNone => visitor.visit_none(),
            NullHandling::AsInner
                if self.mode == Mode::Json && self.word().is_ok_and(|word| word == "null") =>
            {
                visitor.visit_none()
            }
            NullHandling::AsInner => visitor.visit_some(self),
        }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.no_word("JSON `null`", |json| json.deserialize_unit(visitor))
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.no_word("JSON `null`", |json| {
            json.deserialize_unit_struct(name, visitor)
        })
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        // `serde_json::value::RawValue` is not a real newtype: only JSON can read it.
        if name.starts_with("$serde_json::") {
            return self.no_word("JSON", |json| {
                json.deserialize_newtype_struct(name, visitor)
            });
        }
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.no_word("a JSON array", |json| json.deserialize_seq(visitor))
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Error> {
        self.no_word(format!("a JSON array of {len}"), |json| {
            json.deserialize_tuple(len, visitor)
        })
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.no_word(format!("a JSON array of {len}"), |json| {
            json.deserialize_tuple_struct(name, len, visitor)
        })
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.no_word("a JSON object", |json| json.deserialize_map(visitor))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        if is_duration(name, fields) {
            return self.scalar(
                duration::EXPECTED,
                visitor,
                |word, visitor| visit_duration(word, visitor),
                |json, visitor| json.deserialize_struct(name, fields, visitor),
            );
        }
        self.requests.fields.set(fields);
        let expected = match fields {
            [] => "a JSON object".to_owned(),
            fields => format!("a JSON object with {}", list(fields)),
        };
        self.no_word(expected, |json| {
            json.deserialize_struct(name, fields, visitor)
        })
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.requests.variants.set(variants);
        // A visitor that knows the words only at run time lists them in its `expecting`.
        let expected = match variants {
            [] => (&visitor as &dyn Expected).to_string(),
            variants => one_of_words(variants),
        };
        if self.mode == Mode::Json {
            self.requests.expect(format!("{expected}, as JSON"));
            return self.json(|json| json.deserialize_enum(name, variants, visitor));
        }
        self.requests.expect(expected);
        let word = self.word()?;
        if self.mode == Mode::Auto && word.starts_with('{') {
            return self.json(|json| json.deserialize_enum(name, variants, visitor));
        }
        visitor.visit_enum(VariantName(word))
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.requests.parts.set(true);
        self.requests
            .expect((&visitor as &dyn Expected).to_string());
        let word = self.word()?;
        let json = match self.mode {
            Mode::Text => false,
            Mode::Json => true,
            // Broken JSON must not pass for a text.
            Mode::Auto => {
                word.starts_with(['{', '[', '"'])
                    || serde_json::from_str::<IgnoredAny>(word).is_ok()
            }
        };
        if json {
            self.json(|json| json.deserialize_any(visitor))
        } else {
            visitor.visit_borrowed_str(word)
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }
}

/// The character of a text with exactly one.
fn only_char(text: &str) -> Option<char> {
    let mut chars = text.chars();
    chars.next().filter(|_| chars.next().is_none())
}

/// The words as a list: `` `a`, `b` ``.
fn list(words: &[&str]) -> String {
    words
        .iter()
        .map(|word| format!("`{word}`"))
        .collect::<Vec<_>>()
        .join(", ")
}

/// A variant's name without data.
struct VariantName<'a>(&'a str);

impl<'de> EnumAccess<'de> for VariantName<'de> {
    type Error = Error;
    type Variant = Self;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self), Error> {
        let name: StrDeserializer<'_, Error> = self.0.into_deserializer();
        Ok((seed.deserialize(name)?, self))
    }
}

impl<'de> VariantAccess<'de> for VariantName<'de> {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        Ok(())
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, _: S) -> Result<S::Value, Error> {
        Err(Error::new(DATA))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, _: V) -> Result<V::Value, Error> {
        Err(Error::new(DATA))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, Error> {
        Err(Error::new(DATA))
    }
}

const DATA: &str = "this variant has data: write a JSON object with its name as the key";

/// Reads the absence of a key; `None` for a type that needs a value.
pub(super) fn missing<V: DeserializeOwned>() -> Option<V> {
    V::deserialize(AbsentKey).ok()
}

/// No bytes at all: `None` for an option, an error for everything else.
struct AbsentKey;

impl<'de> Deserializer<'de> for AbsentKey {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Error> {
        Err(Error::new("missing"))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_none()
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}
