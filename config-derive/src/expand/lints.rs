//! Constants that find a forgotten attribute on a leaf whose type only the compiler knows.
//!
//! An alias of a `Secret` needs `secret`. A struct with keys of its own is read as one key if
//! `nested` was forgotten.

use proc_macro2::TokenStream;
use quote::quote_spanned;

use super::bounds::{mentions, parameters};
use super::tokens;
use crate::model::checked::{FieldKind, Struct, StructField};
use crate::model::codec::Format;
use crate::model::known::TypeForm;
use crate::tidy::moved;
use crate::tidy::tidy;

/// None for types with well-known names, and for types with parameters.
pub(super) fn constants(checked: &Struct) -> TokenStream {
    let parameters = parameters(&checked.generics);
    let constants = checked.fields.iter().filter_map(field_lint);
    constants
        .filter(|constant| !mentions(constant.clone(), &parameters))
        .collect()
}

fn field_lint(field: &StructField) -> Option<TokenStream> {
    let FieldKind::Leaf(leaf) = &field.kind else {
        return None;
    };
    if *leaf.known.form.inner() != TypeForm::Unknown || field.secret {
        return None;
    }
    let at = tokens::at(&field.ty);
    let ty = moved(&field.ty, syn::spanned::Spanned::span(&field.ty));
    let name = tidy(&field.ty);
    let section = match leaf.format {
        Format::Codec(codec) if codec.name.is_empty() => {
            quote_spanned!(at=> __::TypeFacts::<#ty>::SECTION)
        }
        _ => quote_spanned!(at=> false),
    };
    Some(quote_spanned! {at=>
        const _: () = __::compile::lint(#name, __::TypeFacts::<#ty>::SECRET, #section);
    })
}
