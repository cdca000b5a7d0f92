//! The schema as JSON Schema, draft 2020-12, for editors.
//!
//! In: a [`Schema`]. Out: a schema of one JSON document that holds the whole configuration: a
//! section is an object, a key is a member. Rules that JSON Schema can't express are in `$comment`.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use super::declared::{Absent, Bound, Interval, Key, Rule, Schema, Type};
use super::json::{Json, Members};
use super::{Scalar, ecma};
use crate::rules::Bound as _;
use crate::value::{Mode, Size, duration};

impl Schema {
    /// Writes the schema as [JSON Schema](https://json-schema.org), draft 2020-12, for editors of a
    /// configuration that is one JSON or YAML document: sections are objects, keys are their
    /// members, and old keys are deprecated members.
    ///
    /// It rejects nothing that is valid, except some odd forms: numbers in a text such as
    /// `"1 000s"`, durations as serde's object. It leaves to the program: the range of a duration,
    /// a function, a pattern that ECMA 262 does not have, and the values of a type of which only
    /// the name is known. These are in `$comment`.
    pub fn to_json_schema(&self) -> String {
        let mut root = ObjectSchema::default();
        let mut either = Vec::new();
        for key in &self.keys {
            let has_aliases = !key.aliases.is_empty();
            let required = key.absent == Absent::Required;
            root.insert(&key.key, leaf(key, None), required && !has_aliases);
            for alias in &key.aliases {
                root.insert(alias, leaf(key, Some(&key.key)), false);
            }
            if required && has_aliases {
                let keys = std::iter::once(&key.key).chain(&key.aliases);
                let keys = keys.map(|key| there(key)).collect();
                either.push(Json::one("anyOf", Json::List(keys)));
            }
        }
        for section in &self.sections {
            root.describe(&section.key, &section.doc);
        }
        let mut members = vec![
            (
                "$schema".to_owned(),
                Json::text("https://json-schema.org/draft/2020-12/schema"),
            ),
            ("title".to_owned(), Json::text(&self.name)),
        ];
        root.doc.clone_from(&self.doc);
        members.extend(root.members());
        if !either.is_empty() {
            members.push(("allOf".to_owned(), Json::List(either)));
        }
        Json::Lines(members).pretty()
    }
}

/// The JSON Schema of a section.
#[derive(Default)]
struct ObjectSchema {
    doc: String,
    properties: BTreeMap<String, Property>,
    required: BTreeSet<String>,
}

enum Property {
    Value(Members),
    Section(ObjectSchema),
}

impl ObjectSchema {
    fn insert(&mut self, key: &str, leaf: Members, required: bool) {
        let mut object = self;
        let mut rest = key;
        while let Some((section, below)) = rest.split_once('/') {
            let node = object.properties.entry(section.to_owned());
            let node = node.or_insert_with(|| Property::Section(Self::default()));
            // A key below a key: no struct has that, and a file that has it is not trusted.
            let Property::Section(inner) = node else {
                return;
            };
            if required {
                object.required.insert(section.to_owned());
            }
            object = inner;
            rest = below;
        }
        if required {
            object.required.insert(rest.to_owned());
        }
        let node = object.properties.entry(rest.to_owned());
        node.or_insert(Property::Value(leaf));
    }

    fn describe(&mut self, key: &str, doc: &str) {
        let mut object = self;
        for segment in key.split('/') {
            let Some(Property::Section(inner)) = object.properties.get_mut(segment) else {
                return;
            };
            object = inner;
        }
        doc.clone_into(&mut object.doc);
    }

    fn members(self) -> Members {
        let mut members = Vec::new();
        let mut member = |name: &str, value: Json| members.push((name.to_owned(), value));
        if !self.doc.is_empty() {
            member("description", Json::text(self.doc));
        }
        member("type", Json::text("object"));
        let properties = self.properties.into_iter().map(|(name, node)| {
            let value = match node {
                Property::Value(leaf) => Json::Object(leaf),
                Property::Section(section) => Json::Lines(section.members()),
            };
            (name, value)
        });
        member("properties", Json::Lines(properties.collect()));
        if !self.required.is_empty() {
            let required: Vec<String> = self.required.into_iter().collect();
            member("required", Json::texts(&required));
        }
        member("additionalProperties", Json::word(false));
        members
    }
}

