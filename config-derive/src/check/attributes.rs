//! Checks which attributes may be combined, and with which types.

use quote::ToTokens;
use syn::Ident;

use crate::errors::Errors;
use crate::model::codec::{self, Form};
use crate::model::known::KnownType;
use crate::model::raw;

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
        .map(|alias| ("alias", alias.to_token_stream()));
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
        errors.at(
            &raw.ty,
            "a section is always there: leave `Option` out and make the fields of the nested \
             struct optional, or leave `nested` out to read the whole as one key",
        );
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
            "a `Secret` is said to be one, so that its key is known for it: add `#[hot(secret)]`",
        ),
        _ => {}
    }
}

/// The attributes about the value.
fn about_the_value(raw: &raw::FieldInput) -> Vec<(&'static str, proc_macro2::TokenStream)> {
    let mut found = Vec::new();
    if let Some(written) = &raw.default {
        found.push(("default", written.to_token_stream()));
    }
    for written in &raw.formats {
        found.push((written.value.name(), written.to_token_stream()));
    }
    if let Some(written) = &raw.compare {
        found.push(("compare", written.to_token_stream()));
    }
    for written in &raw.rules {
        found.push((
            super::rules::name(&written.value),
            written.to_token_stream(),
        ));
    }
    found
}

/// The attributes about the key.
fn about_the_key(raw: &raw::FieldInput) -> Vec<(&'static str, proc_macro2::TokenStream)> {
    let mut found = Vec::new();
    if let Some(written) = &raw.key {
        found.push(("key", written.to_token_stream()));
    }
    found.extend(
        raw.aliases
            .iter()
            .map(|alias| ("alias", alias.to_token_stream())),
    );
    if let Some(written) = &raw.nested {
        found.push(("nested", written.to_token_stream()));
    }
    if let Some(written) = &raw.secret {
        found.push(("secret", written.to_token_stream()));
    }
    if let Some(written) = &raw.restart {
        found.push(("restart", written.to_token_stream()));
    }
    if let Some(written) = &raw.deprecated {
        found.push(("deprecated", written.to_token_stream()));
    }
    found
}
