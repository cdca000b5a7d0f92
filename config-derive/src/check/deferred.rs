//! The checks that only the compiler can make: of defaults and ranges with a constant's name, or of
//! a type that the macro does not know.
//!
//! In: a field whose own checks have passed. Out: checks for constants, which know the value of a
//! constant, and the type behind an alias. A literal is judged here as each type that it could be
//! of; the constant picks the verdict for the type.

use proc_macro2::{Span, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Expr, ExprRange, RangeLimits};

use super::facts::Facts;
use super::literal::{Literal, OrderedValue, is_constant};
use super::{rules, stored, units};
use crate::model::checked::{self, LeafDefault, LeafSpec, RuleKind};
use crate::model::codec::Form;
use crate::model::constants::{
    ConstValue, DeferredCheck, DeferredKind, DeferredRule, DeferredRuleKind, EntryVerdicts,
    LiteralVerdicts,
};
use crate::model::known::{CollectionLength, KnownType, TypeForm};
use crate::model::raw;
use crate::model::scalar::ScalarType;
use crate::tidy::{moved, tidy};

/// The deferred checks of one leaf.
pub(super) fn deferred_checks(raw: &raw::FieldInput, leaf: &LeafSpec) -> Vec<DeferredCheck> {
    let mut deferred = Vec::new();
    for rule in &leaf.rules {
        deferred.extend(check_of_rule(rule, leaf));
    }
    deferred.extend(check_of_default(raw, leaf));
    deferred
}

/// Whether the bounds are in order, and are of the type.
fn check_of_rule(rule: &checked::LeafRule, leaf: &LeafSpec) -> Option<DeferredCheck> {
    let (bounds, low, high, scalar) = match &rule.kind {
        RuleKind::Range { bounds, low, high } => (bounds, low, high, leaf.known.scalar),
        RuleKind::Length { bounds, low, high } => (bounds, low, high, Some(ScalarType::USIZE)),
        _ => return None,
    };
    let kind = if let Some(scalar) = scalar {
        let (low, high) = ends(bounds, (low, high), scalar);
        // The macro has checked literals itself.
        if low.is_literal() && high.is_literal() || low.is_unknown() || high.is_unknown() {
            return None;
        }
        DeferredKind::Range {
            low,
            high,
            inclusive: is_inclusive(bounds),
            written: tidy(bounds),
        }
    } else {
        DeferredKind::Refused(refused_bounds(bounds)?)
    };
    Some(DeferredCheck {
        span: bounds.span(),
        end: last(bounds),
        kind,
    })
}

/// The mistakes in bounds that are texts, for each type whose bounds may be texts.
fn refused_bounds(bounds: &ExprRange) -> Option<Vec<(ScalarType, String)>> {
    let written = [&bounds.start, &bounds.end].into_iter().flatten();
    let literals: Vec<_> = written
        .filter_map(|bound| Literal::from_expr(bound))
        .collect();
    let in_quotes = |literal: &Literal| matches!(literal, Literal::Text(_) | Literal::Char(_));
    if !literals.iter().any(in_quotes) {
        return None;
    }
    let types = [ScalarType::Duration, ScalarType::Size, ScalarType::Char];
    let refused = types.into_iter().filter_map(|scalar| {
        let mut texts = literals.iter().map(Literal::in_the_store);
        let wrong = texts.find_map(|text| {
            let right = scalar.refuses_text(&text)?;
            let general = || format!("`{text}` is not a valid `{}`: write {right}", scalar.name());
            Some(units::mistake(&text, scalar).unwrap_or_else(general))
        });
        let message = wrong.or_else(|| rules::is_empty(bounds, Some(scalar)))?;
        Some((scalar, message))
    });
    let refused: Vec<_> = refused.collect();
    (!refused.is_empty()).then_some(refused)
}

