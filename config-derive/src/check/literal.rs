//! Literals, and whether they are of a scalar type.
//!
//! In: a literal of Rust, or a text of the store. Out: its value, or the message that it is of
//! another type. It reads a text as the runtime does.

use std::cmp::Ordering;

use iri_string::types::IriStr;
use syn::{Expr, ExprRange, Lit, LitStr, RangeLimits, UnOp};

use super::units::{self, duration, size};
use crate::model::scalar::{Address, ScalarType};

impl Address {
    fn reads(self, text: &str) -> bool {
        use std::net;
        match self {
            Self::Ip => text.parse::<net::IpAddr>().is_ok(),
            Self::Ipv4 => text.parse::<net::Ipv4Addr>().is_ok(),
            Self::Ipv6 => text.parse::<net::Ipv6Addr>().is_ok(),
            Self::Socket => text.parse::<net::SocketAddr>().is_ok(),
            Self::SocketV4 => text.parse::<net::SocketAddrV4>().is_ok(),
            Self::SocketV6 => text.parse::<net::SocketAddrV6>().is_ok(),
        }
    }

    fn example(self) -> &'static str {
        match self {
            Self::Ip | Self::Ipv4 => "an address, `127.0.0.1`; a host name is a `String`",
            Self::Ipv6 => "an address, `::1`; a host name is a `String`",
            Self::Socket | Self::SocketV4 => {
                "an address and a port, `127.0.0.1:8080`; a host name is a `String`"
            }
            Self::SocketV6 => "an address and a port, `[::1]:8080`; a host name is a `String`",
        }
    }
}

impl ScalarType {
    /// The message for a literal in Rust that is not of this type.
    pub(super) fn refuses(self, literal: &Literal) -> Option<String> {
        let name = self.name();
        match (self, literal) {
            (_, Literal::Text(text)) => self.text_mistake(&text.value()),
            (Self::NonZero { .. }, Literal::Integer(0)) => {
                Some(format!("not a valid `{name}`, which is never zero"))
            }
            (
                Self::Integer { min, max, .. } | Self::NonZero { min, max, .. },
                Literal::Integer(number),
            ) => (*number < min || *number > max)
                .then(|| format!("not a valid `{name}`, which goes from {min} to {max}")),
            (Self::Float(_), Literal::Integer(number)) => {
                Some(format!("not a valid `{name}`: write `{number}.0`"))
            }
            (Self::Float(_), Literal::Float(number)) => (!fits_a_float(*number, name))
                .then(|| format!("not a valid `{name}`: it is too big for one")),
            (Self::Bool, Literal::Bool(_)) | (Self::Char, Literal::Char(_)) => None,
            _ => Some(format!("not a valid `{name}`: write {}", self.example())),
        }
    }

    /// An example of a literal in Rust, and what to say of it.
    fn example(self) -> String {
        match self {
            Self::Integer { .. } | Self::NonZero { .. } => "a whole number, `8`".to_owned(),
            Self::Float(_) => "a number, `0.5`".to_owned(),
            Self::Bool => "`true` or `false`".to_owned(),
            Self::Char => "`'x'`".to_owned(),
            Self::String => "it in quotes".to_owned(),
            Self::Duration => "it with its unit, `\"30s\"`".to_owned(),
            Self::Size => "it with its unit, `\"64MiB\"`".to_owned(),
            Self::Path => "it in quotes, `\"/etc/app\"`".to_owned(),
            Self::Address(address) => format!("it in quotes, as {}", address.example()),
            Self::Url => "it in quotes, `\"https://example.com/\"`".to_owned(),
        }
    }

    /// The correct form, if a text in the store can't be read as this type.
    pub(super) fn refuses_text(self, text: &str) -> Option<&'static str> {
        let trimmed = text.trim();
        match self {
            Self::Integer { min, max, .. } | Self::NonZero { min, max, .. } => {
                match trimmed.parse::<i128>() {
                    Ok(0) if matches!(self, Self::NonZero { .. }) => {
                        Some("a number that is not zero")
                    }
                    // `-0` is a number of signed types only.
                    Ok(0) if min == 0 && trimmed.starts_with('-') => Some("it without its sign"),
                    Ok(number) if number < min || number > max => Some("a number that fits"),
                    Ok(_) => None,
                    // Numbers beyond `i128` fit only a `u128`.
                    Err(_) if min >= 0 && max == i128::MAX && trimmed.parse::<u128>().is_ok() => {
                        None
                    }
                    Err(_) => Some(whole_number(trimmed)),
                }
            }
            Self::Float(name) => match trimmed.parse::<f64>() {
                Ok(number) if fits_a_float(number, name) => None,
                Ok(_) if trimmed.contains(|digit: char| digit.is_ascii_digit()) => {
                    Some("a number that fits")
                }
                _ => Some("a number, `0.5`"),
            },
            Self::Bool => (!matches!(trimmed, "true" | "false")).then_some("`true` or `false`"),
            Self::Char => only_char(text).is_none().then_some("one character"),
            Self::String | Self::Path => None,
            Self::Address(address) => (!address.reads(trimmed)).then(|| address.example()),
            // The type itself reads the rest.
            Self::Url => {
                (!has_scheme(trimmed)).then_some("an absolute URL, `https://example.com/`")
            }
            Self::Duration => duration(trimmed)
                .is_none()
                .then_some("it with its unit, `30s`"),
            Self::Size => size(trimmed)
                .is_none()
                .then_some("it with its unit, `64MiB`"),
        }
    }

    /// The message for a text in the store that can't be read as this type.
    pub(super) fn text_mistake(self, text: &str) -> Option<String> {
        let right = self.refuses_text(text)?;
        let general = || format!("not a valid `{}`: write {right}", self.name());
        Some(units::mistake(text, self).unwrap_or_else(general))
    }
}

