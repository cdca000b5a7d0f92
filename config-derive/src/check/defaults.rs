//! Checks that each default is of its type, and keeps the field's own rules.
//!
//! This file checks literals. Expressions are checked when the program starts.

use quote::ToTokens;
use syn::{Expr, Lit, Type};

use super::facts::Facts;
use super::literal::Literal;
use super::stored;
use crate::errors::Errors;
use crate::model::known::{KnownType, TypeForm};
use crate::model::scalar::ScalarType;
use crate::model::{checked, raw};
use crate::syntax::case::Case;
use crate::tidy::tidy;

/// Rejects `default = "abc"` for a number, `default = 300` for a `u8`, `default = "[1"` for a
/// `Vec<u8>`.
pub(super) fn is_of_its_type(
    value: &Expr,
    raw: &raw::FieldInput,
    known: &KnownType,
    errors: &Errors,
) -> bool {
    let literal = |literal: &Literal| match literal {
        Literal::Text(text) => {
            stored::refuses(&text.value(), &raw.ty, &known.form, raw.format().form())
        }
        literal => known.scalar.and_then(|scalar| scalar.refuses(literal)),
    };
    let refused = match Literal::from_expr(value) {
        Some(value) => literal(&value),
        None => not_finite(value)
            // The literal would be rejected without the conversion, too.
            .or_else(|| literal(&Literal::from_expr(converted(value)?)?))
            .or_else(|| more_than_needed(value, known))
            .or_else(|| without_quotes(value, known)),
    };
    let refused = refused.or_else(|| {
        let scalar = known.scalar?;
        has_suffix(value, scalar).or_else(|| has_a_sign(value, scalar))
    });
    if let Some(refused) = &refused {
        errors.at(value, refused);
    }
    refused.is_none()
}

/// `"x"` of `"x".into()`, of `"x".parse().unwrap()` and of `Some("x")`.
fn converted(value: &Expr) -> Option<&Expr> {
    match value {
        Expr::Group(group) => converted(&group.expr),
        Expr::Paren(paren) => converted(&paren.expr),
        Expr::Lit(_) => Some(value),
        Expr::MethodCall(call) => match call.method.to_string().as_str() {
            "into" | "parse" | "unwrap" | "expect" => converted(&call.receiver),
            _ => None,
        },
        Expr::Call(call) => match &*call.func {
            Expr::Path(function) if function.path.is_ident("Some") => call
                .args
                .first()
                .filter(|inner| matches!(Literal::from_expr(inner), Some(Literal::Text(_)))),
            _ => None,
        },
        _ => None,
    }
}

/// The message about a conversion that the compiler can't infer, because a default is converted
/// already: `"x".into()`, `"x".parse().unwrap()`, `Default::default()`; and about `Some("x")`, of
/// which only the inside is converted.
fn more_than_needed(value: &Expr, known: &KnownType) -> Option<String> {
    match value {
        Expr::Group(group) => more_than_needed(&group.expr, known),
        Expr::Paren(paren) => more_than_needed(&paren.expr, known),
        Expr::MethodCall(call) => match call.method.to_string().as_str() {
            "into" if matches!(&*call.receiver, Expr::Lit(_) | Expr::Path(_)) => Some(format!(
                "a default is converted already: leave `.into()` out, `default = {}`",
                tidy(&call.receiver)
            )),
            "unwrap" | "expect" => match &*call.receiver {
                Expr::MethodCall(parse)
                    if parse.method == "parse"
                        && parse.turbofish.is_none()
                        && matches!(&*parse.receiver, Expr::Lit(_)) =>
                {
                    Some(format!(
                        "a text is read as the store's bytes would be: leave `.parse()` out, \
                         `default = {}`",
                        tidy(&parse.receiver)
                    ))
                }
                _ => None,
            },
            _ => None,
        },
        Expr::Call(call) => {
            let Expr::Path(function) = &*call.func else {
                return None;
            };
            let text = call
                .args
                .first()
                .filter(|argument| matches!(Literal::from_expr(argument), Some(Literal::Text(_))));
            match (tidy(&function.path).as_str(), text) {
                ("Default::default", None) => {
                    Some("this is what `default` alone means: write `#[hot(default)]`".to_owned())
                }
                ("Some", Some(text)) if known.optional => Some(format!(
                    "the default is the value inside the `Option`: leave `Some` out, `default = {}`",
                    tidy(text)
                )),
                _ => None,
            }
        }
        _ => None,
    }
}

