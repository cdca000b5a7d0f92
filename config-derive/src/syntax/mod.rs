//! Reads a struct and its attributes.
//!
//! In: the tokens that rustc hands to the derive. Out: the raw model. It knows how attributes are
//! written; [`crate::check`] checks whether they make sense together. It never returns early, so
//! that a user sees all mistakes at once.

mod advice;
mod body;
pub(crate) mod case;
mod doc;
mod item;
pub(crate) mod names;
mod receiver;
pub(crate) mod serde;

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::{Data, DeriveInput, Fields, GenericParam, Type};

use crate::errors::Errors;
use crate::model::codec::{self, Format};
use crate::model::known::KnownType;
use crate::model::scalar::ScalarType;
use crate::model::{ItemValue, raw};
use item::Item;

/// The raw model; `None` if there is no struct that an `impl` could be written for.
pub(crate) fn parse(input: TokenStream, errors: &Errors) -> Option<raw::StructInput> {
    let input: DeriveInput = match syn::parse2(receiver::replace(input)) {
        Ok(input) => input,
        Err(error) => {
            errors.push(error);
            return None;
        }
    };
    let owned = owns_its_values(&input, errors);
    let fields = named_fields(&input, errors);
    let parsed = structure(&input, fields?, errors);
    owned.then_some(parsed)
}

/// Refuses lifetimes: a configuration outlives every borrow.
fn owns_its_values(input: &DeriveInput, errors: &Errors) -> bool {
    let mut owned = true;
    for parameter in &input.generics.params {
        if let GenericParam::Lifetime(lifetime) = parameter {
            errors.at(
                lifetime,
                "a configuration owns its values: write `String` instead of `&str`, \
                 `Vec<T>` instead of `&[T]`, and leave the lifetime out",
            );
            owned = false;
        }
    }
    owned
}

/// Refuses an item without named fields.
fn named_fields<'a>(input: &'a DeriveInput, errors: &Errors) -> Option<Vec<&'a syn::Field>> {
    match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(fields) => return Some(fields.named.iter().collect()),
            Fields::Unnamed(fields) => errors.at(
                fields,
                "`HotConfig` needs named fields, which become keys: \
                 write `struct Name { field: Type }`; a newtype that is one value derives \
                 `serde::Deserialize` instead",
            ),
            Fields::Unit => errors.at(
                &input.ident,
                "`HotConfig` needs named fields, which become keys: \
                 write `struct Name { field: Type }`",
            ),
        },
        Data::Enum(data) => errors.at(
            data.enum_token,
            "an enum is a value, not a set of keys: derive `serde::Deserialize` on it, \
             and use it as the type of a field",
        ),
        Data::Union(data) => {
            errors.at(data.union_token, "a union has no keys: make it a struct");
        }
    }
    None
}

/// The struct's own attributes, and its fields.
fn structure(input: &DeriveInput, fields: Vec<&syn::Field>, errors: &Errors) -> raw::StructInput {
    let mut parsed = raw::StructInput {
        ident: input.ident.clone(),
        generics: input.generics.clone(),
        doc: doc::joined(&input.attrs),
        prefix: None,
        rename_all: None,
        validate: None,
        schema: None,
        krate: None,
        serde: serde::items(&input.attrs),
        fields: Vec::new(),
    };
    let (items, _) = item::items(&input.attrs, errors);
    for item in items {
        match item.name.as_str() {
            names::PREFIX => fill(&mut parsed.prefix, &item, item.text(errors), errors),
            names::RENAME_ALL => fill(&mut parsed.rename_all, &item, item.text(errors), errors),
            names::VALIDATE => fill(&mut parsed.validate, &item, item.path(errors), errors),
            names::CRATE => fill(&mut parsed.krate, &item, item.path(errors), errors),
            names::SCHEMA => fill(&mut parsed.schema, &item, item.text(errors), errors),
            _ => unknown(
                &item,
                (&names::ON_STRUCT, &names::ON_STRUCT),
                &names::on_field(),
                "a field",
                errors,
            ),
        }
    }
    parsed.fields = fields
        .into_iter()
        .filter_map(|input| field(input, errors))
        .collect();
    parsed
}

/// A field's attributes.
fn field(input: &syn::Field, errors: &Errors) -> Option<raw::FieldInput> {
    let mut field = raw::FieldInput::new(input.ident.clone()?, input.ty.clone());
    field.doc = doc::joined(&input.attrs);
    field.serde = serde::items(&input.attrs);
    let (items, all) = item::items(&input.attrs, errors);
    field.readable = all;
    for item in items {
        let known = read_key(&mut field, &item, errors)
            || read_value(&mut field, &item, errors)
            || read_rule(&mut field, &item, errors);
        if !known {
            field.readable = false;
            unavailable(&item, &field.ty, errors);
        }
    }
    Some(field)
}

/// Reads an item about the key or about the field as a whole; `false` if the item is neither.
fn read_key(field: &mut raw::FieldInput, item: &Item, errors: &Errors) -> bool {
    match item.name.as_str() {
        names::KEY => fill(&mut field.key, item, item.text(errors), errors),
        names::ALIAS => {
            let alias = item.text(errors).map(|key| item.with_tokens(key));
            field.aliases.extend(alias);
        }
        names::NESTED => {
            let nested = item.flag(errors);
            field.readable &= nested.is_some();
            fill(&mut field.nested, item, nested, errors);
        }
        names::SKIP => {
            let skip = item.flag(errors);
            field.readable &= skip.is_some();
            fill(&mut field.skip, item, skip, errors);
        }
        names::SECRET => fill(&mut field.secret, item, item.flag(errors), errors),
        names::RESTART => fill(&mut field.restart, item, item.flag(errors), errors),
        names::DEPRECATED => fill(&mut field.deprecated, item, item.note(errors), errors),
        _ => return false,
    }
    true
}

