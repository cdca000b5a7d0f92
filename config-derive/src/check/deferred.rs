//! The checks that only the compiler can make: of defaults and ranges with a constant's name, or of
//! a type that the macro does not know.
//!
//! In: a field whose own checks have passed. Out: checks for constants, which know the type through
//! its aliases and the value of a constant. A text is parsed here as each type that it could be of;
//! the constant picks the result for the type.

use proc_macro2::{Span, TokenTree};
use quote::{ToTokens, quote_spanned};
use syn::spanned::Spanned;
use syn::{Expr, ExprRange, RangeLimits};

use super::literal::{Literal, OrderedValue, is_constant};
use crate::model::checked::{self, RuleKind};
use crate::model::codec::Form;
use crate::model::constants::{
    ConstValue, DeferredCheck, DeferredKind, DeferredRule, DeferredRuleKind, JsonEntry, ParsedText,
};
use crate::model::known::KnownType;
use crate::model::raw;
use crate::model::scalar::ScalarType;
use crate::tidy::moved;

/// The deferred checks of one leaf.
pub(super) fn deferred_checks(
    raw: &raw::FieldInput,
    leaf: &checked::LeafSpec,
) -> Vec<DeferredCheck> {
    let known = &leaf.known;
    let mut deferred = Vec::new();
    for rule in &leaf.rules {
        deferred.extend(check_of_rule(rule, known));
    }
    deferred.extend(check_of_default(raw, leaf));
    deferred
}

/// Whether the bounds are in order, and are of the type.
fn check_of_rule(rule: &checked::LeafRule, known: &KnownType) -> Option<DeferredCheck> {
    let (bounds, scalar) = match &rule.kind {
        RuleKind::Range { bounds, .. } => (bounds, known.scalar),
        RuleKind::Length { bounds, .. } => (bounds, Some(ScalarType::USIZE)),
        _ => return None,
    };
    let (low, high) = ends(bounds, scalar);
    let deferred = match (&low, &high) {
        // The macro has checked these itself.
        _ if known.scalar.is_some() && is_literal(&low) && is_literal(&high) => return None,
        (ConstValue::Text(_), _) | (_, ConstValue::Text(_)) => true,
        (ConstValue::Nothing | ConstValue::Unknown, _)
        | (_, ConstValue::Nothing | ConstValue::Unknown) => false,
        _ => !(is_literal(&low) && is_literal(&high)),
    };
    deferred.then(|| DeferredCheck {
        span: bounds.span(),
        end: last(bounds),
        kind: DeferredKind::Range {
            low,
            high,
            inclusive: is_inclusive(bounds),
            length: matches!(rule.kind, RuleKind::Length { .. }),
            written: crate::tidy::tidy(bounds),
        },
    })
}

/// Whether the default is of the type, and keeps the rules.
fn check_of_default(raw: &raw::FieldInput, leaf: &checked::LeafSpec) -> Option<DeferredCheck> {
    let known = &leaf.known;
    let plain = matches!(leaf.format.form(), Form::Auto | Form::Text);
    if !plain {
        return None;
    }
    let mut computed = None;
    let (default, place) = match &leaf.default {
        checked::LeafDefault::None => return None,
        checked::LeafDefault::OfType => (ConstValue::Zero, whole(raw.default.as_ref()?)),
        checked::LeafDefault::Text(text) => (
            ConstValue::Text(Box::new(parsed_text(&text.value()))),
            whole(text),
        ),
        checked::LeafDefault::Expression(value, _) => {
            let inner = inside_some(value)
                .filter(|_| known.optional)
                .unwrap_or(value);
            let named = matches!(inner, Expr::Path(_));
            if known.optional && named && std::ptr::eq(inner, value) {
                // It may be the option or the value in it: the start of the program finds out.
                return None;
            }
            let default = if is_computed(inner, known) {
                computed = Some(inner);
                typed_value(inner, known)
            } else {
                const_value(inner, known.scalar)
            };
            (default, whole(value))
        }
    };
    let text = matches!(default, ConstValue::Text(_));
    let unknown_text = text && known.scalar.is_none();
    let rules = rules(leaf, &default);
    let undecided = match (&default, known.scalar) {
        (ConstValue::Unknown, _) => false,
        (ConstValue::Zero, Some(_)) => rules.iter().any(|(_, computed)| *computed),
        (ConstValue::Zero, None) => !rules.is_empty(),
        (default, _) if is_literal(default) || (text && !unknown_text) => {
            rules.iter().any(|(_, computed)| *computed)
        }
        _ => !rules.is_empty(),
    };
    let kind = if unknown_text || undecided {
        DeferredKind::Default {
            default,
            rules: rules.into_iter().map(|(rule, _)| rule).collect(),
        }
    } else {
        DeferredKind::Value(computed?.to_token_stream())
    };
    Some(DeferredCheck {
        span: place.0,
        end: place.1,
        kind,
    })
}

