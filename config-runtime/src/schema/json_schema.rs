//! The schema as JSON Schema, draft 2020-12, for editors.
//!
//! In: a [`Schema`]. Out: a schema of one JSON document that holds the whole configuration: a
//! section is an object, a key is a member. Rules that JSON Schema can't express are in `$comment`.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::declared::{Absent, Bound, Interval, Key, Rule, Schema, Type};
use super::whole::{Limits, Whole};
use super::{Scalar, ecma};
use crate::rules::RangeBound as _;
use crate::value::{Mode, Size, duration};

/// The members of a JSON object.
type Members = Map<String, Value>;

impl Schema {
    /// Writes the schema as [JSON Schema](https://json-schema.org), draft 2020-12, for editors of a
    /// configuration that is one JSON or YAML document: sections are objects, keys are their
    /// members, and old keys are deprecated members.
    ///
    /// It rejects nothing that is valid, except some unusual forms: numbers in a text such as
    /// `"1 000s"`, durations as serde's object. Rules that only the program can check are in
    /// `$comment`: the range of a duration, a function, a pattern that ECMA 262 does not have, and
    /// a type known only by its name.
    pub fn to_json_schema(&self) -> String {
        let mut root = object();
        root.insert("$schema".to_owned(), DRAFT.into());
        root.insert("title".to_owned(), self.name.clone().into());
        describe(&mut root, &self.doc);
        let mut either = Vec::new();
        for key in &self.keys {
            let has_aliases = !key.aliases.is_empty();
            let required = key.absent == Absent::Required;
            insert(
                &mut root,
                &key.key,
                &leaf(key, None),
                required && !has_aliases,
            );
            for alias in &key.aliases {
                insert(&mut root, alias, &leaf(key, Some(&key.key)), false);
            }
            if required && has_aliases {
                let keys = std::iter::once(&key.key).chain(&key.aliases);
                let keys: Vec<Value> = keys.map(|key| there(key)).collect();
                either.push(json!({ "anyOf": keys }));
            }
        }
        for section in &self.sections {
            let mut segments = section.key.split('/');
            let found = segments.try_fold(&mut root, |object, segment| {
                properties(object)?.get_mut(segment)?.as_object_mut()
            });
            if let Some(object) = found {
                describe(object, &section.doc);
            }
        }
        if !either.is_empty() {
            root.insert("allOf".to_owned(), either.into());
        }
        format!("{:#}\n", Value::Object(root))
    }
}

const DRAFT: &str = "https://json-schema.org/draft/2020-12/schema";

/// The schema of a section without keys.
fn object() -> Members {
    members(json!({"type": "object", "properties": {}, "additionalProperties": false}))
}

fn members(value: Value) -> Members {
    match value {
        Value::Object(members) => members,
        _ => Members::new(),
    }
}

fn describe(object: &mut Members, doc: &str) {
    if !doc.is_empty() {
        object.insert("description".to_owned(), doc.into());
    }
}

fn properties(object: &mut Members) -> Option<&mut Members> {
    object.get_mut("properties")?.as_object_mut()
}

/// Adds a key to the schema of the whole; `None` for a key below a key, which no struct has, but an
/// untrusted file may have.
fn insert(root: &mut Members, key: &str, leaf: &Members, required: bool) -> Option<()> {
    let mut object = root;
    let mut segments = key.split('/').peekable();
    while let Some(segment) = segments.next() {
        let entry = properties(object)?.entry(segment);
        if segments.peek().is_none() {
            entry.or_insert_with(|| Value::Object(leaf.clone()));
        } else {
            let section = entry.or_insert_with(|| Value::Object(self::object()));
            section.get("properties")?;
        }
        if required {
            let names = object.entry("required").or_insert_with(|| json!([]));
            let names = names.as_array_mut()?;
            // The keys of one section are adjacent.
            if names.last().is_none_or(|last| last != segment) {
                names.push(segment.into());
            }
        }
        object = properties(object)?.get_mut(segment)?.as_object_mut()?;
    }
    Some(())
}

/// A schema that requires this key, and nothing else.
fn there(key: &str) -> Value {
    match key.split_once('/') {
        Some((section, below)) => {
            json!({"required": [section], "properties": {section: there(below)}})
        }
        None => json!({ "required": [key] }),
    }
}

