//! The schema as a value: the declaration of a struct, key by key, without the struct.
//!
//! In: the constants of a struct, or a committed file. Out: one [`Key`] for each leaf, in the order
//! of their names; the same for the same declarations, even if the structs are nested differently.
//! It knows no store, and no values except the defaults.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::typed::shape::Scalar;
use crate::value::{Codec, Mode};
use crate::wording::{one_of_words, shorten};

pub use super::rule::{Bound, Interval, Rule};
pub use crate::typed::tree::Absent;

/// The declaration of a struct: its keys, their types, defaults and rules.
///
/// From [`hotconfig::schema::<T>()`](fn@crate::schema), or from a committed file.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Schema {
    /// The struct's name.
    pub name: String,
    /// Its description; empty without one.
    pub doc: String,
    /// The prefix's template, if the struct has one.
    pub prefix: Option<String>,
    /// The keys, in the order of their names.
    pub keys: Vec<Key>,
    /// The sections that have a description, in the order of their keys.
    pub sections: Vec<Section>,
    /// The rules over whole structs, that of the root first.
    pub rules: Vec<StructRule>,
}

/// One key of a [`Schema`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Key {
    /// The key below the prefix, `db/pool_size`.
    pub key: String,
    /// The path in Rust, `db.pool_size`.
    pub field: String,
    /// Old keys that are still read, in order of precedence.
    pub aliases: Vec<String>,
    /// The type of the values.
    pub kind: Type,
    /// The format of the bytes.
    pub format: Format,
    /// The meaning of an absent key.
    pub absent: Absent,
    /// The rules of the field itself.
    pub rules: Vec<Rule>,
    /// The function by which two values are compared, if it is not `==`.
    pub compare: Option<String>,
    /// Whether the value is never printed.
    pub secret: bool,
    /// Whether the field keeps its first value until the program starts again.
    pub restart: bool,
    /// The note, if the key is deprecated; empty without one.
    pub deprecated: Option<String>,
    /// Its description; empty without one.
    pub doc: String,
}

/// The type of a value: a [`Shape`](super::Shape) that can be written to a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    rename_all = "lowercase",
    expecting = "expected the name of a scalar, `\"u32\"`, or an object with the member \
                 `optional`, `list`, `map`, `words` or `rust`, such as `{\"optional\": \"u32\"}`"
)]
#[non_exhaustive]
pub enum Type {
    /// One of these words.
    Words(Vec<String>),
    /// The same type, or nothing.
    Optional(Box<Type>),
    /// A sequence.
    List(Box<Type>),
    /// Names, each with a value of this type.
    Map(Box<Type>),
    /// A type known only by its name in Rust.
    Rust(String),
    /// A well-known type.
    #[serde(untagged)]
    Scalar(Scalar),
}

/// The type's name in Rust.
impl fmt::Display for Scalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // serde writes a variant without data as its name.
        self.serialize(f)
    }
}

/// The format of a key's bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "FormatFile", into = "FormatFile")]
#[non_exhaustive]
pub enum Format {
    /// A built-in codec.
    Codec(Codec),
    /// The user's codec at this path.
    With(String),
}

/// The format in a file.
#[derive(Serialize, Deserialize)]
#[serde(
    rename_all = "lowercase",
    expecting = "expected the name of a codec, `\"json\"`, or `{\"with\": \"path::of::a::codec\"}`"
)]
enum FormatFile {
    With(String),
    #[serde(untagged)]
    Name(String),
}

impl TryFrom<FormatFile> for Format {
    type Error = String;

    fn try_from(written: FormatFile) -> Result<Self, String> {
        let name = match written {
            FormatFile::Name(name) => name,
            FormatFile::With(path) => return Ok(Self::With(path)),
        };
        let codec = Codec::ALL.iter().find(|codec| codec.name() == name);
        let codec = codec.ok_or_else(|| {
            let names: Vec<_> = Codec::ALL.iter().map(|codec| codec.name()).collect();
            let name = shorten(&name);
            format!("unknown codec `{name}`; expected {}", one_of_words(&names))
        })?;
        Ok(Self::Codec(*codec))
    }
}

impl From<Format> for FormatFile {
    fn from(format: Format) -> Self {
        match format {
            Format::Codec(codec) => Self::Name(codec.name().to_owned()),
            Format::With(path) => Self::With(path),
        }
    }
}

impl Default for Format {
    fn default() -> Self {
        Self::Codec(Codec::Auto)
    }
}

impl Format {
    /// Whether it is the format of a field without one.
    pub(super) fn is_auto(&self) -> bool {
        *self == Self::default()
    }

    /// The form of the bytes; `None` if only the codec knows it.
    pub(super) fn mode(&self) -> Option<Mode> {
        match self {
            Self::Codec(codec) => codec.mode(),
            Self::With(_) => None,
        }
    }

    /// The name of a built-in codec, or the path of the user's.
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Codec(codec) => codec.name(),
            Self::With(path) => path,
        }
    }
}

/// A section that has a description.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Section {
    /// Its key below the prefix, `db`.
    pub key: String,
    /// The description of the field, otherwise that of its struct.
    pub doc: String,
}

/// A rule over a whole struct.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct StructRule {
    /// The key of the section, `db`; empty for the root.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub section: String,
    /// The path of the function.
    pub rule: String,
}