/// The advice for a text that is not a whole number: another type, if the text has a unit.
fn whole_number(text: &str) -> &'static str {
    let plain = text.replace('_', "");
    let radix = |prefix: &str| {
        let digits = plain.strip_prefix(prefix);
        digits.is_some_and(|digits| {
            !digits.is_empty() && digits.chars().all(|digit| digit.is_ascii_hexdigit())
        })
    };
    let digits = text.strip_prefix('-').unwrap_or(text);
    if !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit()) {
        "a number that fits"
    } else if plain.parse::<i128>().is_ok() {
        "it without `_`"
    } else if ["0x", "0o", "0b"].into_iter().any(radix) {
        "it in decimal digits"
    } else if size(text).is_some() {
        "a whole number, `8`, or make the field a `Size`"
    } else if duration(text).is_some() {
        "a whole number, `8`, or make the field a `Duration`"
    } else {
        "a whole number, `8`"
    }
}

/// Whether the store can hold a number, and the compiler too.
fn fits_a_float(number: f64, name: &str) -> bool {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the cast finds out whether it is too big"
    )]
    let narrow = number as f32;
    number.is_finite() && (name != "f32" || narrow.is_finite())
}

/// Whether the compiler can compute this in a constant, as far as its form shows: literals,
/// constants, and combinations of them.
pub(super) fn is_constant(value: &Expr, scalar: ScalarType) -> bool {
    let inner = |value: &Expr| is_constant(value, scalar);
    let number = scalar.is_number();
    match value {
        Expr::Lit(_) => true,
        Expr::Path(path) => path.qself.is_none(),
        Expr::Group(group) => inner(&group.expr),
        Expr::Paren(paren) => inner(&paren.expr),
        // The operators of other types are functions, which constants can't call.
        Expr::Unary(unary) => number && !matches!(unary.op, UnOp::Deref(_)) && inner(&unary.expr),
        Expr::Binary(binary) => number && inner(&binary.left) && inner(&binary.right),
        Expr::Cast(cast) => number && matches!(&*cast.expr, Expr::Path(_) | Expr::Lit(_)),
        Expr::Call(call) => {
            is_constructor(&call.func, scalar) && call.args.iter().all(inner_number)
        }
        _ => false,
    }
}

/// An argument of a constructor: a number.
fn inner_number(value: &Expr) -> bool {
    is_constant(value, ScalarType::Float("f64"))
}

/// `Duration::from_secs`, `Size::new`
fn is_constructor(function: &Expr, scalar: ScalarType) -> bool {
    let Expr::Path(path) = function else {
        return false;
    };
    let mut segments = path.path.segments.iter().rev();
    let (Some(function), Some(ty)) = (segments.next(), segments.next()) else {
        return false;
    };
    let function = function.ident.to_string();
    ty.ident == scalar.name()
        && match scalar {
            ScalarType::Duration => matches!(
                function.as_str(),
                "new"
                    | "from_nanos"
                    | "from_micros"
                    | "from_millis"
                    | "from_secs"
                    | "from_mins"
                    | "from_hours"
            ),
            ScalarType::Size => function == "new",
            _ => false,
        }
}

fn has_scheme(text: &str) -> bool {
    let letter = |letter: char| letter.is_ascii_alphanumeric() || "+-.".contains(letter);
    text.split_once(':').is_some_and(|(scheme, _)| {
        scheme.starts_with(|first: char| first.is_ascii_alphabetic()) && scheme.chars().all(letter)
    })
}

