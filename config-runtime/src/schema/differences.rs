//! The differences of two schemas, for people.
//!
//! In: two schemas. Out: lines that name the key and the member, with the old and the new value. It
//! does not judge which differences matter.

use serde_json::{Map, Value};

use super::declared::Schema;
use super::file::SchemaFile;
use crate::wording::printable;

/// The changes from the old schema to the new one; none if they are the same.
pub(super) fn differences(old: &Schema, new: &Schema) -> Vec<String> {
    let ((old_head, old_keys), (new_head, new_keys)) = (parts(old), parts(new));
    let mut lines = members(&old_head, &new_head, "");
    let mut names: Vec<&String> = old_keys.keys().chain(new_keys.keys()).collect();
    names.sort();
    names.dedup();
    for name in names {
        let shown = printable(name);
        match (old_keys.get(name), new_keys.get(name)) {
            (Some(Value::Object(old)), Some(Value::Object(new))) => {
                let inside = members(old, new, "  ");
                if !inside.is_empty() {
                    lines.push(format!("{shown}:"));
                    lines.extend(inside);
                }
            }
            (None, Some(new)) => lines.push(format!("+ {shown}: {new}")),
            (Some(old), None) => lines.push(format!("- {shown}: {old}")),
            _ => {}
        }
    }
    lines
}

/// The members of a schema's file: those above the keys, and the keys.
fn parts(schema: &Schema) -> (Map<String, Value>, Map<String, Value>) {
    let take = |value: Option<Value>| match value {
        Some(Value::Object(members)) => members,
        _ => Map::new(),
    };
    let mut head = take(serde_json::to_value(SchemaFile::new(schema)).ok());
    let keys = take(head.remove("keys"));
    (head, keys)
}

/// A line for each member that differs: added, removed, or the old and the new value.
fn members(old: &Map<String, Value>, new: &Map<String, Value>, indent: &str) -> Vec<String> {
    let in_new = new.iter().filter_map(|(name, value)| match old.get(name) {
        None => Some(format!("{indent}+ {name}: {value}")),
        Some(old) if old != value => Some(format!("{indent}{name}: {old} -> {value}")),
        Some(_) => None,
    });
    let gone = old.iter().filter(|(name, _)| !new.contains_key(*name));
    let gone = gone.map(|(name, value)| format!("{indent}- {name}: {value}"));
    in_new.chain(gone).collect()
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
                r#"- rules: [{"rule":"even"}]"#,
                r#"- gone: {"type":"u8"}"#,
                r"limits/rps:",
                r"  + required: true",
                r#"  type: "u32" -> "u64""#,
                r#"  - default: "8""#,
                r"  - secret: true",
                r#"+ more: {"default":"true","type":"bool"}"#,
            ]
        );
    }
}
