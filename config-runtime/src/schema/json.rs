//! A writer of JSON: members keep their order, and short values stay on one line.
//!
//! In: a [`Json`]. Out: its text. It knows no schema.

use std::fmt::{self, Write};

/// The maximum length of an array or an object on one line.
const WIDTH: usize = 100;

/// JSON, its members in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Json {
    /// A number, `true`, `false` or `null`, as it is written.
    Literal(String),
    String(String),
    List(Vec<Json>),
    /// On one line if it is short.
    Object(Members),
    /// One line for each member, even if it is short.
    Lines(Members),
}

/// The members of an object, in order.
pub(super) type Members = Vec<(String, Json)>;

impl Json {
    pub(super) fn text(text: impl Into<String>) -> Self {
        Self::String(text.into())
    }

    pub(super) fn word(word: impl fmt::Display) -> Self {
        Self::Literal(word.to_string())
    }

    pub(super) fn texts(texts: &[String]) -> Self {
        Self::List(texts.iter().map(Self::text).collect())
    }

    /// An object of one member.
    pub(super) fn one(name: &str, value: Self) -> Self {
        Self::Object(vec![(name.to_owned(), value)])
    }

    /// Writes the value on one line.
    fn flat(&self, out: &mut String) {
        match self {
            Self::Literal(word) => out.push_str(word),
            Self::String(text) => quoted(text, out),
            Self::List(items) => {
                out.push('[');
                for (at, item) in items.iter().enumerate() {
                    out.push_str(if at == 0 { "" } else { ", " });
                    item.flat(out);
                }
                out.push(']');
            }
            Self::Object(members) | Self::Lines(members) => {
                out.push('{');
                for (at, (name, value)) in members.iter().enumerate() {
                    out.push_str(if at == 0 { " " } else { ", " });
                    quoted(name, out);
                    out.push_str(": ");
                    value.flat(out);
                }
                out.push_str(if members.is_empty() { "}" } else { " }" });
            }
        }
    }

    /// Whether it always has to be on several lines.
    fn tall(&self) -> bool {
        match self {
            Self::Literal(_) | Self::String(_) => false,
            Self::List(items) => items.iter().any(Self::tall),
            Self::Object(members) => members.iter().any(|(_, value)| value.tall()),
            Self::Lines(members) => !members.is_empty(),
        }
    }

    /// Writes the value after `used` columns of the line.
    fn write(&self, depth: usize, used: usize, out: &mut String) {
        if !self.tall() {
            let mut flat = String::new();
            self.flat(&mut flat);
            let short = used + flat.chars().count() <= WIDTH;
            if short || matches!(self, Self::Literal(_) | Self::String(_)) {
                out.push_str(&flat);
                return;
            }
        }
        let inside = "  ".repeat(depth + 1);
        match self {
            Self::Literal(_) | Self::String(_) => {}
            Self::List(items) => {
                out.push('[');
                for (at, item) in items.iter().enumerate() {
                    out.push_str(if at == 0 { "\n" } else { ",\n" });
                    out.push_str(&inside);
                    item.write(depth + 1, inside.len() + 1, out);
                }
                out.push('\n');
                out.push_str(&"  ".repeat(depth));
                out.push(']');
            }
            Self::Object(members) | Self::Lines(members) => {
                out.push('{');
                for (at, (name, value)) in members.iter().enumerate() {
                    out.push_str(if at == 0 { "\n" } else { ",\n" });
                    let mut label = inside.clone();
                    quoted(name, &mut label);
                    label.push_str(": ");
                    out.push_str(&label);
                    value.write(depth + 1, label.chars().count() + 1, out);
                }
                out.push('\n');
                out.push_str(&"  ".repeat(depth));
                out.push('}');
            }
        }
    }

    /// The value on as many lines as necessary, the last of them ended.
    pub(super) fn pretty(&self) -> String {
        let mut out = String::new();
        self.write(0, 0, &mut out);
        out.push('\n');
        out
    }
}

/// The value on one line.
impl fmt::Display for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut flat = String::new();
        self.flat(&mut flat);
        f.write_str(&flat)
    }
}

/// The members keep the order of `serde_json`.
impl From<serde_json::Value> for Json {
    fn from(value: serde_json::Value) -> Self {
        use serde_json::Value;
        match value {
            Value::Null => Self::word("null"),
            Value::Bool(value) => Self::word(value),
            Value::Number(number) => Self::word(number),
            Value::String(text) => Self::String(text),
            Value::Array(items) => Self::List(items.into_iter().map(Self::from).collect()),
            Value::Object(members) => Self::Object(
                members
                    .into_iter()
                    .map(|(name, value)| (name, Self::from(value)))
                    .collect(),
            ),
        }
    }
}

fn quoted(text: &str, out: &mut String) {
    // Writing into a `String` never fails.
    let _ = write!(out, "{}", serde_json::Value::from(text));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_short_stands_on_one_line_and_the_rest_on_many() {
        let list = |count| Json::List(vec![Json::text("x".repeat(20)); count]);
        let json = Json::Lines(vec![
            ("short".to_owned(), Json::one("list", list(2))),
            ("long".to_owned(), Json::one("list", list(5))),
            ("none".to_owned(), Json::Object(Vec::new())),
            ("empty".to_owned(), Json::Lines(Vec::new())),
            ("\"".to_owned(), Json::word(1)),
        ]);
        let x = "x".repeat(20);
        let expected = format!(
            r#"{{
  "short": {{ "list": ["{x}", "{x}"] }},
  "long": {{
    "list": [
      "{x}",
      "{x}",
      "{x}",
      "{x}",
      "{x}"
    ]
  }},
  "none": {{}},
  "empty": {{}},
  "\"": 1
}}
"#
        );
        assert_eq!(json.pretty(), expected);
    }

    #[test]
    fn what_has_lines_of_its_own_has_them_inside_what_is_short_too() {
        let json = Json::List(vec![Json::Lines(vec![("a".to_owned(), Json::word(true))])]);
        assert_eq!(json.pretty(), "[\n  {\n    \"a\": true\n  }\n]\n");
        assert_eq!(json.to_string(), r#"[{ "a": true }]"#);
    }
}
