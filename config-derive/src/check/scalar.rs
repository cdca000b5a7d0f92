//! Scalar types, recognized by their names, and literals of them.
//!
//! A macro sees no types. It checks the names and literals that it knows, and leaves the rest to
//! the compiler and to the runtime: an alias is unknown here, and is never a reason to reject.

use std::cmp::Ordering;

use syn::{
    Expr, ExprRange, GenericArgument, Lit, LitStr, PathArguments, RangeLimits, Type, TypePath, UnOp,
};

/// A scalar type with a well-known name.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum ScalarType {
    Integer {
        name: &'static str,
        min: i128,
        max: i128,
    },
    Float(&'static str),
    Bool,
    Char,
    String,
    Duration,
    Size,
    /// A whole number that is not zero.
    NonZero {
        name: &'static str,
        min: i128,
        max: i128,
    },
    Path,
    Address(Address),
    Url,
}

/// An address that the standard library parses.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Address {
    Ip,
    Ipv4,
    Ipv6,
    Socket,
    SocketV4,
    SocketV6,
}

impl Address {
    fn name(self) -> &'static str {
        match self {
            Self::Ip => "IpAddr",
            Self::Ipv4 => "Ipv4Addr",
            Self::Ipv6 => "Ipv6Addr",
            Self::Socket => "SocketAddr",
            Self::SocketV4 => "SocketAddrV4",
            Self::SocketV6 => "SocketAddrV6",
        }
    }

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

    /// An example of this kind.
    pub(super) fn text(self) -> &'static str {
        match self {
            Self::Ip | Self::Ipv4 => "127.0.0.1",
            Self::Ipv6 => "::1",
            Self::Socket | Self::SocketV4 => "127.0.0.1:8080",
            Self::SocketV6 => "[::1]:8080",
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

/// A field's type, as far as its name shows.
pub(super) struct FieldType<'a> {
    /// Whether it is an `Option`.
    pub(super) optional: bool,
    /// Whether it is a `Secret`, or an `Option` of one.
    pub(super) secret: bool,
    /// The type inside of both.
    pub(super) inner: &'a Type,
    /// The scalar that this is, if its name is known.
    pub(super) scalar: Option<ScalarType>,
}

impl<'a> FieldType<'a> {
    pub(super) fn from_type(ty: &'a Type) -> Self {
        let (inner, optional) = match argument(ty, "Option") {
            Some(inner) => (inner, true),
            None => (ty, false),
        };
        let (inner, secret) = match argument(inner, "Secret") {
            Some(inner) => (inner, true),
            None => (inner, false),
        };
        Self {
            optional,
            secret,
            inner,
            scalar: ScalarType::from_type(inner),
        }
    }
}

/// `T` of `Option<T>`.
fn argument<'a>(ty: &'a Type, of: &str) -> Option<&'a Type> {
    let last = plain_path(ty)?.path.segments.last()?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else {
        return None;
    };
    match (
        last.ident == of,
        arguments.args.len(),
        arguments.args.first(),
    ) {
        (true, 1, Some(GenericArgument::Type(inner))) => Some(inner),
        _ => None,
    }
}

pub(super) fn plain_path(ty: &Type) -> Option<&TypePath> {
    match ty {
        Type::Path(path) if path.qself.is_none() => Some(path),
        Type::Group(group) => plain_path(&group.elem),
        Type::Paren(paren) => plain_path(&paren.elem),
        _ => None,
    }
}

/// The range of an integer type, as far as `i128` reaches.
macro_rules! integer {
    ($name:ident) => {
        ScalarType::Integer {
            name: stringify!($name),
            min: $name::MIN as i128,
            max: if $name::MAX as u128 > i128::MAX as u128 {
                i128::MAX
            } else {
                $name::MAX as i128
            },
        }
    };
}

/// The same without zero.
macro_rules! non_zero {
    ($name:ident, $written:literal) => {
        match integer!($name) {
            ScalarType::Integer { min, max, .. } => ScalarType::NonZero {
                name: $written,
                // An unsigned number other than zero is at least 1.
                min: if min == 0 { 1 } else { min },
                max,
            },
            other => other,
        }
    };
}

