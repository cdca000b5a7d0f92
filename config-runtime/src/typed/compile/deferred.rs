//! Whether a default is of its type and keeps its rules, and whether a range holds something,
//! where the macro alone can't tell: it sees no constants' values, and no types behind aliases.
//!
//! In: the type's [`Shape`], and what the macro has read of the texts. Out: nothing, or a panic
//! with a sentence, at the place of the caller. It knows no fields but their names.

use std::cmp::Ordering;
use std::marker::PhantomData;
use std::str::FromStr;

use super::message::Message;
use crate::typed::shape::{Scalar, Shape};

/// A default or a bound.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub enum ConstValue {
    /// There is none.
    Nothing,
    /// What the type's `Default` gives.
    Zero,
    /// A whole number.
    Integer(i128),
    /// A number with a fraction.
    Float(f64),
    /// A duration.
    Nanos(u128),
    /// A size.
    Bytes(u64),
    /// A constant text, for a type that takes any.
    Word(&'static str),
    /// A text that was written out, to be read as the type reads it.
    Text(&'static ParsedText),
    /// What only the running program knows.
    Unknown,
}

/// A text, read in every way that it can be.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct ParsedText {
    pub text: &'static str,
    pub integer: Option<i128>,
    pub float: Option<f64>,
    pub nanos: Option<u128>,
    pub bytes: Option<u64>,
    /// How many entries it has as a JSON array.
    pub list: Option<usize>,
    /// How many entries it has as a JSON object.
    pub map: Option<usize>,
    /// The entries of the array, or the values of the object.
    pub entries: &'static [JsonEntry],
    /// Whether no entry of the array stands there twice: a set would hold fewer.
    pub distinct: bool,
    /// Whether it is an `Ipv4Addr`, `Ipv6Addr`, `SocketAddrV4`, `SocketAddrV6`.
    pub addresses: [bool; 4],
}

impl ParsedText {
    /// A text that can be read as nothing else.
    pub const NOTHING: Self = Self {
        text: "",
        integer: None,
        float: None,
        nanos: None,
        bytes: None,
        list: None,
        map: None,
        entries: &[],
        distinct: false,
        addresses: [false; 4],
    };
}

/// What stands inside of JSON.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub enum JsonEntry {
    Word(&'static str),
    Integer(i128),
    /// What is not looked at.
    Other,
}

/// A rule that a default has to keep.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub enum DeferredRule {
    /// Low, high, and whether the high end is included.
    Range(ConstValue, ConstValue, bool),
    Length(ConstValue, ConstValue, bool),
    OneOf(&'static [ConstValue]),
    NonEmpty,
    /// A rule over the text that the macro has asked already, with the answer.
    Text(bool),
}

/// Whether a type reads a text of its own: then a text is checked when the program starts.
#[doc(hidden)]
#[derive(Debug)]
pub struct Parses<V: ?Sized>(PhantomData<V>);

impl<V: FromStr> Parses<V> {
    pub const ANY_TEXT: bool = true;
}

/// What [`Parses`] answers for the others: an inherent constant comes before one of a trait.
#[doc(hidden)]
pub trait ParsesNot {
    const ANY_TEXT: bool = false;
}

impl<V: ?Sized> ParsesNot for Parses<V> {}

/// Something with an order among its own kind.
#[derive(Clone, Copy)]
enum Quantity {
    Integer(i128),
    Float(f64),
    Nanos(u128),
    Bytes(u64),
}

/// Refuses a range that is not of its type, or that nothing lies in.
///
/// # Panics
/// For that; in a constant.
#[doc(hidden)]
#[track_caller]
pub const fn range(
    shape: Shape,
    low: ConstValue,
    high: ConstValue,
    inclusive: bool,
    written: &str,
) {
    let shape = inner(shape);
    if let Shape::Scalar(Scalar::Period | Scalar::Bytes | Scalar::Char) = shape {
        refuse_foreign(shape, low);
        refuse_foreign(shape, high);
    } else if matches!(low, ConstValue::Text(_)) || matches!(high, ConstValue::Text(_)) {
        // Which types have ends in quotes a trait says.
        return;
    }
    let (Some(low), Some(high)) = (quantity(shape, low), quantity(shape, high)) else {
        return;
    };
    let advice = match compare(low, high) {
        Some(Ordering::Greater) => "swap its bounds",
        Some(Ordering::Equal) if !inclusive => "write `..=` to include its end",
        _ => return,
    };
    let mut message = Message::new();
    message.push("no value lies in the range `");
    message.push(written);
    message.push("`");
    if !matches!(low, Quantity::Float(_)) {
        message.push(", from ");
        push(&mut message, low);
        message.push(" to ");
        push(&mut message, high);
    }
    message.push(": ");
    message.push(advice);
    refuse(&message);
}

