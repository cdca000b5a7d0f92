//! `__build`: all leaves in order, then the struct.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote_spanned};
use syn::ext::IdentExt;

use super::tokens::{at, leaf_of};
use crate::model::checked::{FieldKind, Struct, StructField};

pub(super) fn method(checked: &Struct) -> TokenStream {
    let here = Span::mixed_site();
    let read = checked
        .fields
        .iter()
        .filter(|field| !matches!(field.kind, FieldKind::Skipped));
    let locals: Vec<_> = read.clone().map(local).collect();
    let values = read.map(value);
    // One pattern for all: one `?` for each field would take the compiler many times as long.
    let read = (!locals.is_empty()).then(|| {
        quote_spanned! {here=>
            // Every leaf is visited before the first that is missing ends it.
            let (#(__::Option::Some(#locals),)*) = (#(#values,)*) else {
                return __::Option::None;
            };
        }
    });
    let fields = checked.fields.iter().map(|field| {
        let at = at(&field.ident);
        let (ident, ty) = (&field.ident, &field.ty);
        if let FieldKind::Skipped = field.kind {
            quote_spanned!(at=> #ident: <#ty as __::core::default::Default>::default())
        } else {
            let local = local(field);
            quote_spanned!(at=> #ident: #local)
        }
    });
    quote_spanned! {here=>
        fn __build(__reader: &mut __::LeafReader<'_>) -> __::Option<Self> {
            #read
            __::Option::Some(Self { #(#fields),* })
        }
    }
}

/// The expression for the field's value, an `Option`.
fn value(field: &StructField) -> TokenStream {
    let at = at(&field.ident);
    let ty = &field.ty;
    match field.kind {
        FieldKind::Leaf(_) => {
            let leaf = leaf_of(field);
            quote_spanned!(at=> __reader.leaf(&#leaf))
        }
        FieldKind::Section => {
            let name = field.ident.unraw().to_string();
            quote_spanned!(at=> __reader.section(
                #name,
                __::TypeFacts::<#ty>::build,
                __::TypeFacts::<#ty>::validate,
            ))
        }
        FieldKind::Faulty { .. } | FieldKind::Skipped => {
            quote_spanned!(at=> __::Option::<#ty>::None)
        }
    }
}

/// Named by number: the field's own name may be that of a constant.
fn local(field: &StructField) -> proc_macro2::Ident {
    format_ident!("__value_{}", field.number, span = at(&field.ident))
}
