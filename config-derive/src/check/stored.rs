//! The texts in the store that a type may have, if its name is known; collections too.
//!
//! In: a type and the format of its field. Out: whether a text is one of its values, and why not.
//! It follows the table of `hotconfig::value`. An unknown type is never a reason to reject.

use serde_json::Value as Json;
use syn::Type;

use super::units;
use crate::model::codec::Form;
use crate::model::known::{CollectionLength, TypeForm};
use crate::model::scalar::ScalarType;
use crate::tidy::tidy;

impl TypeForm {
    /// An example of this type in JSON.
    fn example(&self) -> String {
        match self {
            Self::Scalar(scalar) => match scalar {
                ScalarType::Integer { .. } | ScalarType::NonZero { .. } => "8".to_owned(),
                ScalarType::Float(_) => "0.5".to_owned(),
                ScalarType::Bool => "true".to_owned(),
                ScalarType::Char => "\"x\"".to_owned(),
                ScalarType::String => "\"a\"".to_owned(),
                ScalarType::Duration => "\"30s\"".to_owned(),
                ScalarType::Size => "\"64MiB\"".to_owned(),
                ScalarType::Path => "\"/etc/app\"".to_owned(),
                ScalarType::Address(address) => format!("\"{}\"", address.text()),
                ScalarType::Url => "\"https://example.com/\"".to_owned(),
            },
            Self::Optional(inner) => inner.example(),
            Self::List(inner, entries) => {
                let number = match entries {
                    CollectionLength::Fixed(length @ 2..=8) => *length,
                    _ => 1,
                };
                format!("[{}]", vec![inner.example(); number].join(", "))
            }
            Self::Tuple(inner) => {
                let inner: Vec<_> = inner.iter().map(Self::example).collect();
                format!("[{}]", inner.join(", "))
            }
            Self::Map(inner) => format!("{{\"name\": {}}}", inner.example()),
            Self::Unknown => "…".to_owned(),
        }
    }

    /// The reason and the place inside if this is known not to be a value of the type.
    fn refuses(&self, json: &Json, at: &str) -> Option<String> {
        let wrong = |what: String| {
            Some(if at.is_empty() {
                what
            } else {
                format!("{what} at `{at}`")
            })
        };
        match (self, json) {
            (Self::Unknown, _) | (Self::Optional(_), Json::Null) => None,
            (Self::Optional(inner), json) => inner.refuses(json, at),
            (Self::List(inner, length), Json::Array(entries)) => match length {
                CollectionLength::Fixed(length) if *length != entries.len() => wrong(format!(
                    "the length is {} instead of {length}",
                    entries.len()
                )),
                _ => entries
                    .iter()
                    .enumerate()
                    .find_map(|(number, entry)| inner.refuses(entry, &format!("{at}[{number}]"))),
            },
            (Self::Tuple(inner), Json::Array(entries)) => {
                if inner.len() != entries.len() {
                    return wrong(format!(
                        "the length is {} instead of {}",
                        entries.len(),
                        inner.len()
                    ));
                }
                inner
                    .iter()
                    .zip(entries)
                    .enumerate()
                    .find_map(|(number, (inner, entry))| {
                        inner.refuses(entry, &format!("{at}[{number}]"))
                    })
            }
            (Self::Map(inner), Json::Object(entries)) => entries
                .iter()
                .find_map(|(name, entry)| inner.refuses(entry, &format!("{at}.{name}"))),
            (Self::List(..) | Self::Tuple(_), json) => {
                wrong(format!("{} where an array is expected", kind(json)))
            }
            (Self::Map(_), json) => wrong(format!("{} where an object is expected", kind(json))),
            (Self::Scalar(scalar), json) => {
                let right = word_in_json(*scalar, json)?;
                if let Json::String(text) = json
                    && let Some((unit, known)) = units::unknown_unit(text, *scalar)
                {
                    return wrong(format!("the unit `{unit}` instead of {known}"));
                }
                wrong(format!("{} where {right} is expected", shown(json)))
            }
        }
    }
}

/// The kind of JSON.
fn kind(json: &Json) -> &'static str {
    match json {
        Json::Null => "`null`",
        Json::Bool(_) => "a bool",
        Json::Number(_) => "a number",
        Json::String(_) => "a string",
        Json::Array(_) => "an array",
        Json::Object(_) => "an object",
    }
}

