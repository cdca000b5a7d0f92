//! Compares a struct with its committed schema file while compiling.
//!
//! In: the keys that the macro has read in the file, and the constants of the struct. Out: nothing,
//! or a panic with a sentence, at the place of the caller. It knows no files.

use super::deferred::{is_same, same};
use super::message::Message;
use crate::typed::shape::Shape;
use crate::typed::tree::{ANY, Field, Kind, Tree};

/// One key of a schema file.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct FileKey {
    /// The key below the prefix.
    pub key: &'static str,
    /// Its type.
    pub shape: Shape,
    /// Its type as the file writes it; for an unknown type, its name in Rust.
    pub written: &'static str,
}

/// A schema file.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct SchemaFile {
    /// The name in the struct's attribute.
    pub name: &'static str,
    /// Its keys, in the order of their bytes.
    pub keys: &'static [FileKey],
}

/// Rejects a section whose keys are not those of the file, unless it has other mistakes: its keys
/// may not be the intended ones.
///
/// # Panics
/// If it is rejected; in a constant.
#[doc(hidden)]
#[track_caller]
pub const fn section(file: &SchemaFile, name: &str, key: &str, tree: &Tree) {
    if has_a_mistake(tree) {
        return;
    }
    let mut path = Message::new();
    path.push_segments(key);
    walk(file, name, &path, tree);
    // The keys that only the file has.
    let mut keys = file.keys;
    while let [entry, rest @ ..] = keys {
        if let Some(inner) = below(entry.key, key)
            && !has(tree, inner)
        {
            let mut message = Message::new();
            message.push("the key `");
            message.push(entry.key);
            message.push("` is in `");
            message.push(file.name);
            message.push("`, but no field of the section `");
            message.push(name);
            message.push("` has it: ");
            refuse(&mut message);
        }
        keys = rest;
    }
}

const fn has_a_mistake(tree: &Tree) -> bool {
    let mut fields = tree.fields;
    while let [field, rest @ ..] = fields {
        if let Kind::Section(below) | Kind::Map(below) = field.kind
            && has_a_mistake(below)
        {
            return true;
        }
        fields = rest;
    }
    tree.faulty
}

#[track_caller]
const fn walk(file: &SchemaFile, name: &str, above: &Message, tree: &Tree) {
    let mut fields = tree.fields;
    while let [field, rest @ ..] = fields {
        fields = rest;
        let mut path = *above;
        path.push_segments(field.key);
        match field.kind {
            // A key that is too long is left to the test with the file.
            _ if path.is_cut() => {}
            Kind::Leaf(_) => leaf(file, name, field, path.as_str()),
            Kind::Section(section) => walk(file, name, &path, section),
            Kind::Map(element) => {
                path.push_segments(ANY);
                walk(file, name, &path, element);
            }
            Kind::Skipped => {}
        }
    }
}

/// Rejects a field whose key is not in the file, or has another type there.
///
/// # Panics
/// If it is rejected; in a constant.
#[doc(hidden)]
#[track_caller]
const fn leaf(file: &SchemaFile, section: &str, field: &Field, key: &str) {
    let Some(entry) = find(file.keys, key) else {
        let mut message = Message::new();
        push_field(&mut message, section, field);
        message.push(" has the key `");
        message.push(key);
        message.push("`, which is not in `");
        message.push(file.name);
        message.push("`: ");
        refuse(&mut message);
        return;
    };
    agrees(
        file,
        section,
        field.name,
        field.shape,
        field.type_name,
        entry,
    );
}

/// Rejects a field of another type than the file has.
///
/// # Panics
/// If it is rejected; in a constant.
#[doc(hidden)]
#[track_caller]
pub const fn agrees(
    file: &SchemaFile,
    section: &str,
    name: &str,
    shape: Shape,
    type_name: &str,
    entry: &FileKey,
) {
    let same_type = match (shape, entry.shape) {
        (Shape::Opaque, Shape::Opaque) => same(type_name, entry.written),
        (shape, other) => same_shape(shape, other),
    };
    if same_type {
        return;
    }
    let mut message = Message::new();
    push_name(&mut message, section, name);
    message.push(" is a `");
    message.push(type_name);
    message.push("`, but the key `");
    message.push(entry.key);
    message.push("` in `");
    message.push(file.name);
    message.push("` has the type `");
    message.push(entry.written);
    message.push("`: ");
    refuse(&mut message);
}

const fn push_field(message: &mut Message, section: &str, field: &Field) {
    push_name(message, section, field.name);
}

const fn push_name(message: &mut Message, section: &str, name: &str) {
    message.push("the field `");
    message.push(name);
    message.push("`");
    if !section.is_empty() {
        message.push(" in the section `");
        message.push(section);
        message.push("`");
    }
}

#[track_caller]
#[expect(clippy::panic, reason = "how a constant refuses to compile")]
const fn refuse(message: &mut Message) {
    message.push(
        "where the change is meant, write the file anew: `HOTCONFIG_SCHEMA=write cargo test`",
    );
    panic!("{}", message.as_str())
}

/// The part of a key below a section's key.
const fn below<'k>(key: &'k str, section: &str) -> Option<&'k str> {
    match key.split_at_checked(section.len()) {
        Some((start, rest)) if same(start, section) => match rest.split_at_checked(1) {
            Some((separator, inner)) if same(separator, "/") => Some(inner),
            _ => None,
        },
        _ => None,
    }
}

