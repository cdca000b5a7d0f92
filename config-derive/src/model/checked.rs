//! A struct that may be expanded. Only [`crate::check`] makes one.
//!
//! A reported mistake is left out here, so that no other error follows.

use proc_macro2::Span;
use syn::{Expr, ExprRange, Generics, Ident, LitStr, Path, Type};

use super::codec::Format;
use super::constants::{ConstValue, DeferredCheck, NamedConstant};
use super::known::KnownType;
use super::schema_file::SchemaFile;

pub(crate) struct Struct {
    pub(crate) implemented: Implemented,
    pub(crate) ident: Ident,
    pub(crate) generics: Generics,
    pub(crate) doc: String,
    pub(crate) prefix: Option<String>,
    pub(crate) validate: Option<Path>,
    /// The path of hotconfig, if the struct names it.
    pub(crate) krate: Option<Path>,
    pub(crate) fields: Vec<StructField>,
    pub(crate) schema_file: Option<SchemaFile>,
    /// Whether a field is not the intended one, or has not the intended key.
    pub(crate) faulty: bool,
}

/// The trait that can be implemented for the struct, whose fields may be wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Implemented {
    /// None that would not be another error: the struct has no size.
    Nothing,
    /// No snapshot can hold the struct, but other structs may name it as a section.
    Section,
    HotConfig,
}

pub(crate) struct StructField {
    /// Its place among the fields: one step of a path.
    pub(crate) number: u16,
    pub(crate) ident: Ident,
    /// Without `r#`.
    pub(crate) name: String,
    pub(crate) ty: Type,
    pub(crate) doc: String,
    pub(crate) key: String,
    pub(crate) aliases: Vec<String>,
    pub(crate) secret: bool,
    pub(crate) restart: bool,
    pub(crate) deprecated: Option<String>,
    pub(crate) kind: FieldKind,
}

pub(crate) enum FieldKind {
    /// One key.
    Leaf(Box<LeafSpec>),
    /// A nested struct.
    Section,
    /// No key.
    Skipped,
    /// Its intended kind is unknown, and was reported. If its type can be named again, paths may go
    /// through it.
    Faulty { nameable: bool },
}

pub(crate) struct LeafSpec {
    pub(crate) format: Format,
    pub(crate) default: LeafDefault,
    pub(crate) rules: Vec<LeafRule>,
    pub(crate) compare: Option<Path>,
    /// The facts that the type's name shows.
    pub(crate) known: KnownType,
    /// Whether the compiler is to check that the type is a `Secret`.
    pub(crate) must_be_secret: bool,
    /// The attributes that a section can't have.
    pub(crate) about_the_value: Vec<&'static str>,
    /// The constants for the expressions that stand in several places of the expansion.
    pub(crate) constants: Vec<NamedConstant>,
    /// The default with the name of its constant, if it has one.
    pub(crate) named_default: Option<Expr>,
    /// The checks that only the compiler can make.
    pub(crate) deferred: Vec<DeferredCheck>,
}

pub(crate) enum LeafDefault {
    None,
    /// That of the type; the place of the attribute.
    OfType(Span),
    /// Read as the store's bytes would be.
    Text(LitStr),
    /// With the text that the store would hold, if it is known.
    Expression(Expr, Option<String>),
}

pub(crate) struct LeafRule {
    /// The place in the source.
    pub(crate) span: Span,
    /// The source text, for messages.
    pub(crate) written: String,
    pub(crate) kind: RuleKind,
}

pub(crate) enum RuleKind {
    Range {
        bounds: ExprRange,
        low: ConstValue,
        high: ConstValue,
    },
    Length {
        bounds: ExprRange,
        low: ConstValue,
        high: ConstValue,
    },
    Pattern(LitStr),
    OneOf {
        values: Vec<Expr>,
        shown: Vec<String>,
    },
    NonEmpty,
    Url,
    Validate(Path),
}
