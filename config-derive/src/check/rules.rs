//! Checks the rules of a field: that each is known, and that its type can have it.

use std::cmp::Ordering;

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::spanned::Spanned;
use syn::{Expr, ExprRange, LitStr, RangeLimits};

use super::defaults::{has_a_sign, has_suffix, not_finite};
use super::facts::Facts;
use super::literal::{Literal, OrderedValue, is_constant, lies_outside};
use crate::errors::Errors;
use crate::model::constants::ConstValue;
use crate::model::known::{CollectionLength, KnownType, TypeForm};
use crate::model::scalar::ScalarType;
use crate::model::{checked, raw};
use crate::syntax::names;
use crate::tidy::tidy;

/// The rules that are well-formed.
pub(super) fn rules(
    raw: &raw::FieldInput,
    known: &KnownType,
    errors: &Errors,
) -> Vec<checked::LeafRule> {
    raw.rules
        .iter()
        .filter(|written| its_type_can_have_it(&written.value, written, known, errors))
        .filter(|written| a_collection_can_have_it(&written.value, written, raw, known, errors))
        .filter_map(|written| {
            let kind = match &written.value {
                raw::RuleAttribute::Range(bounds) => range(bounds, written, known, errors)?,
                raw::RuleAttribute::Length(bounds) => length(bounds, written, known, errors)?,
                raw::RuleAttribute::Pattern(pattern) => {
                    is_a_pattern(pattern, errors)?;
                    checked::RuleKind::Pattern(pattern.clone())
                }
                raw::RuleAttribute::OneOf(values) => one_of(values, written, known, errors)?,
                raw::RuleAttribute::NonEmpty => checked::RuleKind::NonEmpty,
                raw::RuleAttribute::Url => checked::RuleKind::Url,
                raw::RuleAttribute::Validate(path) => checked::RuleKind::Validate(path.clone()),
            };
            Some(checked::LeafRule {
                span: written.span(),
                written: tidy(written),
                kind,
            })
        })
        .collect()
}

pub(super) fn name(rule: &raw::RuleAttribute) -> &'static str {
    match rule {
        raw::RuleAttribute::Range(_) => names::RANGE,
        raw::RuleAttribute::Length(_) => names::LENGTH,
        raw::RuleAttribute::Pattern(_) => names::PATTERN,
        raw::RuleAttribute::OneOf(_) => names::ONE_OF,
        raw::RuleAttribute::NonEmpty => names::NON_EMPTY,
        raw::RuleAttribute::Url => names::URL,
        raw::RuleAttribute::Validate(_) => names::VALIDATE,
    }
}

/// Rejects, for example, a length of a number, and a range of a text.
fn its_type_can_have_it(
    rule: &raw::RuleAttribute,
    written: impl ToTokens,
    known: &KnownType,
    errors: &Errors,
) -> bool {
    let Some(scalar) = known.scalar else {
        return true;
    };
    let of_text = "a text";
    let (can, needs) = match rule {
        raw::RuleAttribute::Range(_) => (
            scalar.is_number()
                || matches!(
                    scalar,
                    ScalarType::Char | ScalarType::Duration | ScalarType::Size
                ),
            "a number, a duration or a size",
        ),
        raw::RuleAttribute::Length(_) | raw::RuleAttribute::NonEmpty => {
            (scalar.is_text(), "a text or a collection")
        }
        raw::RuleAttribute::Pattern(_) | raw::RuleAttribute::Url => (scalar.is_text(), of_text),
        raw::RuleAttribute::OneOf(_) => (
            !matches!(
                scalar,
                ScalarType::Bool | ScalarType::Address(_) | ScalarType::Url
            ),
            "a text or a number",
        ),
        raw::RuleAttribute::Validate(_) => (true, ""),
    };
    if !can {
        let (rule, name) = (name(rule), scalar.name());
        let ordered =
            scalar.is_number() || matches!(scalar, ScalarType::Duration | ScalarType::Size);
        let instead = match (rule, scalar) {
            (names::RANGE, ScalarType::String) => "for the number of characters write `length(…)`",
            (names::LENGTH, _) if ordered => "for the value write `range(…)`",
            (names::NON_EMPTY, _) if scalar.is_number() => {
                "to refuse zero write `range(1..)`, or a type like `NonZeroU32`"
            }
            (names::NON_EMPTY, _) if ordered => "to refuse zero write `range(…)`",
            (names::PATTERN, _) if scalar.is_number() => "for the value write `range(…)`",
            (names::URL, ScalarType::Url) => "every `Url` is one: leave it out",
            _ => "leave it out, or write `validate = path` with a function of your own",
        };
        errors.at(
            written,
            format!("`{rule}` is a rule of {needs}, not of a `{name}`: {instead}"),
        );
    }
    can
}