/// Whether a leaf of the tree has this key.
const fn has(tree: &Tree, key: &str) -> bool {
    let mut fields = tree.fields;
    while let [field, rest @ ..] = fields {
        match field.kind {
            Kind::Leaf(_) if same(field.key, key) => return true,
            Kind::Section(section) => {
                if let Some(inner) = below(key, field.key) {
                    return has(section, inner);
                }
            }
            Kind::Map(element) => {
                if let Some(inner) = below(key, field.key) {
                    return has_entry(element, inner);
                }
            }
            Kind::Leaf(_) | Kind::Skipped => {}
        }
        fields = rest;
    }
    false
}

/// Whether a leaf of a map has this key, which begins with the segment for any name.
const fn has_entry(element: &Tree, key: &str) -> bool {
    if same(key, ANY) {
        return has(element, "");
    }
    match below(key, ANY) {
        Some(inner) => has(element, inner),
        None => false,
    }
}

/// Looks a key up among sorted ones.
const fn find<'e>(keys: &'e [FileKey], key: &str) -> Option<&'e FileKey> {
    let mut keys = keys;
    while !keys.is_empty() {
        let (before, after) = keys.split_at(keys.len() / 2);
        let [middle, after @ ..] = after else {
            return None;
        };
        keys = match order(key.as_bytes(), middle.key.as_bytes()) {
            core::cmp::Ordering::Equal => return Some(middle),
            core::cmp::Ordering::Less => before,
            core::cmp::Ordering::Greater => after,
        };
    }
    None
}

const fn order(mut a: &[u8], mut b: &[u8]) -> core::cmp::Ordering {
    use core::cmp::Ordering::{Equal, Greater, Less};
    loop {
        match (a, b) {
            ([], []) => return Equal,
            ([], _) => return Less,
            (_, []) => return Greater,
            ([first, a_rest @ ..], [other, b_rest @ ..]) => {
                if *first < *other {
                    return Less;
                } else if *first > *other {
                    return Greater;
                }
                a = a_rest;
                b = b_rest;
            }
        }
    }
}

const fn same_shape(a: Shape, b: Shape) -> bool {
    match (a, b) {
        (Shape::Scalar(a), Shape::Scalar(b)) => is_same(a, b),
        (Shape::Optional(a), Shape::Optional(b))
        | (Shape::List(a), Shape::List(b))
        | (Shape::Map(a), Shape::Map(b)) => same_shape(*a, *b),
        (Shape::Words(a), Shape::Words(b)) => same_words(a, b),
        (Shape::Opaque, Shape::Opaque) => true,
        _ => false,
    }
}

const fn same_words(mut a: &[&str], mut b: &[&str]) -> bool {
    while let ([word, a_rest @ ..], [other, b_rest @ ..]) = (a, b) {
        if !same(word, other) {
            return false;
        }
        a = a_rest;
        b = b_rest;
    }
    a.is_empty() && b.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::typed::shape::Scalar;

    const FLAG: &Tree = &Tree::new("bool")
        .fields(&[Field::new(0, "", "", "bool").shape(Shape::Scalar(Scalar::Bool))]);
    const TENANT: &Tree = &Tree::new("Tenant")
        .fields(&[Field::new(0, "left", "left", "u32").shape(Shape::Scalar(Scalar::U32))]);
    const SERVICE: &Tree = &Tree::new("Service").fields(&[
        Field::new(0, "tenants", "tenants", "Map<Tenant>").map(TENANT),
        Field::new(1, "features", "features", "Map<bool>").map(FLAG),
    ]);

    const fn entry(key: &'static str, scalar: Scalar, written: &'static str) -> FileKey {
        FileKey {
            key,
            shape: Shape::Scalar(scalar),
            written,
        }
    }

    const fn file(keys: &'static [FileKey]) -> SchemaFile {
        SchemaFile {
            name: "s.json",
            keys,
        }
    }

    #[test]
    fn the_patterns_of_a_map_are_keys_of_the_file() {
        const _: () = section(
            &file(&[
                entry("db/features/*", Scalar::Bool, "bool"),
                entry("db/tenants/*/left", Scalar::U32, "u32"),
            ]),
            "db",
            "db",
            SERVICE,
        );
    }

    #[test]
    #[should_panic(
        expected = "the field `left` in the section `db` is a `u32`, but the key \
                               `db/tenants/*/left` in `s.json` has the type `u8`"
    )]
    fn a_pattern_of_another_type_is_refused() {
        const ENTRIES: &[FileKey] = &[
            entry("db/features/*", Scalar::Bool, "bool"),
            entry("db/tenants/*/left", Scalar::U8, "u8"),
        ];
        section(&file(ENTRIES), "db", "db", SERVICE);
    }

    #[test]
    #[should_panic(expected = "has the key `db/tenants/*/left`, which is not in `s.json`")]
    fn a_pattern_that_the_file_lacks_is_refused() {
        const ENTRIES: &[FileKey] = &[entry("db/features/*", Scalar::Bool, "bool")];
        section(&file(ENTRIES), "db", "db", SERVICE);
    }

    #[test]
    fn a_pattern_that_the_struct_lacks_is_not_found() {
        assert!(has(SERVICE, "tenants/*/left"));
        assert!(has(SERVICE, "features/*"));
        for key in [
            "tenants",
            "tenants/*",
            "tenants/acme/left",
            "tenants/*/right",
            "features",
            "features/*/a",
        ] {
            assert!(!has(SERVICE, key), "{key}");
        }
    }
}
