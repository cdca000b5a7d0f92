//! The scalar types that the macro knows by their names: one table.
//!
//! In: a type as it is written. Out: the scalar, its limits, and its name in the runtime. A macro
//! sees no types: an alias is unknown here.

use syn::{GenericArgument, PathArguments, Type, TypePath};

/// A scalar type with a well-known name.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum ScalarType {
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
pub(crate) enum Address {
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

    /// An example of this kind.
    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::Ip | Self::Ipv4 => "127.0.0.1",
            Self::Ipv6 => "::1",
            Self::Socket | Self::SocketV4 => "127.0.0.1:8080",
            Self::SocketV6 => "[::1]:8080",
        }
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

/// The scalars, each with its variant in the runtime's `Scalar`.
#[allow(clippy::cast_lossless, clippy::cast_possible_wrap)] // one macro for all integers
static SCALARS: [(ScalarType, &str); 38] = [
    (integer!(u8), "U8"),
    (integer!(u16), "U16"),
    (integer!(u32), "U32"),
    (integer!(u64), "U64"),
    (integer!(u128), "U128"),
    (integer!(usize), "Usize"),
    (integer!(i8), "I8"),
    (integer!(i16), "I16"),
    (integer!(i32), "I32"),
    (integer!(i64), "I64"),
    (integer!(i128), "I128"),
    (integer!(isize), "Isize"),
    (non_zero!(u8, "NonZeroU8"), "NonZeroU8"),
    (non_zero!(u16, "NonZeroU16"), "NonZeroU16"),
    (non_zero!(u32, "NonZeroU32"), "NonZeroU32"),
    (non_zero!(u64, "NonZeroU64"), "NonZeroU64"),
    (non_zero!(u128, "NonZeroU128"), "NonZeroU128"),
    (non_zero!(usize, "NonZeroUsize"), "NonZeroUsize"),
    (non_zero!(i8, "NonZeroI8"), "NonZeroI8"),
    (non_zero!(i16, "NonZeroI16"), "NonZeroI16"),
    (non_zero!(i32, "NonZeroI32"), "NonZeroI32"),
    (non_zero!(i64, "NonZeroI64"), "NonZeroI64"),
    (non_zero!(i128, "NonZeroI128"), "NonZeroI128"),
    (non_zero!(isize, "NonZeroIsize"), "NonZeroIsize"),
    (ScalarType::Float("f32"), "F32"),
    (ScalarType::Float("f64"), "F64"),
    (ScalarType::Bool, "Bool"),
    (ScalarType::Char, "Char"),
    (ScalarType::String, "Text"),
    (ScalarType::Path, "File"),
    (ScalarType::Duration, "Period"),
    (ScalarType::Size, "Bytes"),
    (ScalarType::Address(Address::Ip), "Ip"),
    (ScalarType::Address(Address::Ipv4), "Ipv4"),
    (ScalarType::Address(Address::Ipv6), "Ipv6"),
    (ScalarType::Address(Address::Socket), "Socket"),
    (ScalarType::Address(Address::SocketV4), "SocketV4"),
    (ScalarType::Address(Address::SocketV6), "SocketV6"),
];

#[allow(clippy::cast_lossless, clippy::cast_possible_wrap)] // one macro for all integers
impl ScalarType {
    pub(crate) fn from_type(ty: &Type) -> Option<Self> {
        let path = &plain_path(ty)?.path;
        let last = path.segments.last()?;
        let mut name = last.ident.to_string();
        if name == "NonZero" {
            // `NonZero<u8>` and `NonZeroU8` are one type.
            let inner =
                argument(ty, "NonZero").and_then(|inner| plain_path(inner)?.path.get_ident())?;
            let (_, number) = find(&inner.to_string())?;
            name.push_str(number);
        } else if !last.arguments.is_none() {
            return None;
        }
        if name == "Url" || path.segments.len() > 1 {
            let first = path.segments.first()?.ident.to_string();
            return match (first.as_str(), path.segments.len(), name.as_str()) {
                (_, 1, "Url") | ("url", 2, "Url") => Some(Self::Url),
                ("hotconfig", 2, "Size") => Some(Self::Size),
                ("std" | "core" | "alloc", ..) => Self::from_name(&name),
                _ => None,
            };
        }
        Self::from_name(&name)
    }

    /// The scalar with this name in Rust, which is its name in a schema file.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        find(name).map(|(scalar, _)| *scalar)
    }

    /// All of the table.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        SCALARS.iter().map(|(scalar, _)| *scalar)
    }

    /// Its variant in the runtime's `Scalar`; none for a type that the runtime reads as any other.
    pub(crate) fn variant(self) -> Option<&'static str> {
        find(self.name()).map(|(_, variant)| *variant)
    }

    /// Whether no other type can have its name.
    pub(crate) fn is_primitive(self) -> bool {
        matches!(
            self,
            Self::Integer { .. } | Self::Float(_) | Self::Bool | Self::Char
        )
    }

    /// The type of a length.
    pub(crate) const USIZE: Self = integer!(usize);

    pub(crate) fn name(self) -> &'static str {
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
    pub(crate) fn bound(self) -> Self {
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
    pub(crate) fn is_text(self) -> bool {
        matches!(self, Self::String | Self::Path)
    }

    /// Whether it is a number, whole or not.
    pub(crate) fn is_number(self) -> bool {
        matches!(
            self,
            Self::Integer { .. } | Self::NonZero { .. } | Self::Float(_)
        )
    }
}

fn find(name: &str) -> Option<&'static (ScalarType, &'static str)> {
    SCALARS.iter().find(|(scalar, _)| scalar.name() == name)
}

/// `T` of `Option<T>`.
pub(super) fn argument<'a>(ty: &'a Type, of: &str) -> Option<&'a Type> {
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

pub(crate) fn plain_path(ty: &Type) -> Option<&TypePath> {
    match ty {
        Type::Path(path) if path.qself.is_none() => Some(path),
        Type::Group(group) => plain_path(&group.elem),
        Type::Paren(paren) => plain_path(&paren.elem),
        _ => None,
    }
}
