//! Checks which attributes may be combined, and with which types.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::Ident;

use crate::errors::Errors;
use crate::model::codec::{self, Form};
use crate::model::known::KnownType;
use crate::model::{ItemValue, raw};
use crate::syntax::names;

/// Rejects attributes about the key or the value of a skipped field, which has neither.
pub(super) fn skip_stands_alone(raw: &raw::FieldInput, errors: &Errors) {
    for (name, tokens) in about_the_value(raw).into_iter().chain(about_the_key(raw)) {
        errors.at(
            tokens,
            format!(
                "`{name}` has no meaning on a skipped field, which has no key: leave it out, \
                 or leave `skip` out"
            ),
        );
    }
}

/// Rejects defaults, rules and formats on a section: they belong to its fields.
pub(super) fn nested_has_no_value(raw: &raw::FieldInput, errors: &Errors) {
    let aliases = raw
        .aliases
        .iter()
        .map(|alias| (names::ALIAS, alias.to_token_stream()));
    for (name, tokens) in about_the_value(raw).into_iter().chain(aliases) {
        errors.at(
            tokens,
            format!(
                "`{name}` does not go with `nested`: a section has no value of its own; \
                 write it on the fields of the nested struct"
            ),
        );
    }
}

/// Rejects an optional section: a section is there whether it has keys or not.
pub(super) fn nested_is_always_there(
    raw: &raw::FieldInput,
    around: &Ident,
    known: &KnownType,
    errors: &Errors,
) -> bool {
    // A struct that contains itself gets another message.
    if known.optional && !super::types::mentions(&known.inner, around) {
        let why = super::types::not_a_struct(&known.inner).unwrap_or_else(|| {
            "a section is always there: leave `Option` out and make the fields of the nested \
             struct optional, or leave `nested` out and derive `serde::Deserialize` and \
             `PartialEq` on the struct to read the whole as one key"
                .to_owned()
        });
        errors.at(&raw.ty, why);
    }
    !known.optional || super::types::mentions(&known.inner, around)
}

/// Rejects a second format.
pub(super) fn one_format(raw: &raw::FieldInput, errors: &Errors) {
    for written in raw.formats.iter().skip(1) {
        let names: Vec<_> = codec::NAMED
            .iter()
            .map(|codec| format!("`{}`", codec.name))
            .collect();
        errors.at(
            written,
            format!(
                "{} and `with` exclude one another: keep one of them",
                names.join(", ")
            ),
        );
    }
}

/// Rejects `text` on a collection, which has no plain text.
pub(super) fn format_fits_its_type(raw: &raw::FieldInput, known: &KnownType, errors: &Errors) {
    for written in &raw.formats {
        if written.value.form() == Form::Text && known.form.is_collection() {
            let name = crate::tidy::tidy(&raw.ty);
            let codec = written.value.name();
            errors.at(
                written,
                format!(
                    "a `{name}` is no word that plain text could hold: leave `{codec}` out, and it \
                     is JSON; for another form write `with = path` and a `decode` function of \
                     your own"
                ),
            );
        }
    }
}

/// Rejects `secret` on a type that can be printed, and a `Secret` without the attribute. A type
/// whose name is unknown is left to the compiler.
pub(super) fn secret_fits_its_type(raw: &raw::FieldInput, known: &KnownType, errors: &Errors) {
    match &raw.secret {
        Some(_) if known.scalar.is_some() && !known.secret => {
            let written = crate::tidy::tidy(&known.inner);
            let (before, after) = if known.optional {
                ("Option<", ">")
            } else {
                ("", "")
            };
            errors.at(
                &raw.ty,
                format!(
                    "a secret is a type that is never printed: write \
                     `{before}Secret<{written}>{after}`"
                ),
            );
        }
        None if known.secret => errors.at(
            &raw.ty,
            "a `Secret` also needs `#[hot(secret)]`, so that messages and the schema hide its value",
        ),
        _ => {}
    }
}

/// The names of the attributes about the value.
pub(super) fn names_about_the_value(raw: &raw::FieldInput) -> Vec<&'static str> {
    about_the_value(raw)
        .into_iter()
        .map(|(name, _)| name)
        .collect()
}

/// The attributes about the value.
fn about_the_value(raw: &raw::FieldInput) -> Vec<(&'static str, TokenStream)> {
    let mut found = Vec::new();
    found.extend(named(names::DEFAULT, raw.default.as_ref()));
    for written in &raw.formats {
        found.push((written.value.name(), written.to_token_stream()));
    }
    found.extend(named(names::COMPARE, raw.compare.as_ref()));
    for written in &raw.rules {
        let name = super::rules::name(&written.value);
        found.push((name, written.to_token_stream()));
    }
    found
}

/// The attributes about the key.
fn about_the_key(raw: &raw::FieldInput) -> Vec<(&'static str, TokenStream)> {
    let mut found = Vec::new();
    found.extend(named(names::KEY, raw.key.as_ref()));
    found.extend(
        raw.aliases
            .iter()
            .map(|alias| (names::ALIAS, alias.to_token_stream())),
    );
    found.extend(named(names::NESTED, raw.nested.as_ref()));
    found.extend(named(names::SECRET, raw.secret.as_ref()));
    found.extend(named(names::RESTART, raw.restart.as_ref()));
    found.extend(named(names::DEPRECATED, raw.deprecated.as_ref()));
    found
}

fn named<T>(
    name: &'static str,
    written: Option<&ItemValue<T>>,
) -> Option<(&'static str, TokenStream)> {
    Some((name, written?.to_token_stream()))
}
