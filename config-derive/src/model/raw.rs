//! A struct as it was written, before any check.

use syn::{Expr, ExprRange, Generics, Ident, LitStr, Path, Type};

use super::codec::{self, Format};
use super::item_value::ItemValue;

pub(crate) struct StructInput {
    pub(crate) ident: Ident,
    pub(crate) generics: Generics,
    pub(crate) doc: String,
    pub(crate) prefix: Option<ItemValue<LitStr>>,
    pub(crate) rename_all: Option<ItemValue<LitStr>>,
    pub(crate) validate: Option<ItemValue<Path>>,
    pub(crate) schema: Option<ItemValue<LitStr>>,
    pub(crate) krate: Option<ItemValue<Path>>,
    /// The attributes of serde.
    pub(crate) serde: Vec<ItemValue<SerdeAttribute>>,
    pub(crate) fields: Vec<FieldInput>,
}

pub(crate) struct FieldInput {
    pub(crate) ident: Ident,
    pub(crate) ty: Type,
    pub(crate) doc: String,
    /// `false` if an attribute could not be read: the kind of the field is then unknown.
    pub(crate) readable: bool,
    pub(crate) key: Option<ItemValue<LitStr>>,
    pub(crate) aliases: Vec<ItemValue<LitStr>>,
    pub(crate) nested: Option<ItemValue<()>>,
    pub(crate) skip: Option<ItemValue<()>>,
    pub(crate) default: Option<ItemValue<DefaultAttribute>>,
    pub(crate) formats: Vec<ItemValue<Format>>,
    pub(crate) compare: Option<ItemValue<Path>>,
    pub(crate) secret: Option<ItemValue<()>>,
    pub(crate) restart: Option<ItemValue<()>>,
    pub(crate) deprecated: Option<ItemValue<LitStr>>,
    pub(crate) rules: Vec<ItemValue<RuleAttribute>>,
    /// The attributes of serde.
    pub(crate) serde: Vec<ItemValue<SerdeAttribute>>,
}

/// An attribute of serde that affects reading.
pub(crate) struct SerdeAttribute {
    pub(crate) name: String,
    /// The text behind it.
    pub(crate) text: Option<String>,
}

pub(crate) enum DefaultAttribute {
    /// `default`
    OfType,
    /// `default = …`
    Value(Expr),
}

pub(crate) enum RuleAttribute {
    Range(ExprRange),
    Length(ExprRange),
    Pattern(LitStr),
    OneOf(Vec<Expr>),
    NonEmpty,
    Url,
    Validate(Path),
}

impl FieldInput {
    /// The codec that the field names first.
    pub(crate) fn format(&self) -> Format {
        let written = self.formats.first().map(|written| written.value.clone());
        written.unwrap_or(Format::Codec(&codec::AUTO))
    }

    /// A field without attributes.
    pub(crate) fn new(ident: Ident, ty: Type) -> Self {
        Self {
            ident,
            ty,
            doc: String::new(),
            readable: true,
            key: None,
            aliases: Vec::new(),
            nested: None,
            skip: None,
            default: None,
            formats: Vec::new(),
            compare: None,
            secret: None,
            restart: None,
            deprecated: None,
            rules: Vec::new(),
            serde: Vec::new(),
        }
    }
}
