//! Converts a typed value to the bytes of one key: the inverse of [`auto`](super::auto),
//! [`text`](super::text) and [`json`](super::json).
//!
//! In: a value. Out: bytes that the codec of the same name reads as that value; `None` if the key
//! is best left out; or the reason why there are no such bytes. It knows no keys and no rules.
//!
//! A type is read by its requests to serde, and is written by its calls of serde. If the two
//! differ, another value may be read: a text in a `serde_json::Value` that looks like a number is
//! read as one. To be sure, decode the bytes again.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;

use serde::ser::{Impossible, Serialize, SerializeStruct, Serializer};
use serde_json::value::RawValue;

use super::duration;
use crate::reason::Reason;
use crate::wording::shorten;

/// Encodes single words as plain text, and the rest as JSON.
///
/// ```
/// use std::time::Duration;
/// use hotconfig::value::encode;
///
/// assert_eq!(encode::auto(&16), Ok(Some(b"16".to_vec())));
/// assert_eq!(encode::auto(&Duration::from_secs(90)), Ok(Some(b"1m 30s".to_vec())));
/// assert_eq!(encode::auto(&[1, 2]), Ok(Some(b"[1,2]".to_vec())));
/// assert_eq!(encode::auto(&None::<u8>), Ok(None));
/// ```
pub fn auto<V: Serialize + ?Sized>(value: &V) -> Result<Option<Vec<u8>>, Reason> {
    match value.serialize(WordSerializer) {
        // A type's own message may replace another error: JSON will report it again.
        Err(WordError::Other | WordError::Custom(_)) => json(value),
        word => word.map_err(WordError::reason),
    }
}

/// Encodes plain text, never JSON; a type that is not a word is rejected.
pub fn text<V: Serialize + ?Sized>(value: &V) -> Result<Option<Vec<u8>>, Reason> {
    value.serialize(WordSerializer).map_err(WordError::reason)
}

/// Encodes JSON, even for single words; an absent value is `null`. A duration is serde's
/// `{"secs": 30, "nanos": 0}`, which is read even if `"30s"` is not.
pub fn json<V: Serialize + ?Sized>(value: &V) -> Result<Option<Vec<u8>>, Reason> {
    serde_json::to_vec(value)
        .map(Some)
        .map_err(|error| Reason::new(shorten(&error.to_string())))
}

/// The canonical form of a written value, which does not depend on the iteration order of a
/// `HashMap` or a `HashSet`: the members of objects are sorted, and so are the entries of those
/// arrays whose order does not change the value.
///
/// `same` returns whether a text is read as the value. A text that is not JSON is returned
/// unchanged.
pub(crate) fn canonical(text: &str, same: impl Fn(&str) -> bool) -> String {
    let mut arrays = BTreeSet::new();
    let nothing = BTreeSet::new();
    let mut begin = CanonicalWriter {
        sorted: &nothing,
        seen: Some(&mut arrays),
        path: Vec::new(),
    };
    let Some(mut best) = begin.write(text).filter(|text| same(text)) else {
        return text.to_owned();
    };
    let mut arrays = Vec::from_iter(arrays);
    // Inner arrays first: outer ones are sorted by their texts.
    arrays.sort_by_key(|path| std::cmp::Reverse(path.len()));
    let mut sorted = BTreeSet::new();
    for path in arrays {
        sorted.insert(path.clone());
        let mut arrange = CanonicalWriter {
            sorted: &sorted,
            seen: None,
            path: Vec::new(),
        };
        match arrange.write(text).filter(|text| same(text)) {
            Some(better) => best = better,
            None => {
                sorted.remove(&path);
            }
        }
    }
    best
}

/// The path to a part of a JSON value: the names of members, and `None` for the entries of an
/// array.
type JsonPath = Vec<Option<String>>;

/// Writes JSON again. Numbers keep their digits, which may be more than a type can hold.
struct CanonicalWriter<'a> {
    /// The arrays that are sorted.
    sorted: &'a BTreeSet<JsonPath>,
    /// The arrays that could be sorted.
    seen: Option<&'a mut BTreeSet<JsonPath>>,
    path: JsonPath,
}

