//! The rules of a key in a schema.
//!
//! In: the rules that a struct declares, or those of a file. Out: a [`Rule`], its form in a file,
//! and its text for people. It knows no types and no values.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::typed::tree::{self, Bounds, ConstValue};

/// A rule of one key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Rule {
    /// The value lies between these.
    Range(Interval),
    /// The number of characters of a text, or of entries of a collection, lies between these.
    Length(Interval),
    /// The text matches this regular expression somewhere.
    Pattern(String),
    /// The value is one of these.
    OneOf(Vec<String>),
    /// The value is a secret; only the program knows the choices.
    #[serde(rename = "one_of_hidden")]
    Hidden,
    /// The text or the collection is not empty.
    NonEmpty,
    /// The text is an absolute URL.
    Url,
    /// The function at this path accepts the value.
    Validate(String),
}

/// The bounds of a range, each as in the store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "IntervalFile", into = "IntervalFile")]
#[non_exhaustive]
pub struct Interval {
    /// The lower bound, which is included.
    pub low: Bound,
    /// The upper bound.
    pub high: Bound,
    /// Whether the upper bound is included.
    pub inclusive: bool,
}

/// One end of an [`Interval`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Bound {
    /// No bound.
    Open,
    /// This value: `1`, `30s`, `64MiB`.
    At(String),
    /// An expression that only the program can compute, as in the source.
    Unknown(String),
}

/// The rule in Rust: `range(1..=64)`.
impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Range(interval) => write!(f, "range({interval})"),
            Self::Length(interval) => write!(f, "length({interval})"),
            Self::Pattern(pattern) => write!(f, "pattern({pattern:?})"),
            Self::OneOf(choices) => write!(f, "one_of({})", choices.join(", ")),
            Self::Hidden => f.write_str("one_of(***)"),
            Self::NonEmpty => f.write_str("non_empty"),
            Self::Url => f.write_str("url"),
            Self::Validate(path) => write!(f, "validate = {path}"),
        }
    }
}

/// The interval in Rust: `1..=64`.
impl fmt::Display for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let end = if self.inclusive { "..=" } else { ".." };
        write!(f, "{}{end}{}", self.low, self.high)
    }
}

/// The value or the expression; nothing if there is no bound.
impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open => Ok(()),
            Self::At(text) | Self::Unknown(text) => f.write_str(text),
        }
    }
}

impl Rule {
    /// A declared rule, without the values of a secret.
    pub(super) fn declared(rule: &tree::Rule, secret: bool) -> Self {
        match rule {
            tree::Rule::OneOf(_) if secret => Self::Hidden,
            tree::Rule::Range(bounds) => Self::Range(interval(bounds)),
            tree::Rule::Length(bounds) => Self::Length(interval(bounds)),
            tree::Rule::Pattern(pattern) => Self::Pattern((*pattern).to_owned()),
            tree::Rule::OneOf(choices) => {
                Self::OneOf(choices.iter().map(|choice| (*choice).to_owned()).collect())
            }
            tree::Rule::NonEmpty => Self::NonEmpty,
            tree::Rule::Url => Self::Url,
            tree::Rule::Validate(path) => Self::Validate((*path).to_owned()),
        }
    }
}

fn interval(bounds: &Bounds) -> Interval {
    Interval {
        low: bound(bounds.low),
        high: bound(bounds.high),
        inclusive: bounds.inclusive && bounds.high != ConstValue::Nothing,
    }
}

fn bound(end: ConstValue) -> Bound {
    match end {
        ConstValue::Nothing => Bound::Open,
        ConstValue::Integer(number) => Bound::At(number.to_string()),
        // `Debug` keeps the point of `1.0`.
        ConstValue::Float(number) => Bound::At(format!("{number:?}")),
        ConstValue::Period(period) => Bound::At(crate::value::duration::show(period)),
        ConstValue::Bytes(size) => Bound::At(size.to_string()),
        ConstValue::Text(text) => Bound::At(text.to_owned()),
        ConstValue::Unknown(written) => Bound::Unknown(written.to_owned()),
    }
}

// The JSON of a file, if it is not that of the value.

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct IntervalFile {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    min: Option<BoundFile>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    max: Option<BoundFile>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    below: Option<BoundFile>,
}

#[derive(Serialize, Deserialize)]
#[serde(
    rename_all = "lowercase",
    expecting = "expected a text or `{\"expression\": \"…\"}`"
)]
enum BoundFile {
    Expression(String),
    #[serde(untagged)]
    At(String),
}

impl TryFrom<IntervalFile> for Interval {
    type Error = &'static str;

    fn try_from(file: IntervalFile) -> Result<Self, Self::Error> {
        let inclusive = file.max.is_some();
        if inclusive && file.below.is_some() {
            return Err("found both `max` and `below`: leave one of them out");
        }
        let bound = |bound| match bound {
            None => Bound::Open,
            Some(BoundFile::At(text)) => Bound::At(text),
            Some(BoundFile::Expression(written)) => Bound::Unknown(written),
        };
        Ok(Self {
            low: bound(file.min),
            high: bound(file.max.or(file.below)),
            inclusive,
        })
    }
}

impl From<Interval> for IntervalFile {
    fn from(interval: Interval) -> Self {
        let bound = |bound| match bound {
            Bound::Open => None,
            Bound::At(text) => Some(BoundFile::At(text)),
            Bound::Unknown(written) => Some(BoundFile::Expression(written)),
        };
        let (max, below) = match interval.inclusive {
            true => (bound(interval.high), None),
            false => (None, bound(interval.high)),
        };
        Self {
            min: bound(interval.low),
            max,
            below,
        }
    }
}
