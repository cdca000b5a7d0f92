//! The errors of serde and of the types that it reads, in words for people.
//!
//! In: a call of [`serde::de::Error`]. Out: the error and the expected form, which depends on the
//! type alone. Only a type's own message may quote a value.

use std::fmt;

use serde::de::{self, Expected, Unexpected};

use crate::wording::{nearest, one_of_words, shorten, suggest};

/// The mistake, and the expected form.
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

    fn with_expected(self, expected: impl Into<String>) -> Self {
        Self {
            expected: Some(expected.into()),
            ..self
        }
    }

    /// An error of another deserializer, inside this one.
    pub(super) fn foreign(error: &impl fmt::Display) -> Self {
        Self::new(shorten(&without_values(&error.to_string())))
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
        Self::new(format!("found {}", kind(found))).with_expected(expected.to_string())
    }

    fn invalid_value(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::new(format!("found {} that is not allowed", kind(found)))
            .with_expected(expected.to_string())
    }

    fn invalid_length(length: usize, expected: &dyn Expected) -> Self {
        Self::new(format!("found {length} entries")).with_expected(expected.to_string())
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        let near = nearest(variant, expected.iter().copied());
        Self::new(suggest("not a known variant", near)).with_expected(one_of_words(expected))
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        let near = nearest(field, expected.iter().copied());
        let wrong = match near {
            Some(_) => format!("unknown field `{}`", shorten(field)),
            None => "unknown field".to_owned(),
        };
        let error = Self::new(suggest(&wrong, near));
        if expected.is_empty() {
            error
        } else {
            error.with_expected(one_of_words(expected))
        }
    }
}

/// A message of serde without the values that it quotes, because a secret may be in the wrong
/// place. A name that resembles a known one is a typing error, and is kept.
fn without_values(message: &str) -> String {
    let mut cleaned = String::with_capacity(message.len());
    let mut rest = message;
    while let Some(found) = QUOTING.iter().filter_map(|phrase| phrase.find(rest)).min() {
        let (before, after) = (rest.get(..found.0), rest.get(found.1..));
        cleaned.push_str(before.unwrap_or_default());
        rest = after.unwrap_or_default();
    }
    cleaned + rest
}

/// A phrase of serde after which it quotes a value.
struct QuotePhrase {
    words: &'static str,
    quotes: QuoteStyle,
}

/// The way in which a value is quoted.
#[derive(Clone, Copy, PartialEq, Eq)]
enum QuoteStyle {
    /// Like a literal of Rust.
    Literal,
    /// Literally, up to the words that follow.
    Value,
    /// Literally, and then the known names.
    Name,
}

const QUOTING: [QuotePhrase; 7] = [
    QuotePhrase::new("string", QuoteStyle::Literal),
    QuotePhrase::new("boolean", QuoteStyle::Value),
    QuotePhrase::new("integer", QuoteStyle::Value),
    QuotePhrase::new("floating point", QuoteStyle::Value),
    QuotePhrase::new("character", QuoteStyle::Value),
    QuotePhrase::new("unknown field", QuoteStyle::Name),
    QuotePhrase::new("unknown variant", QuoteStyle::Name),
];

impl QuotePhrase {
    const fn new(words: &'static str, quotes: QuoteStyle) -> Self {
        Self { words, quotes }
    }

    /// The start and the end of a quoted value, if there is one.
    fn find(&self, message: &str) -> Option<(usize, usize)> {
        let quote = if self.quotes == QuoteStyle::Literal {
            " \""
        } else {
            " `"
        };
        let mut from = 0;
        loop {
            let rest = message.get(from..)?;
            let start = from + rest.find(self.words)? + self.words.len();
            from = start;
            let Some(value) = message.get(start..)?.strip_prefix(quote) else {
                continue;
            };
            let length = match self.quotes {
                // A shortened message may lack the closing quote.
                QuoteStyle::Literal => Some(literal(value).unwrap_or(value.len())),
                QuoteStyle::Value => value.find("`, expected "),
                QuoteStyle::Name => value
                    .rfind("`, expected ")
                    .or_else(|| value.rfind("`, there are no ")),
            };
            let Some((name, known)) = length.and_then(|length| value.split_at_checked(length))
            else {
                continue;
            };
            let words = known.split('`').skip(2).step_by(2);
            if self.quotes == QuoteStyle::Name && nearest(name, words).is_some() {
                continue;
            }
            let closing = usize::from(!known.is_empty());
            return Some((start, start + quote.len() + name.len() + closing));
        }
    }
}

/// The end of a literal that has begun.
fn literal(text: &str) -> Option<usize> {
    let mut escaped = false;
    text.find(|char| {
        let ends = char == '"' && !escaped;
        escaped = char == '\\' && !escaped;
        ends
    })
}

/// The kind of value that serde found, without the value.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drill_39_the_values_that_serde_quotes_are_left_out() {
        for (said, cleaned) in [
            (
                r#"invalid type: string "a \"b, expected c", expected u8 at line 1 column 2"#,
                "invalid type: string, expected u8 at line 1 column 2",
            ),
            (
                "invalid value: integer `5`, expected a character `x`, expected y",
                "invalid value: integer, expected a character, expected y",
            ),
            ("bad: string \"cut off", "bad: string"),
            (
                "unknown field `secret`, expected `port`",
                "unknown field, expected `port`",
            ),
            (
                "unknown field `a`, there are no fields",
                "unknown field, there are no fields",
            ),
            (
                "unknown variant `inof`, expected `info` or `warn`",
                "unknown variant `inof`, expected `info` or `warn`",
            ),
            (
                "a character ` and then string \"x\"",
                "a character ` and then string",
            ),
        ] {
            assert_eq!(without_values(said), cleaned);
        }
    }
}