/// Rejects rules of a collection about quantities and texts; it has a length.
fn a_collection_can_have_it(
    rule: &raw::RuleAttribute,
    written: impl ToTokens,
    raw: &raw::FieldInput,
    known: &KnownType,
    errors: &Errors,
) -> bool {
    let instead = match rule {
        raw::RuleAttribute::Range(_) => "for the number of entries write `length(…)`",
        raw::RuleAttribute::Pattern(_) | raw::RuleAttribute::OneOf(_) | raw::RuleAttribute::Url => {
            "it does not check the entries; check them in a function, `validate = path`"
        }
        _ => return true,
    };
    let can = !known.form.is_collection();
    if !can {
        let (rule, name) = (name(rule), tidy(&raw.ty));
        errors.at(
            written,
            format!("`{rule}` is not a rule for `{name}`: {instead}"),
        );
    }
    can
}

/// Rejects a pair of rules if one rejects every value that the other allows.
pub(super) fn are_consistent(rules: &[checked::LeafRule], known: &KnownType, errors: &Errors) {
    for rule in rules {
        let others = rules.iter().filter(|other| !std::ptr::eq(*other, rule));
        match &rule.kind {
            checked::RuleKind::OneOf { values, .. } => {
                for (value, other) in values
                    .iter()
                    .filter_map(|value| Some((value, Literal::from_expr(value)?)))
                    .filter_map(|(value, literal)| {
                        let facts = Facts::from_literal(&literal, known.scalar);
                        let other = others
                            .clone()
                            .find(|other| facts.break_rule(&other.kind, known.scalar))?;
                        Some((value, other))
                    })
                {
                    errors.at(
                        value,
                        format!(
                            "the field's own rule `{}` refuses this: change one of them",
                            other.written
                        ),
                    );
                }
            }
            checked::RuleKind::NonEmpty => {
                for other in others {
                    if let checked::RuleKind::Length { bounds, .. } = &other.kind
                        && lies_outside(OrderedValue::Integer(1), bounds, None)
                        && !lies_outside(OrderedValue::Integer(0), bounds, None)
                    {
                        errors.at(
                            bounds,
                            format!(
                                "`{}` allows nothing but what `non_empty` refuses: change one \
                                 of them",
                                other.written
                            ),
                        );
                    }
                }
            }
            _ => {}
        }
    }
}

/// The range, if some value is in it and its bounds are of the field's type.
fn range(
    bounds: &ExprRange,
    written: &impl ToTokens,
    known: &KnownType,
    errors: &Errors,
) -> Option<checked::RuleKind> {
    let texts = [&bounds.start, &bounds.end].map(|bound| {
        matches!(
            bound.as_deref().map(Literal::from_expr),
            Some(Some(Literal::Text(_)))
        )
    });
    let written_bounds = [&bounds.start, &bounds.end].into_iter().flatten();
    let number_of_bounds = written_bounds.clone().count();
    let number_of_texts = texts.into_iter().filter(|text| *text).count();

    let mut right = restricts_something(bounds, written, names::RANGE, errors);
    match known.scalar {
        Some(scalar) if scalar.is_number() && number_of_texts > 0 => {
            errors.at(
                bounds,
                "the bounds of a number are numbers: leave the quotes out",
            );
            right = false;
        }
        Some(scalar) => {
            for bound in written_bounds.clone() {
                if let Some(refused) = Literal::from_expr(bound)
                    .and_then(|literal| scalar.bound().refuses(&literal))
                    .or_else(|| has_suffix(bound, scalar))
                    .or_else(|| has_a_sign(bound, scalar))
                {
                    errors.at(bound, refused);
                    right = false;
                }
            }
        }
        None => {}
    }
    for bound in written_bounds {
        if not_finite(bound).is_some() {
            errors.at(
                bound,
                "a number in the store is finite, so this bounds nothing: leave it out, `0.0..`",
            );
            right = false;
        }
    }
    if right && number_of_texts > 0 && number_of_texts < number_of_bounds {
        errors.at(
            bounds,
            "both bounds are texts, or none is: write `\"1s\"..=\"5m\"`",
        );
        right = false;
    }
    if !(right && holds_something(bounds, known.scalar, errors)) {
        return None;
    }
    Some(checked::RuleKind::Range {
        bounds: bounds.clone(),
        low: end(bounds.start.as_deref(), known.scalar),
        high: end(bounds.end.as_deref(), known.scalar),
    })
}

