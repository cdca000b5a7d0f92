//! Constants that fail to compile: the checks that only the compiler can make.
//!
//! Each token points at the default or the rule in question, where the error is underlined.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote_spanned};

use super::bounds::{mentions, parameters};
use super::rule::const_value;
use super::tokens::Place;
use crate::model::checked::{FieldKind, LeafSpec, Struct, StructField};
use crate::model::constants::{
    ConstValue, DeferredCheck, DeferredKind, DeferredRule, DeferredRuleKind, EntryVerdicts,
    LiteralVerdicts, NamedConstant,
};
use crate::model::scalar::ScalarType;
use crate::tidy::moved;

/// `const __CONSTANT_3_0: u32 = …;` for each expression with a name.
pub(super) fn named(checked: &Struct) -> TokenStream {
    let leaves = checked.fields.iter().filter_map(|field| match &field.kind {
        FieldKind::Leaf(leaf) => Some(&leaf.constants),
        _ => None,
    });
    let constants = leaves.flatten().map(|constant| {
        let NamedConstant {
            name,
            ty,
            value,
            span,
        } = constant;
        quote_spanned! {at(*span)=>
            #[allow(clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction)]
            const #name: #ty = #value;
        }
    });
    constants.collect()
}

/// `const _: () = …;` for each check that names no parameter of the struct, because constants
/// can't.
pub(super) fn constants(checked: &Struct) -> TokenStream {
    let parameters = parameters(&checked.generics);
    let constants = checked.fields.iter().flat_map(field_checks);
    constants
        .filter(|constant| !mentions(constant.clone(), &parameters))
        .collect()
}

fn field_checks(field: &StructField) -> Vec<TokenStream> {
    match &field.kind {
        FieldKind::Leaf(leaf) => leaf
            .deferred
            .iter()
            .map(|check| constant(field, leaf, check))
            .collect(),
        _ => Vec::new(),
    }
}

fn constant(field: &StructField, leaf: &LeafSpec, check: &DeferredCheck) -> TokenStream {
    let at = at(check.span);
    let ty = moved(&field.ty, check.span);
    let inner = moved(&leaf.known.inner, check.span);
    let shape = quote_spanned!(at=> __::TypeFacts::<#ty>::SHAPE);
    let (function, arguments) = match &check.kind {
        DeferredKind::Range {
            low,
            high,
            inclusive,
            written,
        } => {
            let (low, high) = (const_value(low, at), const_value(high, at));
            (
                "range",
                quote_spanned!(at=> #low, #high, #inclusive, #written),
            )
        }
        DeferredKind::Default { default, rules } => {
            let default = const_value(default, at);
            let rules = rules.iter().map(|deferred| rule(deferred, at));
            ("default", quote_spanned!(at=> #default, &[#(#rules),*]))
        }
        DeferredKind::Refused(messages) => {
            let messages = of_scalars(messages, at);
            ("refused", quote_spanned!(at=> #shape, #messages))
        }
        DeferredKind::Literal(verdicts) => {
            let (name, type_name) = (&field.name, crate::tidy::tidy(&leaf.known.inner));
            // Nothing is said of a text for a type that is reported itself.
            let parses = quote_spanned! {at=>
                __::compile::Parses::<#inner>::ANY_TEXT
                    || __::TypeFacts::<#ty>::UNREAD.is_some()
                    || __::TypeFacts::<#ty>::KEYS.is_some()
            };
            let verdicts = self::verdicts(verdicts, at);
            let arguments = quote_spanned!(at=> #name, #type_name, #shape, #parses, &#verdicts);
            ("literal", arguments)
        }
        DeferredKind::Value(value) => {
            return quote_spanned! {at=>
                #[allow(clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction)]
                const _: #inner = #value;
            };
        }
    };
    Place::between(check.span, check.end).constant(function, arguments)
}

fn at(span: Span) -> Span {
    Span::mixed_site().located_at(span)
}

fn rule(rule: &DeferredRule, at: Span) -> TokenStream {
    let written = &rule.written;
    let between = |low: &ConstValue, high: &ConstValue, inclusive: &bool| {
        let (low, high) = (const_value(low, at), const_value(high, at));
        quote_spanned!(at=> (#low, #high, #inclusive))
    };
    let kind = match &rule.kind {
        DeferredRuleKind::Range(low, high, inclusive) => {
            let bounds = between(low, high, inclusive);
            quote_spanned!(at=> Range #bounds)
        }
        DeferredRuleKind::Length(low, high, inclusive) => {
            let bounds = between(low, high, inclusive);
            quote_spanned!(at=> Length #bounds)
        }
        DeferredRuleKind::OneOf(values) => {
            let values = values.iter().map(|value| const_value(value, at));
            quote_spanned!(at=> OneOf(&[#(#values),*]))
        }
        DeferredRuleKind::NonEmpty => quote_spanned!(at=> NonEmpty),
    };
    let is_computed = rule.is_computed;
    quote_spanned!(at=> (__::compile::DeferredRule::#kind, #written, #is_computed))
}

fn verdicts(verdicts: &LiteralVerdicts, at: Span) -> TokenStream {
    fn option<T: ToTokens>(value: Option<T>, at: Span) -> TokenStream {
        match value {
            Some(value) => quote_spanned!(at=> __::Option::Some(#value)),
            None => quote_spanned!(at=> __::Option::None),
        }
    }
    let entries = |entries: &Option<EntryVerdicts>| {
        let entries = entries.as_ref().map(|EntryVerdicts { accepts, breaks }| {
            let (accepts, breaks) = (scalars(accepts, at), option(breaks.as_ref(), at));
            quote_spanned! {at=>
                __::compile::EntryVerdicts { accepts: #accepts, breaks: #breaks }
            }
        });
        option(entries, at)
    };
    let LiteralVerdicts { words, .. } = verdicts;
    let text = option(verdicts.text.as_ref(), at);
    let (accepts, refused) = (
        scalars(&verdicts.accepts, at),
        of_scalars(&verdicts.refused, at),
    );
    let (list, map) = (entries(&verdicts.list), entries(&verdicts.map));
    let broken = option(verdicts.broken.as_ref(), at);
    quote_spanned! {at=>
        __::compile::Verdicts {
            text: #text, accepts: #accepts, refused: #refused,
            list: #list, map: #map, broken: #broken, words: &[#(#words),*],
        }
    }
}

fn scalar(scalar: ScalarType, at: Span) -> Option<TokenStream> {
    let variant = Ident::new(scalar.variant()?, at);
    Some(quote_spanned!(at=> __::Scalar::#variant))
}

fn scalars(scalars: &[ScalarType], at: Span) -> TokenStream {
    let scalars = scalars.iter().filter_map(|one| scalar(*one, at));
    quote_spanned!(at=> &[#(#scalars),*])
}

fn of_scalars(messages: &[(ScalarType, String)], at: Span) -> TokenStream {
    let messages = messages.iter().filter_map(|(of, message)| {
        let of = scalar(*of, at)?;
        Some(quote_spanned!(at=> (#of, #message)))
    });
    quote_spanned!(at=> &[#(#messages),*])
}
