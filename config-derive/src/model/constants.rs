//! The checks of a leaf that only the compiler can make, in constants.
//!
//! [`crate::check`] makes the list, and [`crate::expand`] writes the constants.

use proc_macro2::{Span, TokenStream};

/// A check that a constant makes, because only the compiler knows the type or the value.
pub(crate) struct DeferredCheck {
    /// The first and the last token of the underline.
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
        /// Whether it is a length, which is a number whatever the type is.
        length: bool,
        written: String,
    },
    /// Whether the default is of the type, and keeps the rules.
    Default {
        default: ConstValue,
        rules: Vec<DeferredRule>,
    },
    /// Whether the default can be computed at all.
    Value(TokenStream),
}

pub(crate) struct DeferredRule {
    /// The source text, for messages.
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
    /// A rule over the text that the macro has checked itself, with the result.
    Text(bool),
}

/// A default or a bound, as far as a constant can know it.
pub(crate) enum ConstValue {
    Nothing,
    /// The value of the type's `Default`.
    Zero,
    Integer(i128),
    Float(f64),
    Text(Box<ParsedText>),
    /// Constant expressions of known types.
    IntegerOf(TokenStream),
    FloatOf(TokenStream),
    DurationOf(TokenStream),
    SizeOf(TokenStream),
    WordOf(TokenStream),
    Unknown,
}

/// A text, parsed as each type that it could have.
pub(crate) struct ParsedText {
    pub(crate) text: String,
    pub(crate) integer: Option<i128>,
    pub(crate) float: Option<f64>,
    pub(crate) nanos: Option<u128>,
    pub(crate) bytes: Option<u64>,
    /// The number of entries as a JSON array, and as an object.
    pub(crate) list: Option<usize>,
    pub(crate) map: Option<usize>,
    /// The entries of the array, or the values of the object.
    pub(crate) entries: Vec<JsonEntry>,
    /// Whether the entries of the array are distinct; otherwise a set would hold fewer.
    pub(crate) distinct: bool,
    /// Whether it is an `Ipv4Addr`, `Ipv6Addr`, `SocketAddrV4`, `SocketAddrV6`.
    pub(crate) addresses: [bool; 4],
}

/// An entry of a JSON array or object.
pub(crate) enum JsonEntry {
    Word(String),
    Integer(i128),
    Other,
}