/// The message about `info` for `"info"`, `127.0.0.1`, `on`, `null`. A constant's name has
/// capitals; number types are not checked, because their constants may have names in small letters.
fn without_quotes(value: &Expr, known: &KnownType) -> Option<String> {
    if is_dotted_number(value) {
        let text = tidy(value).replace(' ', "");
        return Some(format!("a text needs quotes: write `default = {text:?}`"));
    }
    let Expr::Path(path) = value else {
        return None;
    };
    let word = path.path.get_ident()?.to_string();
    if !word.starts_with(|letter: char| letter.is_ascii_lowercase())
        || word.contains(|letter: char| letter.is_ascii_uppercase())
    {
        return None;
    }
    if known.optional && matches!(word.as_str(), "null" | "nil" | "none") {
        return Some("an `Option` is `None` by itself: leave `default` out".to_owned());
    }
    let call = format!("a function is called, `{word}()`");
    match known.scalar {
        Some(ScalarType::Bool) => match word.as_str() {
            "on" | "yes" => Some("not a valid `bool`: write `true`".to_owned()),
            "off" | "no" => Some("not a valid `bool`: write `false`".to_owned()),
            _ => None,
        },
        Some(scalar) if scalar.is_text() => Some(format!(
            "not a valid `{}`: write it in quotes, `\"{word}\"`; {call}",
            scalar.name()
        )),
        Some(
            scalar @ (ScalarType::Duration
            | ScalarType::Size
            | ScalarType::Address(_)
            | ScalarType::Url),
        ) => scalar
            .refuses(&Literal::Integer(0))
            .map(|refused| format!("{refused}; {call}")),
        None if matches!(known.inner, Type::Path(_)) && !known.form.is_collection() => {
            let ty = tidy(&known.inner);
            let variant = Case::Pascal.apply(&word);
            Some(format!(
                "not a valid `{ty}`: write the value, as `{ty}::{variant}`, or, if the type derives \
                 `HotValue`, its text in quotes, `\"{word}\"`; {call}"
            ))
        }
        _ => None,
    }
}

/// Whether it is a number with more than one point: `127.0.0.1`.
fn is_dotted_number(value: &Expr) -> bool {
    match value {
        Expr::Field(field) => match &*field.base {
            Expr::Lit(literal) => matches!(literal.lit, Lit::Int(_) | Lit::Float(_)),
            base => is_dotted_number(base),
        },
        _ => false,
    }
}

/// The message about `f64::NAN`: the store holds no such number, and it does not equal itself.
pub(super) fn not_finite(value: &Expr) -> Option<String> {
    match value {
        Expr::Unary(unary) => not_finite(&unary.expr),
        Expr::Group(group) => not_finite(&group.expr),
        Expr::Paren(paren) => not_finite(&paren.expr),
        Expr::Path(path) => {
            let mut segments = path.path.segments.iter().rev();
            let name = segments.next()?.ident.to_string();
            let of_float = segments
                .next()
                .is_some_and(|ty| ty.ident == "f64" || ty.ident == "f32");
            let never = matches!(name.as_str(), "NAN" | "INFINITY" | "NEG_INFINITY");
            (of_float && never).then(|| {
                "a number in the store is finite: write one, or make the field an `Option<…>`, \
                 which is `None` where there is none"
                    .to_owned()
            })
        }
        _ => None,
    }
}

