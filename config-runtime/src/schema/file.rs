//! The schema as a file, and back.
//!
//! In: a [`Schema`], or a text. Out: JSON in the format of [the module](super), or a schema, or the
//! error with its path and its line.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use super::declared::{Absent, Format, Key, Schema, Section, StructRule, Type};
use super::rule::Rule;
use crate::wording::{misleads, shorten};

/// The version of the format, which is the first member of a file.
const VERSION: &str = "hotconfig-schema/1";

/// The reason why a text is not a [`Schema`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SchemaError(String);

impl Schema {
    /// Writes the schema as JSON, in the [format of files](mod@crate::schema#the-file): the same
    /// text for the same schema, with a newline at its end.
    pub fn to_json(&self) -> String {
        // It cannot fail: all names are texts, and a `String` takes every write.
        let mut text = serde_json::to_string_pretty(&SchemaFile::new(self)).unwrap_or_default();
        text.push('\n');
        text
    }

    /// Reads the output of [`Schema::to_json`]. The order of members does not matter.
    ///
    /// # Errors
    /// If the text is not JSON, has another version, or has an unknown, a repeated or a missing
    /// member. The error names the path in the file, as `keys.db/pool_size.type`, and the line.
    pub fn from_json(text: &str) -> Result<Self, SchemaError> {
        // The version is first, because this one does not know the members of a later one.
        let head: FormatOnly = read(text)?;
        match head.format.as_deref() {
            Some(VERSION) => {}
            Some(other) => {
                return Err(SchemaError(format!(
                    "the format is `{}`; this version of hotconfig expects `{VERSION}`",
                    shorten(other)
                )));
            }
            None => {
                return Err(SchemaError(format!(
                    "not a schema: the member `\"format\": \"{VERSION}\"` is missing"
                )));
            }
        }
        read::<SchemaFile>(text)?.schema()
    }
}

/// Reads JSON; an error names its path, and the line.
fn read<'de, V: Deserialize<'de>>(text: &'de str) -> Result<V, SchemaError> {
    let mut from = serde_json::Deserializer::from_str(text);
    let value = serde_path_to_error::deserialize(&mut from).map_err(|error| {
        let path = error.path().to_string();
        let inner = error.into_inner();
        SchemaError(readable(match path.as_str() {
            // The error is about the whole, or the text ends too early.
            "." | "?" => inner.to_string(),
            path => format!("`{path}`: {inner}"),
        }))
    })?;
    let end = from.end();
    end.map_err(|error| SchemaError(readable(error.to_string())))?;
    Ok(value)
}

// The members of a file: a member without content is left out.

#[derive(Deserialize)]
struct FormatOnly {
    format: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SchemaFile {
    format: String,
    name: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    doc: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    prefix: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    rules: Vec<StructRule>,
    #[serde(
        default,
        deserialize_with = "distinct",
        skip_serializing_if = "BTreeMap::is_empty"
    )]
    sections: BTreeMap<String, String>,
    #[serde(deserialize_with = "distinct")]
    keys: BTreeMap<String, KeyFile>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyFile {
    #[serde(default, skip_serializing_if = "String::is_empty")]
    doc: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    field: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    aliases: Vec<String>,
    #[serde(rename = "type")]
    kind: Type,
    #[serde(default, skip_serializing_if = "Format::is_auto")]
    format: Format,
    #[serde(default, skip_serializing_if = "is_false")]
    required: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    default: Option<DefaultFile>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    rules: Vec<Rule>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    compare: Option<String>,
    #[serde(default, skip_serializing_if = "is_false")]
    secret: bool,
    #[serde(default, skip_serializing_if = "is_false")]
    restart: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    deprecated: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(
    rename_all = "lowercase",
    expecting = "expected a text, `{\"expression\": \"…\"}` or `{\"hidden\": true}`"
)]
enum DefaultFile {
    Expression(String),
    Hidden(True),
    #[serde(untagged)]
    Text(String),
}

/// The word `true`: the value exists, and is not shown.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(try_from = "bool", into = "bool")]
struct True;

impl TryFrom<bool> for True {
    type Error = &'static str;

    fn try_from(value: bool) -> Result<Self, Self::Error> {
        if value {
            Ok(Self)
        } else {
            Err("found `false`; expected `true`, or the default itself")
        }
    }
}

