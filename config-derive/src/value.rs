//! `#[derive(HotValue)]`: the shape of a value's type, as a constant.
//!
//! In: an enum of words, or a newtype. Out: its `impl HotValue`, with the words as serde names
//! them, or without words if any word is accepted. It reads serde's attributes about words; it
//! knows nothing of the rest of serde.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::meta::ParseNestedMeta;
use syn::{Attribute, Data, DataEnum, DeriveInput, Fields, LitStr, Path, Variant};

use crate::errors::Errors;
use crate::syntax::case::{self, Case};
use crate::syntax::{names, serde};

/// The whole macro.
pub(crate) fn derive(input: TokenStream) -> TokenStream {
    let errors = Errors::new();
    let expansion = match syn::parse2(input) {
        Ok(input) => implementation(&input, &errors),
        Err(error) => {
            errors.push(error);
            None
        }
    };
    let errors = errors.into_compile_errors();
    quote!(#errors #expansion)
}

fn implementation(input: &DeriveInput, errors: &Errors) -> Option<TokenStream> {
    let container = Container::from_attributes(&input.attrs, errors);
    let here = Span::mixed_site();
    let shape = match &input.data {
        Data::Enum(data) => words(data, &container, errors)?,
        Data::Struct(data) => inner(&data.fields, input, &container, errors)?,
        Data::Union(data) => {
            errors.at(data.union_token, "a union cannot be read from a value");
            return None;
        }
    };
    let krate = match &container.krate {
        Some(path) => path.to_token_stream(),
        None => quote_spanned!(here=> ::hotconfig),
    };
    let ident = &input.ident;
    let (impl_generics, ty_generics, where_clause) = input.generics.split_for_impl();
    Some(quote_spanned! {here=>
        const _: () = {
            use #krate::__;
            #[allow(unused_imports)]
            use __::AnyShape as _;

            #[automatically_derived]
            impl #impl_generics __::HotValue for #ident #ty_generics #where_clause {
                const SHAPE: __::Shape = #shape;
            }
        };
    })
}

