//! Tokens that several files write: spans, the names of tables, the arms of a `match`.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote_spanned;
use syn::spanned::Spanned;

use crate::model::checked::{FieldKind, Struct, StructField};

/// The macro's hygiene at a place of the source.
pub(super) fn at(place: &impl Spanned) -> Span {
    Span::mixed_site().located_at(place.span())
}

/// `__Fields::<Self>::rps()`: the table of one leaf.
pub(super) fn leaf_of(field: &StructField) -> TokenStream {
    let at = at(&field.ident);
    let name = leaf_name(field);
    quote_spanned!(at=> __Fields::<Self>::#name())
}

/// The name of the function that makes the table of one leaf: that of the field.
pub(super) fn leaf_name(field: &StructField) -> Ident {
    let mut name = field.ident.clone();
    name.set_span(at(&field.ident));
    name
}

/// The arms of a `match` over the first number of a path; nothing where there are none.
///
/// `leaf` and `section` write the expression behind the arrow.
pub(super) fn arms(
    checked: &Struct,
    leaf: impl Fn(&StructField) -> Option<TokenStream>,
    section: impl Fn(&StructField) -> Option<TokenStream>,
) -> Vec<TokenStream> {
    let here = Span::mixed_site();
    let arm = |field: &StructField| {
        let number = field.number;
        let (expression, rest) = match &field.kind {
            FieldKind::Leaf(_) => (leaf(field)?, None),
            FieldKind::Section => (section(field)?, Some(quote_spanned!(here=> , __rest @ ..))),
            FieldKind::Skipped | FieldKind::Faulty => return None,
        };
        Some(quote_spanned! {at(&field.ident)=>
            [__::Step::Field(#number) #rest] => #expression,
        })
    };
    checked.fields.iter().filter_map(arm).collect()
}