/// Whether the default is of the type, and keeps the rules.
fn check_of_default(raw: &raw::FieldInput, leaf: &LeafSpec) -> Option<DeferredCheck> {
    if !matches!(leaf.format.form(), Form::Auto | Form::Text) {
        return None;
    }
    let place = match &leaf.default {
        LeafDefault::None => return None,
        LeafDefault::OfType(_) => whole(raw.default.as_ref()?),
        LeafDefault::Text(text) => whole(text),
        LeafDefault::Expression(value, _) => whole(value),
    };
    let kind = match leaf.known.scalar {
        Some(scalar) => const_check(leaf, scalar)?,
        None if leaf.known.form.contains_unknown() => DeferredKind::Literal(verdicts(leaf)?),
        // The macro has checked it itself.
        None => return None,
    };
    Some(DeferredCheck {
        span: place.0,
        end: place.1,
        kind,
    })
}

/// The check of a type that the macro knows: of a constant's value, or against one.
fn const_check(leaf: &LeafSpec, scalar: ScalarType) -> Option<DeferredKind> {
    let known = &leaf.known;
    let mut computed = None;
    let default = match &leaf.default {
        LeafDefault::None => return None,
        LeafDefault::OfType(_) if known.optional => return None,
        LeafDefault::OfType(_) if scalar.is_text() => ConstValue::TextOf(quote!("")),
        LeafDefault::OfType(_) => {
            let value = Facts::from_types_default(&known.form).ordered_value();
            ordered(value, scalar)
        }
        LeafDefault::Text(text) => literal_value(&Literal::Text(text.clone()), scalar),
        LeafDefault::Expression(value, _) => {
            let inner = inside_some(value)
                .filter(|_| known.optional)
                .unwrap_or(value);
            let named = matches!(inner, Expr::Path(_));
            if known.optional && named && std::ptr::eq(inner, value) {
                // It may be the option or the value in it: the start of the program finds out.
                return None;
            }
            if let Some(named) = &leaf.named_default {
                named_value(named, scalar)
            } else if is_computed(inner, scalar) {
                computed = Some(inner);
                typed_value(inner, known)
            } else {
                const_value(inner, scalar)
            }
        }
    };
    let is_literal = matches!(&leaf.default, LeafDefault::OfType(_) | LeafDefault::Text(_))
        || default.is_literal();
    let rules = const_rules(leaf, scalar);
    let rules = rules
        .into_iter()
        .filter(|rule| !is_literal || rule.is_computed);
    let rules: Vec<_> = rules.collect();
    // Whether a fraction is finite only the compiler sees.
    let is_fraction = matches!(default, ConstValue::FloatOf(_));
    if rules.is_empty() && !is_fraction || default.is_unknown() {
        return Some(DeferredKind::Value(computed?.to_token_stream()));
    }
    Some(DeferredKind::Default { default, rules })
}