/// A schema that requires this key, and nothing else.
fn there(key: &str) -> Json {
    let (name, below) = match key.split_once('/') {
        Some((section, below)) => (section, Some(below)),
        None => (key, None),
    };
    let required = Json::texts(&[name.to_owned()]);
    let mut members = vec![("required".to_owned(), required)];
    if let Some(below) = below {
        members.push(("properties".to_owned(), Json::one(name, there(below))));
    }
    Json::Object(members)
}

/// The schema of one value; the schema of an old key names the new one.
fn leaf(key: &Key, new: Option<&str>) -> Members {
    let mut leaf = ValueSchema::for_key(key);
    for rule in &key.rules {
        leaf.apply(rule);
    }
    let mut members = Vec::new();
    let mut member = |name: &str, value: Json| members.push((name.to_owned(), value));
    let mut description = Vec::new();
    if let Some(new) = new {
        description.push(format!("The old name of `{new}`."));
    }
    match key.deprecated.as_deref() {
        Some("") | None => {}
        Some(note) => description.push(format!("Deprecated: {note}")),
    }
    if !key.doc.is_empty() {
        description.push(key.doc.clone());
    }
    if key.restart {
        description.push("A change takes effect when the program starts again.".to_owned());
    }
    if !description.is_empty() {
        member("description", Json::text(description.join("\n\n")));
    }
    let (own, comments) = leaf.finish();
    members.extend(own);
    let mut member = |name: &str, value: Json| members.push((name.to_owned(), value));
    if let (Absent::Text(text), None, false) = (&key.absent, new, key.secret)
        && let Some(mode) = key.format.mode()
        && let Some(default) = default(text, &key.kind, mode)
    {
        member("default", default);
    }
    if key.deprecated.is_some() || new.is_some() {
        member("deprecated", Json::word(true));
    }
    if key.secret {
        member("writeOnly", Json::word(true));
    }
    if !comments.is_empty() {
        member("$comment", Json::text(comments.join("; ")));
    }
    members
}

/// The schema of a value while its rules are added.
struct ValueSchema<'k> {
    /// The type without its `Option`.
    kind: &'k Type,
    nullable: bool,
    members: Members,
    /// Constraints that conflict with a member already present.
    more: Vec<Members>,
    /// The rules that JSON Schema cannot express.
    comments: Vec<String>,
}

impl<'k> ValueSchema<'k> {
    fn for_key(key: &'k Key) -> Self {
        let mut kind = &key.kind;
        let mut nullable = false;
        while let Type::Optional(inner) = kind {
            nullable = true;
            kind = inner;
        }
        let mut comments = Vec::new();
        let members = match (key.format.mode(), kind) {
            // The form of a codec's value is unknown.
            (None, _) => {
                comments.push(format!("read by `{}`", key.format.name()));
                Vec::new()
            }
            (_, Type::Rust(name)) => {
                comments.push(format!("the type `{name}`"));
                Vec::new()
            }
            (_, kind) => of_type(kind),
        };
        Self {
            kind,
            nullable,
            members,
            more: Vec::new(),
            comments,
        }
    }

    fn apply(&mut self, rule: &Rule) {
        let expressed = !self.members.is_empty() && self.constrain(rule).is_some();
        if !expressed {
            self.comments.push(rule.to_string());
        }
    }

    /// Adds the rule's constraints; `None` if JSON Schema can't express all of them.
    fn constrain(&mut self, rule: &Rule) -> Option<()> {
        match rule {
            Rule::Range(interval) => self.range(interval),
            Rule::Length(interval) => self.length(interval),
            Rule::NonEmpty => self.length(&Interval {
                low: Bound::At("1".to_owned()),
                high: Bound::Open,
                inclusive: false,
            }),
            Rule::Pattern(pattern) => {
                self.text()?;
                ecma::understands(pattern).then_some(())?;
                self.add("pattern", Json::text(pattern));
                Some(())
            }
            Rule::Url => {
                self.text()?;
                self.add("format", Json::text("uri"));
                Some(())
            }
            Rule::OneOf(choices) => {
                match self.kind {
                    // Two texts may be the same value.
                    Type::Scalar(Scalar::Period | Scalar::Bytes) => return None,
                    Type::Scalar(_) | Type::Words(_) => {}
                    _ => return None,
                }
                let choices = choices.iter();
                let choices = choices.map(|choice| default(choice, self.kind, Mode::Auto));
                let choices = choices.collect::<Option<_>>()?;
                self.add("enum", Json::List(choices));
                Some(())
            }
            // It stands in `$comment`.
            _ => None,
        }
    }

