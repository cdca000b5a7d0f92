//! The facts about a literal value that rules depend on.
//!
//! In: a literal, or a type whose `Default` is known. Out: whether a rule would reject the value.
//! An unknown value breaks no rule here; the runtime checks again.

use super::literal::{Literal, OrderedValue, lies_outside};
use super::stored;
use crate::model::checked::RuleKind;
use crate::model::codec::Form;
use crate::model::known::{CollectionLength, TypeForm};
use crate::model::scalar::ScalarType;

/// A value, as far as rules look at it.
#[derive(Default)]
pub(super) struct Facts {
    text: Option<String>,
    /// Its characters or entries.
    length: Option<usize>,
    ordered_value: Option<OrderedValue>,
}

impl Facts {
    fn from_text(text: String) -> Self {
        Self {
            length: Some(text.chars().count()),
            text: Some(text),
            ordered_value: None,
        }
    }

    /// The facts about a default; `None` for the `None` of an `Option`.
    pub(super) fn from_default(
        literal: &Literal,
        form: &TypeForm,
        codec_form: Form,
    ) -> Option<Self> {
        let (inner, optional) = (form.inner(), matches!(form, TypeForm::Optional(_)));
        let Literal::Text(text) = literal else {
            let scalar = match inner {
                TypeForm::Scalar(scalar) => Some(*scalar),
                _ => None,
            };
            return Some(Self::from_literal(literal, scalar));
        };
        let text = text.value();
        match codec_form {
            Form::Other => Some(Self::default()),
            Form::Auto | Form::Text => {
                let is_text = matches!(inner, TypeForm::Scalar(scalar) if scalar.is_text());
                if optional && text.trim() == "null" && !is_text {
                    return None;
                }
                match inner {
                    TypeForm::Scalar(_) if is_text => Some(Self::from_text(text)),
                    TypeForm::Scalar(scalar) => Some(Self::from_literal(literal, Some(*scalar))),
                    TypeForm::Unknown => Some(Self::default()),
                    _ => Some(Self::from_json(&text, inner)),
                }
            }
            Form::Json if optional && text.trim() == "null" => None,
            Form::Json => Some(Self::from_json(&text, inner)),
        }
    }

    fn from_json(text: &str, form: &TypeForm) -> Self {
        use serde_json::Value as Json;
        match (form, stored::json(text)) {
            // The type decides which entries of a set are the same.
            (TypeForm::List(_, CollectionLength::Distinct), Ok(Json::Array(entries)))
                if entries.len() > 1 =>
            {
                Self::default()
            }
            (TypeForm::List(..), Ok(Json::Array(entries))) => Self {
                length: Some(entries.len()),
                ..Self::default()
            },
            (TypeForm::Map(_), Ok(Json::Object(entries))) => Self {
                length: Some(entries.len()),
                ..Self::default()
            },
            (TypeForm::Scalar(scalar), Ok(Json::String(text))) if scalar.is_text() => {
                Self::from_text(text)
            }
            (TypeForm::Scalar(scalar), Ok(Json::String(text))) => Self {
                ordered_value: OrderedValue::from_text(&text, *scalar),
                ..Self::default()
            },
            (TypeForm::Scalar(ScalarType::Float(_)), Ok(Json::Number(number))) => Self {
                ordered_value: number.as_f64().map(OrderedValue::Float),
                ..Self::default()
            },
            (TypeForm::Scalar(_), Ok(Json::Number(number))) => Self {
                ordered_value: number
                    .as_i64()
                    .map(i128::from)
                    .or_else(|| number.as_u64().map(i128::from))
                    .map(OrderedValue::Integer),
                ..Self::default()
            },
            _ => Self::default(),
        }
    }

    /// The facts about an entry of `one_of`, or about a default that is not a text.
    pub(super) fn from_literal(literal: &Literal, scalar: Option<ScalarType>) -> Self {
        match (literal, scalar) {
            (Literal::Text(text), None) => Self::from_text(text.value()),
            (Literal::Text(text), Some(scalar)) if scalar.is_text() => {
                Self::from_text(text.value())
            }
            _ => Self {
                ordered_value: literal.ordered_value(scalar),
                ..Self::default()
            },
        }
    }

    /// The facts about `Default::default()`; none about the `None` of an `Option`.
    pub(super) fn from_types_default(form: &TypeForm) -> Self {
        match form {
            TypeForm::Scalar(ScalarType::Integer { .. } | ScalarType::Size) => Self {
                ordered_value: Some(OrderedValue::Integer(0)),
                ..Self::default()
            },
            TypeForm::Scalar(ScalarType::Float(_)) => Self {
                ordered_value: Some(OrderedValue::Float(0.0)),
                ..Self::default()
            },
            TypeForm::Scalar(ScalarType::Duration) => Self {
                ordered_value: Some(OrderedValue::Duration(std::time::Duration::ZERO)),
                ..Self::default()
            },
            TypeForm::Scalar(ScalarType::Char) => Self {
                ordered_value: Some(OrderedValue::Letter('\0')),
                ..Self::default()
            },
            TypeForm::Scalar(scalar) if scalar.is_text() => Self::from_text(String::new()),
            TypeForm::List(_, entries) => Self {
                length: Some(match entries {
                    CollectionLength::Fixed(length) => *length,
                    _ => 0,
                }),
                ..Self::default()
            },
            TypeForm::Map(_) => Self {
                length: Some(0),
                ..Self::default()
            },
            _ => Self::default(),
        }
    }

    pub(super) fn ordered_value(&self) -> Option<OrderedValue> {
        self.ordered_value
    }

    /// Whether the rule rejects the value.
    pub(super) fn break_rule(&self, rule: &RuleKind, scalar: Option<ScalarType>) -> bool {
        match rule {
            RuleKind::Range { bounds, .. } => self
                .ordered_value
                .is_some_and(|ordered_value| lies_outside(ordered_value, bounds, scalar)),
            RuleKind::Length { bounds, .. } => self
                .length
                .and_then(|length| i128::try_from(length).ok())
                .is_some_and(|length| lies_outside(OrderedValue::Integer(length), bounds, None)),
            RuleKind::Pattern(pattern) => self.text.as_ref().is_some_and(|text| {
                regex::Regex::new(&pattern.value()).is_ok_and(|pattern| !pattern.is_match(text))
            }),
            RuleKind::OneOf { values, .. } => {
                let values: Option<Vec<Literal>> = values.iter().map(Literal::from_expr).collect();
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

    fn are_none_of(&self, values: &[Literal], scalar: Option<ScalarType>) -> bool {
        if let Some(text) = &self.text {
            return values
                .iter()
                .all(|value| !matches!(value, Literal::Text(v) if v.value() == *text));
        }
        self.ordered_value.is_some_and(|ordered_value| {
            values
                .iter()
                .all(|value| value.ordered_value(scalar) != Some(ordered_value))
        })
    }
}
