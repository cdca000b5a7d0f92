//! Writes the struct's own name for `Self`.
//!
//! In: the tokens of the struct. Out: the same, without `Self`, so that they mean the same
//! anywhere. The expansion puts types and defaults into an `impl` that is not the struct's.

use proc_macro2::{Group, Ident, TokenStream, TokenTree};
use quote::{ToTokens, quote_spanned};
use syn::{DeriveInput, GenericParam};

/// The tokens, with `Name::<T>` for each `Self`: valid as a type and as the start of an expression.
pub(super) fn replace(input: TokenStream) -> TokenStream {
    if !mentions(&input) {
        return input;
    }
    match syn::parse2::<DeriveInput>(input.clone()) {
        Ok(parsed) => replaced(input, &parsed),
        // The caller parses the same tokens and reports the error.
        Err(_) => input,
    }
}

fn mentions(tokens: &TokenStream) -> bool {
    tokens.clone().into_iter().any(|token| match token {
        TokenTree::Ident(ident) => ident == "Self",
        TokenTree::Group(group) => mentions(&group.stream()),
        _ => false,
    })
}

fn replaced(tokens: TokenStream, of: &DeriveInput) -> TokenStream {
    let replace = |token| match token {
        TokenTree::Ident(ident) if ident == "Self" => name(&ident, of),
        TokenTree::Group(group) => {
            let mut new = Group::new(group.delimiter(), replaced(group.stream(), of));
            new.set_span(group.span());
            TokenTree::from(new).into()
        }
        token => token.into(),
    };
    tokens.into_iter().flat_map(replace).collect()
}

/// `Name::<T, N>`, underlined at the place of `Self`.
fn name(receiver: &Ident, of: &DeriveInput) -> TokenStream {
    let mut ident = of.ident.clone();
    ident.set_span(receiver.span());
    let arguments: Vec<_> = of
        .generics
        .params
        .iter()
        .map(|parameter| match parameter {
            GenericParam::Lifetime(lifetime) => lifetime.lifetime.to_token_stream(),
            GenericParam::Type(of_type) => of_type.ident.to_token_stream(),
            GenericParam::Const(constant) => constant.ident.to_token_stream(),
        })
        .collect();
    if arguments.is_empty() {
        ident.into_token_stream()
    } else {
        quote_spanned!(receiver.span()=> #ident::<#(#arguments),*>)
    }
}