/// Refuses a default that is not of its type, or that breaks a rule of its field.
///
/// # Panics
/// For that; in a constant.
#[doc(hidden)]
#[track_caller]
pub const fn default(
    field: &str,
    type_name: &str,
    shape: Shape,
    parses: bool,
    given: ConstValue,
    rules: &[(DeferredRule, &str)],
) {
    if let (Shape::Optional(_), ConstValue::Zero) = (shape, given) {
        return;
    }
    if let (Shape::Optional(_), ConstValue::Text(reading)) = (shape, given)
        && is_null(reading.text)
    {
        return;
    }
    let shape = inner(shape);
    if let ConstValue::Text(reading) = given {
        match shape {
            Shape::Opaque if parses || looks_like_json(reading.text) => {}
            Shape::Opaque => refuse_unknown(field, type_name, reading.text),
            Shape::List(inside) | Shape::Map(inside) => {
                refuse_foreign(shape, given);
                refuse_foreign_entries(inner(*inside), reading.entries);
            }
            _ => refuse_foreign(shape, given),
        }
    }
    let mut rules = rules;
    while let [(rule, written), rest @ ..] = rules {
        if breaks(shape, given, *rule) {
            let mut message = Message::new();
            message.push("the default");
            if let Some(quantity) = quantity(shape, given)
                && !matches!(quantity, Quantity::Float(_))
            {
                message.push(", ");
                push(&mut message, quantity);
                message.push(",");
            } else if let ConstValue::Word(word) = given {
                message.push(", `");
                message.push(word);
                message.push("`,");
            }
            message.push(" breaks the field's own rule `");
            message.push(written);
            message.push("`: change one of them");
            refuse(&message);
        }
        rules = rest;
    }
}

/// The type inside an optional one.
const fn inner(shape: Shape) -> Shape {
    match shape {
        Shape::Optional(inner) => *inner,
        shape => shape,
    }
}

/// Refuses a text that the type doesn't read.
#[track_caller]
const fn refuse_foreign(shape: Shape, given: ConstValue) {
    let ConstValue::Text(reading) = given else {
        return;
    };
    let Some((name, example)) = refused(shape, reading) else {
        return;
    };
    let mut message = Message::new();
    message.push("`");
    message.push(reading.text);
    message.push("` is no ");
    message.push(name);
    message.push(": write ");
    if let Shape::Words(words) = shape {
        push_words(&mut message, words);
    } else {
        message.push(example);
    }
    refuse(&message);
}

/// Refuses words and numbers in a list or a map that its type doesn't read.
#[track_caller]
const fn refuse_foreign_entries(shape: Shape, entries: &[JsonEntry]) {
    let mut entries = entries;
    while let [entry, rest @ ..] = entries {
        let mut message = Message::new();
        match (shape, *entry) {
            (Shape::Words(words), JsonEntry::Word(word)) if !contains(words, word) => {
                message.push("`");
                message.push(word);
                message.push("` is no word of this type: write ");
                push_words(&mut message, words);
                refuse(&message);
            }
            (Shape::Scalar(scalar), JsonEntry::Integer(number)) => {
                if let Some((low, high)) = scalar.limits()
                    && (number < low || number > high || (scalar.is_non_zero() && number == 0))
                {
                    message.push("`");
                    message.push_number(number);
                    message.push("` is no number that fits its type: write one that does");
                    refuse(&message);
                }
            }
            _ => {}
        }
        entries = rest;
    }
}

#[track_caller]
const fn refuse_unknown(field: &str, type_name: &str, text: &str) {
    let mut message = Message::new();
    message.push("the compiler does not know which texts are a `");
    message.push(type_name);
    message.push("`, so it can't check `");
    message.push(text);
    message.push("` for the field `");
    message.push(field);
    message.push("`: write the value itself, as in `default = ");
    message.push(type_name);
    message.push("::…`, or `#[derive(HotValue)]` on the type, if it is an enum or a newtype");
    refuse(&message);
}

