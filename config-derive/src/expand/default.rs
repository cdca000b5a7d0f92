//! `__default`: what the defaults that are expressions are in the store; never of a secret.

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;
use syn::{Expr, Lit};

use super::{arms, at, leaf_name};
use crate::model::checked::{Default, Field, Format, Kind, Leaf, Struct};

/// Nothing for a struct that has neither such a default nor a section.
pub(super) fn method(checked: &Struct) -> Option<TokenStream> {
    let here = Span::mixed_site();
    let arms = arms(checked, leaf, section);
    if arms.is_empty() {
        return None;
    }
    Some(quote_spanned! {here=>
        fn __default(__path: &[__::core::primitive::u16]) -> __::Option<__::Absent> {
            use __::{EncodeNothing as _, EncodeSerialize as _};

            let [__first, __rest @ ..] = __path else { return __::Option::None };
            match *__first {
                #(#arms)*
                _ => __::Option::None,
            }
        }
    })
}

/// What the store would hold for a literal of Rust; `None` where that has to be computed.
pub(super) fn text(leaf: &Leaf) -> Option<&str> {
    let Default::Expression(value, Some(text)) = &leaf.default else {
        return None;
    };
    let same = match leaf.format {
        Format::Auto | Format::Text => true,
        // A number and a `bool` are the same in JSON; a character stands in quotes.
        Format::Json => !matches!(value, Expr::Lit(literal) if matches!(literal.lit, Lit::Char(_))),
        Format::With(_) => false,
    };
    same.then_some(text)
}

fn leaf(field: &Field) -> Option<TokenStream> {
    let Kind::Leaf(leaf) = &field.kind else {
        return None;
    };
    let computed = match &leaf.default {
        Default::OfType => true,
        Default::Expression(..) => text(leaf).is_none(),
        Default::None | Default::Text(_) => false,
    };
    if field.secret || !computed {
        return None;
    }
    let at = at(&field.ident);
    let format = match leaf.format {
        Format::Auto => quote_spanned!(at=> Auto),
        Format::Json => quote_spanned!(at=> Json),
        Format::Text => quote_spanned!(at=> Text),
        // A codec only reads.
        Format::With(_) => return None,
    };
    let (name, ty) = (leaf_name(field), &field.ty);
    // Method resolution takes `EncodeSerialize` where the type has it, else `EncodeNothing`.
    Some(quote_spanned! {at=>
        __::default_of(
            __Fields::<Self>::#name,
            |__value: &#ty| (&__::Encoded(__value, __::Format::#format)).encode(),
        )
    })
}

fn section(field: &Field) -> Option<TokenStream> {
    let ty = &field.ty;
    let forward = quote_spanned!(at(&field.ident)=> <#ty as __::Section>::__default(__rest));
    (!field.secret).then_some(forward)
}