impl From<True> for bool {
    fn from(True: True) -> Self {
        true
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
fn is_false(value: &bool) -> bool {
    !value
}

/// Reads the members of an object, and rejects repeated ones.
fn distinct<'de, D, V>(from: D) -> Result<BTreeMap<String, V>, D::Error>
where
    D: Deserializer<'de>,
    V: Deserialize<'de>,
{
    struct MembersVisitor<V>(PhantomData<V>);

    impl<'de, V: Deserialize<'de>> Visitor<'de> for MembersVisitor<V> {
        type Value = BTreeMap<String, V>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut members = BTreeMap::new();
            while let Some((name, value)) = map.next_entry::<String, V>()? {
                if members.contains_key(&name) {
                    let name = shorten(&name);
                    let twice = format!("the key `{name}` appears twice");
                    return Err(A::Error::custom(twice));
                }
                members.insert(name, value);
            }
            Ok(members)
        }
    }

    from.deserialize_map(MembersVisitor(PhantomData))
}

impl SchemaFile {
    pub(super) fn new(schema: &Schema) -> Self {
        let sections = schema.sections.iter();
        let keys = schema.keys.iter();
        Self {
            format: VERSION.to_owned(),
            name: schema.name.clone(),
            doc: schema.doc.clone(),
            prefix: schema.prefix.clone(),
            rules: schema.rules.clone(),
            sections: sections
                .map(|one| (one.key.clone(), one.doc.clone()))
                .collect(),
            keys: keys
                .map(|key| (key.key.clone(), KeyFile::new(key)))
                .collect(),
        }
    }

    fn schema(mut self) -> Result<Schema, SchemaError> {
        self.rules
            .sort_by(|one, other| one.section.cmp(&other.section));
        let sections = self.sections.into_iter();
        let keys = self.keys.into_iter();
        Ok(Schema {
            name: self.name,
            doc: self.doc,
            prefix: self.prefix,
            keys: keys
                .map(|(name, key)| key.key(name))
                .collect::<Result<_, _>>()?,
            sections: sections.map(|(key, doc)| Section { key, doc }).collect(),
            rules: self.rules,
        })
    }
}

/// The field of a key without `field`.
fn field_of(key: &str) -> String {
    key.replace('/', ".")
}

impl KeyFile {
    fn new(key: &Key) -> Self {
        let default = match &key.absent {
            Absent::Required | Absent::Nothing => None,
            Absent::Text(text) => Some(DefaultFile::Text(text.clone())),
            Absent::Expression(written) => Some(DefaultFile::Expression(written.clone())),
            Absent::Hidden => Some(DefaultFile::Hidden(True)),
        };
        Self {
            doc: key.doc.clone(),
            field: (key.field != field_of(&key.key)).then(|| key.field.clone()),
            aliases: key.aliases.clone(),
            kind: key.kind.clone(),
            format: key.format.clone(),
            required: key.absent == Absent::Required,
            default,
            rules: key.rules.clone(),
            compare: key.compare.clone(),
            secret: key.secret,
            restart: key.restart,
            deprecated: key.deprecated.clone(),
        }
    }

    fn key(self, key: String) -> Result<Key, SchemaError> {
        let wrong = |what: &str| {
            let path = format!("`keys.{key}`: {what}");
            Err(SchemaError(readable(path)))
        };
        if key.split('/').any(str::is_empty) {
            return wrong("a segment is empty; expected segments with one `/` between them");
        }
        let absent = match (self.required, self.default) {
            (true, None) => Absent::Required,
            (false, None) => Absent::Nothing,
            (true, Some(_)) => {
                return wrong("found both `required` and `default`: leave one of them out");
            }
            (false, Some(DefaultFile::Text(text))) => Absent::Text(text),
            (false, Some(DefaultFile::Expression(written))) => Absent::Expression(written),
            (false, Some(DefaultFile::Hidden(True))) => Absent::Hidden,
        };
        Ok(Key {
            field: self.field.unwrap_or_else(|| field_of(&key)),
            key,
            aliases: self.aliases,
            kind: self.kind,
            format: self.format,
            absent,
            rules: self.rules,
            compare: self.compare,
            secret: self.secret,
            restart: self.restart,
            deprecated: self.deprecated,
            doc: self.doc,
        })
    }
}