impl CanonicalWriter<'_> {
    /// `None` for a text that is not JSON, or is nested too deeply.
    fn write(&mut self, text: &str) -> Option<String> {
        const MAX_DEPTH: usize = 128;
        if self.path.len() > MAX_DEPTH {
            return None;
        }
        let mut entries: Vec<String> = match text.trim_start().chars().next()? {
            '{' => {
                let members: BTreeMap<String, &RawValue> = serde_json::from_str(text).ok()?;
                let members = members.into_iter().map(|(name, value)| {
                    let quoted = serde_json::to_string(&name).ok()?;
                    let value = self.inside(Some(name), value)?;
                    Some(format!("{quoted}:{value}"))
                });
                let members: Option<Vec<_>> = members.collect();
                return Some(format!("{{{}}}", members?.join(",")));
            }
            '[' => {
                let entries: Vec<&RawValue> = serde_json::from_str(text).ok()?;
                let entries = entries.into_iter().map(|entry| self.inside(None, entry));
                entries.collect::<Option<_>>()?
            }
            _ => return Some(text.to_owned()),
        };
        if let Some(seen) = &mut self.seen {
            seen.insert(self.path.clone());
        }
        if self.sorted.contains(&self.path) {
            entries.sort_by(|one, other| in_order(one, other));
        }
        Some(format!("[{}]", entries.join(",")))
    }

    fn inside(&mut self, name: Option<String>, value: &RawValue) -> Option<String> {
        self.path.push(name);
        let written = self.write(value.get());
        self.path.pop();
        written
    }
}

/// Compares numbers by their value, the rest by their text.
fn in_order(one: &str, other: &str) -> Ordering {
    let by_text = one.cmp(other);
    match (one.parse::<f64>(), other.parse::<f64>()) {
        (Ok(one), Ok(other)) => one.total_cmp(&other).then(by_text),
        _ => by_text,
    }
}

/// The reason why a value is not a word.
#[derive(Debug)]
enum WordError {
    /// It is of another kind.
    Other,
    /// A custom error of its type.
    Custom(String),
    /// A number that is not finite, which has no text.
    NotFinite(String),
}

impl WordError {
    fn reason(self) -> Reason {
        match self {
            Self::Other => Reason::new("this type cannot be written as plain text"),
            Self::Custom(wrong) | Self::NotFinite(wrong) => Reason::new(wrong),
        }
    }
}

impl Display for WordError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Other => f.write_str("not a word"),
            Self::Custom(wrong) | Self::NotFinite(wrong) => f.write_str(wrong),
        }
    }
}

impl std::error::Error for WordError {}

impl serde::ser::Error for WordError {
    fn custom<T: Display>(message: T) -> Self {
        Self::Custom(shorten(&message.to_string()))
    }
}

type EncodedWord = Option<Vec<u8>>;

/// Serializes a single word, and rejects all other values.
struct WordSerializer;

/// A method for each of these types, with its own `Display`.
macro_rules! displayed {
    ($($method:ident($type:ty);)+) => {$(
        fn $method(self, value: $type) -> Result<EncodedWord, WordError> {
            Ok(Some(value.to_string().into_bytes()))
        }
    )+};
}

/// A method for each of these shapes, which are never a word.
macro_rules! no_words {
    ($($method:ident($($argument:ty),*) -> $answer:ident;)+) => {$(
        fn $method(self, $(_: $argument),*) -> Result<Self::$answer, WordError> {
            Err(WordError::Other)
        }
    )+};
}

impl Serializer for WordSerializer {
    type Ok = EncodedWord;
    type Error = WordError;
    type SerializeSeq = Impossible<EncodedWord, WordError>;
    type SerializeTuple = Impossible<EncodedWord, WordError>;
    type SerializeTupleStruct = Impossible<EncodedWord, WordError>;
    type SerializeTupleVariant = Impossible<EncodedWord, WordError>;
    type SerializeMap = Impossible<EncodedWord, WordError>;
    type SerializeStruct = DurationFields;
    type SerializeStructVariant = Impossible<EncodedWord, WordError>;