// One macro for all integers; bounds beyond `i128` are cut off.
#[allow(clippy::cast_lossless, clippy::cast_possible_wrap)]
impl ScalarType {
    pub(super) fn from_type(ty: &Type) -> Option<Self> {
        let path = &plain_path(ty)?.path;
        let last = path.segments.last()?;
        let mut name = last.ident.to_string();
        if name == "NonZero" {
            // `NonZero<u8>` and `NonZeroU8` are one type.
            let inner =
                argument(ty, "NonZero").and_then(|inner| plain_path(inner)?.path.get_ident())?;
            name = format!("NonZero<{inner}>");
        } else if !last.arguments.is_none() {
            return None;
        }
        let first = path.segments.first()?.ident.to_string();
        if path.segments.len() == 2
            && matches!(
                (first.as_str(), name.as_str()),
                ("hotconfig", "Size") | ("url", "Url")
            )
        {
            return Some(if name == "Url" { Self::Url } else { Self::Size });
        }
        let of_std = ["std", "core", "alloc"].iter().any(|known| {
            path.segments
                .first()
                .is_some_and(|first| first.ident == known)
        });
        if path.segments.len() > 1 && !of_std {
            return None;
        }
        Some(match name.as_str() {
            "u8" => integer!(u8),
            "u16" => integer!(u16),
            "u32" => integer!(u32),
            "u64" => integer!(u64),
            "u128" => integer!(u128),
            "usize" => integer!(usize),
            "i8" => integer!(i8),
            "i16" => integer!(i16),
            "i32" => integer!(i32),
            "i64" => integer!(i64),
            "i128" => integer!(i128),
            "isize" => integer!(isize),
            "f32" => Self::Float("f32"),
            "f64" => Self::Float("f64"),
            "bool" => Self::Bool,
            "char" => Self::Char,
            "String" => Self::String,
            "Duration" => Self::Duration,
            "Size" => Self::Size,
            "NonZeroU8" | "NonZero<u8>" => non_zero!(u8, "NonZeroU8"),
            "NonZeroU16" | "NonZero<u16>" => non_zero!(u16, "NonZeroU16"),
            "NonZeroU32" | "NonZero<u32>" => non_zero!(u32, "NonZeroU32"),
            "NonZeroU64" | "NonZero<u64>" => non_zero!(u64, "NonZeroU64"),
            "NonZeroU128" | "NonZero<u128>" => non_zero!(u128, "NonZeroU128"),
            "NonZeroUsize" | "NonZero<usize>" => non_zero!(usize, "NonZeroUsize"),
            "NonZeroI8" | "NonZero<i8>" => non_zero!(i8, "NonZeroI8"),
            "NonZeroI16" | "NonZero<i16>" => non_zero!(i16, "NonZeroI16"),
            "NonZeroI32" | "NonZero<i32>" => non_zero!(i32, "NonZeroI32"),
            "NonZeroI64" | "NonZero<i64>" => non_zero!(i64, "NonZeroI64"),
            "NonZeroI128" | "NonZero<i128>" => non_zero!(i128, "NonZeroI128"),
            "NonZeroIsize" | "NonZero<isize>" => non_zero!(isize, "NonZeroIsize"),
            "PathBuf" => Self::Path,
            "IpAddr" => Self::Address(Address::Ip),
            "Ipv4Addr" => Self::Address(Address::Ipv4),
            "Ipv6Addr" => Self::Address(Address::Ipv6),
            "SocketAddr" => Self::Address(Address::Socket),
            "SocketAddrV4" => Self::Address(Address::SocketV4),
            "SocketAddrV6" => Self::Address(Address::SocketV6),
            "Url" => Self::Url,
            _ => return None,
        })
    }