/// Reads an item about the value: format, comparison, default; `false` if the item is none of them.
fn read_value(field: &mut raw::FieldInput, item: &Item, errors: &Errors) -> bool {
    let format = match item.name.as_str() {
        names::DEFAULT => {
            fill(&mut field.default, item, item.default(errors), errors);
            return true;
        }
        names::COMPARE => {
            let compare = item.path(errors);
            field.readable &= compare.is_some();
            fill(&mut field.compare, item, compare, errors);
            return true;
        }
        names::WITH => item.path(errors).map(Format::With),
        name => {
            let Some(codec) = codec::NAMED.iter().find(|codec| codec.name == name) else {
                return false;
            };
            item.flag(errors).map(|()| Format::Codec(codec))
        }
    };
    field.readable &= format.is_some();
    // The checks reject a second format: formats have different names.
    let same = |one: &Format, other: &Format| one.name() == other.name();
    add(&mut field.formats, item, format, same, errors);
    true
}

/// Reads a rule; `false` if the item is not a rule.
fn read_rule(field: &mut raw::FieldInput, item: &Item, errors: &Errors) -> bool {
    let rule = match item.name.as_str() {
        names::RANGE => item.range(errors).map(raw::RuleAttribute::Range),
        names::LENGTH => item.range(errors).map(raw::RuleAttribute::Length),
        names::PATTERN => item.listed_text(errors).map(raw::RuleAttribute::Pattern),
        names::ONE_OF => item.values(errors).map(raw::RuleAttribute::OneOf),
        names::NON_EMPTY => item.flag(errors).map(|()| raw::RuleAttribute::NonEmpty),
        names::URL => item.flag(errors).map(|()| raw::RuleAttribute::Url),
        names::VALIDATE => item.path(errors).map(raw::RuleAttribute::Validate),
        _ => return false,
    };
    let same = |one: &_, other: &_| std::mem::discriminant(one) == std::mem::discriminant(other);
    add(&mut field.rules, item, rule, same, errors);
    true
}

/// Reports an attribute that is planned, or does not exist.
fn unavailable(item: &Item, ty: &Type, errors: &Errors) {
    match item.name.as_str() {
        names::MAP => errors.at(
            item,
            "maps are not available yet: use a `BTreeMap<String, _>`, which is one key that \
             holds JSON",
        ),
        names::TOML | names::YAML => errors.at(
            item,
            "this format is not available yet: use `json`, or `with = path` and a `decode` \
             function of your own",
        ),
        _ => unknown(
            item,
            (&names::on_field(), &names_for(ty)),
            &names::ON_STRUCT,
            "the struct",
            errors,
        ),
    }
}

/// The attributes of a field of this type, of which one may be proposed.
fn names_for(ty: &Type) -> Vec<&'static str> {
    let known = KnownType::from_type(ty);
    let is_text = known.scalar.is_some_and(ScalarType::is_text) || known.form.is_collection();
    let is_number = known.scalar.is_some_and(ScalarType::is_number);
    let mut names = names::on_field();
    names.retain(|name| match *name {
        names::RANGE => !is_text,
        names::LENGTH | names::NON_EMPTY | names::PATTERN | names::URL => !is_number,
        _ => true,
    });
    names
}

/// Keeps a value, or reports that there already is one.
fn fill<T>(slot: &mut Option<ItemValue<T>>, item: &Item, value: Option<T>, errors: &Errors) {
    if slot.is_some() {
        twice(item, errors);
    } else if let Some(value) = value {
        *slot = Some(item.with_tokens(value));
    }
}

/// Keeps one of several, or reports that there already is one of its kind.
fn add<T>(
    list: &mut Vec<ItemValue<T>>,
    item: &Item,
    value: Option<T>,
    same: impl Fn(&T, &T) -> bool,
    errors: &Errors,
) {
    let Some(value) = value else { return };
    if list.iter().any(|other| same(&other.value, &value)) {
        twice(item, errors);
    } else {
        list.push(item.with_tokens(value));
    }
}

fn twice(item: &Item, errors: &Errors) {
    let name = &item.name;
    let advice = match name.as_str() {
        names::VALIDATE => "call both functions from one",
        _ => "leave one of them out",
    };
    errors.at(item, format!("`{name}` is written twice: {advice}"));
}

/// Refuses an unknown name, and proposes the nearest of those that fit.
fn unknown(
    item: &Item,
    (here, fitting): (&[&'static str], &[&'static str]),
    there: &[&'static str],
    other_place: &str,
    errors: &Errors,
) {
    let name = &item.name;
    let message = if there.contains(&name.as_str()) {
        format!("`{name}` goes on {other_place}")
    } else if let Some(instead) = names::alternative(name) {
        format!("there is no attribute `{name}`: {instead}")
    } else if let Some(near) = names::nearest(name, fitting) {
        match names::example(near) {
            example if example == near => {
                format!("there is no attribute `{name}`: did you mean `{near}`?")
            }
            example => {
                format!("there is no attribute `{name}`: did you mean `{near}`, as in `{example}`?")
            }
        }
    } else {
        format!("there is no attribute `{name}`: there are {}", listed(here))
    };
    errors.at(item.ident().to_token_stream(), message);
}

/// The names as a list: `a`, `b` and `c`.
fn listed(names: &[&str]) -> String {
    let quoted: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
    match quoted.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => quoted.concat(),
    }
}
