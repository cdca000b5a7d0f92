//! Defaults: that each is of its type, and keeps the field's own rules.
//!
//! Only what is written out is looked at. What has to be computed is checked when the program
//! starts.

use syn::Expr;

use super::known::{Known, Literal, Scalar};
use super::rules::lies_outside;
use crate::errors::Errors;
use crate::model::checked::{self, RuleKind};
use crate::model::raw;

/// `default = "abc"` is no number, `default = 300` no `u8`.
pub(super) fn is_of_its_type(
    value: &Expr,
    raw: &raw::Field,
    known: &Known<'_>,
    errors: &Errors,
) -> bool {
    let (Some(scalar), Some(literal)) = (known.scalar, Literal::of(value)) else {
        return true;
    };
    if let Literal::Text(text) = &literal
        && (!reads_plain_text(raw) || is_null(&text.value(), known))
    {
        return true;
    }
    match scalar.refuses(&literal) {
        Some(refused) => {
            errors.at(value, refused);
            false
        }
        None => true,
    }
}

/// Whether a text in quotes is what stands in the store, letter by letter.
fn reads_plain_text(raw: &raw::Field) -> bool {
    raw.formats
        .iter()
        .all(|written| matches!(written.value, raw::Format::Text))
}

/// How an optional value may say that there is none.
fn is_null(text: &str, known: &Known<'_>) -> bool {
    known.optional && matches!(text.trim(), "" | "null")
}

/// `default = 0` breaks `range(1..)`.
pub(super) fn keeps_the_rules(
    value: &Expr,
    raw: &raw::Field,
    rules: &[checked::Rule],
    known: &Known<'_>,
    errors: &Errors,
) -> bool {
    let Some(literal) = Literal::of(value) else {
        return true;
    };
    let text = match &literal {
        Literal::Text(text) if is_null(&text.value(), known) => return true,
        // Of any other type it is not known how its text is read.
        Literal::Text(text) if known.scalar == Some(Scalar::String) && reads_plain_text(raw) => {
            Some(text.value())
        }
        _ => None,
    };
    let mut kept = true;
    for rule in rules {
        let broken = match &rule.kind {
            RuleKind::Range { bounds, .. } => literal
                .quantity(known.scalar)
                .filter(|_| text.is_none())
                .is_some_and(|quantity| lies_outside(quantity, bounds, known.scalar)),
            RuleKind::Length { bounds, .. } => text
                .as_ref()
                .and_then(|text| i128::try_from(text.chars().count()).ok())
                .is_some_and(|length| {
                    lies_outside(super::known::Quantity::Integer(length), bounds, None)
                }),
            RuleKind::Pattern(pattern) => text.as_ref().is_some_and(|text| {
                regex::Regex::new(&pattern.value()).is_ok_and(|pattern| !pattern.is_match(text))
            }),
            RuleKind::OneOf { values, .. } => {
                let values: Option<Vec<Literal>> = values.iter().map(Literal::of).collect();
                values.is_some_and(|values| is_none_of(&literal, text.as_deref(), &values, known))
            }
            RuleKind::NonEmpty => text.as_ref().is_some_and(String::is_empty),
            // These need what only the runtime has.
            RuleKind::Url | RuleKind::Validate(_) => false,
        };
        if broken {
            kept = false;
            errors.at(
                value,
                format!(
                    "the default breaks the field's own rule `{}`: change one of them",
                    rule.written
                ),
            );
        }
    }
    kept
}

fn is_none_of(
    literal: &Literal,
    text: Option<&str>,
    values: &[Literal],
    known: &Known<'_>,
) -> bool {
    if let Some(text) = text {
        return values
            .iter()
            .all(|value| !matches!(value, Literal::Text(v) if v.value() == text));
    }
    let Some(quantity) = literal.quantity(known.scalar) else {
        return false;
    };
    values
        .iter()
        .all(|value| value.quantity(known.scalar) != Some(quantity))
}