/// The verdicts on a literal whose type only the compiler knows; none if it could be of any type.
fn verdicts(leaf: &LeafSpec) -> Option<LiteralVerdicts> {
    let literal = match &leaf.default {
        LeafDefault::None => return None,
        LeafDefault::OfType(_) => None,
        LeafDefault::Text(text) => Some(Literal::Text(text.clone())),
        LeafDefault::Expression(value, _) => Some(Literal::from_expr(value)?),
    };
    let text = match &literal {
        Some(Literal::Text(text)) => Some(text.value()),
        Some(Literal::Char(letter)) => Some(letter.to_string()),
        _ => None,
    };
    if text.is_none() && leaf.rules.is_empty() {
        return None;
    }
    let form = leaf.format.form();
    let is_one = |form_of: &TypeForm| {
        text.as_ref()
            .is_none_or(|text| stored::refuses(text, &leaf.known.inner, form_of, form).is_none())
    };
    // The message if the default, as a value of this type, breaks a rule.
    let broken = |of: &TypeForm| {
        let facts = match &literal {
            Some(literal) => Facts::from_default(literal, of, form)?,
            None => Facts::from_types_default(of),
        };
        let scalar = match of {
            TypeForm::Scalar(scalar) => Some(*scalar),
            _ => None,
        };
        let rules = &mut leaf.rules.iter();
        let rule = rules.find(|rule| facts.break_rule(&rule.kind, scalar))?;
        let written = &rule.written;
        Some(format!(
            "the default breaks the field's own rule `{written}`: change one of them"
        ))
    };
    let scalars = ScalarType::all;
    let accepts = scalars().filter(|scalar| is_one(&TypeForm::Scalar(*scalar)));
    let accepts: Vec<_> = accepts.collect();
    let breaks = accepts.iter();
    let breaks = breaks.filter_map(|scalar| Some((*scalar, broken(&TypeForm::Scalar(*scalar))?)));
    // The types whose texts have units.
    let refused = [ScalarType::Duration, ScalarType::Size].into_iter();
    let refused = refused
        .filter(|scalar| !accepts.contains(scalar))
        .filter_map(|scalar| Some((scalar, units::mistake(text.as_deref()?, scalar)?)));
    let entries = |collection: &dyn Fn(TypeForm) -> TypeForm| {
        is_one(&collection(TypeForm::Unknown)).then(|| EntryVerdicts {
            accepts: scalars()
                .filter(|scalar| is_one(&collection(TypeForm::Scalar(*scalar))))
                .collect(),
            breaks: broken(&collection(TypeForm::Unknown)),
        })
    };
    let json = text.as_deref().map(stored::json).transpose();
    // The list may be a set, which holds equal entries once.
    let length = match &json {
        Ok(Some(json)) if repeats(json) => CollectionLength::Distinct,
        _ => CollectionLength::Any,
    };
    Some(LiteralVerdicts {
        refused: breaks.chain(refused).collect(),
        list: entries(&|inner| TypeForm::List(Box::new(inner), length)),
        map: entries(&|inner| TypeForm::Map(Box::new(inner))),
        words: match &json {
            Ok(Some(json)) => words(json),
            _ => Vec::new(),
        },
        broken: json.err().map(|why| format!("not JSON: {why}")),
        accepts,
        text,
    })
}

/// Whether an array has an entry twice.
fn repeats(json: &serde_json::Value) -> bool {
    let mut seen = std::collections::HashSet::new();
    let mut entries = json.as_array().into_iter().flatten();
    !entries.all(|entry| seen.insert(entry.to_string()))
}

/// The words inside JSON.
fn words(json: &serde_json::Value) -> Vec<String> {
    let list = json.as_array().into_iter().flatten();
    let map = json
        .as_object()
        .into_iter()
        .flat_map(serde_json::Map::values);
    let words = list.chain(map).filter_map(serde_json::Value::as_str);
    words.map(ToOwned::to_owned).collect()
}

/// Whether the compiler can compute it in a constant, which overflows where the running program
/// would.
fn is_computed(value: &Expr, scalar: ScalarType) -> bool {
    if !matches!(scalar, ScalarType::Integer { .. } | ScalarType::Float(_)) {
        return false;
    }
    match value {
        Expr::Group(group) => is_computed(&group.expr, scalar),
        Expr::Paren(paren) => is_computed(&paren.expr, scalar),
        Expr::Unary(_) | Expr::Binary(_) | Expr::Cast(_) => {
            Literal::from_expr(value).is_none() && is_constant(value, scalar)
        }
        _ => false,
    }
}

/// The value of a default that has a constant of its own.
fn named_value(named: &Expr, scalar: ScalarType) -> ConstValue {
    let name = inside_some(named).unwrap_or(named).to_token_stream();
    match scalar {
        // Not all of these are numbers that rules could look at.
        ScalarType::Integer { name: "u128", .. } => unknown(),
        ScalarType::Integer { .. } => ConstValue::IntegerOf(name),
        ScalarType::Float(_) => ConstValue::FloatOf(name),
        ScalarType::Duration => ConstValue::PeriodOf(name),
        ScalarType::Size => ConstValue::BytesOf(name),
        ScalarType::String => ConstValue::TextOf(name),
        _ => unknown(),
    }
}

/// Whether a constant checks the default.
pub(super) fn checks_the_default(raw: &raw::FieldInput, leaf: &LeafSpec) -> bool {
    check_of_default(raw, leaf).is_some()
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
        Some(ScalarType::Integer { name: "u128", .. }) => unknown(),
        _ => ConstValue::IntegerOf(value),
    }
}