    fn text(&self) -> Option<()> {
        matches!(self.kind, Type::Scalar(Scalar::Text | Scalar::File)).then_some(())
    }

    fn range(&mut self, interval: &Interval) -> Option<()> {
        let Type::Scalar(scalar) = self.kind else {
            return None;
        };
        let scalar = *scalar;
        let whole = limits(scalar).is_some();
        let number = whole || matches!(scalar, Scalar::F32 | Scalar::F64);
        if !number && scalar != Scalar::Bytes {
            return None;
        }
        let mut all = scalar != Scalar::Bytes;
        let high = if interval.inclusive {
            "maximum"
        } else {
            "exclusiveMaximum"
        };
        for (name, bound) in [("minimum", &interval.low), (high, &interval.high)] {
            let at = match bound {
                Bound::Open => continue,
                Bound::At(text) if scalar == Scalar::Bytes => {
                    Size::read(text).map(|size| Json::word(size.bytes()))
                }
                Bound::At(text) => as_number(text, scalar),
                Bound::Unknown(_) => None,
            };
            match at {
                Some(at) => self.limit(name, at),
                None => all = false,
            }
        }
        all.then_some(())
    }

    /// Adds a limit, and replaces a weaker one.
    fn limit(&mut self, name: &str, at: Json) {
        let old = if name == "exclusiveMaximum" {
            "maximum"
        } else {
            name
        };
        let place = self.members.iter().position(|(other, _)| other == old);
        let number = |json: &Json| json.to_string().parse::<f64>().unwrap_or(f64::NAN);
        if let Some(place) = place
            && let Some((_, weaker)) = self.members.get(place)
        {
            let less = if old == "minimum" {
                number(weaker) <= number(&at)
            } else {
                number(weaker) >= number(&at)
            };
            if !less {
                return;
            }
            self.members.remove(place);
        }
        self.add(name, at);
    }

    fn length(&mut self, interval: &Interval) -> Option<()> {
        let (low, high) = match self.kind {
            Type::Scalar(Scalar::Text | Scalar::File) => ("minLength", "maxLength"),
            Type::List(_) => ("minItems", "maxItems"),
            Type::Map(_) => ("minProperties", "maxProperties"),
            _ => return None,
        };
        let mut all = true;
        for (name, bound) in [(low, &interval.low), (high, &interval.high)] {
            let at = match bound {
                Bound::Open => continue,
                Bound::At(text) => text.trim().parse::<u64>().ok(),
                Bound::Unknown(_) => None,
            };
            match at {
                Some(at) if name == high && !interval.inclusive => {
                    self.add(name, Json::word(at.saturating_sub(1)));
                }
                Some(at) => self.add(name, Json::word(at)),
                None => all = false,
            }
        }
        all.then_some(())
    }

    fn add(&mut self, name: &str, value: Json) {
        if self.members.iter().any(|(other, _)| other == name) {
            self.more.push(vec![(name.to_owned(), value)]);
        } else {
            self.members.push((name.to_owned(), value));
        }
    }

    fn finish(mut self) -> (Members, Vec<String>) {
        if self.nullable {
            for members in std::iter::once(&mut self.members).chain(&mut self.more) {
                or_null(members);
            }
        }
        if !self.more.is_empty() {
            let more = self.more.into_iter().map(Json::Object).collect();
            self.members.push(("allOf".to_owned(), Json::List(more)));
        }
        (self.members, self.comments)
    }
}

