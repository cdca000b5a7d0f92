//! Constants that check the type of a field which only the compiler knows: one for each field, so
//! that each type is reported once.
//!
//! A leaf's type has serde's trait and `PartialEq`, an alias of a `Secret` needs `secret`, and a
//! struct with keys of its own is read as one key if `nested` was forgotten. A section's type
//! derives `HotConfig`, without a prefix.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote_spanned};

use super::bounds::{mentions, parameters};
use super::tokens::{Place, checks_its_type};
use crate::model::checked::{FieldKind, LeafSpec, Struct, StructField};
use crate::model::codec::Format;
use crate::tidy::{moved, tidy};

/// None for types with well-known names. For types with parameters the bounds are in the `where`
/// clause.
pub(super) fn constants(checked: &Struct) -> TokenStream {
    let parameters = parameters(&checked.generics);
    let fields = checked.fields.iter();
    fields
        .filter(|field| !mentions(field.ty.to_token_stream(), &parameters))
        .filter_map(|field| match &field.kind {
            FieldKind::Leaf(leaf) if checks_its_type(leaf) => Some(leaf_constant(field, leaf)),
            FieldKind::Section => Some(section_constant(field)),
            _ => None,
        })
        .collect()
}

fn leaf_constant(field: &StructField, leaf: &LeafSpec) -> TokenStream {
    let place = Place::of(&field.ty);
    let at = place.start;
    let (ty, name) = (moved(&field.ty, at), tidy(&field.ty));
    let fact = |name: &str| {
        let name = proc_macro2::Ident::new(name, at);
        quote_spanned!(at=> __::TypeFacts::<#ty>::#name)
    };
    let (secret, held) = (fact("SECRET"), fact("HELD"));
    let config = match leaf.format {
        Format::Codec(codec) if codec.name.is_empty() && !field.secret => {
            let keys = fact("KEYS");
            quote_spanned!(at=> #keys.is_some())
        }
        _ => quote_spanned!(at=> false),
    };
    let unread = match leaf.format {
        Format::Codec(_) => fact("UNREAD"),
        Format::With(_) => quote_spanned!(at=> __::Option::None),
    };
    let uncompared = match leaf.compare {
        None => fact("UNCOMPARED"),
        Some(_) => quote_spanned!(at=> __::Option::None),
    };
    let nested = nested(field, leaf);
    let says_secret = field.secret;
    let arguments = quote_spanned! {at=>
        #name, #says_secret, #secret, #held,
        if #config { #nested } else { "" },
        [#unread, #uncompared],
    };
    place.constant("leaf_type", arguments)
}

/// The attribute for a section, with those that a section can't have.
fn nested(field: &StructField, leaf: &LeafSpec) -> String {
    let mut written = leaf.about_the_value.clone();
    if !field.aliases.is_empty() {
        written.push("alias");
    }
    let written: Vec<_> = written.iter().map(|name| format!("`{name}`")).collect();
    match written.as_slice() {
        [] => "`#[hot(nested)]`".to_owned(),
        written => format!("`#[hot(nested)]` without {}", written.join(", ")),
    }
}

fn section_constant(field: &StructField) -> TokenStream {
    let place = Place::of(&field.ty);
    let at = place.start;
    let (ty, name) = (moved(&field.ty, at), tidy(&field.ty));
    let facts = quote_spanned!(at=> __::TypeFacts::<#ty>);
    let arguments = quote_spanned! {at=>
        #name, #facts::SECTION, #facts::TREE,
    };
    place.constant("section_type", arguments)
}
