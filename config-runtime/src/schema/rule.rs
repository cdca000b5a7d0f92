//! The rules of a key in a schema.
//!
//! In: the rules that a struct declares, or those of a file. Out: a [`Rule`], its form in a file, and
//! its text for people. It knows no types and no values.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::typed::tree::{self, Bounds, End};

/// A rule of one key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "RuleFile", into = "RuleFile")]
#[non_exhaustive]
pub enum Rule {
    /// The value lies between these.
    Range(Interval),
    /// The characters of a text, or the entries of a collection.
    Length(Interval),
    /// The text matches this regular expression somewhere.
    Pattern(String),
    /// The value is one of these.
    OneOf(Vec<String>),
    /// The value, which is a secret, is one of some that only the program knows.
    Hidden,
    /// The text or the collection is not empty.
    NonEmpty,
    /// The text is an absolute URL.
    Url,
    /// The function at this path accepts the value.
    Validate(String),
}

/// The bounds of a range, each as the store would hold it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "IntervalFile", into = "IntervalFile")]
#[non_exhaustive]
pub struct Interval {
    /// The lower bound, itself included.
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
    /// An expression that only the program can compute, as it was written.
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
    let (low, high) = ends(bounds.written);
    Interval {
        low: bound(bounds.low, low),
        high: bound(bounds.high, high),
        inclusive: bounds.inclusive && bounds.high != End::Open,
    }
}

/// The two sides of a range as it was written.
fn ends(written: &str) -> (&str, &str) {
    let mut depth = 0_usize;
    let mut dots = written.char_indices().filter(|(at, letter)| {
        match letter {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0
            && written
                .get(*at..)
                .is_some_and(|rest| rest.starts_with(".."))
    });
    let at = dots.next().map_or(written.len(), |(at, _)| at);
    let (low, high) = written.split_at_checked(at).unwrap_or_default();
    let high = high.strip_prefix("..").unwrap_or_default();
    (low.trim(), high.strip_prefix('=').unwrap_or(high).trim())
}

fn bound(end: End, written: &str) -> Bound {
    match end {
        End::Open => Bound::Open,
        End::Integer(number) => Bound::At(number.to_string()),
        // `Debug` keeps the point of `1.0`.
        End::Float(number) => Bound::At(format!("{number:?}")),
        End::Period(period) => Bound::At(crate::value::duration::show(period)),
        End::Bytes(size) => Bound::At(size.to_string()),
        End::Text(text) => Bound::At(text.to_owned()),
        End::Unknown => Bound::Unknown(written.to_owned()),
    }
}

// The JSON of a file, where it is not that of the value.

/// A word that is always `true`: something is there, and not shown.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(try_from = "bool", into = "bool")]
pub(super) struct True;

impl TryFrom<bool> for True {
    type Error = &'static str;

    fn try_from(value: bool) -> Result<Self, Self::Error> {
        if value {
            Ok(Self)
        } else {
            Err("what is not `hidden` is written out")
        }
    }
}

impl From<True> for bool {
    fn from(True: True) -> Self {
        true
    }
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum RuleFile {
    Range(Interval),
    Length(Interval),
    Pattern(String),
    OneOf(ChoicesFile),
    NonEmpty,
    Url,
    Validate(String),
}

#[derive(Serialize, Deserialize)]
#[serde(
    rename_all = "lowercase",
    expecting = "the choices of `one_of` are a list of texts, or `{\"hidden\": true}`"
)]
enum ChoicesFile {
    Hidden(True),
    #[serde(untagged)]
    Listed(Vec<String>),
}

impl From<RuleFile> for Rule {
    fn from(rule: RuleFile) -> Self {
        match rule {
            RuleFile::Range(interval) => Self::Range(interval),
            RuleFile::Length(interval) => Self::Length(interval),
            RuleFile::Pattern(pattern) => Self::Pattern(pattern),
            RuleFile::OneOf(ChoicesFile::Listed(choices)) => Self::OneOf(choices),
            RuleFile::OneOf(ChoicesFile::Hidden(True)) => Self::Hidden,
            RuleFile::NonEmpty => Self::NonEmpty,
            RuleFile::Url => Self::Url,
            RuleFile::Validate(path) => Self::Validate(path),
        }
    }
}

impl From<Rule> for RuleFile {
    fn from(rule: Rule) -> Self {
        match rule {
            Rule::Range(interval) => Self::Range(interval),
            Rule::Length(interval) => Self::Length(interval),
            Rule::Pattern(pattern) => Self::Pattern(pattern),
            Rule::OneOf(choices) => Self::OneOf(ChoicesFile::Listed(choices)),
            Rule::Hidden => Self::OneOf(ChoicesFile::Hidden(True)),
            Rule::NonEmpty => Self::NonEmpty,
            Rule::Url => Self::Url,
            Rule::Validate(path) => Self::Validate(path),
        }
    }
}

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
    expecting = "a bound is a text or `{\"expression\": \"…\"}`"
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
            return Err("a range ends with `max` or `below`: leave one of them out");
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