    /// The type of a length.
    pub(super) const USIZE: Self = integer!(usize);

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Integer { name, .. } | Self::NonZero { name, .. } | Self::Float(name) => name,
            Self::Bool => "bool",
            Self::Char => "char",
            Self::String => "String",
            Self::Duration => "Duration",
            Self::Size => "Size",
            Self::Path => "PathBuf",
            Self::Address(address) => address.name(),
            Self::Url => "Url",
        }
    }

    /// The type of the bounds of its `range`; the bounds of a `NonZero` type may be zero.
    pub(super) fn bound(self) -> Self {
        match self {
            Self::NonZero { name, min, max } => Self::Integer {
                name,
                min: if min == 1 { 0 } else { min },
                max,
            },
            scalar => scalar,
        }
    }

    /// Whether every text is one.
    pub(super) fn is_text(self) -> bool {
        matches!(self, Self::String | Self::Path)
    }

    /// Whether it is a number, whole or not.
    pub(super) fn is_number(self) -> bool {
        matches!(
            self,
            Self::Integer { .. } | Self::NonZero { .. } | Self::Float(_)
        )
    }

    /// The message for a literal in Rust that is not of this type.
    pub(super) fn refuses(self, literal: &Literal) -> Option<String> {
        let name = self.name();
        match (self, literal) {
            (_, Literal::Text(text)) => self
                .refuses_text(&text.value())
                .map(|right| format!("this is no `{name}`: write {right}")),
            (Self::NonZero { .. }, Literal::Integer(0)) => {
                Some(format!("this is no `{name}`, which is never zero"))
            }
            (
                Self::Integer { min, max, .. } | Self::NonZero { min, max, .. },
                Literal::Integer(number),
            ) => (*number < min || *number > max)
                .then(|| format!("this is no `{name}`, which goes from {min} to {max}")),
            (Self::Float(_), Literal::Integer(number)) => {
                Some(format!("this is no `{name}`: write `{number}.0`"))
            }
            (Self::Float(_), Literal::Float(number)) => (!fits_a_float(*number, name))
                .then(|| format!("this is no `{name}`: it is too big for one")),
            (Self::Float(_), Literal::Bool(_) | Literal::Char(_)) => {
                Some(format!("this is no `{name}`: write a number, `0.5`"))
            }
            (Self::Bool, Literal::Bool(_)) | (Self::Char, Literal::Char(_)) => None,
            (Self::Integer { .. } | Self::NonZero { .. }, _) => {
                Some(format!("this is no `{name}`: write a whole number, `8`"))
            }
            (Self::Bool, _) => Some("this is no `bool`: write `true` or `false`".to_owned()),
            (Self::Char, _) => Some("this is no `char`: write `'x'`".to_owned()),
            (Self::String, _) => Some("this is no `String`: write it in quotes".to_owned()),
            (Self::Duration, _) => {
                Some("this is no `Duration`: write it with its unit, `\"30s\"`".to_owned())
            }
            (Self::Size, _) => {
                Some("this is no `Size`: write it with its unit, `\"64MiB\"`".to_owned())
            }
            (Self::Path, _) => {
                Some("this is no `PathBuf`: write it in quotes, `\"/etc/app\"`".to_owned())
            }
            (Self::Address(address), _) => Some(format!(
                "this is no `{name}`: write it in quotes, as {}",
                address.example()
            )),
            (Self::Url, _) => {
                Some("this is no `Url`: write it in quotes, `\"https://example.com/\"`".to_owned())
            }
        }
    }

    /// The correct form, if a text in the store can't be read as this type.
    pub(super) fn refuses_text(self, text: &str) -> Option<&'static str> {
        let trimmed = text.trim();
        match self {
            // `-0` is a number of signed types only.
            Self::Integer { min: 0, .. }
                if trimmed.parse() == Ok(0) && trimmed.starts_with('-') =>
            {
                Some("it without its sign")
            }
            Self::Integer { min, max, .. } => match trimmed.parse::<i128>() {
                Ok(number) if number < min || number > max => Some("a number that fits"),
                Ok(_) => None,
                // Numbers beyond `i128` fit only a `u128`.
                Err(_) if max == i128::MAX && trimmed.parse::<u128>().is_ok() => None,
                Err(_) => Some(whole_number(trimmed)),
            },
            Self::NonZero { min, max, .. } => match trimmed.parse::<i128>() {
                Ok(0) => Some("a number that is not zero"),
                Ok(number) if number < min || number > max => Some("a number that fits"),
                Ok(_) => None,
                Err(_) if max == i128::MAX && trimmed.parse::<u128>().is_ok() => None,
                Err(_) => Some(whole_number(trimmed)),
            },
            Self::Float(name) => match trimmed.parse::<f64>() {
                Ok(number) if fits_a_float(number, name) => None,
                _ => Some("a number, `0.5`"),
            },
            Self::Bool => (!matches!(trimmed, "true" | "false")).then_some("`true` or `false`"),
            Self::Char => only_char(text).is_none().then_some("one character"),
            Self::String | Self::Path => None,
            Self::Address(address) => (!address.reads(trimmed)).then(|| address.example()),
            Self::Url => url::Url::parse(text)
                .is_err()
                .then_some("an absolute URL, `https://example.com/`"),
            Self::Duration => duration(trimmed)
                .is_none()
                .then_some("it with its unit, `30s`"),
            Self::Size => match size(trimmed) {
                Some(_) => None,
                None if is_too_big_a_size(trimmed) => Some("less than `16EiB`"),
                None => Some("it with its unit, `64MiB`"),
            },
        }
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
    if plain.parse::<i128>().is_ok() {
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

/// A duration as text. `humantime` 2.4 panics near the largest one.
fn duration(text: &str) -> Option<std::time::Duration> {
    std::panic::catch_unwind(|| humantime::parse_duration(text).ok())
        .ok()
        .flatten()
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

/// A size as text, in bytes, as `hotconfig::Size` reads it.
fn size(text: &str) -> Option<i128> {
    let in_quotes = serde_json::from_str::<String>(text).ok();
    let text = in_quotes.as_deref().unwrap_or(text).trim();
    let text = text.strip_prefix('+').unwrap_or(text);
    let end = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let (number, unit) = text.split_at_checked(end)?;
    let factor = match unit.trim_start() {
        "" if number.contains('.') => return None,
        "" => 1,
        unit => 1_u64 * unit.parse::<bytesize::Unit>().ok()?,
    };
    let factor = u128::from(factor);
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    if whole.is_empty() || fraction.is_empty() || fraction.contains('.') {
        return None;
    }
    let whole = whole.parse::<u128>().ok()?.checked_mul(factor)?;
    let (part, scale) = fraction
        .bytes()
        .take(18)
        .fold((0_u128, 1_u128), |(part, scale), digit| {
            (part * 10 + u128::from(digit - b'0'), scale * 10)
        });
    let bytes = u64::try_from(whole.checked_add(part * factor / scale)?).ok()?;
    Some(bytes.into())
}

/// The only character of a text, or the only one that is not white space.
fn only_char(text: &str) -> Option<char> {
    let only = |text: &str| {
        let mut chars = text.chars();
        chars.next().filter(|_| chars.next().is_none())
    };
    only(text).or_else(|| only(text.trim()))
}

/// Whether the text is written as a size, but is too big.
fn is_too_big_a_size(text: &str) -> bool {
    let unit = text.trim_start_matches(|letter: char| letter.is_ascii_digit());
    unit.len() < text.len() && size(&format!("0{unit}")).is_some()
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