/// The JSON itself, if it is short.
fn shown(json: &Json) -> String {
    match json {
        Json::Array(_) | Json::Object(_) => kind(json).to_owned(),
        json => format!("`{json}`"),
    }
}

/// The JSON that is expected for a scalar; `None` if this is it.
fn word_in_json(scalar: ScalarType, json: &Json) -> Option<String> {
    let right = match (scalar, json) {
        (
            ScalarType::Integer { min, max, name } | ScalarType::NonZero { min, max, name },
            Json::Number(number),
        ) => {
            // `serde_json` itself holds numbers of 64 bits; longer ones are unknown.
            let number = number
                .as_i64()
                .map(i128::from)
                .or_else(|| number.as_u64().map(i128::from));
            let zero = matches!(scalar, ScalarType::NonZero { .. }) && number == Some(0);
            match number {
                Some(number) if number >= min && number <= max && !zero => return None,
                None if name.ends_with("128") => return None,
                _ if zero => "a number that is not zero".to_owned(),
                _ => format!("a whole number from {min} to {max}"),
            }
        }
        (ScalarType::Integer { .. } | ScalarType::NonZero { .. }, _) => "a whole number".to_owned(),
        (ScalarType::Float(_), Json::Number(_)) | (ScalarType::Bool, Json::Bool(_)) => return None,
        (ScalarType::Float(_), _) => "a number".to_owned(),
        (ScalarType::Bool, _) => "`true` or `false`".to_owned(),
        (ScalarType::Duration, Json::Object(parts)) => {
            if parts.len() == 2 && parts.contains_key("secs") && parts.contains_key("nanos") {
                return None;
            }
            "a duration, `\"30s\"`,".to_owned()
        }
        (ScalarType::Size, Json::Number(number)) if number.is_u64() => return None,
        (ScalarType::Char, Json::String(text)) if text.chars().count() != 1 => {
            "one character".to_owned()
        }
        (_, Json::String(text)) => match scalar.refuses_text(text) {
            None => return None,
            Some(_) => format!("a `{}`", scalar.name()),
        },
        _ => format!("a string, as `{}`,", TypeForm::Scalar(scalar).example()),
    };
    Some(right)
}

/// The message for a text in the store that is not a value of the type.
pub(super) fn refuses(text: &str, ty: &Type, form: &TypeForm, codec_form: Form) -> Option<String> {
    match (codec_form, form) {
        // The check of formats reports a collection as plain text.
        (Form::Other, _)
        | (Form::Auto, TypeForm::Unknown)
        | (
            Form::Text,
            TypeForm::Unknown | TypeForm::List(..) | TypeForm::Tuple(_) | TypeForm::Map(_),
        ) => None,
        (Form::Auto | Form::Text, TypeForm::Scalar(scalar)) => scalar.text_mistake(text),
        (Form::Auto | Form::Text, TypeForm::Optional(inner)) => {
            if text.trim() == "null" {
                None
            } else {
                let refused = refuses(text, ty, inner, codec_form)?;
                let none = ["none", "nil", "undefined"];
                let trimmed = text.trim();
                Some(match (&**inner, trimmed) {
                    (TypeForm::Scalar(scalar), word)
                        if word.is_empty() || none.iter().any(|n| word.eq_ignore_ascii_case(n)) =>
                    {
                        let name = scalar.name();
                        format!("not a valid `{name}`: leave `default` out, and it is `None`")
                    }
                    _ => refused,
                })
            }
        }
        (Form::Auto | Form::Json, form) => {
            let instead = match form.inner() {
                TypeForm::Unknown => String::new(),
                form => format!("; write `default = {:?}`", form.example()),
            };
            match json(text) {
                Err(why) => Some(format!(
                    "a `{}` is JSON here, and this is not JSON: {why}{instead}",
                    tidy(ty)
                )),
                Ok(json) => form
                    .refuses(&json, "")
                    .map(|why| format!("not a valid `{}`: {why}{instead}", tidy(ty))),
            }
        }
    }
}

