//! One function for each leaf: its codec, its default, its rules.

use proc_macro2::TokenStream;
use quote::quote_spanned;
use syn::spanned::Spanned;

use super::rule;
use super::tokens::{self, at, checks_its_type, leaf_name};
use crate::model::checked::{FieldKind, LeafDefault, LeafSpec, StructField};
use crate::model::codec::Format;
use crate::tidy::moved;

/// `fn rps() -> LeafDecoder<u32>`; `None` for a field that is not a leaf.
pub(super) fn function(field: &StructField) -> Option<TokenStream> {
    let FieldKind::Leaf(leaf) = &field.kind else {
        return None;
    };
    let at = at(&field.ty);
    let name = leaf_name(field);
    let ty = &field.ty;
    let secret = leaf
        .must_be_secret
        .then(|| quote_spanned!(at=> __::secret::<#ty>();));
    let table = table(field, leaf);
    Some(quote_spanned! {at=>
        fn #name() -> __::LeafDecoder<#ty> {
            #secret
            #table
        }
    })
}

/// The table: that of the format, changed by the attributes of the field.
fn table(field: &StructField, leaf: &LeafSpec) -> TokenStream {
    let at = at(&field.ty);
    let ty = &field.ty;
    let absent = absent(field, leaf).map(|absent| quote_spanned!(at=> absent: #absent,));
    let text = text(leaf).map(|text| quote_spanned!(at=> text: #text,));
    let check = check(field, leaf).map(|check| quote_spanned!(at=> check: #check,));
    match (format_table(field, leaf), absent, text, check) {
        (Some(table), None, None, None) => table,
        (Some(table), absent, text, check) => {
            quote_spanned!(at=> __::LeafDecoder { #absent #text #check ..#table })
        }
        (None, absent, text, check) => {
            let decode = decode(field, leaf);
            let same = same(field, leaf);
            let absent = absent
                .unwrap_or_else(|| quote_spanned!(at=> absent: __::TypeFacts::<#ty>::missing,));
            let text = text.unwrap_or_else(|| quote_spanned!(at=> text: __::Option::None,));
            let check = check.unwrap_or_else(|| quote_spanned!(at=> check: __::unchecked,));
            quote_spanned! {at=>
                __::LeafDecoder { decode: #decode, same: #same, #absent #text #check }
            }
        }
    }
}

/// The table of a leaf whose only attribute is its format; `None` if the type need not have the
/// traits for it.
fn format_table(field: &StructField, leaf: &LeafSpec) -> Option<TokenStream> {
    if leaf.compare.is_some() {
        return None;
    }
    let at = at(&field.ty);
    let ty = &field.ty;
    match &leaf.format {
        Format::Codec(codec) => {
            let codec = tokens::codec(codec, at);
            Some(if checks_its_type(leaf) {
                quote_spanned!(at=> __::TypeFacts::<#ty>::leaf::<__::codec::#codec>())
            } else {
                quote_spanned!(at=> __::LeafDecoder::<#ty>::of::<__::codec::#codec>())
            })
        }
        Format::With(_) => None,
    }
}

fn decode(field: &StructField, leaf: &LeafSpec) -> TokenStream {
    let at = at(&field.ty);
    let ty = &field.ty;
    match &leaf.format {
        Format::Codec(codec) => {
            let codec = tokens::codec(codec, at);
            quote_spanned!(at=> __::TypeFacts::<#ty>::read::<__::codec::#codec>)
        }
        Format::With(path) => {
            let (at, ty) = (tokens::at(path), moved(ty, path.span()));
            quote_spanned! {at=>
                |__raw| {
                    use __::{AsDecode as _, NoDecode as _};
                    __::value::with((&__::function::<#ty, _>(#path::decode)).decode(), __raw)
                }
            }
        }
    }
}

fn same(field: &StructField, leaf: &LeafSpec) -> TokenStream {
    let at = at(&field.ty);
    let ty = &field.ty;
    if let Some(path) = &leaf.compare {
        let (at, ty) = (tokens::at(path), moved(ty, path.span()));
        quote_spanned! {at=>
            |__one, __other| {
                use __::{AsCompare as _, NoCompare as _};
                (&__::function::<#ty, _>(#path)).compare()(__one, __other)
            }
        }
    } else {
        quote_spanned!(at=> __::TypeFacts::<#ty>::same)
    }
}

/// The default as the store would hold it, if it is known: a text is cheaper to compile than a
/// closure.
fn text(leaf: &LeafSpec) -> Option<TokenStream> {
    let (text, span) = match &leaf.default {
        LeafDefault::Text(text) => (text.value(), text.span()),
        // Data is cheaper to compile than a closure.
        LeafDefault::Expression(value, _) => (super::default::text(leaf)?.to_owned(), value.span()),
        LeafDefault::None | LeafDefault::OfType(_) => return None,
    };
    let bytes = syn::LitByteStr::new(text.as_bytes(), span);
    Some(quote_spanned!(at(&span)=> __::Option::Some(#bytes)))
}

/// The value of an absent key, if the default is not a text.
fn absent(field: &StructField, leaf: &LeafSpec) -> Option<TokenStream> {
    let ty = &field.ty;
    match &leaf.default {
        // The text is used. A codec has nothing else, and the type need not implement serde.
        LeafDefault::Text(_) => matches!(leaf.format, Format::With(_))
            .then(|| quote_spanned!(at(ty)=> __::value::required::<#ty>)),
        LeafDefault::Expression(..) if super::default::text(leaf).is_some() => None,
        LeafDefault::Expression(value, _) => {
            let at = at(value);
            let value = leaf.named_default.as_ref().unwrap_or(value);
            Some(quote_spanned!(at=> || __::value::IntoDefault::<#ty>::into_absent(#value)))
        }
        LeafDefault::OfType(written) => {
            let (at, ty) = (at(written), moved(ty, *written));
            Some(quote_spanned!(at=> __::value::of_type::<#ty>))
        }
        LeafDefault::None => {
            let at = at(ty);
            match (&leaf.format, leaf.known.optional) {
                // Without serde, only the name shows whether a type is optional.
                (Format::With(_), true) => Some(quote_spanned! {at=>
                    || __::Option::Some(__::Result::Ok(__::Option::None))
                }),
                (Format::With(_), false) => Some(quote_spanned!(at=> __::value::required::<#ty>)),
                _ => None,
            }
        }
    }
}

/// The rules, in the order of the source, if there are any.
fn check(field: &StructField, leaf: &LeafSpec) -> Option<TokenStream> {
    let at = at(&field.ty);
    let calls = leaf.rules.iter().map(|rule| rule::call(rule, &field.ty));
    (!leaf.rules.is_empty()).then(|| quote_spanned!(at=> |__value, __reasons| { #(#calls)* }))
}