/// One end of a range, as far as its tokens show.
fn end(bound: Option<&Expr>, scalar: Option<ScalarType>) -> ConstValue {
    let Some(bound) = bound else {
        return ConstValue::Nothing;
    };
    match (Literal::from_expr(bound), scalar) {
        (Some(Literal::Integer(number)), _) => ConstValue::Integer(number),
        (Some(Literal::Float(number)), _) => ConstValue::Float(number),
        (Some(Literal::Text(text)), _) => ConstValue::Text(text),
        (Some(Literal::Char(letter)), _) => {
            ConstValue::Text(LitStr::new(&letter.to_string(), bound.span()))
        }
        (_, Some(scalar)) => constant(bound, scalar.bound()),
        (_, None) => ConstValue::Unknown(tidy(bound)),
    }
}

/// The value of an expression that is no literal, as far as a constant can compute it.
pub(super) fn constant(value: &Expr, scalar: ScalarType) -> ConstValue {
    let tokens = value.to_token_stream();
    match scalar {
        _ if !is_constant(value, scalar) => ConstValue::Unknown(tidy(value)),
        // Not all of these are numbers that the schema could hold.
        ScalarType::Integer {
            name: "u128" | "NonZeroU128",
            ..
        } => ConstValue::Unknown(tidy(value)),
        ScalarType::Integer { .. } => ConstValue::IntegerOf(tokens),
        ScalarType::Float(_) => ConstValue::FloatOf(tokens),
        ScalarType::Duration => ConstValue::PeriodOf(tokens),
        ScalarType::Size => ConstValue::BytesOf(tokens),
        ScalarType::String => ConstValue::TextOf(tokens),
        _ => ConstValue::Unknown(tidy(value)),
    }
}

/// The length, if some value can have it.
fn length(
    bounds: &ExprRange,
    written: &impl ToTokens,
    known: &KnownType,
    errors: &Errors,
) -> Option<checked::RuleKind> {
    let mut right = restricts_something(bounds, written, names::LENGTH, errors);
    if let TypeForm::List(_, CollectionLength::Fixed(length)) = known.form.inner()
        && let Ok(number) = i128::try_from(*length)
        && lies_outside(OrderedValue::Integer(number), bounds, None)
    {
        errors.at(
            bounds,
            format!("an array of this type has {length} entries, which the rule refuses"),
        );
        right = false;
    }
    for bound in [&bounds.start, &bounds.end].into_iter().flatten() {
        if !matches!(
            Literal::from_expr(bound),
            None | Some(Literal::Integer(0..))
        ) || has_a_sign(bound, ScalarType::USIZE).is_some()
        {
            errors.at(
                bound,
                "a length is a whole number from 0 upwards: write `length(1..=80)`",
            );
            right = false;
        }
    }
    (right && holds_something(bounds, None, errors)).then(|| checked::RuleKind::Length {
        bounds: bounds.clone(),
        low: end(bounds.start.as_deref(), Some(ScalarType::USIZE)),
        high: end(bounds.end.as_deref(), Some(ScalarType::USIZE)),
    })
}