/// A message that may quote the file: unchanged if a person can read it.
fn readable(message: String) -> String {
    const MAX: usize = 1_000;
    let odd = |char: char| misleads(char) && char != '\n';
    if message.len() <= MAX && !message.contains(odd) {
        return message;
    }
    shorten(&message)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::sample::select;

    use super::super::Scalar;
    use super::super::rule::{Bound, Interval, Rule};
    use super::*;
    use crate::value::Codec;

    const SCALARS: [Scalar; 5] = [
        Scalar::U32,
        Scalar::NonZeroI128,
        Scalar::Text,
        Scalar::Period,
        Scalar::SocketV6,
    ];

    fn text() -> impl Strategy<Value = String> + Clone {
        // Includes characters that JSON has to escape.
        "[a-c/\"\\\\\n\u{1f}é🦀]{0,6}"
    }

    fn texts() -> impl Strategy<Value = Vec<String>> {
        proptest::collection::vec(text(), 0..3)
    }

    fn maybe() -> impl Strategy<Value = Option<String>> {
        proptest::option::of(text())
    }

    fn types() -> impl Strategy<Value = Type> {
        let leaf = prop_oneof![
            select(&SCALARS[..]).prop_map(Type::Scalar),
            texts().prop_map(Type::Words),
            text().prop_map(Type::Rust),
        ];
        leaf.prop_recursive(8, 8, 1, |inner| {
            let inner = inner.prop_map(Box::new);
            prop_oneof![
                inner.clone().prop_map(Type::Optional),
                inner.clone().prop_map(Type::List),
                inner.prop_map(Type::Map),
            ]
        })
    }

    fn bounds() -> impl Strategy<Value = Bound> {
        prop_oneof![
            Just(Bound::Open),
            text().prop_map(Bound::At),
            text().prop_map(Bound::Unknown),
        ]
    }

    fn intervals() -> impl Strategy<Value = Interval> {
        (bounds(), bounds(), any::<bool>()).prop_map(|(low, high, inclusive)| Interval {
            inclusive: inclusive && high != Bound::Open,
            low,
            high,
        })
    }

    fn rules() -> impl Strategy<Value = Rule> {
        prop_oneof![
            intervals().prop_map(Rule::Range),
            intervals().prop_map(Rule::Length),
            text().prop_map(Rule::Pattern),
            texts().prop_map(Rule::OneOf),
            Just(Rule::Hidden),
            Just(Rule::NonEmpty),
            Just(Rule::Url),
            text().prop_map(Rule::Validate),
        ]
    }

    fn absents() -> impl Strategy<Value = Absent> {
        prop_oneof![
            Just(Absent::Required),
            Just(Absent::Nothing),
            Just(Absent::Hidden),
            text().prop_map(Absent::Text),
            text().prop_map(Absent::Expression),
        ]
    }

    fn formats() -> impl Strategy<Value = Format> {
        prop_oneof![
            select(Codec::ALL).prop_map(Format::Codec),
            text().prop_map(Format::With),
        ]
    }

    prop_compose! {
        fn bodies()(
            fields in (maybe(), texts(), maybe(), maybe(), text()),
            flags in any::<(bool, bool)>(),
            kind in types(),
            format in formats(),
            absent in absents(),
            rules in proptest::collection::vec(rules(), 0..3),
        ) -> Key {
            let (field, aliases, compare, deprecated, doc) = fields;
            Key {
                key: String::new(),
                field: field.unwrap_or_default(),
                aliases,
                kind,
                format,
                absent,
                rules,
                compare,
                secret: flags.0,
                restart: flags.1,
                deprecated,
                doc,
            }
        }
    }

    prop_compose! {
        fn schemas()(
            name in text(),
            doc in text(),
            prefix in maybe(),
            keys in proptest::collection::btree_map("[^/]{1,4}(/[^/]{1,4}){0,2}", bodies(), 0..4),
            sections in proptest::collection::btree_map(text(), text(), 0..3),
            rules in proptest::collection::btree_map(text(), text(), 0..3),
        ) -> Schema {
            let keys = keys.into_iter().map(|(key, body)| Key {
                field: if body.field.is_empty() { field_of(&key) } else { body.field },
                key,
                ..body
            });
            let sections = sections.into_iter().map(|(key, doc)| Section { key, doc });
            let rules = rules.into_iter().map(|(section, rule)| StructRule { section, rule });
            Schema {
                name,
                doc,
                prefix,
                keys: keys.collect(),
                sections: sections.collect(),
                rules: rules.collect(),
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn a_written_schema_is_read_as_the_same(schema in schemas()) {
            let text = schema.to_json();
            prop_assert_eq!(Schema::from_json(&text), Ok(schema), "{}", text);
        }

        #[test]
        fn any_text_is_a_schema_or_an_error(
            schema in schemas(),
            bytes in any::<Vec<u8>>(),
            cut in any::<prop::sample::Index>(),
        ) {
            let noise = String::from_utf8_lossy(&bytes);
            let _ = Schema::from_json(&noise);
            let text = schema.to_json();
            let (at, _) = text.char_indices().nth(cut.index(text.chars().count())).unwrap();
            let (before, after) = text.split_at(at);
            prop_assert!(Schema::from_json(before).is_err() || after.trim().is_empty());
            let _ = Schema::from_json(&format!("{before}{noise}{after}"));
        }
    }

    /// A file with these members of one key.
    fn file(key: &str) -> String {
        format!(r#"{{"format": "hotconfig-schema/1", "name": "S", "keys": {{"a": {{{key}}}}}}}"#)
    }

    #[track_caller]
    fn rejects(text: &str, wrong: &str) {
        let error = Schema::from_json(text).unwrap_err();
        let error = error.to_string();
        // `serde_json` chooses the column.
        let (error, _) = error.split_once(" column").unwrap_or((&error, ""));
        assert_eq!(error, wrong);
    }

    #[test]
    fn an_invalid_file_is_rejected_with_its_path_and_line() {
        rejects("", "EOF while parsing a value at line 1");
        rejects(
            "{\"name\": \"S\"}",
            "not a schema: the member `\"format\": \"hotconfig-schema/1\"` is missing",
        );
        rejects(
            "{\"new\": 1, \"format\": \"hotconfig-schema/2\"}",
            "the format is `hotconfig-schema/2`; this version of hotconfig expects \
             `hotconfig-schema/1`",
        );
        rejects(
            "{\n\"format\": \"hotconfig-schema/1\",\n\"colour\": 1}",
            "`colour`: unknown field `colour`, expected one of `format`, `name`, `doc`, `prefix`, `rules`, \
             `sections`, `keys` at line 3",
        );
        rejects(
            &file(r#""type": "u8", "secret": true, "secret": true"#),
            "`keys.a`: duplicate field `secret` at line 1",
        );
        rejects(
            &file(r#""type": "u33""#),
            "`keys.a.type`: expected the name of a scalar, `\"u32\"`, or an object with the member \
             `optional`, `list`, `map`, `words` or `rust`, such as `{\"optional\": \"u32\"}` at \
             line 1",
        );
        rejects(
            &file(r#""type": "u8", "required": true, "default": "1""#),
            "`keys.a`: found both `required` and `default`: leave one of them out",
        );
        rejects(
            &file(r#""type": "u8", "default": {"hidden": true, "text": "sesame"}"#),
            "`keys.a.default`: expected a text, `{\"expression\": \"…\"}` or `{\"hidden\": \
             true}` at line 1",
        );
        rejects(
            &file(r#""type": "u8", "rules": [{"one_of": {"texts": ["sesame"]}}]"#),
            "`keys.a.rules[0].one_of`: invalid type: map, expected a sequence at line 1",
        );
        rejects(
            &file(r#""type": "u8", "rules": [{"range": {"max": "1", "below": "2"}}]"#),
            "`keys.a.rules[0].range`: found both `max` and `below`: leave one of them out at line 1",
        );
        rejects(
            r#"{"format": "hotconfig-schema/1", "name": "S", "keys": {
                "a": {"type": "u8"}, "a": {"type": "u8"}}}"#,
            "`keys`: the key `a` appears twice at line 2",
        );
        rejects(
            r#"{"format": "hotconfig-schema/1", "name": "S", "keys": {"a//b": {"type": "u8"}}}"#,
            "`keys.a//b`: a segment is empty; expected segments with one `/` between them",
        );
    }

    #[test]
    fn an_endless_nesting_is_rejected() {
        let depth = 100_000;
        let kind = format!("{}\"u8\"{}", "{\"list\": ".repeat(depth), "}".repeat(depth));
        let error = Schema::from_json(&file(&format!("\"type\": {kind}"))).unwrap_err();
        let error = error.to_string();
        assert!(error.contains("recursion limit exceeded"), "{error}");
        let error = Schema::from_json(&"[".repeat(depth)).unwrap_err();
        assert!(!error.to_string().is_empty());
    }
}