    displayed! {
        serialize_bool(bool);
        serialize_i8(i8);
        serialize_i16(i16);
        serialize_i32(i32);
        serialize_i64(i64);
        serialize_i128(i128);
        serialize_u8(u8);
        serialize_u16(u16);
        serialize_u32(u32);
        serialize_u64(u64);
        serialize_u128(u128);
        serialize_char(char);
        serialize_str(&str);
    }

    fn serialize_f32(self, value: f32) -> Result<EncodedWord, WordError> {
        finite(value.is_finite(), value)
    }

    fn serialize_f64(self, value: f64) -> Result<EncodedWord, WordError> {
        finite(value.is_finite(), value)
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<EncodedWord, WordError> {
        Ok(Some(value.to_vec()))
    }

    fn serialize_none(self) -> Result<EncodedWord, WordError> {
        Ok(None)
    }

    fn serialize_some<V: Serialize + ?Sized>(self, value: &V) -> Result<EncodedWord, WordError> {
        value.serialize(self)
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<EncodedWord, WordError> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<V: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &V,
    ) -> Result<EncodedWord, WordError> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<V: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &V,
    ) -> Result<EncodedWord, WordError> {
        Err(WordError::Other)
    }

    fn serialize_struct(self, name: &'static str, len: usize) -> Result<DurationFields, WordError> {
        DurationFields::for_struct(name, len)
    }

    no_words! {
        serialize_unit() -> Ok;
        serialize_unit_struct(&'static str) -> Ok;
        serialize_seq(Option<usize>) -> SerializeSeq;
        serialize_tuple(usize) -> SerializeTuple;
        serialize_tuple_struct(&'static str, usize) -> SerializeTupleStruct;
        serialize_tuple_variant(&'static str, u32, &'static str, usize) -> SerializeTupleVariant;
        serialize_map(Option<usize>) -> SerializeMap;
        serialize_struct_variant(&'static str, u32, &'static str, usize) -> SerializeStructVariant;
    }
}

/// The shortest text that is read as the same number; `Debug` keeps the point of `1.0`.
fn finite(is_finite: bool, value: impl std::fmt::Debug) -> Result<EncodedWord, WordError> {
    if is_finite {
        Ok(Some(format!("{value:?}").into_bytes()))
    } else {
        Err(WordError::NotFinite(format!(
            "`{value:?}` cannot be written; expected a finite number"
        )))
    }
}

/// The fields of a struct named as serde names a [`Duration`](std::time::Duration).
#[derive(Default)]
struct DurationFields {
    secs: Option<u64>,
    nanos: Option<u32>,
}

impl DurationFields {
    fn for_struct(name: &str, len: usize) -> Result<Self, WordError> {
        if name == "Duration" && len == 2 {
            Ok(Self::default())
        } else {
            Err(WordError::Other)
        }
    }
}

impl SerializeStruct for DurationFields {
    type Ok = EncodedWord;
    type Error = WordError;

    fn serialize_field<V: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &V,
    ) -> Result<(), WordError> {
        // The numbers arrive as words.
        let word = value
            .serialize(WordSerializer)
            .map_err(|_| WordError::Other)?;
        let word = word.and_then(|word| String::from_utf8(word).ok());
        match name {
            "secs" => self.secs = word.and_then(|word| word.parse().ok()),
            "nanos" => self.nanos = word.and_then(|word| word.parse().ok()),
            _ => return Err(WordError::Other),
        }
        Ok(())
    }

    fn end(self) -> Result<EncodedWord, WordError> {
        match (self.secs, self.nanos) {
            // More nanos carry into the seconds, which may overflow.
            (Some(secs), Some(nanos)) if nanos < 1_000_000_000 => {
                let duration = std::time::Duration::new(secs, nanos);
                Ok(Some(duration::show(duration).into_bytes()))
            }
            _ => Err(WordError::Other),
        }
    }
}
