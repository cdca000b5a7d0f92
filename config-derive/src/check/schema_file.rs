//! The committed schema file of a struct: `schema = "user-service.schema.json"`.
//!
//! In: the file as it was loaded, and the struct's fields. Out: the file's keys, for the constants
//! that compare sections with them. Mistakes in the struct's own keys are reported here.

use std::collections::BTreeMap;

use serde::Deserialize;
use syn::ext::IdentExt;
use syn::{Ident, LitStr};

use super::keys::KeyedField;
use crate::errors::Errors;
use crate::model::checked::FieldKind;
use crate::model::schema_file::{KeyType, SchemaContent, SchemaFile, SchemaSource};
use crate::syntax::names;

/// The instruction for writing the file, for messages.
const ADVICE: &str = "write it with `HOTCONFIG_SCHEMA=write cargo test` and a test that calls \
                      `hotconfig::assert_schema!`";

/// The version of the file's format.
const FORMAT: &str = "hotconfig-schema/1";

/// The file's keys; none if it can't be read, is about to be written, or if the keys of the struct
/// are not the intended ones.
pub(super) fn schema_file(
    written: &LitStr,
    source: SchemaSource,
    ident: &Ident,
    fields: Option<&[KeyedField]>,
    errors: &Errors,
) -> SchemaFile {
    let mut schema_file = SchemaFile {
        name: written.value(),
        path: source.path,
        exists: source.exists,
        keys: BTreeMap::new(),
        span: written.span(),
    };
    let text = match source.content {
        SchemaContent::Text(text) => text,
        SchemaContent::Ignored => return schema_file,
        SchemaContent::Outside => {
            errors.at(
                written,
                "a schema file lies below the folder of the crate, beside which it is published: \
                 write its path from there, `schema = \"user-service.schema.json\"`",
            );
            return schema_file;
        }
        SchemaContent::Failed(error) => {
            let message = format!("this file can't be read: {error}; {ADVICE}");
            errors.at(written, message);
            return schema_file;
        }
    };
    match keys(&text) {
        Ok((name, _)) if ident.unraw() != name => errors.at(
            written,
            format!(
                "this is the schema of `{name}`: name the file of `{ident}`, or, where the struct \
                 was renamed, write the file anew: `HOTCONFIG_SCHEMA=write cargo test`"
            ),
        ),
        Ok((_, keys)) => {
            if let Some(fields) = fields {
                compare_keys(&keys, fields, written, errors);
                schema_file.keys = keys;
            }
        }
        Err(wrong) => errors.at(written, format!("not a schema file: {wrong}; {ADVICE}")),
    }
    schema_file
}

/// Reports the struct's own keys that the file lacks, and the file's keys that no field has.
fn compare_keys(
    keys: &BTreeMap<String, KeyType>,
    fields: &[KeyedField],
    written: &LitStr,
    errors: &Errors,
) {
    let file = written.value();
    let meant =
        "where the change is meant, write the file anew: `HOTCONFIG_SCHEMA=write cargo test`";
    for KeyedField { field, .. } in fields {
        if matches!(field.kind, FieldKind::Leaf(_)) && !keys.contains_key(&field.key) {
            let (name, key) = (&field.name, &field.key);
            let gone = keys.keys().filter(|key| !is_known(key, fields));
            let near = match names::nearest_of(key, gone.map(String::as_str)) {
                Some(near) => format!(" (`{near}` is there)"),
                None => String::new(),
            };
            errors.at(
                &field.ident,
                format!(
                    "the field `{name}` has the key `{key}`, which is not in `{file}`{near}: {meant}"
                ),
            );
        }
    }
    // A faulty field may have lost its key, and was reported already.
    if fields
        .iter()
        .any(|keyed| matches!(keyed.field.kind, FieldKind::Faulty { .. }))
    {
        return;
    }
    let gone: Vec<_> = keys.keys().filter(|key| !is_known(key, fields)).collect();
    if let Some((last, before)) = gone.split_last() {
        let listed = match before {
            [] => format!("the key `{last}` is in this file, but no field has it"),
            before => {
                let before: Vec<_> = before
                    .iter()
                    .take(9)
                    .map(|key| format!("`{key}`"))
                    .collect();
                let more = gone.len() - 1 - before.len();
                let last = match more {
                    0 => format!("`{last}`"),
                    more => format!("{} more", more + 1),
                };
                let before = before.join(", ");
                format!("the keys {before} and {last} stand in this file, but no field has them")
            }
        };
        errors.at(written, format!("{listed}: {meant}"));
    }
}

/// Whether a field has the key, or a section may have it.
fn is_known(key: &str, fields: &[KeyedField]) -> bool {
    fields
        .iter()
        .any(|KeyedField { field, .. }| match field.kind {
            FieldKind::Leaf(_) => field.key == key,
            FieldKind::Section => key
                .strip_prefix(&field.key)
                .is_some_and(|rest| rest.starts_with('/')),
            _ => false,
        })
}

#[derive(Deserialize)]
struct FormatOnly {
    format: String,
}

/// The members of a file that the struct is compared with.
#[derive(Deserialize)]
struct Members {
    name: String,
    keys: BTreeMap<String, KeyMembers>,
}

#[derive(Deserialize)]
struct KeyMembers {
    #[serde(rename = "type")]
    kind: KeyType,
}

/// The name of the struct whose schema it is, and the keys with their types.
fn keys(text: &str) -> Result<(String, BTreeMap<String, KeyType>), String> {
    // This is first, because a later version may have other members.
    let FormatOnly { format } = read(text)?;
    if format != FORMAT {
        return Err(format!("its format is `{format}`, not `{FORMAT}`"));
    }
    let Members { name, keys } = read(text)?;
    let keys = keys.into_iter().map(|(key, of)| (key, of.kind)).collect();
    Ok((name, keys))
}

/// Reads JSON; an error names its path.
fn read<'de, V: Deserialize<'de>>(text: &'de str) -> Result<V, String> {
    let mut from = serde_json::Deserializer::from_str(text);
    serde_path_to_error::deserialize(&mut from).map_err(|error| {
        let path = error.path().to_string();
        match path.as_str() {
            // Of the whole, or of a text that ends too early.
            "." | "?" => error.into_inner().to_string(),
            path => format!("`{path}`: {}", error.inner()),
        }
    })
}
