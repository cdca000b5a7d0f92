//! From a typed value to the bytes of one key: the way back of [`auto`](super::auto),
//! [`text`](super::text) and [`json`](super::json).
//!
//! In: a value. Out: bytes that the codec of the same name reads as that value; or `None`, where
//! the value is nothing and the key is best left out; or why there are no such bytes. It knows no
//! keys and no rules.
//!
//! A type is read by what it asks of serde, and is written by what it tells serde. Where the two
//! differ there may be no way back: a text in a `serde_json::Value` that looks like a number is
//! read as one. Who has to be sure reads the bytes again.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;

use serde::ser::{Impossible, Serialize, SerializeStruct, Serializer};
use serde_json::value::RawValue;

use super::duration;
use crate::reason::Reason;
use crate::wording::shorten;

/// Plain text for what is a word, JSON for the rest.
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
    match value.serialize(Word) {
        // A type's own message may stand for another error: JSON will say it again.
        Err(NoWord::Other | NoWord::Custom(_)) => json(value),
        word => word.map_err(NoWord::reason),
    }
}

/// Plain text, never JSON; a type that is no word is refused.
pub fn text<V: Serialize + ?Sized>(value: &V) -> Result<Option<Vec<u8>>, Reason> {
    value.serialize(Word).map_err(NoWord::reason)
}

/// JSON, also for what is a word; nothing is `null`. A duration is serde's
/// `{"secs": 30, "nanos": 0}`, which is also read where `"30s"` is not.
pub fn json<V: Serialize + ?Sized>(value: &V) -> Result<Option<Vec<u8>>, Reason> {
    serde_json::to_vec(value)
        .map(Some)
        .map_err(|error| Reason::new(shorten(&error.to_string())))
}

/// What was written of a value, in the one way that does not depend on the order in which a
/// `HashMap` or a `HashSet` gives what is inside: the names of objects in their order, and of
/// arrays those that may be put in order without another value.
///
/// `same` says whether a text is read as the value. What is no JSON is left as it is.
pub(crate) fn canonical(text: &str, same: impl Fn(&str) -> bool) -> String {
    let mut arrays = BTreeSet::new();
    let nothing = BTreeSet::new();
    let mut begin = Arrange {
        sorted: &nothing,
        seen: Some(&mut arrays),
        place: Vec::new(),
    };
    let Some(mut best) = begin.write(text).filter(|text| same(text)) else {
        return text.to_owned();
    };
    let mut arrays = Vec::from_iter(arrays);
    // Those inside first: by their texts those around them are put in order.
    arrays.sort_by_key(|place| std::cmp::Reverse(place.len()));
    let mut sorted = BTreeSet::new();
    for place in arrays {
        sorted.insert(place.clone());
        let mut arrange = Arrange {
            sorted: &sorted,
            seen: None,
            place: Vec::new(),
        };
        match arrange.write(text).filter(|text| same(text)) {
            Some(better) => best = better,
            None => {
                sorted.remove(&place);
            }
        }
    }
    best
}

/// Where something stands: the names of members, and nothing for what is in an array.
type Place = Vec<Option<String>>;

/// Writes JSON again. Numbers stay as they are written: they may be of more digits than fit.
struct Arrange<'a> {
    /// The arrays that are put in order.
    sorted: &'a BTreeSet<Place>,
    /// The arrays that could be.
    seen: Option<&'a mut BTreeSet<Place>>,
    place: Place,
}

impl Arrange<'_> {
    /// `None` for what is no JSON, or nested deeper than JSON is read.
    fn write(&mut self, text: &str) -> Option<String> {
        const DEEPEST: usize = 128;
        if self.place.len() > DEEPEST {
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
            seen.insert(self.place.clone());
        }
        if self.sorted.contains(&self.place) {
            entries.sort_by(|one, other| in_order(one, other));
        }
        Some(format!("[{}]", entries.join(",")))
    }

    fn inside(&mut self, name: Option<String>, value: &RawValue) -> Option<String> {
        self.place.push(name);
        let written = self.write(value.get());
        self.place.pop();
        written
    }
}

/// Numbers by what they are, the rest by its text.
fn in_order(one: &str, other: &str) -> Ordering {
    let by_text = one.cmp(other);
    match (one.parse::<f64>(), other.parse::<f64>()) {
        (Ok(one), Ok(other)) => one.total_cmp(&other).then(by_text),
        _ => by_text,
    }
}

/// Why a value is no word.
#[derive(Debug)]
enum NoWord {
    /// It is of another kind.
    Other,
    /// Its type says so.
    Custom(String),
    /// It is a number that nothing can write.
    Endless(String),
}

