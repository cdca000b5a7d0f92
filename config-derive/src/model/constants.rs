//! The checks of a leaf that only the compiler can make, in constants.
//!
//! [`crate::check`] makes the list, and [`crate::expand`] writes the constants.

use std::time::Duration;

use proc_macro2::{Ident, Span, TokenStream};
use syn::LitStr;

use super::scalar::ScalarType;

/// A check that a constant makes, because only the compiler knows the type or the value.
pub(crate) struct DeferredCheck {
    /// The first and the last token of the underline.
    pub(crate) span: Span,
    pub(crate) end: Span,
    pub(crate) kind: DeferredKind,
}

pub(crate) enum DeferredKind {
    /// Whether the bounds are in order.
    Range {
        low: ConstValue,
        high: ConstValue,
        inclusive: bool,
        written: String,
    },
    /// Whether the default keeps the rules.
    Default {
        default: ConstValue,
        rules: Vec<DeferredRule>,
    },
    /// Whether the default, an expression of this type, can be computed at all.
    Value(TokenStream),
    /// Whether the type is one of these, for which something is wrong.
    Refused(Vec<(ScalarType, String)>),
    /// Whether a literal is of the type, and keeps the rules.
    Literal(LiteralVerdicts),
}

/// A constant of the expansion for an expression that stands in several places there, so that a
/// mistake in it is reported once.
pub(crate) struct NamedConstant {
    pub(crate) name: Ident,
    pub(crate) ty: TokenStream,
    pub(crate) value: TokenStream,
    pub(crate) span: Span,
}

pub(crate) struct DeferredRule {
    /// The source text, for messages.
    pub(crate) written: String,
    pub(crate) kind: DeferredRuleKind,
    /// Whether it has a bound that is a constant.
    pub(crate) is_computed: bool,
}

pub(crate) enum DeferredRuleKind {
    /// Low, high, and whether the high end is included.
    Range(ConstValue, ConstValue, bool),
    Length(ConstValue, ConstValue, bool),
    OneOf(Vec<ConstValue>),
    NonEmpty,
}

/// A default or an end of a range, as far as it is known while compiling.
#[derive(Clone)]
pub(crate) enum ConstValue {
    Nothing,
    Integer(i128),
    Float(f64),
    Period(Duration),
    Bytes(u64),
    Text(LitStr),
    /// Constant expressions of known types.
    IntegerOf(TokenStream),
    FloatOf(TokenStream),
    PeriodOf(TokenStream),
    BytesOf(TokenStream),
    TextOf(TokenStream),
    /// An expression that only the running program can compute, as it was written.
    Unknown(String),
}

impl ConstValue {
    /// Whether the macro knows the value.
    pub(crate) fn is_literal(&self) -> bool {
        matches!(
            self,
            Self::Nothing | Self::Integer(_) | Self::Float(_) | Self::Period(_) | Self::Bytes(_)
        )
    }

    /// The expression, if only the compiler knows the value.
    pub(crate) fn computed(&self) -> Option<&TokenStream> {
        match self {
            Self::IntegerOf(value)
            | Self::FloatOf(value)
            | Self::PeriodOf(value)
            | Self::BytesOf(value)
            | Self::TextOf(value) => Some(value),
            _ => None,
        }
    }

    /// The same for another expression of the same value.
    pub(crate) fn replace_computed(&mut self, by: TokenStream) {
        match self {
            Self::IntegerOf(value)
            | Self::FloatOf(value)
            | Self::PeriodOf(value)
            | Self::BytesOf(value)
            | Self::TextOf(value) => *value = by,
            _ => {}
        }
    }

    pub(crate) fn is_unknown(&self) -> bool {
        matches!(self, Self::Unknown(_))
    }

    /// Whether only the compiler knows the value.
    pub(crate) fn is_computed(&self) -> bool {
        self.computed().is_some()
    }
}

/// The verdicts on a literal, for each type that it may be of.
pub(crate) struct LiteralVerdicts {
    /// The text, if it is one.
    pub(crate) text: Option<String>,
    /// The scalars that it is.
    pub(crate) accepts: Vec<ScalarType>,
    /// The scalars as which something known is wrong with it: it breaks a rule, or has no such
    /// unit.
    pub(crate) refused: Vec<(ScalarType, String)>,
    /// The same as a list, and as a map; none if it is no such JSON.
    pub(crate) list: Option<EntryVerdicts>,
    pub(crate) map: Option<EntryVerdicts>,
    /// The message if it is no JSON.
    pub(crate) broken: Option<String>,
    /// The words inside the JSON.
    pub(crate) words: Vec<String>,
}

/// The verdicts on a list or a map.
pub(crate) struct EntryVerdicts {
    /// The scalars that all entries are.
    pub(crate) accepts: Vec<ScalarType>,
    /// The message if it breaks a rule.
    pub(crate) breaks: Option<String>,
}
