//! Checks keys: their characters, their case, and that no two fields of a struct share one.

use std::collections::HashMap;

use proc_macro2::TokenStream;
use syn::{Ident, LitStr};

use crate::errors::Errors;
use crate::model::{ItemValue, checked};
use crate::syntax::case::{self, Case};

/// A checked field with the places where its keys were written.
pub(super) struct KeyedField {
    pub(super) field: checked::StructField,
    /// The key as it was written, or the field's name.
    pub(super) key_tokens: TokenStream,
    /// Whether the key was written.
    pub(super) has_key: bool,
    /// Whether a key or an alias was rejected.
    pub(super) is_wrong: bool,
    pub(super) alias_tokens: Vec<TokenStream>,
}

/// The key, if each of its segments may be in a store.
pub(super) fn legal(written: &LitStr, errors: &Errors) -> Option<String> {
    let key = written.value();
    let wrong = if key.is_empty() {
        Some("a key is not empty: write at least one segment, `limits/rps`".to_owned())
    } else if key.starts_with('/') {
        Some("a key begins below the section's: leave the slash at its start out".to_owned())
    } else if key.ends_with('/') {
        Some("a key ends with a name: leave the slash at its end out".to_owned())
    } else if key.contains(['{', '}']) {
        Some("a key has no variables: `{…}` goes into the `prefix` of the struct".to_owned())
    } else {
        key.split('/').find_map(illegal_segment)
    };
    match wrong {
        Some(wrong) => {
            errors.at(written, wrong);
            None
        }
        None => Some(key),
    }
}

/// The key of a field that names none.
pub(super) fn key_of_name(
    name: &str,
    case: Option<Case>,
    ident: &Ident,
    errors: &Errors,
) -> String {
    let Some(case) = case else {
        return name.to_owned();
    };
    let key = case.apply(name);
    if key.is_empty() {
        errors.at(
            ident,
            format!("`rename_all` leaves nothing of `{name}`: write `#[hot(key = \"…\")]`"),
        );
        return name.to_owned();
    }
    key
}

/// The message for a text that can't be between two slashes.
pub(super) fn illegal_segment(segment: &str) -> Option<String> {
    match segment {
        "" => Some("two slashes in a row: write one".to_owned()),
        "." | ".." => Some(format!(
            "`{segment}` is not a valid segment: keys are not relative"
        )),
        _ if segment.trim() != segment => Some(format!(
            "white space at an end of the segment `{segment}`: leave it out"
        )),
        _ => segment
            .chars()
            .find(|letter| letter.is_control())
            .map(|letter| {
                format!("the control character {letter:?} can't stand in a key: leave it out")
            }),
    }
}

/// Rejects keys and aliases of one struct that are the same or lie below one another; whether none
/// does. Sections
/// count, so keys of two different structs can't collide either.
pub(super) fn are_distinct(fields: &[KeyedField], errors: &Errors) -> bool {
    let mut distinct = true;
    // A skipped field has no key, and a faulty field's key may be wrong.
    let keyed = fields.iter().filter(|keyed| {
        matches!(
            keyed.field.kind,
            checked::FieldKind::Leaf(_) | checked::FieldKind::Section
        )
    });
    let mut keys: HashMap<&str, KeyUse<'_>> = HashMap::new();
    let mut directories: HashMap<&str, (&str, KeyUse<'_>)> = HashMap::new();
    for keyed in keyed {
        let aliases = keyed.field.aliases.iter().zip(&keyed.alias_tokens);
        let own = (&keyed.field.key, &keyed.key_tokens, "key", keyed.has_key);
        let aliases = aliases.map(|(key, tokens)| (key, tokens, "alias", true));
        for (key, tokens, what, is_written) in std::iter::once(own).chain(aliases) {
            let used = KeyUse {
                field: &keyed.field,
                key,
                what,
                tokens,
                is_written,
            };
            if let Some((place, wrong)) = collision(used, &keys, &directories) {
                errors.at(place, wrong);
                distinct = false;
            } else {
                keys.insert(key, used);
                for directory in directories_of(key) {
                    directories.entry(directory).or_insert((key, used));
                }
            }
        }
    }
    distinct
}

/// The field that uses a key, and how: `key` or `alias`.
#[derive(Clone, Copy)]
struct KeyUse<'a> {
    field: &'a checked::StructField,
    key: &'a str,
    what: &'static str,
    tokens: &'a TokenStream,
    /// Whether the key stands in an attribute.
    is_written: bool,
}