/// The rules as a constant can check them.
fn const_rules(leaf: &LeafSpec, scalar: ScalarType) -> Vec<DeferredRule> {
    let rules = leaf.rules.iter().filter_map(|rule| {
        let between = |bounds: &ExprRange, low, high, scalar| {
            let (low, high) = ends(bounds, (low, high), scalar);
            let computed = !(low.is_literal() && high.is_literal());
            (low, high, is_inclusive(bounds), computed)
        };
        let (kind, is_computed) = match &rule.kind {
            RuleKind::Range { bounds, low, high } => {
                let (low, high, inclusive, computed) = between(bounds, low, high, scalar);
                (DeferredRuleKind::Range(low, high, inclusive), computed)
            }
            RuleKind::Length { bounds, low, high } => {
                let (low, high, inclusive, computed) =
                    between(bounds, low, high, ScalarType::USIZE);
                (DeferredRuleKind::Length(low, high, inclusive), computed)
            }
            RuleKind::OneOf { values, .. } => {
                let values = values.iter().map(|value| const_value(value, scalar));
                (DeferredRuleKind::OneOf(values.collect()), false)
            }
            RuleKind::NonEmpty => (DeferredRuleKind::NonEmpty, false),
            // The start of the program checks a constant against the others.
            _ => return None,
        };
        let written = rule.written.clone();
        Some(DeferredRule {
            written,
            kind,
            is_computed,
        })
    });
    rules.collect()
}

fn is_inclusive(bounds: &ExprRange) -> bool {
    matches!(bounds.limits, RangeLimits::Closed(_))
}

/// Both ends: the checked ones if only the compiler knows them.
fn ends(
    bounds: &ExprRange,
    (low, high): (&ConstValue, &ConstValue),
    scalar: ScalarType,
) -> (ConstValue, ConstValue) {
    let end = |bound: Option<&Expr>, checked: &ConstValue| match bound {
        _ if checked.is_computed() => checked.clone(),
        Some(bound) => const_value(bound, scalar),
        None => ConstValue::Nothing,
    };
    (
        end(bounds.start.as_deref(), low),
        end(bounds.end.as_deref(), high),
    )
}

/// `value` of `Some(value)`.
pub(super) fn inside_some(value: &Expr) -> Option<&Expr> {
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
fn const_value(value: &Expr, scalar: ScalarType) -> ConstValue {
    match Literal::from_expr(value) {
        Some(literal) => literal_value(&literal, scalar),
        None => rules::constant(value, scalar),
    }
}

fn literal_value(literal: &Literal, scalar: ScalarType) -> ConstValue {
    match (literal, scalar) {
        (Literal::Text(text), ScalarType::String) => ConstValue::Text(text.clone()),
        (literal, scalar) => ordered(literal.ordered_value(Some(scalar)), scalar),
    }
}

fn ordered(value: Option<OrderedValue>, scalar: ScalarType) -> ConstValue {
    match (value, scalar) {
        (Some(OrderedValue::Integer(bytes)), ScalarType::Size) => {
            u64::try_from(bytes).map_or(unknown(), ConstValue::Bytes)
        }
        (Some(OrderedValue::Integer(number)), _) => ConstValue::Integer(number),
        (Some(OrderedValue::Float(number)), _) => ConstValue::Float(number),
        (Some(OrderedValue::Duration(period)), _) => ConstValue::Period(period),
        (Some(OrderedValue::Letter(_)) | None, _) => unknown(),
    }
}

fn unknown() -> ConstValue {
    ConstValue::Unknown(String::new())
}

fn whole(tokens: &impl ToTokens) -> (Span, Span) {
    (tokens.to_token_stream().span(), last(tokens))
}

/// The place of the last token.
fn last(tokens: &impl ToTokens) -> Span {
    let tokens = tokens.to_token_stream();
    let last = tokens.into_iter().last();
    last.map_or_else(Span::call_site, |token| match token {
        TokenTree::Group(group) => group.span_close(),
        token => token.span(),
    })
}
