//! The differences of two schemas, for people.
//!
//! In: two schemas. Out: lines that name the key and the member, with the old and the new value. It
//! does not judge which differences matter.

use std::collections::BTreeMap;

use super::declared::{Key, Schema};
use super::file::{head_members, key_members};
use super::json::{Json, Members};
use crate::wording::printable;

/// The changes from the old schema to the new one; none if they are the same.
pub(super) fn differences(old: &Schema, new: &Schema) -> Vec<String> {
    let mut lines = members(&head_members(old), &head_members(new), "");
    let by_key = |schema: &Schema| -> BTreeMap<String, Members> {
        let members = |key: &Key| (key.key.clone(), key_members(key));
        schema.keys.iter().map(members).collect()
    };
    let (old, new) = (by_key(old), by_key(new));
    let mut names: Vec<&String> = old.keys().chain(new.keys()).collect();
    names.sort();
    names.dedup();
    for name in names {
        match (old.get(name), new.get(name)) {
            (Some(old), Some(new)) => {
                let inside = members(old, new, "  ");
                if !inside.is_empty() {
                    lines.push(format!("{}:", printable(name)));
                    lines.extend(inside);
                }
            }
            (None, Some(new)) => lines.push(format!("+ {}: {}", printable(name), whole(new))),
            (Some(old), None) => lines.push(format!("- {}: {}", printable(name), whole(old))),
            (None, None) => {}
        }
    }
    lines
}

/// A line for each member that differs: added, removed, or the old and the new value.
fn members(old: &Members, new: &Members, indent: &str) -> Vec<String> {
    let in_new = new.iter().filter_map(|(name, value)| {
        let value = value.to_string();
        match find(old, name).map(Json::to_string) {
            None => Some(format!("{indent}+ {name}: {value}")),
            Some(old) if old != value => Some(format!("{indent}{name}: {old} -> {value}")),
            Some(_) => None,
        }
    });
    let gone = old.iter().filter(|(name, _)| find(new, name).is_none());
    let gone = gone.map(|(name, value)| format!("{indent}- {name}: {value}"));
    in_new.chain(gone).collect()
}

fn find<'m>(members: &'m Members, name: &str) -> Option<&'m Json> {
    let found = members.iter().find(|(other, _)| other == name);
    found.map(|(_, value)| value)
}

fn whole(members: &Members) -> Json {
    Json::Object(members.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(members: &str) -> Schema {
        Schema::from_json(&format!(
            r#"{{"format": "hotconfig-schema/1", "name": "S", {members}}}"#
        ))
        .unwrap()
    }

    #[test]
    fn the_same_schema_in_other_words_does_not_differ() {
        let one = read(r#""keys": {"a": {"type": "u8"}, "b": {"type": "u8"}}"#);
        let two = read(r#""keys": {"b": {"type": "u8"}, "a": {"type": "u8", "doc": ""}}"#);
        assert_eq!(one, two);
        assert!(differences(&one, &two).is_empty());
    }

    #[test]
    fn every_member_that_differs_is_named_with_what_it_was_and_is() {
        let old = read(
            r#""doc": "Old.", "rules": [{"rule": "even"}], "keys": {
                "gone": {"type": "u8"},
                "limits/rps": {"type": "u32", "default": "8", "secret": true, "doc": "Limit."},
                "same": {"type": "u8"}
            }"#,
        );
        let new = read(
            r#""doc": "New.", "prefix": "/p", "keys": {
                "limits/rps": {"type": "u64", "required": true, "doc": "Limit."},
                "more": {"type": "bool", "default": "true"},
                "same": {"type": "u8"}
            }"#,
        );
        assert_eq!(
            differences(&old, &new),
            [
                r#"doc: "Old." -> "New.""#,
                r#"+ prefix: "/p""#,
                r#"- rules: [{ "rule": "even" }]"#,
                r#"- gone: { "type": "u8" }"#,
                r"limits/rps:",
                r#"  type: "u32" -> "u64""#,
                r"  + required: true",
                r#"  - default: "8""#,
                r"  - secret: true",
                r#"+ more: { "type": "bool", "default": "true" }"#,
            ]
        );
    }
}