#[track_caller]
#[expect(clippy::panic, reason = "how a constant refuses to compile")]
const fn refuse(message: &Message) {
    panic!("{}", message.as_str())
}

/// Why a text is none of the type: what the type is called, and what to write.
const fn refused(shape: Shape, reading: &ParsedText) -> Option<(&'static str, &'static str)> {
    let scalar = match shape {
        Shape::Scalar(scalar) => scalar,
        Shape::Words(words) => {
            return match contains(words, reading.text.trim_ascii()) {
                true => None,
                false => Some(("word of this type", "")),
            };
        }
        Shape::List(_) => {
            return match reading.list {
                Some(_) => None,
                None => Some(("JSON array", "`[…]`")),
            };
        }
        Shape::Map(_) => {
            return match reading.map {
                Some(_) => None,
                None => Some(("JSON object", "`{…}`")),
            };
        }
        Shape::Optional(_) | Shape::Opaque => return None,
    };
    let [v4, v6, socket_v4, socket_v6] = reading.addresses;
    let (right, name, example) = match scalar {
        Scalar::Text | Scalar::File => (true, "", ""),
        Scalar::Period => (
            reading.nanos.is_some(),
            "duration",
            "it with its unit, `30s`",
        ),
        Scalar::Bytes => (reading.bytes.is_some(), "size", "it with its unit, `64MiB`"),
        Scalar::F32 | Scalar::F64 => (reading.float.is_some(), "number", "a number, `0.5`"),
        Scalar::Bool => (
            same(reading.text.trim_ascii(), "true") || same(reading.text.trim_ascii(), "false"),
            "`bool`",
            "`true` or `false`",
        ),
        Scalar::Char => (
            characters(reading.text) == 1 || characters(reading.text.trim_ascii()) == 1,
            "`char`",
            "one character",
        ),
        Scalar::Ip => (v4 || v6, "IP address", "`10.0.0.1`"),
        Scalar::Ipv4 => (v4, "IPv4 address", "`10.0.0.1`"),
        Scalar::Ipv6 => (v6, "IPv6 address", "`::1`"),
        Scalar::Socket => (socket_v4 || socket_v6, "socket address", "`10.0.0.1:80`"),
        Scalar::SocketV4 => (socket_v4, "socket address", "`10.0.0.1:80`"),
        Scalar::SocketV6 => (socket_v6, "socket address", "`[::1]:80`"),
        _ => match (scalar.limits(), reading.integer) {
            (Some((low, high)), Some(number)) => (
                number >= low
                    && number <= high
                    && !(number == 0
                        && (scalar.is_non_zero() || low == 0 && has_minus(reading.text))),
                "number that fits its type",
                "one that does",
            ),
            // Of the numbers beyond `i128` only a `u128` knows.
            (Some((_, i128::MAX)), None) if is_digits(reading.text) => (true, "", ""),
            _ => (false, "whole number", "`8`"),
        },
    };
    if right { None } else { Some((name, example)) }
}

/// Whether the default breaks the rule, as far as both are known.
const fn breaks(shape: Shape, given: ConstValue, rule: DeferredRule) -> bool {
    match rule {
        DeferredRule::Range(low, high, inclusive) => match quantity(shape, given) {
            Some(value) => lies_outside(
                value,
                quantity(shape, low),
                quantity(shape, high),
                inclusive,
            ),
            None => false,
        },
        DeferredRule::Length(low, high, inclusive) => match length(shape, given) {
            Some(length) => {
                let number = Shape::Scalar(Scalar::Usize);
                lies_outside(
                    Quantity::Integer(length as i128),
                    quantity(number, low),
                    quantity(number, high),
                    inclusive,
                )
            }
            None => false,
        },
        DeferredRule::NonEmpty => matches!(length(shape, given), Some(0)),
        DeferredRule::Text(kept) => {
            matches!(given, ConstValue::Text(_) | ConstValue::Zero) && takes_text(shape) && !kept
        }
        DeferredRule::OneOf(values) => is_none_of(shape, given, values),
    }
}

