//! Constants that fail to compile: the checks that only the compiler can make.
//!
//! Each token points at the default or the rule in question, where the error is underlined.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream};
use quote::{ToTokens, quote_spanned};

use super::bounds::{mentions, parameters};
use crate::model::checked::{FieldKind, LeafSpec, Struct, StructField};
use crate::model::constants::{
    ConstValue, DeferredCheck, DeferredKind, DeferredRule, DeferredRuleKind, JsonEntry, ParsedText,
};
use crate::tidy::moved;

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
    let shape = quote_spanned!(at=> __::TypeFacts::<#ty>::SHAPE);
    match &check.kind {
        DeferredKind::Range {
            low,
            high,
            inclusive,
            length,
            written,
        } => {
            let (low, high) = (const_value(low, at), const_value(high, at));
            let shape = if *length {
                quote_spanned!(at=> __::TypeFacts::<__::core::primitive::usize>::SHAPE)
            } else {
                shape
            };
            let arguments = quote_spanned!(at=> #shape, #low, #high, #inclusive, #written);
            asserted(&quote_spanned!(at=> range), arguments, check)
        }
        DeferredKind::Default { default, rules } => {
            let inner = &leaf.known.inner;
            let rules = rules.iter().map(|deferred| rule(deferred, at));
            let parses = match default {
                ConstValue::Text(_) => {
                    let inner = moved(inner, check.span);
                    quote_spanned!(at=> __::compile::Parses::<#inner>::ANY_TEXT)
                }
                _ => quote_spanned!(at=> true),
            };
            let default = const_value(default, at);
            let (name, type_name) = (&field.name, crate::tidy::tidy(inner));
            let arguments = quote_spanned! {at=>
                #name, #type_name, #shape, #parses, #default, &[#(#rules),*]
            };
            asserted(&quote_spanned!(at=> default), arguments, check)
        }
        DeferredKind::Value(value) => {
            let ty = moved(&leaf.known.inner, check.span);
            quote_spanned! {at=>
                #[allow(clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction)]
                const _: #ty = #value;
            }
        }
    }
}

/// The call begins and ends with the checked tokens, so that all of them are underlined.
fn asserted(function: &TokenStream, arguments: TokenStream, check: &DeferredCheck) -> TokenStream {
    let at = at(check.span);
    let mut arguments = Group::new(Delimiter::Parenthesis, arguments);
    arguments.set_span(self::at(check.end));
    // Clippy reports the expressions where they are used.
    quote_spanned! {at=>
        #[allow(clippy::all, clippy::pedantic, clippy::nursery, clippy::restriction)]
        const _: () = __::compile::#function #arguments;
    }
}

fn at(span: Span) -> Span {
    Span::mixed_site().located_at(span)
}

fn rule(rule: &DeferredRule, at: Span) -> TokenStream {
    let written = &rule.written;
    let kind = match &rule.kind {
        DeferredRuleKind::Range {
            low,
            high,
            inclusive,
        } => {
            let (low, high) = (const_value(low, at), const_value(high, at));
            quote_spanned!(at=> Range(#low, #high, #inclusive))
        }
        DeferredRuleKind::Length {
            low,
            high,
            inclusive,
        } => {
            let (low, high) = (const_value(low, at), const_value(high, at));
            quote_spanned!(at=> Length(#low, #high, #inclusive))
        }
        DeferredRuleKind::OneOf(values) => {
            let values = values.iter().map(|value| const_value(value, at));
            quote_spanned!(at=> OneOf(&[#(#values),*]))
        }
        DeferredRuleKind::NonEmpty => quote_spanned!(at=> NonEmpty),
        DeferredRuleKind::Text(kept) => quote_spanned!(at=> Text(#kept)),
    };
    quote_spanned!(at=> (__::compile::DeferredRule::#kind, #written))
}

fn const_value(value: &ConstValue, at: Span) -> TokenStream {
    let variant = match value {
        ConstValue::Nothing => quote_spanned!(at=> Nothing),
        ConstValue::Zero => quote_spanned!(at=> Zero),
        ConstValue::Unknown => quote_spanned!(at=> Unknown),
        ConstValue::Integer(number) => quote_spanned!(at=> Integer(#number)),
        ConstValue::Float(number) => quote_spanned!(at=> Float(#number)),
        ConstValue::IntegerOf(value) => quote_spanned!(at=> Integer((#value) as _)),
        ConstValue::FloatOf(value) => quote_spanned!(at=> Float((#value) as _)),
        ConstValue::DurationOf(value) => quote_spanned!(at=> Nanos((#value).as_nanos())),
        ConstValue::SizeOf(value) => quote_spanned!(at=> Bytes((#value).bytes())),
        ConstValue::WordOf(value) => quote_spanned!(at=> Word(#value)),
        ConstValue::Text(text) => {
            let text = parsed_text(text, at);
            quote_spanned!(at=> Text(&#text))
        }
    };
    quote_spanned!(at=> __::compile::ConstValue::#variant)
}

fn parsed_text(parsed: &ParsedText, at: Span) -> TokenStream {
    fn member<T: ToTokens>(name: &str, value: Option<T>, at: Span) -> Option<TokenStream> {
        let name = Ident::new(name, at);
        value.map(|value| quote_spanned!(at=> #name: __::Option::Some(#value),))
    }
    let text = &parsed.text;
    let integer = member("integer", parsed.integer, at);
    let float = member("float", parsed.float, at);
    let nanos = member("nanos", parsed.nanos, at);
    let bytes = member("bytes", parsed.bytes, at);
    let list = member("list", parsed.list, at);
    let map = member("map", parsed.map, at);
    let entries = (!parsed.entries.is_empty()).then(|| {
        let entries = parsed.entries.iter().map(|entry| {
            let entry = match entry {
                JsonEntry::Word(word) => quote_spanned!(at=> Word(#word)),
                JsonEntry::Integer(number) => quote_spanned!(at=> Integer(#number)),
                JsonEntry::Other => quote_spanned!(at=> Other),
            };
            quote_spanned!(at=> __::compile::JsonEntry::#entry)
        });
        quote_spanned!(at=> entries: &[#(#entries),*],)
    });
    let distinct = parsed
        .distinct
        .then(|| quote_spanned!(at=> distinct: true,));
    let addresses = parsed.addresses.contains(&true).then(|| {
        let [v4, v6, socket_v4, socket_v6] = parsed.addresses;
        quote_spanned!(at=> addresses: [#v4, #v6, #socket_v4, #socket_v6],)
    });
    // Members that are `None` are left out, because the expansion of many fields contains one.
    quote_spanned! {at=>
        __::compile::ParsedText {
            text: #text, #integer #float #nanos #bytes #list #map #entries #distinct #addresses
            ..__::compile::ParsedText::NOTHING
        }
    }
}
