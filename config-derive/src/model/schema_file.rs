//! A committed schema file: as loaded, and the keys that the struct is compared with.

use std::collections::BTreeMap;

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;
use serde::Deserialize;
use syn::LitStr;

/// A schema file as it is on disk.
pub(crate) struct SchemaSource {
    /// The absolute path.
    pub(crate) path: String,
    pub(crate) exists: bool,
    pub(crate) content: SchemaContent,
}

/// The content of a schema file, as far as it is needed.
pub(crate) enum SchemaContent {
    /// The file is about to be written anew: nothing is compared with it.
    Ignored,
    /// The file is outside of the crate, and is not read.
    Outside,
    Text(String),
    /// Reading failed with this error.
    Failed(std::io::Error),
}

/// The schema file that the struct is compared with.
pub(crate) struct SchemaFile {
    /// The name in the struct's attribute.
    pub(crate) name: String,
    /// The absolute path.
    pub(crate) path: String,
    pub(crate) exists: bool,
    /// Its keys, with their types; none if nothing is compared with them.
    pub(crate) keys: BTreeMap<String, KeyType>,
    pub(crate) span: Span,
}

/// The type of a key in a schema file.
#[derive(Deserialize)]
#[serde(
    rename_all = "lowercase",
    expecting = "a type is the name of a scalar, or an object"
)]
pub(crate) enum KeyType {
    Words(Vec<String>),
    Optional(Box<KeyType>),
    List(Box<KeyType>),
    Map(Box<KeyType>),
    Rust(String),
    #[serde(untagged)]
    Scalar(String),
}

impl KeyType {
    /// The type as Rust writes it.
    pub(crate) fn written(&self) -> String {
        match self {
            Self::Scalar(name) | Self::Rust(name) => name.clone(),
            Self::Optional(inner) => format!("Option<{}>", inner.written()),
            Self::List(inner) => format!("Vec<{}>", inner.written()),
            Self::Map(inner) => format!("BTreeMap<String, {}>", inner.written()),
            Self::Words(words) => words.join(" | "),
        }
    }
}

/// The place of a file for `include_bytes!`.
impl ToTokens for SchemaFile {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        LitStr::new(&self.path, self.span).to_tokens(tokens);
    }
}
