//! The schema as a file, and back.
//!
//! In: a [`Schema`], or a text. Out: JSON in the format of [the module](super), or a schema, or the
//! error in the text and its place.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, Visitor};

use super::declared::{Absent, Format, Key, Schema, Section, StructRule, Type};
use super::json::{Json, Members};
use super::rule::{self, Expression, Hidden, RuleOfFile};
use crate::value::Codec;
use crate::wording::{misleads, one_of_words};

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
        let mut members = vec![("format".to_owned(), Json::text(VERSION))];
        members.extend(head_members(self));
        let keys = self.keys.iter();
        let keys = keys.map(|key| (key.key.clone(), Json::Lines(key_members(key))));
        members.push(("keys".to_owned(), Json::Lines(keys.collect())));
        Json::Lines(members).pretty()
    }

    /// Reads the output of [`Schema::to_json`]. The order of members does not matter.
    ///
    /// # Errors
    /// If the text is not JSON, is of another version, or has a member or a key twice, one too many
    /// or one too few: its meaning may be unknown to this version, and is not guessed.
    pub fn from_json(text: &str) -> Result<Self, SchemaError> {
        let wrong = |error: serde_json::Error| SchemaError(readable(error.to_string()));
        // This is first, because a later version's members are unknown to this one.
        let head: FormatOnly = serde_json::from_str(text).map_err(wrong)?;
        match head.format.as_deref() {
            Some(VERSION) => {}
            Some(other) => {
                return Err(SchemaError(format!(
                    "the format is `{}`, and this version of hotconfig reads `{VERSION}`",
                    crate::wording::shorten(other)
                )));
            }
            None => {
                return Err(SchemaError(format!(
                    "not a schema: it has no member `\"format\": \"{VERSION}\"`"
                )));
            }
        }
        let file: SchemaOfFile = serde_json::from_str(text).map_err(wrong)?;
        file.schema().map_err(|error| SchemaError(readable(error)))
    }
}

/// The members above the keys.
pub(super) fn head_members(schema: &Schema) -> Members {
    let mut members = vec![("name".to_owned(), Json::text(&schema.name))];
    let mut member = |name: &str, value: Json| members.push((name.to_owned(), value));
    if !schema.doc.is_empty() {
        member("doc", Json::text(&schema.doc));
    }
    if let Some(prefix) = &schema.prefix {
        member("prefix", Json::text(prefix));
    }
    if !schema.rules.is_empty() {
        let rules = schema.rules.iter().map(struct_rule);
        member("rules", Json::List(rules.collect()));
    }
    if !schema.sections.is_empty() {
        let sections = schema.sections.iter();
        let sections = sections.map(|one| (one.key.clone(), Json::text(&one.doc)));
        member("sections", Json::Lines(sections.collect()));
    }
    members
}

fn struct_rule(rule: &StructRule) -> Json {
    let mut members = Vec::new();
    if !rule.section.is_empty() {
        members.push(("section".to_owned(), Json::text(&rule.section)));
    }
    members.push(("rule".to_owned(), Json::text(&rule.rule)));
    Json::Object(members)
}

/// The members of a key's object. Defaults are left out.
pub(super) fn key_members(key: &Key) -> Members {
    let mut members = Vec::new();
    let mut member = |name: &str, value: Json| members.push((name.to_owned(), value));
    if !key.doc.is_empty() {
        member("doc", Json::text(&key.doc));
    }
    if key.field != field_of(&key.key) {
        member("field", Json::text(&key.field));
    }
    if !key.aliases.is_empty() {
        member("aliases", Json::texts(&key.aliases));
    }
    member("type", kind(&key.kind));
    match &key.format {
        Format::Codec(Codec::Auto) => {}
        Format::Codec(codec) => member("format", Json::text(codec.name())),
        Format::With(path) => member("format", Json::one("with", Json::text(path))),
    }
    match &key.absent {
        Absent::Required => member("required", Json::word(true)),
        Absent::Nothing => {}
        Absent::Text(text) => member("default", Json::text(text)),
        Absent::Expression(written) => {
            member("default", Json::one("expression", Json::text(written)));
        }
        Absent::Hidden => member("default", Json::one("hidden", Json::word(true))),
    }
    if !key.rules.is_empty() {
        member(
            "rules",
            Json::List(key.rules.iter().map(rule::to_json).collect()),
        );
    }
    if let Some(path) = &key.compare {
        member("compare", Json::text(path));
    }
    if key.secret {
        member("secret", Json::word(true));
    }
    if key.restart {
        member("restart", Json::word(true));
    }
    if let Some(note) = &key.deprecated {
        member("deprecated", Json::text(note));
    }
    members
}

/// The field of a key that does not name one.
fn field_of(key: &str) -> String {
    key.replace('/', ".")
}