/// Also allows `null`.
fn or_null(members: &mut Members) {
    for (name, value) in members {
        match (name.as_str(), value) {
            ("type", Json::List(types)) => types.push(Json::text("null")),
            ("type", one) => *one = Json::List(vec![one.clone(), Json::text("null")]),
            ("enum", Json::List(choices)) => choices.push(Json::word("null")),
            _ => {}
        }
    }
}

/// The schema of the type alone.
fn of_type(kind: &Type) -> Members {
    let typed = |name: &str| vec![("type".to_owned(), Json::text(name))];
    let with = |mut members: Members, name: &str, value: Json| {
        members.push((name.to_owned(), value));
        members
    };
    match kind {
        Type::Words(words) => with(typed("string"), "enum", Json::texts(words)),
        Type::Optional(inner) => {
            let mut members = of_type(inner);
            or_null(&mut members);
            members
        }
        Type::List(inner) => with(typed("array"), "items", Json::Object(of_type(inner))),
        Type::Map(inner) => with(
            typed("object"),
            "additionalProperties",
            Json::Object(of_type(inner)),
        ),
        Type::Rust(_) => Vec::new(),
        Type::Scalar(scalar) => of_scalar(*scalar),
    }
}

const DURATION: &str = r"^\s*(\d+(\.\d+)?\s*(nanos|nsec|ns|usec|us|µs|millis|msec|ms|seconds|second|secs|sec|s|minutes|minute|mins|min|m|hours|hour|hrs|hr|h|days|day|d|weeks|week|wks|wk|w|months|month|M|years|year|yr|yrs|y)\s*)+$";
const SIZE: &str = r"^\s*\d+(\.\d+)?\s*([kKmMgGtTpPeE][iI]?)?[bB]?\s*$";
const SOCKET_V4: &str = r"(\d{1,3}\.){3}\d{1,3}:\d{1,5}";
const SOCKET_V6: &str = r"\[[0-9a-fA-F:.]+(%\d+)?\]:\d{1,5}";

fn of_scalar(scalar: Scalar) -> Members {
    let members = |members: &[(&str, Json)]| -> Members {
        let members = members.iter().cloned();
        members
            .map(|(name, value)| (name.to_owned(), value))
            .collect()
    };
    let text = |name: &str, value: Json| members(&[("type", Json::text("string")), (name, value)]);
    let format = |name: &str| Json::one("format", Json::text(name));
    if let Some((min, max)) = limits(scalar) {
        let mut whole = members(&[
            ("type", Json::text("integer")),
            ("minimum", Json::Literal(min.clone())),
            ("maximum", Json::Literal(max)),
        ]);
        if scalar.to_string().starts_with("NonZero") && min.starts_with('-') {
            let zero = Json::one("const", Json::word(0));
            whole.push(("not".to_owned(), zero));
        }
        return whole;
    }
    match scalar {
        Scalar::Bool => members(&[("type", Json::text("boolean"))]),
        Scalar::F64 => members(&[("type", Json::text("number"))]),
        Scalar::F32 => members(&[
            ("type", Json::text("number")),
            ("minimum", Json::Literal(format!("{:?}", f32::MIN))),
            ("maximum", Json::Literal(format!("{:?}", f32::MAX))),
        ]),
        Scalar::Char => members(&[
            ("type", Json::text("string")),
            ("minLength", Json::word(1)),
            ("maxLength", Json::word(1)),
        ]),
        Scalar::Period => text("pattern", Json::text(DURATION)),
        Scalar::Bytes => members(&[
            (
                "type",
                Json::texts(&["string".to_owned(), "integer".to_owned()]),
            ),
            ("minimum", Json::word(0)),
            ("maximum", Json::word(u64::MAX)),
            ("pattern", Json::text(SIZE)),
        ]),
        Scalar::Ip => text("anyOf", Json::List(vec![format("ipv4"), format("ipv6")])),
        Scalar::Ipv4 => text("format", Json::text("ipv4")),
        Scalar::Ipv6 => text("format", Json::text("ipv6")),
        Scalar::Socket => text(
            "pattern",
            Json::text(format!("^({SOCKET_V4}|{SOCKET_V6})$")),
        ),
        Scalar::SocketV4 => text("pattern", Json::text(format!("^{SOCKET_V4}$"))),
        Scalar::SocketV6 => text("pattern", Json::text(format!("^{SOCKET_V6}$"))),
        // Texts; whole numbers are handled above.
        _ => members(&[("type", Json::text("string"))]),
    }
}