const fn is_none_of(shape: Shape, given: ConstValue, values: &[ConstValue]) -> bool {
    let mut values = values;
    let value = quantity(shape, given);
    let text = text(shape, given);
    while let [choice, rest @ ..] = values {
        if let (Some(value), Some(choice)) = (value, quantity(shape, *choice)) {
            if let Some(Ordering::Equal) = compare(value, choice) {
                return false;
            }
        } else if let (Some(text), ConstValue::Word(choice)) = (text, choice) {
            if same(text, choice) {
                return false;
            }
        } else if let (Some(text), ConstValue::Text(choice)) = (text, choice) {
            if same(text, choice.text) {
                return false;
            }
        } else {
            // Nothing is said of what can't be compared.
            return false;
        }
        values = rest;
    }
    value.is_some() || text.is_some()
}

const fn lies_outside(
    value: Quantity,
    low: Option<Quantity>,
    high: Option<Quantity>,
    inclusive: bool,
) -> bool {
    if let (Some(low), Some(high)) = (low, high)
        && let Some(Ordering::Greater) = compare(low, high)
    {
        // Nothing lies in it, which is said of the range.
        return false;
    }
    if let Some(low) = low {
        match compare(value, low) {
            Some(Ordering::Less) => return true,
            Some(_) => {}
            // Nothing compares with NaN, which lies in no range.
            None => return is_nan(value),
        }
    }
    if let Some(high) = high {
        match compare(value, high) {
            Some(Ordering::Greater) => return true,
            Some(Ordering::Equal) => return !inclusive,
            Some(Ordering::Less) => {}
            None => return is_nan(value),
        }
    }
    false
}

const fn is_nan(value: Quantity) -> bool {
    matches!(value, Quantity::Float(number) if number.is_nan())
}

/// What can be compared, as the type reads it.
const fn quantity(shape: Shape, given: ConstValue) -> Option<Quantity> {
    match given {
        ConstValue::Integer(number) => Some(Quantity::Integer(number)),
        ConstValue::Float(number) => Some(Quantity::Float(number)),
        ConstValue::Nanos(nanos) => Some(Quantity::Nanos(nanos)),
        ConstValue::Bytes(bytes) => Some(Quantity::Bytes(bytes)),
        ConstValue::Word(_) | ConstValue::Nothing | ConstValue::Unknown => None,
        ConstValue::Zero => match shape {
            Shape::Scalar(Scalar::Period) => Some(Quantity::Nanos(0)),
            Shape::Scalar(Scalar::Bytes) => Some(Quantity::Bytes(0)),
            Shape::Scalar(Scalar::F32 | Scalar::F64) => Some(Quantity::Float(0.0)),
            Shape::Scalar(scalar) if scalar.limits().is_some() => Some(Quantity::Integer(0)),
            _ => None,
        },
        ConstValue::Text(reading) => match shape {
            Shape::Scalar(Scalar::Period) => match reading.nanos {
                Some(nanos) => Some(Quantity::Nanos(nanos)),
                None => None,
            },
            Shape::Scalar(Scalar::Bytes) => match reading.bytes {
                Some(bytes) => Some(Quantity::Bytes(bytes)),
                None => None,
            },
            Shape::Scalar(Scalar::F32 | Scalar::F64) => match reading.float {
                Some(number) => Some(Quantity::Float(number)),
                None => None,
            },
            Shape::Scalar(scalar) if scalar.limits().is_some() => match reading.integer {
                Some(number) => Some(Quantity::Integer(number)),
                None => None,
            },
            _ => None,
        },
    }
}

/// The text that the value is, where the type takes any.
const fn text(shape: Shape, given: ConstValue) -> Option<&'static str> {
    match given {
        ConstValue::Word(text) => Some(text),
        ConstValue::Text(reading) if takes_text(shape) => Some(reading.text),
        ConstValue::Zero if takes_text(shape) => Some(""),
        _ => None,
    }
}

const fn takes_text(shape: Shape) -> bool {
    matches!(shape, Shape::Scalar(Scalar::Text | Scalar::File))
}

