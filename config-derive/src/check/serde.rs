//! Reports attributes of serde whose counterpart in hotconfig is missing.
//!
//! In: a struct that serde may read too, from a file. Out: a sentence for each attribute of serde
//! that names a key or gives a default unknown to hotconfig. Nothing is reported if hotconfig has a
//! counterpart in any form, or if serde's attribute changes nothing.

use quote::ToTokens;
use syn::ext::IdentExt;

use crate::errors::Errors;
use crate::model::known::KnownType;
use crate::model::{ItemValue, raw};
use crate::syntax::case;

/// The struct may derive serde's traits, too.
const KEEP: &str = ", and keep serde's only if the struct derives its traits";

/// Checks `#[serde(rename_all = "…")]` and `#[serde(default)]`.
pub(super) fn struct_attributes(raw: &raw::StructInput, errors: &Errors) {
    for written in &raw.serde {
        let attribute = &written.value;
        match (attribute.name.as_str(), &attribute.text) {
            ("rename_all", Some(case)) if raw.rename_all.is_none() => {
                let Some(known) = case::named(case) else {
                    continue;
                };
                let renames = raw.fields.iter().any(|field| {
                    let name = field.ident.unraw().to_string();
                    let by_its_name = field.skip.is_none() && field.key.is_none();
                    by_its_name && known.apply(&name) != name
                });
                if renames {
                    let instead = format!("rename_all = {case:?}");
                    refuse(written, "name keys", &instead, KEEP, errors);
                }
            }
            ("default", _) if raw.fields.iter().any(lacks_a_default) => {
                let place = " on each field that has one";
                refuse(written, "give keys defaults", "default", place, errors);
            }
            _ => {}
        }
    }
}

/// Checks `#[serde(rename = "…")]` and the like, on a field with this key.
pub(super) fn field_attributes(raw: &raw::FieldInput, key: &str, errors: &Errors) {
    if raw.skip.is_some() || !raw.readable {
        return;
    }
    for written in &raw.serde {
        let attribute = &written.value;
        match (attribute.name.as_str(), &attribute.text) {
            ("rename", Some(name)) if raw.key.is_none() && name != key => {
                let instead = format!("key = {name:?}");
                refuse(written, "name keys", &instead, KEEP, errors);
            }
            ("alias", Some(name)) if raw.nested.is_none() && name != key => {
                let aliases = raw.aliases.iter();
                if !aliases
                    .map(|alias| alias.value.value())
                    .any(|alias| alias == *name)
                {
                    let instead = format!("alias = {name:?}");
                    refuse(written, "name keys", &instead, KEEP, errors);
                }
            }
            ("default", function) if lacks_a_default(raw) => {
                let instead = match function {
                    Some(function) => format!("default = {function}()"),
                    None => "default".to_owned(),
                };
                refuse(written, "give keys defaults", &instead, KEEP, errors);
            }
            ("skip" | "skip_deserializing", None) => {
                refuse(written, "leave keys out", "skip", KEEP, errors);
            }
            // The rest of an object is neither a section nor a key.
            ("flatten", None)
                if raw.nested.is_none() && !KnownType::from_type(&raw.ty).form.is_collection() =>
            {
                refuse(written, "make sections", "nested", KEEP, errors);
            }
            _ => {}
        }
    }
}

/// Whether an absent key is a problem.
fn lacks_a_default(field: &raw::FieldInput) -> bool {
    let may_be_absent = field.default.is_some() || field.skip.is_some() || field.nested.is_some();
    !may_be_absent && field.readable && !KnownType::from_type(&field.ty).optional
}

fn refuse(
    written: &ItemValue<raw::SerdeAttribute>,
    what: &str,
    instead: &str,
    place: &str,
    errors: &Errors,
) {
    let name = &written.value.name;
    errors.at(
        written.to_token_stream(),
        format!("serde's `{name}` does not {what}: write `#[hot({instead})]`{place}"),
    );
}