impl KeyUse<'_> {
    fn is_section(self) -> bool {
        matches!(self.field.kind, checked::FieldKind::Section)
    }

    /// The use as one of two, for messages: ``the key of the field `port` ``.
    fn named(self) -> String {
        let (what, name) = (self.what, &self.field.name);
        if self.is_section() {
            format!("the section `{name}`")
        } else {
            format!("the {what} of the field `{name}`")
        }
    }
}

/// The place and the message if another field uses the key: the place of the two that was written
/// in an attribute, or the later one.
fn collision<'a>(
    used: KeyUse<'a>,
    keys: &HashMap<&str, KeyUse<'a>>,
    directories: &HashMap<&str, (&str, KeyUse<'a>)>,
) -> Option<(&'a TokenStream, String)> {
    let mut above = directories_of(used.key).filter_map(|directory| keys.get(directory));
    let other = if let Some(other) = keys.get(used.key) {
        if std::ptr::eq(other.field, used.field) {
            let key = used.key;
            let message = format!("the field has the key `{key}` already: leave this one out");
            return Some((used.tokens, message));
        }
        *other
    } else if let Some(other) = above.next() {
        *other
    } else {
        directories.get(used.key)?.1
    };
    let (one, other) = match other.is_written && !used.is_written {
        true => (other, used),
        false => (used, other),
    };
    let relation = match (one.key.len()).cmp(&other.key.len()) {
        std::cmp::Ordering::Equal => "is also".to_owned(),
        std::cmp::Ordering::Greater => format!("lies below `{}`,", other.key),
        std::cmp::Ordering::Less => format!("is the directory of `{}`,", other.key),
    };
    let advice = match one.is_section() || other.is_section() {
        true => "make it a field of that struct, or give one of them another key",
        false => "give one of them another, `#[hot(key = \"…\")]`",
    };
    let key = one.key;
    let message = format!(
        "`{key}`, {}, {relation} {}: {advice}",
        one.named(),
        other.named()
    );
    Some((one.tokens, message))
}

/// The directories of a key: `a` and `a/b` for `a/b/c`.
fn directories_of(key: &str) -> impl Iterator<Item = &str> {
    key.match_indices('/').filter_map(|(at, _)| key.get(..at))
}

/// The case with that name.
pub(super) fn case(written: &ItemValue<LitStr>, errors: &Errors) -> Option<Case> {
    let name = written.value.value();
    let found = case::named(&name);
    if let (None, Some(near)) = (found, case::nearest(&name)) {
        errors.at(
            &written.value,
            format!("there is no case `{name}`: did you mean `{near}`?"),
        );
    } else if found.is_none() {
        let known: Vec<_> = case::names().map(|name| format!("`{name}`")).collect();
        errors.at(
            &written.value,
            format!("there is no case `{name}`: there are {}", known.join(", ")),
        );
    }
    found
}

#[cfg(test)]
mod tests {
    use super::illegal_segment;

    #[test]
    fn keys_may_hold_whatever_a_store_can() {
        for segment in [
            "Db",
            "db",
            "a b",
            "100%",
            "%2F",
            "ключ",
            "log.retention.ms",
            "_a",
            "a-b",
        ] {
            assert_eq!(illegal_segment(segment), None, "{segment}");
        }
        for segment in ["", ".", "..", " a", "a\u{a0}", "a\nb"] {
            assert!(illegal_segment(segment).is_some(), "{segment:?}");
        }
    }
}
