//! The rules of a key in a schema.
//!
//! In: the rules that a struct declares, or those of a file. Out: a [`Rule`], its form in a file, and
//! its text for people. It knows no types and no values.

use std::fmt;

use super::json::Json;
use crate::typed::tree::{self, Bounds, End};

/// A rule of one key.
#[derive(Debug, Clone, PartialEq, Eq)]
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
#[derive(Debug, Clone, PartialEq, Eq)]
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

// The JSON of a file, in types of its own, so that its names do not change with those of the
// fields.

/// The rule in a file.
pub(super) fn to_json(rule: &Rule) -> Json {
    match rule {
        Rule::Range(interval) => Json::one("range", interval_to_json(interval)),
        Rule::Length(interval) => Json::one("length", interval_to_json(interval)),
        Rule::Pattern(pattern) => Json::one("pattern", Json::text(pattern)),
        Rule::OneOf(choices) => Json::one("one_of", Json::texts(choices)),
        Rule::Hidden => Json::one("one_of", Json::one("hidden", Json::word(true))),
        Rule::NonEmpty => Json::text("non_empty"),
        Rule::Url => Json::text("url"),
        Rule::Validate(path) => Json::one("validate", Json::text(path)),
    }
}

fn interval_to_json(interval: &Interval) -> Json {
    let high = if interval.inclusive { "max" } else { "below" };
    let ends = [("min", &interval.low), (high, &interval.high)];
    let members = ends.into_iter().filter_map(|(name, bound)| {
        let bound = match bound {
            Bound::Open => return None,
            Bound::At(text) => Json::text(text),
            Bound::Unknown(written) => Json::one("expression", Json::text(written)),
        };
        Some((name.to_owned(), bound))
    });
    Json::Object(members.collect())
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Expression {
    pub(super) expression: String,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Hidden {
    pub(super) hidden: bool,
}

#[derive(serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum RuleOfFile {
    Range(IntervalOfFile),
    Length(IntervalOfFile),
    Pattern(String),
    OneOf(ChoicesOfFile),
    NonEmpty,
    Url,
    Validate(String),
}

#[derive(serde::Deserialize)]
#[serde(
    untagged,
    expecting = "the choices of `one_of` are a list of texts, or `{\"hidden\": true}`"
)]
pub(super) enum ChoicesOfFile {
    Listed(Vec<String>),
    Hidden(Hidden),
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct IntervalOfFile {
    #[serde(default)]
    min: Option<BoundOfFile>,
    #[serde(default)]
    max: Option<BoundOfFile>,
    #[serde(default)]
    below: Option<BoundOfFile>,
}

#[derive(serde::Deserialize)]
#[serde(untagged, expecting = "a bound is a text or `{\"expression\": \"…\"}`")]
enum BoundOfFile {
    At(String),
    Unknown(Expression),
}

impl RuleOfFile {
    pub(super) fn rule(self) -> Result<Rule, &'static str> {
        Ok(match self {
            Self::Range(interval) => Rule::Range(interval.interval()?),
            Self::Length(interval) => Rule::Length(interval.interval()?),
            Self::Pattern(pattern) => Rule::Pattern(pattern),
            Self::OneOf(ChoicesOfFile::Listed(choices)) => Rule::OneOf(choices),
            Self::OneOf(ChoicesOfFile::Hidden(Hidden { hidden: true })) => Rule::Hidden,
            Self::OneOf(ChoicesOfFile::Hidden(Hidden { hidden: false })) => {
                return Err("choices that are not `hidden` are written out");
            }
            Self::NonEmpty => Rule::NonEmpty,
            Self::Url => Rule::Url,
            Self::Validate(path) => Rule::Validate(path),
        })
    }
}

impl IntervalOfFile {
    fn interval(self) -> Result<Interval, &'static str> {
        let inclusive = self.max.is_some();
        let high = match (self.max, self.below) {
            (Some(_), Some(_)) => {
                return Err("a range ends with `max` or `below`: leave one of them out");
            }
            (high, None) | (None, high) => high,
        };
        let bound = |bound| match bound {
            None => Bound::Open,
            Some(BoundOfFile::At(text)) => Bound::At(text),
            Some(BoundOfFile::Unknown(written)) => Bound::Unknown(written.expression),
        };
        Ok(Interval {
            low: bound(self.min),
            high: bound(high),
            inclusive,
        })
    }
}