/// The characters of a text, or the entries of a collection.
const fn length(shape: Shape, given: ConstValue) -> Option<usize> {
    if let Some(text) = text(shape, given) {
        return Some(characters(text));
    }
    match (shape, given) {
        (Shape::List(_) | Shape::Map(_), ConstValue::Zero) => Some(0),
        (Shape::List(_), ConstValue::Text(reading)) if reading.distinct => reading.list,
        (Shape::Map(_), ConstValue::Text(reading)) => reading.map,
        _ => None,
    }
}

/// Which of two is smaller; `None` where they are of different kinds, or NaN.
const fn compare(a: Quantity, b: Quantity) -> Option<Ordering> {
    macro_rules! ordered {
        ($a:ident, $b:ident) => {
            if $a < $b {
                Some(Ordering::Less)
            } else if $a > $b {
                Some(Ordering::Greater)
            } else if $a == $b {
                Some(Ordering::Equal)
            } else {
                None
            }
        };
    }
    #[allow(clippy::float_cmp)] // the bounds are exact
    match (a, b) {
        (Quantity::Integer(a), Quantity::Integer(b)) => ordered!(a, b),
        (Quantity::Float(a), Quantity::Float(b)) => ordered!(a, b),
        (Quantity::Nanos(a), Quantity::Nanos(b)) => ordered!(a, b),
        (Quantity::Bytes(a), Quantity::Bytes(b)) => ordered!(a, b),
        _ => None,
    }
}

/// A quantity as people write it.
const fn push(message: &mut Message, quantity: Quantity) {
    #[allow(clippy::cast_possible_truncation, clippy::cast_possible_wrap)] // for people
    match quantity {
        Quantity::Integer(number) => message.push_number(number),
        Quantity::Bytes(bytes) => {
            message.push_number(bytes as i128);
            message.push(" bytes");
        }
        Quantity::Nanos(nanos) => {
            let (number, unit) = if nanos.is_multiple_of(1_000_000_000) {
                (nanos / 1_000_000_000, "s")
            } else if nanos.is_multiple_of(1_000_000) {
                (nanos / 1_000_000, "ms")
            } else {
                (nanos, "ns")
            };
            message.push_number(number as i128);
            message.push(unit);
        }
        // Formatting a fraction is not for constants.
        Quantity::Float(_) => {}
    }
}

const fn push_words(message: &mut Message, words: &[&str]) {
    let mut words = words;
    let mut first = true;
    while let [word, rest @ ..] = words {
        message.push(match (first, rest.is_empty()) {
            (true, _) => "`",
            (false, false) => ", `",
            (false, true) => " or `",
        });
        message.push(word);
        message.push("`");
        first = false;
        words = rest;
    }
}

const fn contains(words: &[&str], text: &str) -> bool {
    let mut words = words;
    while let [word, rest @ ..] = words {
        if same(word, text) {
            return true;
        }
        words = rest;
    }
    false
}

pub(crate) const fn same(a: &str, b: &str) -> bool {
    let (mut a, mut b) = (a.as_bytes(), b.as_bytes());
    while let ([first, a_rest @ ..], [other, b_rest @ ..]) = (a, b) {
        if *first != *other {
            return false;
        }
        a = a_rest;
        b = b_rest;
    }
    a.is_empty() && b.is_empty()
}

/// How many characters a text has: the bytes that begin one.
const fn characters(text: &str) -> usize {
    let mut bytes = text.as_bytes();
    let mut count = 0;
    while let [byte, rest @ ..] = bytes {
        if *byte & 0b1100_0000 != 0b1000_0000 {
            count += 1;
        }
        bytes = rest;
    }
    count
}

const fn is_null(text: &str) -> bool {
    let text = text.trim_ascii();
    same(text, "null")
}

/// Whether a number has the sign that `-0` has, which is a number of signed types only.
const fn has_minus(text: &str) -> bool {
    matches!(text.trim_ascii().as_bytes(), [b'-', ..])
}

const fn is_digits(text: &str) -> bool {
    let mut bytes = text.trim_ascii().as_bytes();
    if let [b'+', digits @ ..] = bytes {
        bytes = digits;
    }
    let any = !bytes.is_empty();
    while let [byte, rest @ ..] = bytes {
        if !byte.is_ascii_digit() {
            return false;
        }
        bytes = rest;
    }
    any
}

const fn looks_like_json(text: &str) -> bool {
    matches!(text.trim_ascii().as_bytes(), [b'[' | b'{' | b'"', ..])
}