fn restricts_something(
    bounds: &ExprRange,
    written: &impl ToTokens,
    name: &str,
    errors: &Errors,
) -> bool {
    let restricts = bounds.start.is_some() || bounds.end.is_some();
    if !restricts {
        errors.at(
            written,
            format!(
                "`..` allows everything: write a bound, `{}`",
                names::example(name)
            ),
        );
    }
    restricts
}

/// Rejects `5..=1` and `1..1` if both bounds are literals.
fn holds_something(bounds: &ExprRange, scalar: Option<ScalarType>, errors: &Errors) -> bool {
    let empty = is_empty(bounds, scalar);
    if let Some(message) = &empty {
        errors.at(bounds, message);
    }
    empty.is_none()
}

/// The message about a range without values, if both bounds are literals.
pub(super) fn is_empty(bounds: &ExprRange, scalar: Option<ScalarType>) -> Option<String> {
    let ordered_value = |bound: &Option<Box<Expr>>| {
        bound
            .as_deref()
            .and_then(Literal::from_expr)
            .and_then(|literal| literal.ordered_value(scalar))
    };
    let (low, high) = (ordered_value(&bounds.start)?, ordered_value(&bounds.end)?);
    let advice = match (low.compared(high)?, &bounds.limits) {
        (Ordering::Greater, _) => "swap its bounds",
        (Ordering::Equal, RangeLimits::HalfOpen(_)) => "write `..=` to include its end",
        _ => return None,
    };
    let written = tidy(bounds);
    Some(format!("no value lies in the range `{written}`: {advice}"))
}

fn is_a_pattern(pattern: &LitStr, errors: &Errors) -> Option<()> {
    match regex::Regex::new(&pattern.value()) {
        Ok(_) => Some(()),
        Err(error) => {
            // The last line is the message; the lines above draw a picture.
            let text = error.to_string();
            let line = text.lines().last().unwrap_or_default();
            let why = line.strip_prefix("error: ").unwrap_or(line);
            errors.at(
                pattern,
                format!("not a regular expression: {why}; write it in the syntax of the crate `regex`, such as `^[a-z]+$`"),
            );
            None
        }
    }
}

/// The choices, if there are some, all texts or all numbers, of the field's type.
fn one_of(
    values: &[Expr],
    written: &impl ToTokens,
    known: &KnownType,
    errors: &Errors,
) -> Option<checked::RuleKind> {
    if values.is_empty() {
        errors.at(
            written,
            "no value is one of none: write `one_of(\"debug\", \"info\")`",
        );
        return None;
    }
    let mut right = true;
    let mut shown: Vec<String> = Vec::new();
    let mut texts = 0;
    for value in values {
        let literal = Literal::from_expr(value);
        let name = match &literal {
            Some(Literal::Text(text)) => {
                texts += 1;
                text.value()
            }
            Some(literal) if !matches!(literal, Literal::Bool(_)) => literal.in_the_store(),
            _ => {
                errors.at(
                    value,
                    "the values of `one_of` are texts or numbers: write them out",
                );
                right = false;
                continue;
            }
        };
        let of_number = known.scalar.is_some_and(ScalarType::is_number);
        if let (true, Some(Literal::Text(_))) = (of_number, &literal) {
            errors.at(
                value,
                "the values of a number are numbers: leave the quotes out",
            );
            right = false;
        } else if let (Some(ScalarType::Char), Some(Literal::Text(text))) = (known.scalar, &literal)
        {
            let text = text.value();
            errors.at(
                value,
                format!("the values of a `char` are characters: write `'{text}'`"),
            );
            right = false;
        } else if let (Some(scalar), Some(literal)) = (known.scalar, &literal)
            && let Some(refused) = scalar
                .refuses(literal)
                .or_else(|| has_a_sign(value, scalar))
        {
            errors.at(value, refused);
            right = false;
        } else if shown.contains(&name) {
            errors.at(
                value,
                format!("`{name}` is written twice: leave one of them out"),
            );
            right = false;
        }
        shown.push(name);
    }
    if right && texts > 0 && texts < values.len() {
        let all: TokenStream = written.to_token_stream();
        errors.at(all, "the values of `one_of` are all texts or all numbers");
        right = false;
    }
    right.then(|| checked::RuleKind::OneOf {
        values: values.to_vec(),
        shown,
    })
}