/// The minimum and the maximum of a whole number.
fn limits(scalar: Scalar) -> Option<(String, String)> {
    macro_rules! limits {
        ($($scalar:ident | $nonzero:ident: $number:ident, $min:expr;)+) => {
            Some(match scalar {
                $(
                    Scalar::$scalar => ($number::MIN.to_string(), $number::MAX.to_string()),
                    Scalar::$nonzero => ($min.to_string(), $number::MAX.to_string()),
                )+
                _ => return None,
            })
        };
    }
    limits! {
        U8 | NonZeroU8: u8, 1;
        U16 | NonZeroU16: u16, 1;
        U32 | NonZeroU32: u32, 1;
        U64 | NonZeroU64: u64, 1;
        U128 | NonZeroU128: u128, 1;
        Usize | NonZeroUsize: usize, 1;
        I8 | NonZeroI8: i8, i8::MIN;
        I16 | NonZeroI16: i16, i16::MIN;
        I32 | NonZeroI32: i32, i32::MIN;
        I64 | NonZeroI64: i64, i64::MIN;
        I128 | NonZeroI128: i128, i128::MIN;
        Isize | NonZeroIsize: isize, isize::MIN;
    }
}

/// A number as JSON writes it; `None` if the text is not a number.
fn as_number(text: &str, scalar: Scalar) -> Option<Json> {
    let text = text.trim();
    if limits(scalar).is_some() {
        let signed = text.parse::<i128>().map(Json::word);
        return signed
            .or_else(|_| text.parse::<u128>().map(Json::word))
            .ok();
    }
    let number = text.parse::<f64>().ok()?;
    // As in `serde_json`: with a point, or with an exponent.
    number.is_finite().then(|| Json::from(Value::from(number)))
}

/// A text of the store as JSON; `None` if it is not of this type.
fn default(text: &str, kind: &Type, mode: Mode) -> Option<Json> {
    match (mode, kind) {
        (Mode::Json, kind) => read(text, kind),
        (_, Type::Optional(inner)) => {
            let texts = matches!(**inner, Type::Scalar(Scalar::Text | Scalar::File));
            if text.trim() == "null" && !texts {
                Some(Json::word("null"))
            } else {
                default(text, inner, mode)
            }
        }
        (Mode::Text, Type::Rust(_)) => Some(Json::text(text)),
        (_, Type::Rust(_)) => read(text, kind).or_else(|| Some(Json::text(text))),
        (_, Type::List(_) | Type::Map(_)) => read(text, kind),
        (_, Type::Words(_)) => Some(Json::text(text.trim())),
        (_, Type::Scalar(scalar)) => match scalar {
            Scalar::Text | Scalar::File | Scalar::Char => Some(Json::text(text)),
            Scalar::Bool => text.trim().parse::<bool>().ok().map(Json::word),
            Scalar::F32 | Scalar::F64 => as_number(text, *scalar),
            scalar if limits(*scalar).is_some() => as_number(text, *scalar),
            _ => Some(Json::text(text.trim())),
        },
    }
}

fn read(text: &str, kind: &Type) -> Option<Json> {
    let value = serde_json::from_str(text).ok()?;
    Some(in_words(value, kind))
}

/// Durations as texts, the rest unchanged.
fn in_words(value: Value, kind: &Type) -> Json {
    match (value, kind) {
        (value, Type::Optional(inner)) => in_words(value, inner),
        (Value::Array(items), Type::List(inner)) => {
            let items = items.into_iter().map(|item| in_words(item, inner));
            Json::List(items.collect())
        }
        (Value::Object(members), Type::Map(inner)) => {
            let members = members.into_iter();
            let members = members.map(|(name, value)| (name, in_words(value, inner)));
            Json::Object(members.collect())
        }
        (value @ Value::Object(_), Type::Scalar(Scalar::Period)) => {
            match Duration::deserialize(&value) {
                Ok(period) => Json::text(duration::show(period)),
                Err(_) => Json::from(value),
            }
        }
        (value, _) => Json::from(value),
    }
}