/// The schema of one value; the schema of an old key names the new one.
fn leaf(key: &Key, new: Option<&str>) -> Members {
    let mut leaf = ValueSchema::for_key(key);
    for rule in &key.rules {
        leaf.apply(rule);
    }
    let (mut members, comments) = leaf.finish();
    let mut member = |name: &str, value: Value| members.insert(name.to_owned(), value);
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
        member("description", description.join("\n\n").into());
    }
    if let (Absent::Text(text), None, false) = (&key.absent, new, key.secret)
        && let Some(mode) = key.format.mode()
        && let Some(default) = default(text, &key.kind, mode)
    {
        member("default", default);
    }
    if key.deprecated.is_some() || new.is_some() {
        member("deprecated", true.into());
    }
    if key.secret {
        member("writeOnly", true.into());
    }
    if !comments.is_empty() {
        member("$comment", comments.join("; ").into());
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
                Members::new()
            }
            (_, Type::Rust(name)) => {
                comments.push(format!("the type `{name}`"));
                Members::new()
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
                self.add("pattern", pattern.as_str().into());
                Some(())
            }
            Rule::Url => {
                self.text()?;
                self.add("format", "iri".into());
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
                self.add("enum", Value::Array(choices));
                Some(())
            }
            // The caller adds it to `$comment`.
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
        let read = |text: &str| match scalar {
            Scalar::Bytes => Size::read(text).map(|size| size.bytes().into()),
            scalar => as_number(text, *scalar),
        };
        // A size may also be a text.
        let mut all = *scalar != Scalar::Bytes;
        let high = match interval.inclusive {
            true => "maximum",
            false => "exclusiveMaximum",
        };
        for (name, bound) in [("minimum", &interval.low), (high, &interval.high)] {
            match bound {
                Bound::Open => {}
                Bound::At(text) => match read(text) {
                    Some(at) => self.limit(name, at),
                    None => all = false,
                },
                Bound::Unknown(_) => all = false,
            }
        }
        all.then_some(())
    }

    /// Adds a limit, unless there is a stronger one.
    fn limit(&mut self, name: &str, at: Value) {
        let old = self.members.get(name).and_then(Value::as_f64);
        let weaker = old.zip(at.as_f64()).is_some_and(|(old, at)| match name {
            "minimum" => at < old,
            _ => at > old,
        });
        if !weaker {
            self.members.insert(name.to_owned(), at);
        }
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
                    self.add(name, at.saturating_sub(1).into());
                }
                Some(at) => self.add(name, at.into()),
                None => all = false,
            }
        }
        all.then_some(())
    }

    fn add(&mut self, name: &str, value: Value) {
        if self.members.contains_key(name) {
            self.more.push(members(json!({ name: value })));
        } else {
            self.members.insert(name.to_owned(), value);
        }
    }

    fn finish(mut self) -> (Members, Vec<String>) {
        if self.nullable {
            for members in std::iter::once(&mut self.members).chain(&mut self.more) {
                or_null(members);
            }
        }
        if !self.more.is_empty() {
            let more = self.more.into_iter().map(Value::Object).collect();
            self.members.insert("allOf".to_owned(), more);
        }
        (self.members, self.comments)
    }
}

/// Also allows `null`.
fn or_null(members: &mut Members) {
    match members.get_mut("type") {
        Some(Value::Array(types)) => types.push("null".into()),
        Some(one) => *one = json!([*one, "null"]),
        None => {}
    }
    if let Some(Value::Array(choices)) = members.get_mut("enum") {
        choices.push(Value::Null);
    }
}

/// The schema of the type alone.
fn of_type(kind: &Type) -> Members {
    members(match kind {
        Type::Words(words) => json!({"type": "string", "enum": words}),
        Type::Optional(inner) => {
            let mut members = of_type(inner);
            or_null(&mut members);
            return members;
        }
        Type::List(inner) => json!({"type": "array", "items": of_type(inner)}),
        Type::Map(inner) => json!({"type": "object", "additionalProperties": of_type(inner)}),
        Type::Rust(_) => json!({}),
        Type::Scalar(scalar) => of_scalar(*scalar),
    })
}

const DURATION: &str = r"^\s*(\d+(\.\d+)?\s*(nanos|nsec|ns|usec|us|µs|millis|msec|ms|seconds|second|secs|sec|s|minutes|minute|mins|min|m|hours|hour|hrs|hr|h|days|day|d|weeks|week|wks|wk|w|months|month|M|years|year|yr|yrs|y)\s*)+$";
const SIZE: &str = r"^\s*\d+(\.\d+)?\s*([kKmMgGtTpPeE][iI]?)?[bB]?\s*$";
const SOCKET_V4: &str = r"(\d{1,3}\.){3}\d{1,3}:\d{1,5}";
const SOCKET_V6: &str = r"\[[0-9a-fA-F:.]+(%\d+)?\]:\d{1,5}";