/// The words of an enum whose variants have no data.
fn words(data: &DataEnum, container: &Container, errors: &Errors) -> Option<TokenStream> {
    let here = Span::mixed_site();
    let mut words = Vec::new();
    let mut any = false;
    let mut right = true;
    for variant in &data.variants {
        if !matches!(variant.fields, Fields::Unit) {
            errors.at(
                &variant.fields,
                "a variant with data is no word, but JSON, of which the compiler knows nothing: \
                 leave `HotValue` out, and write the defaults of such fields as values",
            );
            right = false;
            continue;
        }
        let names = VariantNames::from_variant(variant, container, errors);
        any |= names.other;
        for (word, place) in names.words {
            if words.contains(&word) {
                errors.at(
                    place,
                    format!(
                        "two variants have the word `{word}`, and serde reads the first alone: \
                         rename one of them"
                    ),
                );
            } else {
                words.push(word);
            }
        }
    }
    if data.variants.is_empty() {
        errors.at(
            data.enum_token,
            "an enum without variants has no value: add one",
        );
        right = false;
    }
    if !right {
        return None;
    }
    Some(if any {
        // `#[serde(other)]` accepts every word, but not every text: an empty text is not a word,
        // and `{` begins JSON.
        quote_spanned!(here=> __::Shape::Opaque)
    } else {
        quote_spanned!(here=> __::Shape::Words(&[#(#words),*]))
    })
}

/// The shape of a newtype's inner type.
fn inner(
    fields: &Fields,
    input: &DeriveInput,
    container: &Container,
    errors: &Errors,
) -> Option<TokenStream> {
    let newtype = match fields {
        Fields::Unnamed(_) => true,
        Fields::Named(_) => container.transparent,
        Fields::Unit => false,
    };
    let here = Span::mixed_site();
    match (newtype, fields.len(), fields.iter().next()) {
        (true, 1, Some(field)) => {
            let ty = &field.ty;
            Some(quote_spanned!(here=> __::TypeFacts::<#ty>::SHAPE))
        }
        _ => {
            errors.at(
                &input.ident,
                "`HotValue` is for enums of words and for newtypes, `struct Name(Inner)`: \
                 a struct is read as JSON, of which the compiler knows nothing; leave `HotValue` \
                 out, or derive `HotConfig` and make the field `nested`",
            );
            None
        }
    }
}

/// The attributes on the type itself, of serde and `hot`.
#[derive(Default)]
struct Container {
    rename_all: Option<String>,
    transparent: bool,
    krate: Option<Path>,
}

impl Container {
    fn from_attributes(attributes: &[Attribute], errors: &Errors) -> Self {
        let mut container = Self::default();
        hot_items(attributes, errors, |meta| {
            if meta.path.is_ident("crate") {
                container.krate = Some(meta.value()?.parse()?);
                Ok(())
            } else {
                Err(belongs_to_serde(&meta))
            }
        });
        for written in serde::items(attributes) {
            match written.value.name.as_str() {
                "rename_all" => container.rename_all.clone_from(&written.value.text),
                "transparent" => container.transparent = true,
                "untagged" | "tag" | "from" | "try_from" | "content" => errors.at(
                    &written,
                    "with this the texts are not the names of the variants: leave `HotValue` out, \
                     and write the defaults of such fields as values",
                ),
                _ => {}
            }
        }
        container
    }
}

/// The names of one variant.
struct VariantNames {
    /// The words, each with its place.
    words: Vec<(String, TokenStream)>,
    other: bool,
}

impl VariantNames {
    fn from_variant(variant: &Variant, container: &Container, errors: &Errors) -> Self {
        hot_items(&variant.attrs, errors, |meta| Err(belongs_to_serde(&meta)));
        let ident = variant.ident.unraw().to_string();
        let name = match &container.rename_all {
            Some(case) => in_case(&ident, case),
            None => ident,
        };
        let mut name = (name, variant.ident.to_token_stream());
        let mut aliases = Vec::new();
        let (mut skipped, mut other) = (false, false);
        for written in serde::items(&variant.attrs) {
            let place = written.tokens;
            match (written.value.name.as_str(), written.value.text) {
                ("rename", Some(text)) => name = (text, place),
                ("alias", Some(text)) => aliases.push((text, place)),
                ("skip" | "skip_deserializing", _) => skipped = true,
                ("other", _) => other = true,
                _ => {}
            }
        }
        let words = std::iter::once(name).chain(aliases);
        Self {
            words: words.filter(|_| !skipped).collect(),
            other,
        }
    }
}

/// Calls a function for each item of `#[hot(…)]`.
fn hot_items(
    attributes: &[Attribute],
    errors: &Errors,
    mut call: impl FnMut(ParseNestedMeta<'_>) -> syn::Result<()>,
) {
    for attribute in attributes.iter().filter(|a| a.path().is_ident(names::HOT)) {
        if let Err(error) = attribute.parse_nested_meta(&mut call) {
            errors.push(error);
        }
    }
}

/// Rejects an item of `#[hot(…)]`: the words are serde's.
fn belongs_to_serde(meta: &ParseNestedMeta<'_>) -> syn::Error {
    let name = meta.path.to_token_stream().to_string();
    let value = meta
        .value()
        .and_then(syn::parse::ParseBuffer::parse::<LitStr>);
    let value = value.map(|text| text.value()).ok();
    let instead = match (name.as_str(), value) {
        ("rename_all", None) => Some("rename_all = \"lowercase\"".to_owned()),
        ("rename_all", Some(case)) => Some(format!("rename_all = {case:?}")),
        ("rename" | "key" | "name", Some(word)) => Some(format!("rename = {word:?}")),
        ("alias", Some(word)) => Some(format!("alias = {word:?}")),
        ("skip" | "other", None) => Some(name),
        _ => None,
    };
    meta.error(match instead {
        Some(instead) => format!("the words are serde's: write `#[serde({instead})]`"),
        None => "on a value there is only `crate = path`".to_owned(),
    })
}

/// A variant's name in serde's spelling of that case; serde itself rejects an unknown case.
fn in_case(name: &str, case: &str) -> String {
    let mut snake = String::new();
    for (at, letter) in name.char_indices() {
        if at > 0 && letter.is_uppercase() {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    match case::named(case) {
        Some(Case::Lower) => name.to_ascii_lowercase(),
        Some(Case::Upper) => name.to_ascii_uppercase(),
        Some(Case::Pascal) | None => name.to_owned(),
        Some(case) => case.apply(&snake),
    }
}
