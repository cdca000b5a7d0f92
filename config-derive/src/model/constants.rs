//! The questions about a leaf that only the compiler can answer, in constants.
//!
//! [`crate::check`] asks them, and [`crate::expand`] writes the constants.

use proc_macro2::{Span, TokenStream};
use syn::Type;

use super::automaton::AutomatonTable;

/// A question that is answered by a constant.
pub(crate) struct DeferredCheck {
    /// Where a mistake is underlined: from the first token to the last.
    pub(crate) span: Span,
    pub(crate) end: Span,
    pub(crate) kind: DeferredKind,
}

pub(crate) enum DeferredKind {
    /// Whether the bounds are of the type, and in order.
    Range {
        low: ConstValue,
        high: ConstValue,
        inclusive: bool,
        /// Of a length, which is a number whatever the type is.
        length: bool,
        written: String,
    },
    /// Whether the default is of the type, and keeps the rules.
    Default {
        given: ConstValue,
        rules: Vec<DeferredRule>,
        /// The type inside `Option` and `Secret`.
        inner: Type,
    },
    /// Whether the default can be computed at all.
    Value { value: TokenStream, ty: Type },
}

pub(crate) struct DeferredRule {
    /// How it was written, for messages.
    pub(crate) written: String,
    pub(crate) kind: DeferredRuleKind,
}

pub(crate) enum DeferredRuleKind {
    Range {
        low: ConstValue,
        high: ConstValue,
        inclusive: bool,
    },
    Length {
        low: ConstValue,
        high: ConstValue,
        inclusive: bool,
    },
    OneOf(Vec<ConstValue>),
    NonEmpty,
    Pattern(AutomatonTable),
    /// A rule over the text that the macro has asked already, with the answer.
    Text(bool),
}

/// A default or a bound, as far as a constant can know it.
pub(crate) enum ConstValue {
    Nothing,
    /// What the type's `Default` gives.
    Zero,
    Integer(i128),
    Float(f64),
    Text(Box<ParsedText>),
    /// Constant expressions of types that are known.
    IntegerOf(TokenStream),
    FloatOf(TokenStream),
    DurationOf(TokenStream),
    SizeOf(TokenStream),
    WordOf(TokenStream),
    /// One of these, or an `Option` of it.
    ValueOf(TokenStream),
    Unknown,
}

/// A text, read in every way that it can be.
pub(crate) struct ParsedText {
    pub(crate) text: String,
    pub(crate) integer: Option<i128>,
    pub(crate) float: Option<f64>,
    pub(crate) nanos: Option<u128>,
    pub(crate) bytes: Option<u64>,
    /// How many entries it has as a JSON array, and as an object.
    pub(crate) list: Option<usize>,
    pub(crate) map: Option<usize>,
    /// The entries of the array, or the values of the object.
    pub(crate) entries: Vec<JsonEntry>,
    /// Whether no entry of the array stands there twice: a set would hold fewer.
    pub(crate) distinct: bool,
    /// Whether it is an `Ipv4Addr`, `Ipv6Addr`, `SocketAddrV4`, `SocketAddrV6`.
    pub(crate) addresses: [bool; 4],
}

/// What stands inside of JSON.
pub(crate) enum JsonEntry {
    Word(String),
    Integer(i128),
    Other,
}
