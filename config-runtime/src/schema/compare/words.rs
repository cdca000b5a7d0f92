//! The wording of a change.

use std::fmt;

use super::super::{Absent, Format, Type};
use super::Change;
use crate::wording::printable;

/// A value as an example: in full if it is short.
pub(super) fn excerpt(raw: &str) -> String {
    const MAX_CHARS: usize = 60;
    let shown: String = raw
        .chars()
        .take(MAX_CHARS)
        .flat_map(char::escape_debug)
        .collect();
    // Quotes need no escape between backticks.
    let shown = shown.replace("\\\"", "\"").replace("\\'", "'");
    let rest = if raw.chars().nth(MAX_CHARS).is_some() {
        "…"
    } else {
        ""
    };
    format!("`{shown}{rest}`")
}

/// The old key as an alias of the new one: without the section that both are in.
pub(super) fn last_segments<'a>(old: &'a str, new: &str) -> &'a str {
    let section = new.rsplit_once('/').map_or("", |(section, _)| section);
    match old
        .strip_prefix(section)
        .and_then(|rest| rest.strip_prefix('/'))
    {
        Some(below) if !section.is_empty() => below,
        _ => old,
    }
}

fn kind(kind: &Type) -> String {
    match kind {
        Type::Words(words) => format!("one of the words {}", words.join(", ")),
        Type::Optional(inner) => format!("optional {}", self::kind(inner)),
        Type::List(inner) => format!("list of {}", self::kind(inner)),
        Type::Map(inner) => format!("map of {}", self::kind(inner)),
        Type::Rust(name) => name.clone(),
        Type::Scalar(scalar) => scalar.to_string(),
    }
}

fn format(format: &Format) -> String {
    match format {
        Format::Codec(codec) => codec.words().to_owned(),
        Format::With(path) => format!("by the codec {path}"),
    }
}

fn absent(absent: &Absent) -> String {
    match absent {
        Absent::Required => "required".to_owned(),
        Absent::Nothing => "optional".to_owned(),
        Absent::Text(text) | Absent::Expression(text) => format!("default {text}"),
        Absent::Hidden => "a secret default".to_owned(),
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::new();
        self.write(&mut text)?;
        f.write_str(&printable(&text))
    }
}

impl Change {
    fn write(&self, f: &mut String) -> fmt::Result {
        use fmt::Write;

        let list = |names: &[String]| match names {
            [] => "none".to_owned(),
            names => names.join(", "),
        };
        match self {
            Self::Removed => f.write_str("the key is removed"),
            Self::Added => f.write_str("the key is new"),
            Self::Renamed => f.write_str("the key is renamed"),
            Self::Replaced => f.write_str("the key is probably renamed, without an alias"),
            Self::Aliases { old, new } => {
                write!(f, "the aliases {} are now {}", list(old), list(new))
            }
            Self::Path { old, new } => write!(f, "the field {old} is now {new}"),
            Self::Kind { old, new } => write!(f, "the type {} is now {}", kind(old), kind(new)),
            Self::Reading { old, new } => {
                write!(f, "was read {}, is now read {}", format(old), format(new))
            }
            Self::Rule { old, new } => match (old, new) {
                (Some(old), Some(new)) => {
                    write!(f, "the rule {old} is now {new}")
                }
                (Some(old), None) => write!(f, "the rule {old} is removed"),
                (None, Some(new)) => write!(f, "the rule {new} is new"),
                (None, None) => Ok(()),
            },
            Self::Absent { old, new } => {
                write!(f, "was {}, is now {}", absent(old), absent(new))
            }
            Self::Restart(true) => f.write_str("now restart-only"),
            Self::Restart(false) => f.write_str("no longer restart-only"),
            Self::Hidden(true) => f.write_str("now secret"),
            Self::Hidden(false) => f.write_str("no longer secret"),
            Self::Deprecated(Some(_)) => f.write_str("now deprecated, or with another note"),
            Self::Deprecated(None) => f.write_str("no longer deprecated"),
            Self::Comparing(Some(path)) => write!(f, "now compared by {path}"),
            Self::Comparing(None) => f.write_str("now compared by =="),
            Self::Doc => f.write_str("the description changed"),
            Self::Name { old, new } => write!(f, "the struct {old} is now {new}"),
            Self::Prefix { old, new } => {
                let shown = |prefix: &Option<String>| prefix.clone().unwrap_or("none".to_owned());
                write!(f, "the prefix {} is now {}", shown(old), shown(new))
            }
            Self::StructRuleAdded(rule) => write!(
                f,
                "the rule {} over {} is new",
                rule.rule,
                section(&rule.section)
            ),
            Self::StructRuleRemoved(rule) => {
                write!(
                    f,
                    "the rule {} over {} is removed",
                    rule.rule,
                    section(&rule.section)
                )
            }
        }
    }
}

fn section(section: &str) -> String {
    match section {
        "" => "the root struct".to_owned(),
        section => format!("`{section}`"),
    }
}