fn kind(kind: &Type) -> Json {
    match kind {
        Type::Words(words) => Json::one("words", Json::texts(words)),
        Type::Optional(inner) => Json::one("optional", self::kind(inner)),
        Type::List(inner) => Json::one("list", self::kind(inner)),
        Type::Map(inner) => Json::one("map", self::kind(inner)),
        Type::Rust(name) => Json::one("rust", Json::text(name)),
        Type::Scalar(scalar) => Json::text(scalar.to_string()),
    }
}

// The JSON of a file, in separate types, so that its names do not depend on those of the fields.

#[derive(serde::Deserialize)]
struct FormatOnly {
    format: Option<String>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct SchemaOfFile {
    #[serde(rename = "format")]
    _format: String,
    name: String,
    #[serde(default)]
    doc: String,
    #[serde(default)]
    prefix: Option<String>,
    #[serde(default)]
    rules: Vec<StructRuleOfFile>,
    #[serde(default)]
    sections: Distinct<String>,
    keys: Distinct<KeyOfFile>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct StructRuleOfFile {
    #[serde(default)]
    section: String,
    rule: String,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyOfFile {
    #[serde(default)]
    doc: String,
    #[serde(default)]
    field: Option<String>,
    #[serde(default)]
    aliases: Vec<String>,
    #[serde(rename = "type")]
    kind: Type,
    #[serde(default)]
    format: FormatOfFile,
    #[serde(default)]
    required: bool,
    #[serde(default)]
    default: Option<DefaultOfFile>,
    #[serde(default)]
    rules: Vec<RuleOfFile>,
    #[serde(default)]
    compare: Option<String>,
    #[serde(default)]
    secret: bool,
    #[serde(default)]
    restart: bool,
    #[serde(default)]
    deprecated: Option<String>,
}

/// The name of a codec of ours, or the path of the user's.
#[derive(serde::Deserialize)]
#[serde(try_from = "WrittenFormat")]
struct FormatOfFile(Format);

#[derive(serde::Deserialize)]
#[serde(
    untagged,
    expecting = "a format is the name of a codec, `\"json\"`, or `{\"with\": \"path::of::a::codec\"}`"
)]
enum WrittenFormat {
    Name(String),
    With(With),
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct With {
    with: String,
}

impl Default for FormatOfFile {
    fn default() -> Self {
        Self(Format::Codec(Codec::Auto))
    }
}

impl TryFrom<WrittenFormat> for FormatOfFile {
    type Error = String;

    fn try_from(written: WrittenFormat) -> Result<Self, String> {
        let name = match written {
            WrittenFormat::Name(name) => name,
            WrittenFormat::With(With { with }) => return Ok(Self(Format::With(with))),
        };
        let codec = Codec::ALL.iter().find(|codec| codec.name() == name);
        let codec = codec.ok_or_else(|| {
            let names: Vec<_> = Codec::ALL.iter().map(|codec| codec.name()).collect();
            let name = crate::wording::shorten(&name);
            format!("no codec `{name}`; expected {}", one_of_words(&names))
        })?;
        Ok(Self(Format::Codec(*codec)))
    }
}

#[derive(serde::Deserialize)]
#[serde(
    untagged,
    expecting = "a default is a text, `{\"expression\": \"…\"}` or `{\"hidden\": true}`"
)]
enum DefaultOfFile {
    String(String),
    Expression(Expression),
    Hidden(Hidden),
}

/// The members of an object, none of them twice, in the order of their names.
#[derive(Default)]
struct Distinct<V>(BTreeMap<String, V>);

impl<'de, V: Deserialize<'de>> Deserialize<'de> for Distinct<V> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct MembersVisitor<V>(PhantomData<V>);

        impl<'de, V: Deserialize<'de>> Visitor<'de> for MembersVisitor<V> {
            type Value = Distinct<V>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Distinct<V>, A::Error> {
                let mut members = BTreeMap::new();
                while let Some(name) = map.next_key::<String>()? {
                    if members.contains_key(&name) {
                        let name = crate::wording::shorten(&name);
                        return Err(A::Error::custom(format!(
                            "the key `{name}` stands there twice"
                        )));
                    }
                    members.insert(name, map.next_value()?);
                }
                Ok(Distinct(members))
            }
        }

        from.deserialize_map(MembersVisitor(PhantomData))
    }
}

impl SchemaOfFile {
    fn schema(self) -> Result<Schema, String> {
        let mut rules: Vec<StructRule> = self
            .rules
            .into_iter()
            .map(|StructRuleOfFile { section, rule }| StructRule { section, rule })
            .collect();
        rules.sort_by(|one, other| one.section.cmp(&other.section));
        let sections = self.sections.0.into_iter();
        let keys = self.keys.0.into_iter();
        Ok(Schema {
            name: self.name,
            doc: self.doc,
            prefix: self.prefix,
            keys: keys
                .map(|(name, key)| key.key(name))
                .collect::<Result<_, _>>()?,
            sections: sections.map(|(key, doc)| Section { key, doc }).collect(),
            rules,
        })
    }
}