/// The JSON of a text, or the parser's error.
pub(super) fn json(text: &str) -> Result<Json, String> {
    serde_json::from_str(text.trim()).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::{Form, TypeForm, refuses};

    fn refused(ty: &str, codec_form: Form, text: &str) -> Option<String> {
        let ty = syn::parse_str(ty).unwrap();
        refuses(text, &ty, &TypeForm::from_type(&ty), codec_form)
    }

    #[test]
    fn texts_that_the_store_may_hold_are_left_alone() {
        use Form::{Auto, Json, Other, Text};
        for (ty, codec_form, text) in [
            ("u8", Auto, " 8\n"),
            ("Option<u8>", Auto, "null"),
            ("Option<String>", Auto, ""),
            ("Option<u8>", Json, "null"),
            ("String", Auto, "[a-z"),
            ("String", Json, "\"a\""),
            ("Box<str>", Auto, "a"),
            ("Duration", Json, "\"1h 30m\""),
            ("Duration", Json, "{\"secs\": 1, \"nanos\": 0}"),
            ("Size", Json, "1024"),
            ("Size", Auto, "1024"),
            (
                "Vec<Duration>",
                Auto,
                "[\"30s\", {\"secs\": 1, \"nanos\": 0}]",
            ),
            ("Vec<u8>", Auto, "[]"),
            (
                "Vec<u128>",
                Auto,
                "[340282366920938463463374607431768211455]",
            ),
            ("Vec<f64>", Auto, "[1, 0.5]"),
            ("[u8; 2]", Auto, "[1, 2]"),
            ("(u8, String)", Auto, "[1, \"a\"]"),
            ("HashMap<String, Option<u8>>", Auto, "{\"a\": null}"),
            ("BTreeMap<u8, Vec<Level>>", Auto, "{\"1\": [\"info\"]}"),
            ("Option<Vec<u8>>", Auto, "null"),
            ("Vec<Secret<String>>", Auto, "[\"a\"]"),
            ("Level", Auto, "[a-z]+"),
            ("Template", Auto, "{app}"),
            ("Bytes", Other, "[\"a"),
            ("Level", Text, "[\"a"),
            ("NonZero<u8>", Auto, "8"),
            ("IpAddr", Auto, "::1"),
            ("PathBuf", Auto, "/etc"),
            ("url::Url", Auto, "https://example.com"),
            ("other::Url", Auto, "example"),
            ("Size", Auto, "+5"),
            ("Size", Auto, "\"5MiB\""),
            ("char", Auto, " x"),
            ("i8", Auto, "-0"),
        ] {
            assert_eq!(refused(ty, codec_form, text), None, "{ty} {text}");
        }
    }

    #[test]
    fn texts_that_no_value_has_are_refused() {
        use Form::{Auto, Json};
        for (ty, codec_form, text, why) in [
            ("u8", Auto, "300", "not a valid `u8`"),
            ("Option<u8>", Auto, "", "not a valid `u8`"),
            ("String", Json, "a", "is JSON here"),
            ("String", Json, "1", "`1` where a string"),
            ("u8", Json, "null", "`null` where a whole number"),
            ("Vec<u8>", Auto, "", "is JSON here"),
            ("Vec<u8>", Auto, "1, 2", "write `default = \"[8]\"`"),
            (
                "Vec<u8>",
                Auto,
                "[1, 300]",
                "`300` where a whole number from 0 to 255 is expected at `[1]`",
            ),
            ("Vec<u8>", Auto, "{}", "an object where an array"),
            ("Vec<NonZeroU8>", Auto, "[0]", "not zero"),
            ("Vec<Duration>", Auto, "[30]", "as `\"30s\"`"),
            (
                "Vec<Duration>",
                Auto,
                "[\"30\"]",
                "a `Duration` is expected at `[0]`",
            ),
            ("[u8; 2]", Auto, "[1]", "the length is 1 instead of 2"),
            ("BTreeMap<String, u8>", Auto, "{\"a\": \"b\"}", "at `.a`"),
            (
                "HashMap<String, Vec<bool>>",
                Auto,
                "{\"a\": [1]}",
                "at `.a[0]`",
            ),
            ("Level", Json, "info", "is JSON here"),
            ("NonZero<u8>", Auto, "0", "not zero"),
            ("SocketAddr", Auto, "localhost:80", "127.0.0.1:8080"),
            ("Url", Auto, "example.com", "absolute URL"),
            ("Size", Auto, "0.5", "with its unit"),
            ("Vec<char>", Auto, "[\" x\"]", "one character"),
            ("u8", Auto, "-0", "without its sign"),
            (
                "i128",
                Auto,
                "170141183460469231731687303715884105728",
                "not a valid `i128`",
            ),
        ] {
            let refused = refused(ty, codec_form, text).unwrap_or_default();
            assert!(refused.contains(why), "{ty} {text}: {refused}");
        }
    }
}
