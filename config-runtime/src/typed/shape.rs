//! The shape of a value's type, as a constant.
//!
//! In: a type. Out: a constant, the same through aliases, `Option`, `Secret` and newtypes that
//! implement [`HotValue`]. It knows no rules and no formats.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, LinkedList, VecDeque};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::value::{Secret, Size};

/// The form of a value, as far as its type determines it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Shape {
    /// A well-known type.
    Scalar(Scalar),
    /// One of these words: an enum whose variants have no data.
    Words(&'static [&'static str]),
    /// The same shape, or nothing.
    Optional(&'static Shape),
    /// A sequence.
    List(&'static Shape),
    /// Names, each with a value of this shape.
    Map(&'static Shape),
    /// An unknown type.
    Opaque,
}

/// A type whose values the store holds as one word or one text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[non_exhaustive]
#[allow(missing_docs)] // each is named as its type
pub enum Scalar {
    #[serde(rename = "u8")]
    U8,
    #[serde(rename = "u16")]
    U16,
    #[serde(rename = "u32")]
    U32,
    #[serde(rename = "u64")]
    U64,
    #[serde(rename = "u128")]
    U128,
    #[serde(rename = "usize")]
    Usize,
    #[serde(rename = "i8")]
    I8,
    #[serde(rename = "i16")]
    I16,
    #[serde(rename = "i32")]
    I32,
    #[serde(rename = "i64")]
    I64,
    #[serde(rename = "i128")]
    I128,
    #[serde(rename = "isize")]
    Isize,
    NonZeroU8,
    NonZeroU16,
    NonZeroU32,
    NonZeroU64,
    NonZeroU128,
    NonZeroUsize,
    NonZeroI8,
    NonZeroI16,
    NonZeroI32,
    NonZeroI64,
    NonZeroI128,
    NonZeroIsize,
    #[serde(rename = "f32")]
    F32,
    #[serde(rename = "f64")]
    F64,
    #[serde(rename = "bool")]
    Bool,
    #[serde(rename = "char")]
    Char,
    #[serde(rename = "String")]
    Text,
    #[serde(rename = "PathBuf")]
    File,
    #[serde(rename = "Duration")]
    Period,
    #[serde(rename = "Size")]
    Bytes,
    #[serde(rename = "IpAddr")]
    Ip,
    #[serde(rename = "Ipv4Addr")]
    Ipv4,
    #[serde(rename = "Ipv6Addr")]
    Ipv6,
    #[serde(rename = "SocketAddr")]
    Socket,
    #[serde(rename = "SocketAddrV4")]
    SocketV4,
    #[serde(rename = "SocketAddrV6")]
    SocketV6,
}

/// A type about which the compiler may know more than its name.
///
/// It is implemented for the types of the standard library that are one word, and for `Option`,
/// [`Secret`], sequences and maps of them. Derive it for an enum of words or for a newtype: then
/// the compiler checks a default that is written as a text, and the schema names the words. An enum
/// with `#[serde(other)]` has no words of its own, and is [`Shape::Opaque`].
///
/// ```
/// use hotconfig::{HotConfig, HotValue};
///
/// #[derive(HotValue, serde::Deserialize, Clone, Debug, PartialEq)]
/// #[serde(rename_all = "lowercase")]
/// enum Level { Debug, Info, Warn }
///
/// #[derive(HotConfig, Clone, Debug)]
/// struct Service {
///     #[hot(default = "info")]
///     level: Level,
/// }
/// ```
pub trait HotValue {
    /// The shape of this type's values.
    const SHAPE: Shape;
}

macro_rules! scalars {
    ($($type:ty => $scalar:ident;)+) => {$(
        impl HotValue for $type {
            const SHAPE: Shape = Shape::Scalar(Scalar::$scalar);
        }
    )+};
}

scalars! {
    u8 => U8;
    u16 => U16;
    u32 => U32;
    u64 => U64;
    u128 => U128;
    usize => Usize;
    i8 => I8;
    i16 => I16;
    i32 => I32;
    i64 => I64;
    i128 => I128;
    isize => Isize;
    std::num::NonZeroU8 => NonZeroU8;
    std::num::NonZeroU16 => NonZeroU16;
    std::num::NonZeroU32 => NonZeroU32;
    std::num::NonZeroU64 => NonZeroU64;
    std::num::NonZeroU128 => NonZeroU128;
    std::num::NonZeroUsize => NonZeroUsize;
    std::num::NonZeroI8 => NonZeroI8;
    std::num::NonZeroI16 => NonZeroI16;
    std::num::NonZeroI32 => NonZeroI32;
    std::num::NonZeroI64 => NonZeroI64;
    std::num::NonZeroI128 => NonZeroI128;
    std::num::NonZeroIsize => NonZeroIsize;
    f32 => F32;
    f64 => F64;
    bool => Bool;
    char => Char;
    str => Text;
    String => Text;
    Cow<'_, str> => Text;
    Path => File;
    PathBuf => File;
    Duration => Period;
    Size => Bytes;
    IpAddr => Ip;
    Ipv4Addr => Ipv4;
    Ipv6Addr => Ipv6;
    SocketAddr => Socket;
    SocketAddrV4 => SocketV4;
    SocketAddrV6 => SocketV6;
}

macro_rules! around {
    ($($type:ty, [$($generics:tt)*] => $shape:expr;)+) => {$(
        impl<V: HotValue $($generics)*> HotValue for $type {
            const SHAPE: Shape = $shape;
        }
    )+};
}

around! {
    Option<V>, [] => Shape::Optional(&V::SHAPE);
    Secret<V>, [] => V::SHAPE;
    Box<V>, [+ ?Sized] => V::SHAPE;
    Arc<V>, [+ ?Sized] => V::SHAPE;
    Vec<V>, [] => Shape::List(&V::SHAPE);
    VecDeque<V>, [] => Shape::List(&V::SHAPE);
    LinkedList<V>, [] => Shape::List(&V::SHAPE);
    BTreeSet<V>, [] => Shape::List(&V::SHAPE);
    HashSet<V, S>, [, S] => Shape::List(&V::SHAPE);
    BTreeMap<String, V>, [] => Shape::Map(&V::SHAPE);
    HashMap<String, V, S>, [, S] => Shape::Map(&V::SHAPE);
}
