//! The bounds on the parameters of a generic struct.

use std::collections::BTreeSet;

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{ToTokens, quote_spanned};
use syn::{Generics, WherePredicate, parse_quote_spanned};

use super::tokens::at;
use crate::model::checked::{FieldKind, LeafDefault, Struct, StructField};
use crate::model::codec::Format;

/// The struct's generics, with the trait's bounds on each parameter, and with the bounds of a
/// field's kind on each field type that mentions a parameter.
pub(super) fn generics(checked: &Struct) -> Generics {
    let mut generics = checked.generics.clone();
    let parameters = parameters(&generics);
    if parameters.is_empty() {
        return generics;
    }
    let here = Span::mixed_site();
    let mut predicates: Vec<WherePredicate> = Vec::new();
    for parameter in generics.type_params() {
        let ident = &parameter.ident;
        predicates.push(parse_quote_spanned! {here=>
            #ident: __::core::clone::Clone + __::core::marker::Send + __::core::marker::Sync + 'static
        });
    }
    for field in &checked.fields {
        if mentions(field.ty.to_token_stream(), &parameters)
            && let Some(bounds) = kind_bounds(field)
        {
            let ty = &field.ty;
            predicates.push(parse_quote_spanned!(at(ty)=> #ty: #bounds));
        }
    }
    generics.make_where_clause().predicates.extend(predicates);
    generics
}

/// The names of the parameters.
pub(super) fn parameters(generics: &Generics) -> BTreeSet<String> {
    let types = generics.type_params().map(|parameter| &parameter.ident);
    let constants = generics.const_params().map(|parameter| &parameter.ident);
    types.chain(constants).map(ToString::to_string).collect()
}

/// The bounds that the field's methods need on its type.
fn kind_bounds(field: &StructField) -> Option<TokenStream> {
    let at = at(&field.ty);
    match &field.kind {
        FieldKind::Section => Some(quote_spanned!(at=> __::HotConfig)),
        FieldKind::Skipped => Some(quote_spanned!(at=> __::core::default::Default)),
        FieldKind::Faulty { .. } => None,
        FieldKind::Leaf(leaf) => {
            let read = match leaf.format {
                Format::With(_) => None,
                Format::Codec(_) => Some(quote_spanned!(at=> __::DeserializeOwned +)),
            };
            let compared = match leaf.compare {
                Some(_) => None,
                None => Some(quote_spanned!(at=> __::core::cmp::PartialEq +)),
            };
            let default = match leaf.default {
                LeafDefault::OfType(_) => Some(quote_spanned!(at=> __::core::default::Default +)),
                _ => None,
            };
            Some(quote_spanned!(at=> #read #compared #default 'static))
        }
    }
}

/// Whether the tokens name one of them.
pub(super) fn mentions(tokens: TokenStream, parameters: &BTreeSet<String>) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => parameters.contains(&ident.to_string()),
        TokenTree::Group(group) => mentions(group.stream(), parameters),
        _ => false,
    })
}
