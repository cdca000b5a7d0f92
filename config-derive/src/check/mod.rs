//! Checks the raw model, one function for each rule.
//!
//! In: the raw model. Out: the checked one, and the mistakes. A mistake is left out of the
//! checked model: a bad default makes a field required, a bad rule is no rule, a bad key is the
//! field's name. So the expansion compiles, and each mistake is reported once.

mod attributes;
mod constants;
mod defaults;
mod deferred;
mod facts;
mod keys;
mod literal;
mod prefix;
mod rules;
mod schema_file;
mod serde;
mod stored;
mod types;
mod units;

use quote::ToTokens;
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Expr, Ident, LitStr, parse_quote_spanned};

use crate::errors::Errors;
use crate::model::codec::Form;
use crate::model::known::{KnownType, TypeForm};
use crate::model::scalar::ScalarType;
use crate::model::schema_file::SchemaSource;
use crate::model::{checked, raw};
use crate::syntax::case::Case;
use literal::Literal;

/// The checked model of a struct; `None` if no `impl` for it could compile.
///
/// `schema` is the file that the struct's `schema` attribute names, if it could be loaded.
pub(crate) fn check(
    raw: raw::StructInput,
    schema: Option<SchemaSource>,
    errors: &Errors,
) -> Option<checked::Struct> {
    let never_ends = |field: &raw::FieldInput| types::never_ends(field, &raw.ident);
    let never_ends = raw.fields.iter().any(never_ends);
    let implemented = raw.fields.iter().map(types::implemented).min();
    let case = raw
        .rename_all
        .as_ref()
        .and_then(|written| keys::case(written, errors));
    serde::struct_attributes(&raw, errors);
    let around = Around {
        ident: &raw.ident,
        case,
        // A constant can't name a parameter.
        has_parameters: !raw.generics.params.is_empty(),
    };
    let fields = raw.fields.into_iter().enumerate();
    let fields: Vec<_> = fields
        .filter_map(|(number, field)| self::field(number, field, &around, errors))
        .collect();
    let distinct = keys::are_distinct(&fields, errors);
    let has_wrong_keys = !distinct
        || raw.rename_all.is_some() && case.is_none()
        || fields.iter().any(|keyed| keyed.is_wrong);
    let schema_file = raw.schema.zip(schema).map(|(written, source)| {
        let fields = (!has_wrong_keys).then_some(&*fields);
        schema_file::schema_file(&written.value, source, &raw.ident, fields, errors)
    });
    let implemented = implemented.unwrap_or(checked::Implemented::HotConfig);
    let is_faulty =
        |keyed: &keys::KeyedField| matches!(keyed.field.kind, checked::FieldKind::Faulty { .. });
    let checked = checked::Struct {
        faulty: has_wrong_keys
            || implemented != checked::Implemented::HotConfig
            || fields.iter().any(is_faulty),
        implemented,
        ident: raw.ident,
        generics: raw.generics,
        doc: raw.doc,
        prefix: raw
            .prefix
            .and_then(|written| prefix::template(&written.value, errors)),
        validate: raw.validate.map(|written| written.value),
        krate: raw.krate.map(|written| written.value),
        fields: fields.into_iter().map(|keyed| keyed.field).collect(),
        schema_file,
    };
    (!never_ends).then_some(checked)
}

/// The struct around a field, as far as the field's checks need it.
struct Around<'a> {
    ident: &'a Ident,
    case: Option<Case>,
    has_parameters: bool,
}

fn field(
    number: usize,
    raw: raw::FieldInput,
    around: &Around<'_>,
    errors: &Errors,
) -> Option<keys::KeyedField> {
    let Ok(number) = u16::try_from(number) else {
        errors.at(
            &raw.ident,
            "a struct has at most 65,536 fields: put some into a nested struct",
        );
        return None;
    };
    let name = raw.ident.unraw().to_string();
    let key = raw
        .key
        .as_ref()
        .and_then(|written| keys::legal(&written.value, errors));
    let aliases: Vec<_> = raw
        .aliases
        .iter()
        .filter_map(|written| keys::legal(&written.value, errors).map(|key| (key, &written.value)))
        .map(|(key, written)| (key, written.to_token_stream()))
        .collect();
    let is_wrong = raw.key.is_some() && key.is_none() || aliases.len() < raw.aliases.len();
    let key_tokens = match &raw.key {
        Some(written) => written.value.to_token_stream(),
        None => raw.ident.to_token_stream(),
    };
    let key = key.unwrap_or_else(|| keys::key_of_name(&name, around.case, &raw.ident, errors));

    serde::field_attributes(&raw, &key, errors);
    let kind = kind(number, &raw, around, errors);
    let ty = match kind {
        // The compiler reports the type at the struct itself.
        checked::FieldKind::Faulty { nameable: false } => parse_quote_spanned!(raw.ty.span()=> _),
        _ => raw.ty,
    };
    let field = checked::StructField {
        number,
        ident: raw.ident,
        name,
        ty,
        doc: raw.doc,
        key,
        aliases: aliases.iter().map(|(key, _)| key.clone()).collect(),
        secret: raw.secret.is_some(),
        restart: raw.restart.is_some(),
        deprecated: raw.deprecated.map(|written| written.value.value()),
        kind,
    };
    let alias_tokens = aliases.into_iter().map(|(_, tokens)| tokens).collect();
    Some(keys::KeyedField {
        field,
        has_key: raw.key.is_some(),
        is_wrong,
        key_tokens,
        alias_tokens,
    })
}