/// Whether a text keeps the rule `url`, as the runtime judges it.
pub(super) fn is_url(text: &str) -> bool {
    let Ok(url) = IriStr::new(text) else {
        return false;
    };
    let is_of_the_web = matches!(url.scheme_str(), "http" | "https" | "ws" | "wss" | "ftp");
    let host = url.authority_components();
    let port = host.and_then(|host| host.port()).unwrap_or_default();
    !(is_of_the_web && host.is_none_or(|host| host.host().is_empty()))
        && (port.is_empty() || port.parse::<u16>().is_ok())
}

/// The only character of a text, or the only one that is not white space.
fn only_char(text: &str) -> Option<char> {
    let only = |text: &str| {
        let mut chars = text.chars();
        chars.next().filter(|_| chars.next().is_none())
    };
    only(text).or_else(|| only(text.trim()))
}

/// A literal, with its sign.
#[derive(Clone)]
pub(super) enum Literal {
    Text(LitStr),
    Integer(i128),
    Float(f64),
    Bool(bool),
    Char(char),
}

impl Literal {
    /// The literal that an expression is; `None` if it has to be computed.
    pub(super) fn from_expr(value: &Expr) -> Option<Self> {
        match value {
            Expr::Lit(literal) => match &literal.lit {
                Lit::Str(text) => Some(Self::Text(text.clone())),
                Lit::Int(number) => number.base10_parse().ok().map(Self::Integer),
                Lit::Float(number) => number.base10_parse().ok().map(Self::Float),
                Lit::Bool(value) => Some(Self::Bool(value.value)),
                Lit::Char(letter) => Some(Self::Char(letter.value())),
                _ => None,
            },
            Expr::Unary(unary) => match (&unary.op, Self::from_expr(&unary.expr)?) {
                (UnOp::Neg(_), Self::Integer(number)) => Some(Self::Integer(-number)),
                (UnOp::Neg(_), Self::Float(number)) => Some(Self::Float(-number)),
                _ => None,
            },
            Expr::Group(group) => Self::from_expr(&group.expr),
            Expr::Paren(paren) => Self::from_expr(&paren.expr),
            _ => None,
        }
    }

    /// The text that the store would hold.
    pub(super) fn in_the_store(&self) -> String {
        match self {
            Self::Text(text) => text.value(),
            Self::Integer(number) => number.to_string(),
            // `Debug` keeps the point of `1.0`.
            Self::Float(number) => format!("{number:?}"),
            Self::Bool(value) => value.to_string(),
            Self::Char(letter) => letter.to_string(),
        }
    }

    /// The literal as a quantity that can be compared, if it is one.
    pub(super) fn ordered_value(&self, scalar: Option<ScalarType>) -> Option<OrderedValue> {
        match self {
            Self::Integer(number) => Some(OrderedValue::Integer(*number)),
            Self::Float(number) => Some(OrderedValue::Float(*number)),
            Self::Text(text) => OrderedValue::from_text(&text.value(), scalar?),
            Self::Char(letter) => Some(OrderedValue::Letter(*letter)),
            Self::Bool(_) => None,
        }
    }
}

/// A value with an order among its own kind.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub(super) enum OrderedValue {
    Integer(i128),
    Float(f64),
    Duration(std::time::Duration),
    Letter(char),
}

impl OrderedValue {
    /// The quantity that the store writes this way.
    pub(super) fn from_text(written: &str, scalar: ScalarType) -> Option<Self> {
        let text = written.trim();
        match scalar {
            ScalarType::Integer { .. } | ScalarType::NonZero { .. } => {
                text.parse().ok().map(Self::Integer)
            }
            ScalarType::Float(_) => text.parse().ok().map(Self::Float),
            ScalarType::Duration => duration(text).map(Self::Duration),
            ScalarType::Size => size(text).map(Self::Integer),
            ScalarType::Char => only_char(written).map(Self::Letter),
            _ => None,
        }
    }

    /// The order of two quantities; `None` if they are of different kinds.
    pub(super) fn compared(self, other: Self) -> Option<Ordering> {
        if std::mem::discriminant(&self) == std::mem::discriminant(&other) {
            self.partial_cmp(&other)
        } else {
            None
        }
    }
}

/// Whether a quantity lies outside the range, as far as the bounds are literals.
pub(super) fn lies_outside(
    value: OrderedValue,
    bounds: &ExprRange,
    scalar: Option<ScalarType>,
) -> bool {
    let against = |bound: &Option<Box<Expr>>| {
        let bound = bound
            .as_deref()
            .and_then(Literal::from_expr)?
            .ordered_value(scalar)?;
        value.compared(bound)
    };
    let above = match against(&bounds.end) {
        Some(Ordering::Greater) => true,
        Some(Ordering::Equal) => matches!(bounds.limits, RangeLimits::HalfOpen(_)),
        _ => false,
    };
    above || against(&bounds.start) == Some(Ordering::Less)
}