fn of_scalar(scalar: Scalar) -> Value {
    let text = |pattern: String| json!({"type": "string", "pattern": pattern});
    match scalar {
        Scalar::Bool => json!({"type": "boolean"}),
        Scalar::F64 => json!({"type": "number"}),
        Scalar::F32 => json!({"type": "number", "minimum": f32::MIN, "maximum": f32::MAX}),
        Scalar::Char => json!({"type": "string", "minLength": 1, "maxLength": 1}),
        Scalar::Period => text(DURATION.to_owned()),
        Scalar::Bytes => json!({
            "type": ["string", "integer"], "minimum": 0, "maximum": u64::MAX, "pattern": SIZE,
        }),
        Scalar::Ip => json!({"type": "string", "anyOf": [{"format": "ipv4"}, {"format": "ipv6"}]}),
        Scalar::Ipv4 => json!({"type": "string", "format": "ipv4"}),
        Scalar::Ipv6 => json!({"type": "string", "format": "ipv6"}),
        Scalar::Socket => text(format!("^({SOCKET_V4}|{SOCKET_V6})$")),
        Scalar::SocketV4 => text(format!("^{SOCKET_V4}$")),
        Scalar::SocketV6 => text(format!("^{SOCKET_V6}$")),
        scalar => match Limits::of_numbers(scalar) {
            Some(limits) => of_numbers(limits),
            None => json!({"type": "string"}),
        },
    }
}

fn of_numbers(limits: Limits) -> Value {
    let limit = |end: Whole| exact(end).unwrap_or_else(|| rounded(end));
    let minimum = match limits.nonzero && limits.low == Whole::ZERO {
        true => json!(1),
        false => limit(limits.low),
    };
    let maximum = limit(limits.high);
    match limits.nonzero && limits.low < Whole::ZERO {
        true => json!({
            "type": "integer", "minimum": minimum, "maximum": maximum, "not": {"const": 0},
        }),
        false => json!({"type": "integer", "minimum": minimum, "maximum": maximum}),
    }
}

/// A number of at most 64 bits.
fn exact(whole: Whole) -> Option<Value> {
    let size = u64::try_from(whole.size).ok()?;
    match whole.negative {
        true => 0_i64.checked_sub_unsigned(size).map(Value::from),
        false => Some(size.into()),
    }
}

/// An end of a type of 128 bits; rounding allows a little more.
#[expect(clippy::cast_precision_loss, reason = "rounding is intended")]
fn rounded(whole: Whole) -> Value {
    let size = whole.size as f64;
    (if whole.negative { -size } else { size }).into()
}

/// A number as JSON writes it; `None` if the text is not a number of this type, or one of more than
/// 64 bits.
fn as_number(text: &str, scalar: Scalar) -> Option<Value> {
    if Limits::of_numbers(scalar).is_some() {
        return exact(Whole::read(text)?);
    }
    let is_real = matches!(scalar, Scalar::F32 | Scalar::F64);
    let number = text.trim().parse::<f64>().ok().filter(|_| is_real)?;
    serde_json::Number::from_f64(number).map(Value::Number)
}

/// A text of the store as JSON; `None` if it is not of this type.
fn default(text: &str, kind: &Type, mode: Mode) -> Option<Value> {
    match (mode, kind) {
        (Mode::Json, kind) => read(text, kind),
        (_, Type::Optional(inner)) => {
            let texts = matches!(**inner, Type::Scalar(Scalar::Text | Scalar::File));
            if text.trim() == "null" && !texts {
                Some(Value::Null)
            } else {
                default(text, inner, mode)
            }
        }
        (Mode::Text, Type::Rust(_)) => Some(text.into()),
        (_, Type::Rust(_)) => read(text, kind).or_else(|| Some(text.into())),
        (_, Type::List(_) | Type::Map(_)) => read(text, kind),
        (_, Type::Words(_)) => Some(text.trim().into()),
        (_, Type::Scalar(scalar)) => match scalar {
            Scalar::Text | Scalar::File | Scalar::Char => Some(text.into()),
            Scalar::Bool => text.trim().parse::<bool>().ok().map(Value::from),
            Scalar::F32 | Scalar::F64 => as_number(text, *scalar),
            scalar if Limits::of_numbers(*scalar).is_some() => as_number(text, *scalar),
            _ => Some(text.trim().into()),
        },
    }
}

fn read(text: &str, kind: &Type) -> Option<Value> {
    let mut value = serde_json::from_str(text).ok()?;
    write_durations(&mut value, kind);
    Some(value)
}

/// Writes durations as texts.
fn write_durations(value: &mut Value, kind: &Type) {
    match (value, kind) {
        (value, Type::Optional(inner)) => write_durations(value, inner),
        (Value::Array(items), Type::List(inner)) => {
            for item in items {
                write_durations(item, inner);
            }
        }
        (Value::Object(members), Type::Map(inner)) => {
            for item in members.values_mut() {
                write_durations(item, inner);
            }
        }
        (value, Type::Scalar(Scalar::Period)) => {
            if let Ok(period) = Duration::deserialize(&*value) {
                *value = duration::show(period).into();
            }
        }
        _ => {}
    }
}
