//! The facts about a literal value that rules depend on.
//!
//! In: a literal, or a type whose `Default` is known. Out: whether a rule would reject the value.
//! An unknown value breaks no rule here; the runtime checks again.

use super::literal::{Literal, OrderedValue, is_url, lies_outside};
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

    fn from_length(length: usize) -> Self {
        Self {
            length: Some(length),
            ..Self::default()
        }
    }

    fn from_ordered(ordered_value: Option<OrderedValue>) -> Self {
        Self {
            ordered_value,
            ..Self::default()
        }
    }

    /// The facts about a text in the store.
    fn from_stored(text: &str, scalar: ScalarType) -> Self {
        if scalar.is_text() {
            Self::from_text(text.to_owned())
        } else {
            Self::from_ordered(OrderedValue::from_text(text, scalar))
        }
    }

    /// The facts about a default; `None` for the `None` of an `Option`.
    pub(super) fn from_default(
        literal: &Literal,
        form: &TypeForm,
        codec_form: Form,
    ) -> Option<Self> {
        let (inner, optional) = (form.inner(), matches!(form, TypeForm::Optional(_)));
        let scalar = match inner {
            TypeForm::Scalar(scalar) => Some(*scalar),
            _ => None,
        };
        let Literal::Text(text) = literal else {
            return Some(Self::from_literal(literal, scalar));
        };
        let text = text.value();
        let is_any_text = codec_form != Form::Json && scalar.is_some_and(ScalarType::is_text);
        match (codec_form, scalar) {
            (Form::Other, _) => Some(Self::default()),
            _ if optional && text.trim() == "null" && !is_any_text => None,
            (Form::Auto | Form::Text, Some(scalar)) => Some(Self::from_stored(&text, scalar)),
            (Form::Auto | Form::Text, None) if *inner == TypeForm::Unknown => Some(Self::default()),
            _ => Some(Self::from_json(&text, inner)),
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
            (TypeForm::List(..), Ok(Json::Array(entries))) => Self::from_length(entries.len()),
            (TypeForm::Map(_), Ok(Json::Object(entries))) => Self::from_length(entries.len()),
            (TypeForm::Scalar(scalar), Ok(Json::String(text))) => Self::from_stored(&text, *scalar),
            (TypeForm::Scalar(scalar), Ok(Json::Number(number))) => {
                Self::from_stored(&number.to_string(), *scalar)
            }
            _ => Self::default(),
        }
    }

    /// The facts about an entry of `one_of`, or about a default that is not a text.
    pub(super) fn from_literal(literal: &Literal, scalar: Option<ScalarType>) -> Self {
        match literal {
            Literal::Text(text) if scalar.is_none_or(ScalarType::is_text) => {
                Self::from_text(text.value())
            }
            _ => Self::from_ordered(literal.ordered_value(scalar)),
        }
    }

    /// The facts about `Default::default()`; none about the `None` of an `Option`.
    pub(super) fn from_types_default(form: &TypeForm) -> Self {
        let scalar = match form {
            TypeForm::Scalar(scalar) => *scalar,
            TypeForm::List(_, CollectionLength::Fixed(length)) => {
                return Self::from_length(*length);
            }
            TypeForm::List(..) | TypeForm::Map(_) => return Self::from_length(0),
            _ => return Self::default(),
        };
        Self::from_ordered(Some(match scalar {
            ScalarType::Integer { .. } | ScalarType::Size => OrderedValue::Integer(0),
            ScalarType::Float(_) => OrderedValue::Float(0.0),
            ScalarType::Duration => OrderedValue::Duration(std::time::Duration::ZERO),
            ScalarType::Char => OrderedValue::Letter('\0'),
            scalar if scalar.is_text() => return Self::from_text(String::new()),
            _ => return Self::default(),
        }))
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
            RuleKind::Url => self.text.as_ref().is_some_and(|text| !is_url(text)),
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
