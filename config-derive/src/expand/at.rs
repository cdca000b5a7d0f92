//! `At`: one field by its number, with its type. `key!` follows it from step to step.

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;
use syn::Generics;

use crate::model::checked::{FieldKind, Struct, StructField};

/// One `impl` for each field with a key.
///
/// The type is a parameter of the trait: a public struct's field may have a private type, which an
/// associated type may not be.
pub(super) fn impls(checked: &Struct, generics: &Generics) -> TokenStream {
    checked
        .fields
        .iter()
        .filter_map(|field| one(checked, generics, field))
        .collect()
}

fn one(checked: &Struct, generics: &Generics, field: &StructField) -> Option<TokenStream> {
    if let FieldKind::Skipped | FieldKind::Faulty { nameable: false } = field.kind {
        return None;
    }
    let here = Span::mixed_site();
    let (impl_generics, ty_generics, where_clause) = generics.split_for_impl();
    let config = &checked.ident;
    let (number, ident, ty) = (field.number, &field.ident, &field.ty);
    Some(quote_spanned! {here=>
        #[automatically_derived]
        impl #impl_generics __::At<#number, #ty> for #config #ty_generics #where_clause {
            fn at(&self) -> &#ty {
                &self.#ident
            }
        }
    })
}