impl KeyOfFile {
    fn key(self, key: String) -> Result<Key, String> {
        let wrong = |what: &str| Err(format!("`{}`: {what}", crate::wording::shorten(&key)));
        if key.split('/').any(str::is_empty) {
            return wrong("a key is segments with `/` between them, none of them empty");
        }
        let absent = match (self.required, self.default) {
            (true, None) => Absent::Required,
            (false, None) => Absent::Nothing,
            (true, Some(_)) => {
                return wrong("a key with a `default` is not `required`: leave one of them out");
            }
            (false, Some(DefaultOfFile::String(text))) => Absent::Text(text),
            (false, Some(DefaultOfFile::Expression(written))) => {
                Absent::Expression(written.expression)
            }
            (false, Some(DefaultOfFile::Hidden(Hidden { hidden: true }))) => Absent::Hidden,
            (false, Some(DefaultOfFile::Hidden(Hidden { hidden: false }))) => {
                return wrong("a default that is not `hidden` is written out");
            }
        };
        let rules = self.rules.into_iter().map(RuleOfFile::rule);
        let rules = match rules.collect::<Result<_, _>>() {
            Ok(rules) => rules,
            Err(what) => return wrong(what),
        };
        Ok(Key {
            field: self.field.unwrap_or_else(|| field_of(&key)),
            key,
            aliases: self.aliases,
            kind: self.kind,
            format: self.format.0,
            absent,
            rules,
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
    crate::wording::shorten(&message)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::sample::select;

    use super::super::Scalar;
    use super::super::rule::{Bound, Interval, Rule};
    use super::*;

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
        fn what_was_written_is_read_as_the_same(schema in schemas()) {
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
    fn refuses(text: &str, wrong: &str) {
        let error = Schema::from_json(text).unwrap_err();
        let error = error.to_string();
        // `serde_json` chooses the column.
        let (error, _) = error.split_once(" column").unwrap_or((&error, ""));
        assert_eq!(error, wrong);
    }

    #[test]
    fn what_is_not_understood_is_refused_with_its_place() {
        refuses("", "EOF while parsing a value at line 1");
        refuses(
            "{\"name\": \"S\"}",
            "not a schema: it has no member `\"format\": \"hotconfig-schema/1\"`",
        );
        refuses(
            "{\"new\": 1, \"format\": \"hotconfig-schema/2\"}",
            "the format is `hotconfig-schema/2`, and this version of hotconfig reads \
             `hotconfig-schema/1`",
        );
        refuses(
            "{\n\"format\": \"hotconfig-schema/1\",\n\"colour\": 1}",
            "unknown field `colour`, expected one of `format`, `name`, `doc`, `prefix`, `rules`, \
             `sections`, `keys` at line 3",
        );
        refuses(
            &file(r#""type": "u8", "secret": true, "secret": true"#),
            "duplicate field `secret` at line 1",
        );
        refuses(
            &file(r#""type": "u33""#),
            "a type is the name of a scalar, `\"u32\"`, or an object such as \
             `{\"optional\": \"u32\"}`: its member is `optional`, `list`, `map`, `words` or `rust` \
             at line 1",
        );
        refuses(
            &file(r#""type": "u8", "required": true, "default": "1""#),
            "`a`: a key with a `default` is not `required`: leave one of them out",
        );
        refuses(
            &file(r#""type": "u8", "default": {"hidden": true, "text": "sesame"}"#),
            "a default is a text, `{\"expression\": \"…\"}` or `{\"hidden\": true}` \
             at line 1",
        );
        refuses(
            &file(r#""type": "u8", "rules": [{"one_of": {"hidden": true, "texts": ["sesame"]}}]"#),
            "the choices of `one_of` are a list of texts, or `{\"hidden\": true}` at line 1",
        );
        refuses(
            &file(r#""type": "u8", "rules": [{"one_of": {"hidden": false}}]"#),
            "`a`: choices that are not `hidden` are written out",
        );
        refuses(
            &file(r#""type": "u8", "rules": [{"range": {"max": "1", "below": "2"}}]"#),
            "`a`: a range ends with `max` or `below`: leave one of them out",
        );
        refuses(
            r#"{"format": "hotconfig-schema/1", "name": "S", "keys": {
                "a": {"type": "u8"}, "a": {"type": "u8"}}}"#,
            "the key `a` stands there twice at line 2",
        );
        refuses(
            r#"{"format": "hotconfig-schema/1", "name": "S", "keys": {"a//b": {"type": "u8"}}}"#,
            "`a//b`: a key is segments with `/` between them, none of them empty",
        );
    }

    #[test]
    fn what_is_nested_without_end_is_refused() {
        let depth = 100_000;
        let kind = format!("{}\"u8\"{}", "{\"list\": ".repeat(depth), "}".repeat(depth));
        let error = Schema::from_json(&file(&format!("\"type\": {kind}"))).unwrap_err();
        let error = error.to_string();
        assert!(error.contains("recursion limit exceeded"), "{error}");
        let error = Schema::from_json(&"[".repeat(depth)).unwrap_err();
        assert!(!error.to_string().is_empty());
    }
}