/// Whether the compiler can compute it in a constant, which overflows where the running program
/// would.
fn is_computed(value: &Expr, known: &KnownType) -> bool {
    let number =
        |scalar: &ScalarType| matches!(scalar, ScalarType::Integer { .. } | ScalarType::Float(_));
    let Some(scalar) = known.scalar.filter(number) else {
        return false;
    };
    match value {
        Expr::Group(group) => is_computed(&group.expr, known),
        Expr::Paren(paren) => is_computed(&paren.expr, known),
        Expr::Unary(_) | Expr::Binary(_) | Expr::Cast(_) => {
            Literal::from_expr(value).is_none() && is_constant(value, scalar)
        }
        _ => false,
    }
}

/// The value in a constant of the field's own type: there it is computed as the running program
/// computes it.
fn typed_value(value: &Expr, known: &KnownType) -> ConstValue {
    let at = Span::mixed_site().located_at(value.span());
    let ty = moved(&known.inner, value.span());
    let value = quote_spanned!(at=> { const VALUE: #ty = #value; VALUE });
    match known.scalar {
        Some(ScalarType::Float(_)) => ConstValue::FloatOf(value),
        // Not all of these are numbers that rules could look at.
        Some(ScalarType::Integer { name: "u128", .. }) => ConstValue::Unknown,
        _ => ConstValue::IntegerOf(value),
    }
}

/// The rules as a constant can check them, each with whether it has a bound that is computed.
fn rules(leaf: &checked::LeafSpec, default: &ConstValue) -> Vec<(DeferredRule, bool)> {
    let known = &leaf.known;
    let text = match default {
        ConstValue::Text(text) => Some(text.text.as_str()),
        ConstValue::Zero => Some(""),
        _ => None,
    };
    let rules = leaf.rules.iter().filter_map(|rule| {
        let (kind, computed) = match &rule.kind {
            RuleKind::Range { bounds, .. } => {
                let (low, high) = ends(bounds, known.scalar);
                let computed = !(is_literal(&low) && is_literal(&high));
                let inclusive = is_inclusive(bounds);
                (
                    DeferredRuleKind::Range {
                        low,
                        high,
                        inclusive,
                    },
                    computed,
                )
            }
            RuleKind::Length { bounds, .. } => {
                let (low, high) = ends(bounds, Some(ScalarType::USIZE));
                let computed = !(is_literal(&low) && is_literal(&high));
                let inclusive = is_inclusive(bounds);
                (
                    DeferredRuleKind::Length {
                        low,
                        high,
                        inclusive,
                    },
                    computed,
                )
            }
            RuleKind::OneOf { values, .. } => {
                let values = values.iter().map(|value| {
                    match (Literal::from_expr(value), known.scalar) {
                        // A word needs no parsing.
                        (Some(Literal::Text(text)), Some(ScalarType::String)) => {
                            ConstValue::WordOf(text.to_token_stream())
                        }
                        _ => const_value(value, known.scalar),
                    }
                });
                (DeferredRuleKind::OneOf(values.collect()), false)
            }
            RuleKind::NonEmpty => (DeferredRuleKind::NonEmpty, false),
            // A constant's text is checked at the start of the program.
            RuleKind::Pattern(pattern) => {
                let pattern = regex::Regex::new(&pattern.value()).ok()?;
                (DeferredRuleKind::Text(pattern.is_match(text?)), false)
            }
            // Checked at the start of the program.
            _ => return None,
        };
        let written = rule.written.clone();
        Some((DeferredRule { written, kind }, computed))
    });
    rules.collect()
}

fn is_inclusive(bounds: &ExprRange) -> bool {
    matches!(bounds.limits, RangeLimits::Closed(_))
}

fn ends(bounds: &ExprRange, scalar: Option<ScalarType>) -> (ConstValue, ConstValue) {
    let end = |bound: Option<&Expr>| {
        bound.map_or(ConstValue::Nothing, |bound| const_value(bound, scalar))
    };
    (end(bounds.start.as_deref()), end(bounds.end.as_deref()))
}

/// Whether the macro knows the value; a text is parsed by its type.
fn is_literal(value: &ConstValue) -> bool {
    matches!(
        value,
        ConstValue::Nothing | ConstValue::Integer(_) | ConstValue::Float(_) | ConstValue::Text(_)
    )
}

/// `value` of `Some(value)`.
fn inside_some(value: &Expr) -> Option<&Expr> {
    let Expr::Call(call) = value else {
        return None;
    };
    let Expr::Path(function) = &*call.func else {
        return None;
    };
    match (function.path.segments.last(), call.args.first()) {
        (Some(last), Some(inner)) if last.ident == "Some" && call.args.len() == 1 => Some(inner),
        _ => None,
    }
}

/// The value of an expression, as far as a constant can know it.
fn const_value(value: &Expr, scalar: Option<ScalarType>) -> ConstValue {
    match (Literal::from_expr(value), scalar) {
        (Some(Literal::Integer(number)), _) => ConstValue::Integer(number),
        (Some(Literal::Float(number)), _) => ConstValue::Float(number),
        (Some(literal @ (Literal::Text(_) | Literal::Char(_))), _) => {
            ConstValue::Text(Box::new(parsed_text(&literal.in_the_store())))
        }
        (Some(Literal::Bool(_)), _) | (None, None) => ConstValue::Unknown,
        (None, Some(scalar)) if !is_constant(value, scalar) => ConstValue::Unknown,
        (None, Some(scalar)) => {
            let value = value.to_token_stream();
            match scalar {
                ScalarType::Integer { name, .. } if name != "u128" => ConstValue::IntegerOf(value),
                ScalarType::Float(_) => ConstValue::FloatOf(value),
                ScalarType::Duration => ConstValue::DurationOf(value),
                ScalarType::Size => ConstValue::SizeOf(value),
                ScalarType::String => ConstValue::WordOf(value),
                _ => ConstValue::Unknown,
            }
        }
    }
}

/// A text, parsed as each type that it could be of.
pub(super) fn parsed_text(text: &str) -> ParsedText {
    let ordered_value = |scalar| {
        Literal::Text(syn::LitStr::new(text, Span::call_site())).ordered_value(Some(scalar))
    };
    let trimmed = text.trim();
    let json = serde_json::from_str::<serde_json::Value>(trimmed).ok();
    ParsedText {
        text: text.to_owned(),
        integer: trimmed.parse().ok(),
        float: trimmed
            .parse()
            .ok()
            .filter(|number: &f64| number.is_finite()),
        nanos: match ordered_value(ScalarType::Duration) {
            Some(OrderedValue::Duration(duration)) => Some(duration.as_nanos()),
            _ => None,
        },
        bytes: match ordered_value(ScalarType::Size) {
            Some(OrderedValue::Integer(bytes)) => u64::try_from(bytes).ok(),
            _ => None,
        },
        list: json.as_ref().and_then(|json| json.as_array()).map(Vec::len),
        distinct: json
            .as_ref()
            .and_then(|json| json.as_array())
            .is_some_and(|list| {
                let mut seen = std::collections::HashSet::new();
                list.iter().all(|entry| seen.insert(entry.to_string()))
            }),
        entries: json.as_ref().map(entries).unwrap_or_default(),
        map: json
            .as_ref()
            .and_then(|json| json.as_object())
            .map(serde_json::Map::len),
        addresses: [
            trimmed.parse::<std::net::Ipv4Addr>().is_ok(),
            trimmed.parse::<std::net::Ipv6Addr>().is_ok(),
            trimmed.parse::<std::net::SocketAddrV4>().is_ok(),
            trimmed.parse::<std::net::SocketAddrV6>().is_ok(),
        ],
    }
}

/// The entries of an array or an object, as far as a constant can look at them.
fn entries(json: &serde_json::Value) -> Vec<JsonEntry> {
    use serde_json::Value as Json;
    let entry = |json: &Json| match json {
        Json::String(word) => JsonEntry::Word(word.clone()),
        Json::Number(number) => {
            let small = number.as_i64().map(i128::from);
            let number = small.or_else(|| number.as_u64().map(i128::from));
            number.map_or(JsonEntry::Other, JsonEntry::Integer)
        }
        _ => JsonEntry::Other,
    };
    match json {
        Json::Array(list) => list.iter().map(entry).collect(),
        Json::Object(map) => map.values().map(entry).collect(),
        _ => Vec::new(),
    }
}

fn whole(tokens: &impl ToTokens) -> (Span, Span) {
    (tokens.to_token_stream().span(), last(tokens))
}

/// Where the last token is.
fn last(tokens: &impl ToTokens) -> Span {
    let tokens = tokens.to_token_stream();
    let last = tokens.into_iter().last();
    last.map_or_else(Span::call_site, |token| match token {
        TokenTree::Group(group) => group.span_close(),
        token => token.span(),
    })
}
