//! What rules can be asked of a value that is written out.
//!
//! In: a literal, or a type whose `Default` is known. Out: whether a rule would refuse the value.
//! What is not known breaks no rule here; the runtime asks again.

use super::known::{Known, Literal, Quantity, Scalar, lies_outside};
use super::shape::{self, Entries, Reading, Shape};
use crate::model::checked::RuleKind;

/// A value, as far as rules look at it.
#[derive(Default)]
pub(super) struct Facts {
    text: Option<String>,
    /// Its characters or entries.
    length: Option<usize>,
    quantity: Option<Quantity>,
}

impl Facts {
    fn of_text(text: String) -> Self {
        Self {
            length: Some(text.chars().count()),
            text: Some(text),
            quantity: None,
        }
    }

    /// What is known of a default; `None` where it is the `None` of an `Option`.
    pub(super) fn of_default(
        literal: &Literal,
        known: &Known<'_>,
        shape: &Shape,
        reading: Reading,
    ) -> Option<Self> {
        let Literal::Text(text) = literal else {
            return Some(Self::of_entry(literal, known.scalar));
        };
        let text = text.value();
        let inner = shape.inner();
        match reading {
            Reading::Other => Some(Self::default()),
            Reading::Auto | Reading::Text => {
                let is_text = matches!(inner, Shape::Word(scalar) if scalar.is_text());
                if known.optional && text.trim() == "null" && !is_text {
                    return None;
                }
                match inner {
                    Shape::Word(_) if is_text => Some(Self::of_text(text)),
                    Shape::Word(scalar) => Some(Self::of_entry(literal, Some(*scalar))),
                    Shape::Unknown => Some(Self::default()),
                    _ => Some(Self::of_json(&text, inner)),
                }
            }
            Reading::Json if known.optional && text.trim() == "null" => None,
            Reading::Json => Some(Self::of_json(&text, inner)),
        }
    }

    fn of_json(text: &str, shape: &Shape) -> Self {
        use serde_json::Value as Json;
        match (shape, shape::json(text)) {
            // Which entries of a set are the same, its type decides.
            (Shape::List(_, Entries::Distinct), Ok(Json::Array(entries))) if entries.len() > 1 => {
                Self::default()
            }
            (Shape::List(..), Ok(Json::Array(entries))) => Self {
                length: Some(entries.len()),
                ..Self::default()
            },
            (Shape::Map(_), Ok(Json::Object(entries))) => Self {
                length: Some(entries.len()),
                ..Self::default()
            },
            (Shape::Word(scalar), Ok(Json::String(text))) if scalar.is_text() => {
                Self::of_text(text)
            }
            (Shape::Word(scalar), Ok(Json::String(text))) => Self {
                quantity: Quantity::of_text(&text, *scalar),
                ..Self::default()
            },
            (Shape::Word(Scalar::Float(_)), Ok(Json::Number(number))) => Self {
                quantity: number.as_f64().map(Quantity::Float),
                ..Self::default()
            },
            (Shape::Word(_), Ok(Json::Number(number))) => Self {
                quantity: number
                    .as_i64()
                    .map(i128::from)
                    .or_else(|| number.as_u64().map(i128::from))
                    .map(Quantity::Integer),
                ..Self::default()
            },
            _ => Self::default(),
        }
    }

    /// What is known of an entry of `one_of`, or of a default that is no text.
    pub(super) fn of_entry(literal: &Literal, scalar: Option<Scalar>) -> Self {
        match (literal, scalar) {
            (Literal::Text(text), None) => Self::of_text(text.value()),
            (Literal::Text(text), Some(scalar)) if scalar.is_text() => Self::of_text(text.value()),
            _ => Self {
                quantity: literal.quantity(scalar),
                ..Self::default()
            },
        }
    }

    /// What is known of `Default::default()`; nothing of the `None` of an `Option`.
    pub(super) fn of_types_default(shape: &Shape) -> Self {
        match shape {
            Shape::Word(Scalar::Integer { .. } | Scalar::Size) => Self {
                quantity: Some(Quantity::Integer(0)),
                ..Self::default()
            },
            Shape::Word(Scalar::Float(_)) => Self {
                quantity: Some(Quantity::Float(0.0)),
                ..Self::default()
            },
            Shape::Word(Scalar::Duration) => Self {
                quantity: Some(Quantity::Duration(std::time::Duration::ZERO)),
                ..Self::default()
            },
            Shape::Word(Scalar::Char) => Self {
                quantity: Some(Quantity::Letter('\0')),
                ..Self::default()
            },
            Shape::Word(scalar) if scalar.is_text() => Self::of_text(String::new()),
            Shape::List(_, entries) => Self {
                length: Some(match entries {
                    Entries::Fixed(length) => *length,
                    _ => 0,
                }),
                ..Self::default()
            },
            Shape::Map(_) => Self {
                length: Some(0),
                ..Self::default()
            },
            _ => Self::default(),
        }
    }

    /// Whether the rule refuses the value.
    pub(super) fn break_rule(&self, rule: &RuleKind, scalar: Option<Scalar>) -> bool {
        match rule {
            RuleKind::Range { bounds, .. } => self
                .quantity
                .is_some_and(|quantity| lies_outside(quantity, bounds, scalar)),
            RuleKind::Length { bounds, .. } => self
                .length
                .and_then(|length| i128::try_from(length).ok())
                .is_some_and(|length| lies_outside(Quantity::Integer(length), bounds, None)),
            RuleKind::Pattern(pattern) => self.text.as_ref().is_some_and(|text| {
                regex::Regex::new(&pattern.value()).is_ok_and(|pattern| !pattern.is_match(text))
            }),
            RuleKind::OneOf { values, .. } => {
                let values: Option<Vec<Literal>> = values.iter().map(Literal::of).collect();
                values.is_some_and(|values| self.are_none_of(&values, scalar))
            }
            RuleKind::NonEmpty => self.length == Some(0),
            RuleKind::Url => self
                .text
                .as_ref()
                .is_some_and(|text| url::Url::parse(text).is_err()),
            RuleKind::Validate(_) => false,
        }
    }

    fn are_none_of(&self, values: &[Literal], scalar: Option<Scalar>) -> bool {
        if let Some(text) = &self.text {
            return values
                .iter()
                .all(|value| !matches!(value, Literal::Text(v) if v.value() == *text));
        }
        self.quantity.is_some_and(|quantity| {
            values
                .iter()
                .all(|value| value.quantity(scalar) != Some(quantity))
        })
    }
}