impl NoWord {
    fn reason(self) -> Reason {
        match self {
            Self::Other => Reason::new("this type cannot be written as plain text"),
            Self::Custom(wrong) | Self::Endless(wrong) => Reason::new(wrong),
        }
    }
}

impl Display for NoWord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Other => f.write_str("no word"),
            Self::Custom(wrong) | Self::Endless(wrong) => f.write_str(wrong),
        }
    }
}

impl std::error::Error for NoWord {}

impl serde::ser::Error for NoWord {
    fn custom<T: Display>(message: T) -> Self {
        Self::Custom(shorten(&message.to_string()))
    }
}

type Bytes = Option<Vec<u8>>;

/// Writes what is one word, and refuses the rest.
struct Word;

/// A method for each of these types: its own `Display`.
macro_rules! displayed {
    ($($method:ident($type:ty);)+) => {$(
        fn $method(self, value: $type) -> Result<Bytes, NoWord> {
            Ok(Some(value.to_string().into_bytes()))
        }
    )+};
}

/// A method for each of these shapes: what is no word, whatever is inside.
macro_rules! no_words {
    ($($method:ident($($argument:ty),*) -> $answer:ident;)+) => {$(
        fn $method(self, $(_: $argument),*) -> Result<Self::$answer, NoWord> {
            Err(NoWord::Other)
        }
    )+};
}

impl Serializer for Word {
    type Ok = Bytes;
    type Error = NoWord;
    type SerializeSeq = Impossible<Bytes, NoWord>;
    type SerializeTuple = Impossible<Bytes, NoWord>;
    type SerializeTupleStruct = Impossible<Bytes, NoWord>;
    type SerializeTupleVariant = Impossible<Bytes, NoWord>;
    type SerializeMap = Impossible<Bytes, NoWord>;
    type SerializeStruct = Parts;
    type SerializeStructVariant = Impossible<Bytes, NoWord>;

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

    fn serialize_f32(self, value: f32) -> Result<Bytes, NoWord> {
        finite(value.is_finite(), value)
    }

    fn serialize_f64(self, value: f64) -> Result<Bytes, NoWord> {
        finite(value.is_finite(), value)
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<Bytes, NoWord> {
        Ok(Some(value.to_vec()))
    }

    fn serialize_none(self) -> Result<Bytes, NoWord> {
        Ok(None)
    }

    fn serialize_some<V: Serialize + ?Sized>(self, value: &V) -> Result<Bytes, NoWord> {
        value.serialize(self)
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<Bytes, NoWord> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<V: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &V,
    ) -> Result<Bytes, NoWord> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<V: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &V,
    ) -> Result<Bytes, NoWord> {
        Err(NoWord::Other)
    }

    fn serialize_struct(self, name: &'static str, len: usize) -> Result<Parts, NoWord> {
        Parts::of(name, len)
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
fn finite(is_finite: bool, value: impl std::fmt::Debug) -> Result<Bytes, NoWord> {
    if is_finite {
        Ok(Some(format!("{value:?}").into_bytes()))
    } else {
        Err(NoWord::Endless(format!(
            "`{value:?}` cannot be written: only finite numbers can"
        )))
    }
}

/// The fields of a struct that is called as serde calls a [`Duration`](std::time::Duration).
#[derive(Default)]
struct Parts {
    secs: Option<u64>,
    nanos: Option<u32>,
}

impl Parts {
    fn of(name: &str, len: usize) -> Result<Self, NoWord> {
        if name == "Duration" && len == 2 {
            Ok(Self::default())
        } else {
            Err(NoWord::Other)
        }
    }
}

impl SerializeStruct for Parts {
    type Ok = Bytes;
    type Error = NoWord;

    fn serialize_field<V: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &V,
    ) -> Result<(), NoWord> {
        // The numbers come as their words.
        let word = value.serialize(Word).map_err(|_| NoWord::Other)?;
        let word = word.and_then(|word| String::from_utf8(word).ok());
        match name {
            "secs" => self.secs = word.and_then(|word| word.parse().ok()),
            "nanos" => self.nanos = word.and_then(|word| word.parse().ok()),
            _ => return Err(NoWord::Other),
        }
        Ok(())
    }

    fn end(self) -> Result<Bytes, NoWord> {
        match (self.secs, self.nanos) {
            // More nanos are a second more, which may be one too many.
            (Some(secs), Some(nanos)) if nanos < 1_000_000_000 => {
                let duration = std::time::Duration::new(secs, nanos);
                Ok(Some(duration::show(duration).into_bytes()))
            }
            _ => Err(NoWord::Other),
        }
    }
}