/// The message about `8u64` for a `u32`.
pub(super) fn has_suffix(value: &Expr, scalar: ScalarType) -> Option<String> {
    match value {
        Expr::Unary(unary) => has_suffix(&unary.expr, scalar),
        Expr::Group(group) => has_suffix(&group.expr, scalar),
        Expr::Paren(paren) => has_suffix(&paren.expr, scalar),
        Expr::Lit(literal) => {
            let (suffix, digits) = match &literal.lit {
                Lit::Int(number) => (number.suffix(), number.base10_digits()),
                Lit::Float(number) => (number.suffix(), number.base10_digits()),
                _ => return None,
            };
            let of_its_type = suffix.is_empty()
                || scalar.name() == suffix
                || scalar
                    .name()
                    .eq_ignore_ascii_case(&format!("NonZero{suffix}"));
            (!of_its_type).then(|| {
                format!(
                    "this is a `{suffix}`, not a `{}`: leave the suffix out, `{digits}`",
                    scalar.name()
                )
            })
        }
        _ => None,
    }
}

/// The message about `-0` for a type without negative numbers.
pub(super) fn has_a_sign(value: &Expr, scalar: ScalarType) -> Option<String> {
    let is_unsigned = matches!(
        scalar,
        ScalarType::Integer { min: 0, .. } | ScalarType::NonZero { min: 1, .. }
    );
    match value {
        Expr::Group(group) => has_a_sign(&group.expr, scalar),
        Expr::Paren(paren) => has_a_sign(&paren.expr, scalar),
        Expr::Unary(unary) if is_unsigned && matches!(unary.op, syn::UnOp::Neg(_)) => {
            let name = scalar.name();
            let is_literal = Literal::from_expr(value).is_some();
            is_literal.then(|| format!("a `{name}` has no sign: leave it out"))
        }
        _ => None,
    }
}

/// Checks `#[hot(default)]` of a type whose `Default` is known: zero, the empty text, nothing.
pub(super) fn types_default_keeps_the_rules(
    written: &impl ToTokens,
    raw: &raw::FieldInput,
    rules: &[checked::LeafRule],
    known: &KnownType,
    errors: &Errors,
) -> bool {
    let form = &known.form;
    let facts = Facts::from_types_default(form);
    let broken = rules
        .iter()
        .find(|rule| facts.break_rule(&rule.kind, known.scalar));
    if let Some(rule) = broken {
        let value = match form {
            TypeForm::Scalar(ScalarType::Float(_)) => "`0.0`".to_owned(),
            TypeForm::Scalar(ScalarType::Duration) => "`0s`".to_owned(),
            TypeForm::Scalar(ScalarType::Size) => "`0B`".to_owned(),
            TypeForm::Scalar(ScalarType::Char) => "the character `\\0`".to_owned(),
            TypeForm::Scalar(scalar) if scalar.is_text() => "the empty text".to_owned(),
            TypeForm::Scalar(_) => "`0`".to_owned(),
            _ => format!("an empty `{}`", tidy(&raw.ty)),
        };
        errors.at(
            written,
            format!(
                "`default` means {value} here, which breaks the field's own rule `{}`: write \
                 `default = …`, or change the rule",
                rule.written
            ),
        );
    }
    broken.is_none()
}

/// Rejects `#[hot(default)]` of a type that has no `Default`.
pub(super) fn has_a_default(written: &impl ToTokens, known: &KnownType, errors: &Errors) -> bool {
    let example = match known.scalar {
        Some(ScalarType::NonZero { .. }) => "8",
        Some(ScalarType::Address(address)) => address.text(),
        Some(ScalarType::Url) => "https://example.com/",
        _ => return true,
    };
    let (name, quote) = (
        known.scalar.map_or("", ScalarType::name),
        if example == "8" { "" } else { "\"" },
    );
    if known.optional {
        return true;
    }
    errors.at(
        written,
        format!("`{name}` has no default of its own: write `default = {quote}{example}{quote}`"),
    );
    false
}

/// Rejects `default = 0` with `range(1..)`.
pub(super) fn keeps_the_rules(
    value: &Expr,
    raw: &raw::FieldInput,
    rules: &[checked::LeafRule],
    known: &KnownType,
    errors: &Errors,
) -> bool {
    let Some(literal) = Literal::from_expr(value) else {
        return true;
    };
    let Some(facts) = Facts::from_default(&literal, &known.form, raw.format().form()) else {
        return true;
    };
    let mut kept = true;
    for rule in rules {
        let broken = facts.break_rule(&rule.kind, known.scalar);
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