/// The kind of the field, after the rules over its attributes.
fn kind(
    number: u16,
    raw: &raw::FieldInput,
    around: &Around<'_>,
    errors: &Errors,
) -> checked::FieldKind {
    if raw.skip.is_some() {
        attributes::skip_stands_alone(raw, errors);
        return checked::FieldKind::Skipped;
    }
    let faulty = || checked::FieldKind::Faulty {
        nameable: types::is_nameable(&raw.ty),
    };
    let known = KnownType::from_type(&raw.ty);
    if raw.nested.is_some() {
        attributes::nested_has_no_value(raw, errors);
        if !(attributes::nested_is_always_there(raw, around.ident, &known, errors)
            && types::can_be_nested(raw, around.ident, errors))
        {
            return faulty();
        }
        return if raw.readable {
            checked::FieldKind::Section
        } else {
            faulty()
        };
    }
    if !types::can_be_stored(raw, errors) {
        return faulty();
    }
    attributes::one_format(raw, errors);
    attributes::format_fits_its_type(raw, &known, errors);
    attributes::secret_fits_its_type(raw, &known, errors);
    let rules = rules::rules(raw, &known, errors);
    rules::are_consistent(&rules, &known, errors);
    let default = default(raw, &rules, &known, errors);
    if !raw.readable {
        return faulty();
    }
    // They are named only for a type that may be a section.
    let about_the_value = match known.form {
        TypeForm::Unknown => attributes::names_about_the_value(raw),
        _ => Vec::new(),
    };
    let mut leaf = checked::LeafSpec {
        format: raw.format(),
        default,
        rules,
        compare: raw.compare.as_ref().map(|written| written.value.clone()),
        must_be_secret: raw.secret.is_some() && known.scalar.is_none(),
        about_the_value,
        constants: Vec::new(),
        named_default: None,
        deferred: Vec::new(),
        known,
    };
    if !around.has_parameters {
        constants::name(number, raw, &mut leaf);
    }
    leaf.deferred = deferred::deferred_checks(raw, &leaf);
    checked::FieldKind::Leaf(Box::new(leaf))
}

/// The default; none if it was rejected.
fn default(
    raw: &raw::FieldInput,
    rules: &[checked::LeafRule],
    known: &KnownType,
    errors: &Errors,
) -> checked::LeafDefault {
    let Some(written) = &raw.default else {
        return checked::LeafDefault::None;
    };
    let raw::DefaultAttribute::Value(value) = &written.value else {
        let right = defaults::has_a_default(written, known, errors)
            && defaults::types_default_keeps_the_rules(written, raw, rules, known, errors);
        return if right {
            checked::LeafDefault::OfType(written.to_token_stream().span())
        } else {
            checked::LeafDefault::None
        };
    };
    if !(defaults::is_of_its_type(value, raw, known, errors)
        && defaults::keeps_the_rules(value, raw, rules, known, errors))
    {
        return checked::LeafDefault::None;
    }
    match (Literal::from_expr(value), value) {
        (Some(Literal::Text(text)), _) => checked::LeafDefault::Text(text),
        // A literal number is not of a `NonZero` type; its text is read as one.
        (Some(Literal::Integer(number)), value)
            if matches!(known.scalar, Some(ScalarType::NonZero { .. }))
                && raw.format().form() != Form::Other =>
        {
            checked::LeafDefault::Text(LitStr::new(&number.to_string(), value.span()))
        }
        (literal, value) => checked::LeafDefault::Expression(
            Expr::clone(value),
            literal
                .filter(|_| known.scalar.is_some())
                .map(|literal| literal.in_the_store()),
        ),
    }
}

#[cfg(test)]
mod tests;
