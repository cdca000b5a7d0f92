//! What serde and the types it reads say is wrong, in words for people.
//!
//! In: a call of [`serde::de::Error`]. Out: what was wrong, and what would be right, which
//! depends on the type alone. No value is quoted, save what a type's own message does.

use std::fmt;

use serde::de::{self, Expected, Unexpected};

use crate::problem::printable;
use crate::rules::{nearest, one_of_words, suggest};

/// What was wrong, and what would be right.
#[derive(Debug)]
pub(super) struct Error {
    pub(super) wrong: String,
    pub(super) expected: Option<String>,
}

impl Error {
    pub(super) fn new(wrong: impl Into<String>) -> Self {
        Self {
            wrong: wrong.into(),
            expected: None,
        }
    }

    fn expected(self, expected: impl Into<String>) -> Self {
        Self {
            expected: Some(expected.into()),
            ..self
        }
    }

    /// An error of another deserializer, which this one stands around.
    pub(super) fn foreign(error: &impl fmt::Display) -> Self {
        Self::new(shorten(&error.to_string()))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.wrong)?;
        match &self.expected {
            Some(expected) => write!(f, ", expected {expected}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Error {}

impl de::Error for Error {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::new(shorten(&message.to_string()))
    }

    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::new(format!("found {}", kind(found))).expected(expected.to_string())
    }

    fn invalid_value(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::new(format!("found {} that is not allowed", kind(found)))
            .expected(expected.to_string())
    }

    fn invalid_length(length: usize, expected: &dyn Expected) -> Self {
        Self::new(format!("found {length} entries")).expected(expected.to_string())
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        let near = nearest(variant, expected.iter().copied());
        Self::new(suggest("not a known variant", near)).expected(one_of_words(expected))
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        let near = nearest(field, expected.iter().copied());
        let wrong = format!("unknown field `{}`", shorten(field));
        let error = Self::new(suggest(&wrong, near));
        if expected.is_empty() {
            error
        } else {
            error.expected(one_of_words(expected))
        }
    }
}

/// What serde found, without the value.
fn kind(found: Unexpected<'_>) -> &'static str {
    match found {
        Unexpected::Bool(_) => "a boolean",
        Unexpected::Unsigned(_) | Unexpected::Signed(_) => "a whole number",
        Unexpected::Float(_) => "a number with a fraction",
        Unexpected::Char(_) => "a character",
        Unexpected::Str(_) => "a text",
        Unexpected::Bytes(_) => "bytes",
        Unexpected::Unit => "null",
        Unexpected::Option => "an option",
        Unexpected::NewtypeStruct => "a newtype",
        Unexpected::Seq => "an array",
        Unexpected::Map => "an object",
        Unexpected::Enum => "an enum",
        Unexpected::UnitVariant => "a variant without data",
        Unexpected::NewtypeVariant | Unexpected::TupleVariant | Unexpected::StructVariant => {
            "a variant with data"
        }
        Unexpected::Other(_) => "something else",
    }
}

/// A message that may quote a value: without control characters, and not endless. What stands
/// at its end, the place in the JSON, is kept.
pub(crate) fn shorten(message: &str) -> String {
    const FIRST: usize = 80;
    const LAST: usize = 120;
    let cut = message.char_indices().rev().nth(LAST - 1).map(|(at, _)| at);
    let (first, last) = match cut.and_then(|cut| message.split_at_checked(cut)) {
        Some((head, tail)) if head.chars().nth(FIRST).is_some() => (head, Some(tail)),
        _ => (message, None),
    };
    let first = first
        .chars()
        .take(if last.is_some() { FIRST } else { usize::MAX });
    let gap = last.is_some().then_some('…');
    let last = last.unwrap_or_default().chars();
    printable(&first.chain(gap).chain(last).collect::<String>())
}
