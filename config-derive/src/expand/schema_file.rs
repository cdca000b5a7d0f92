//! Constants that compare a struct with its committed schema file.
//!
//! One of them includes the file, and one reads the variables, so that cargo rebuilds when they
//! change.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, format_ident, quote_spanned};

use super::bounds::{mentions, parameters};
use super::tokens::{at, checks_its_type};
use crate::model::checked::{FieldKind, Struct, StructField};
use crate::model::codec::Format;
use crate::model::scalar::ScalarType;
use crate::model::schema_file::{KeyType, SchemaFile};

pub(super) fn constants(checked: &Struct) -> TokenStream {
    let Some(schema_file) = &checked.schema_file else {
        return TokenStream::new();
    };
    let here = Span::mixed_site();
    let bytes = schema_file.exists.then(|| {
        quote_spanned! {here=>
            const _: &[__::core::primitive::u8] = __::core::include_bytes!(#schema_file);
        }
    });
    let table = (!schema_file.keys.is_empty()).then(|| table(checked, schema_file));
    quote_spanned! {here=>
        const _: [__::Option<&__::core::primitive::str>; 2] = [
            __::core::option_env!("HOTCONFIG_SCHEMA"),
            __::core::option_env!("CI"),
        ];
        #bytes
        #table
    }
}

/// The keys of the file, and a constant for each field.
fn table(checked: &Struct, schema_file: &SchemaFile) -> TokenStream {
    let here = Span::mixed_site();
    let name = &schema_file.name;
    let keys = schema_file.keys.iter().map(|(key, of)| {
        let (shape, written) = (shape(of), of.written());
        quote_spanned! {here=>
            __::compile::FileKey { key: #key, shape: #shape, written: #written }
        }
    });
    let parameters = parameters(&checked.generics);
    let fields = checked
        .fields
        .iter()
        .filter_map(|field| field_constant(field, schema_file));
    // Constants can't name a parameter.
    let fields = fields.filter(|constant| !mentions(constant.clone(), &parameters));
    quote_spanned! {here=>
        const __FILE: __::compile::SchemaFile = __::compile::SchemaFile {
            name: #name,
            keys: &[#(#keys),*],
        };
        #(#fields)*
    }
}

fn field_constant(field: &StructField, schema_file: &SchemaFile) -> Option<TokenStream> {
    let at = at(&field.ident);
    let (name, key, ty) = (&field.name, &field.key, field.ty.to_token_stream());
    let ty = crate::tidy::moved(&ty, field.ident.span());
    match &field.kind {
        FieldKind::Section => Some(quote_spanned! {at=>
            const _: () = __::compile::section(
                &__FILE, #name, #key, __::TypeFacts::<#ty>::TREE,
            );
        }),
        FieldKind::Leaf(leaf) => {
            let place = schema_file.keys.keys().position(|known| known == key)?;
            let type_name = crate::tidy::tidy(&field.ty);
            let agrees = quote_spanned! {at=>
                __::compile::agrees(
                    &__FILE, "", #name, __::TypeFacts::<#ty>::SHAPE, #type_name,
                    &__FILE.keys[#place],
                )
            };
            let is_checked = checks_its_type(leaf) && matches!(leaf.format, Format::Codec(_));
            Some(if is_checked {
                // A type that lacks a trait is reported already.
                quote_spanned! {at=>
                    const _: () = if __::TypeFacts::<#ty>::UNREAD.is_none() { #agrees };
                }
            } else {
                quote_spanned!(at=> const _: () = #agrees;)
            })
        }
        FieldKind::Skipped | FieldKind::Faulty { .. } => None,
    }
}

fn shape(of: &KeyType) -> TokenStream {
    let here = Span::mixed_site();
    let around = |name: &str, inner: &KeyType| {
        let (name, inner) = (format_ident!("{name}"), shape(inner));
        quote_spanned!(here=> __::Shape::#name(&#inner))
    };
    match of {
        KeyType::Optional(inner) => around("Optional", inner),
        KeyType::List(inner) => around("List", inner),
        KeyType::Map(inner) => around("Map", inner),
        KeyType::Words(words) => quote_spanned!(here=> __::Shape::Words(&[#(#words),*])),
        KeyType::Rust(_) => quote_spanned!(here=> __::Shape::Opaque),
        KeyType::Scalar(name) => match ScalarType::from_name(name).and_then(ScalarType::variant) {
            Some(variant) => {
                let variant = format_ident!("{variant}");
                quote_spanned!(here=> __::Shape::Scalar(__::Scalar::#variant))
            }
            None => quote_spanned!(here=> __::Shape::Opaque),
        },
    }
}
