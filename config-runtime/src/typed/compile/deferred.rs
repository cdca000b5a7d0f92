//! The checks of defaults and ranges that are left to constants: the macro sees no constants'
//! values, and no types behind aliases.
//!
//! In: values that constants know; or the type's [`Shape`] and the macro's verdicts on a literal. Out:
//! nothing, or a panic with a sentence, at the place of the caller. It parses nothing.

use std::cmp::Ordering;
use std::marker::PhantomData;
use std::str::FromStr;

use super::message::Message;
use crate::typed::shape::{Scalar, Shape};
use crate::typed::tree::ConstValue;

/// A rule that a default has to keep.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub enum DeferredRule {
    /// Low, high, and whether the high end is included.
    Range(ConstValue, ConstValue, bool),
    Length(ConstValue, ConstValue, bool),
    OneOf(&'static [ConstValue]),
    NonEmpty,
}

/// The macro's verdicts on a literal, for each type that it may be of.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct Verdicts {
    /// The text, if it is one.
    pub text: Option<&'static str>,
    /// The scalars that the text is.
    pub accepts: &'static [Scalar],
    /// The scalars as which something known is wrong with it, with the message.
    pub refused: &'static [(Scalar, &'static str)],
    /// The same as a list, and as a map; none if the text is no such JSON.
    pub list: Option<EntryVerdicts>,
    pub map: Option<EntryVerdicts>,
    /// The message if it is no JSON.
    pub broken: Option<&'static str>,
    /// The words inside the JSON.
    pub words: &'static [&'static str],
}

/// The macro's verdicts on a list or a map.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct EntryVerdicts {
    /// The scalars that all entries are.
    pub accepts: &'static [Scalar],
    /// The message if it breaks a rule.
    pub breaks: Option<&'static str>,
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

/// Rejects a range in which no value lies.
///
/// # Panics
/// For that; in a constant.
#[doc(hidden)]
#[track_caller]
pub const fn range(low: ConstValue, high: ConstValue, inclusive: bool, written: &str) {
    let advice = match compare(low, high) {
        Some(Ordering::Greater) => "swap its bounds",
        Some(Ordering::Equal) if !inclusive => "write `..=` to include its end",
        _ => return,
    };
    let mut message = Message::new();
    message.push("no value lies in the range `");
    message.push(written);
    message.push("`");
    push_ends(&mut message, DeferredRule::Range(low, high, inclusive));
    message.push(": ");
    message.push(advice);
    refuse(&message);
}

/// Rejects a default that breaks a rule of its field.
///
/// # Panics
/// For that; in a constant.
#[doc(hidden)]
#[track_caller]
pub const fn default(value: ConstValue, rules: &[(DeferredRule, &str, bool)]) {
    if matches!(value, ConstValue::Float(number) if !number.is_finite()) {
        refuse_with("a number in the store is finite, and this default is not");
    }
    let mut rules = rules;
    while let [(rule, written, is_computed), rest @ ..] = rules {
        if breaks(value, *rule) {
            let mut message = Message::new();
            message.push("the default");
            if is_shown(value) {
                message.push(", ");
                push(&mut message, value);
                message.push(",");
            }
            message.push(" breaks the field's own rule `");
            message.push(written);
            message.push("`");
            if *is_computed {
                push_ends(&mut message, *rule);
            }
            message.push(": change one of them");
            refuse(&message);
        }
        rules = rest;
    }
}

/// Rejects what the macro has found wrong for this type.
///
/// # Panics
/// For that; in a constant.
#[doc(hidden)]
#[track_caller]
pub const fn refused(shape: Shape, messages: &[(Scalar, &str)]) {
    if let Shape::Scalar(scalar) = inner(shape) {
        let mut messages = messages;
        while let [(of, message), rest @ ..] = messages {
            if is_same(*of, scalar) {
                refuse_with(message);
            }
            messages = rest;
        }
    }
}

/// Rejects a literal that is not of its type, or that breaks a rule of its field.
///
/// # Panics
/// For that; in a constant.
#[doc(hidden)]
#[track_caller]
pub const fn literal(
    field: &str,
    type_name: &str,
    shape: Shape,
    parses: bool,
    verdicts: &Verdicts,
) {
    if matches!(shape, Shape::Optional(_)) {
        match verdicts.text {
            Some(text) if !same(text.trim_ascii(), "null") => {}
            // `None`, or a number that the start of the program checks.
            _ => return,
        }
    }
    let shape = inner(shape);
    match (shape, verdicts.text) {
        (Shape::Scalar(scalar), text) => {
            refused(shape, verdicts.refused);
            if let Some(text) = text
                && !includes(verdicts.accepts, scalar)
            {
                refuse_text(text, shape);
            }
        }
        (Shape::Words(words), Some(text)) if !contains(words, text.trim_ascii()) => {
            refuse_text(text, shape);
        }
        (Shape::List(of), Some(text)) => entries(text, shape, *of, verdicts.list, verdicts),
        (Shape::Map(of), Some(text)) => entries(text, shape, *of, verdicts.map, verdicts),
        (Shape::List(_), None) => keeps_rules(verdicts.list),
        (Shape::Map(_), None) => keeps_rules(verdicts.map),
        (Shape::Opaque, Some(text)) if !parses => match verdicts.broken {
            _ if !looks_like_json(text) => refuse_unknown(field, type_name, text),
            Some(broken) => refuse_with(broken),
            None => {}
        },
        _ => {}
    }
}

#[track_caller]
const fn entries(
    text: &str,
    shape: Shape,
    of: Shape,
    of_entries: Option<EntryVerdicts>,
    Verdicts { words, broken, .. }: &Verdicts,
) {
    let Some(EntryVerdicts { accepts, .. }) = of_entries else {
        return match broken {
            Some(broken) if looks_like_json(text) => refuse_with(broken),
            _ => refuse_text(text, shape),
        };
    };
    match inner(of) {
        // Entries of options may be `null`.
        Shape::Scalar(scalar)
            if !matches!(of, Shape::Optional(_)) && !includes(accepts, scalar) =>
        {
            refuse_text(text, shape);
        }
        Shape::Words(known) => {
            let mut words = *words;
            while let [word, rest @ ..] = words {
                if !contains(known, word) {
                    refuse_text(word, inner(of));
                }
                words = rest;
            }
        }
        _ => {}
    }
    keeps_rules(of_entries);
}

#[track_caller]
const fn keeps_rules(verdicts: Option<EntryVerdicts>) {
    if let Some(EntryVerdicts {
        breaks: Some(broken),
        ..
    }) = verdicts
    {
        refuse_with(broken);
    }
}

#[track_caller]
const fn refuse_with(text: &str) {
    let mut message = Message::new();
    message.push(text);
    refuse(&message);
}

/// The type inside an optional one.
const fn inner(shape: Shape) -> Shape {
    match shape {
        Shape::Optional(inner) => *inner,
        shape => shape,
    }
}

/// Rejects a text that the type doesn't read.
#[track_caller]
const fn refuse_text(text: &str, shape: Shape) {
    let mut message = Message::new();
    message.push("`");
    message.push(text);
    message.push("` is not a valid ");
    match shape {
        Shape::Words(words) => {
            message.push("word of this type: write ");
            push_words(&mut message, words);
        }
        Shape::Scalar(scalar) => match whole(scalar) {
            Some((name, limits)) => {
                message.push("`");
                message.push(name);
                message.push("`: write a whole number ");
                message.push(limits);
            }
            None => message.push(expected(shape)),
        },
        _ => message.push(expected(shape)),
    }
    refuse(&message);
}

/// The name and the limits of a whole number.
const fn whole(scalar: Scalar) -> Option<(&'static str, &'static str)> {
    Some(match scalar {
        Scalar::U8 => ("u8", "from 0 to 255"),
        Scalar::U16 => ("u16", "from 0 to 65535"),
        Scalar::U32 => ("u32", "from 0 to 4294967295"),
        Scalar::U64 => ("u64", "from 0 to 2^64 - 1"),
        Scalar::U128 => ("u128", "from 0 to 2^128 - 1"),
        Scalar::Usize => ("usize", "from 0 to 2^64 - 1"),
        Scalar::I8 => ("i8", "from -128 to 127"),
        Scalar::I16 => ("i16", "from -32768 to 32767"),
        Scalar::I32 => ("i32", "from -2147483648 to 2147483647"),
        Scalar::I64 => ("i64", "from -2^63 to 2^63 - 1"),
        Scalar::I128 => ("i128", "from -2^127 to 2^127 - 1"),
        Scalar::Isize => ("isize", "from -2^63 to 2^63 - 1"),
        Scalar::NonZeroU8 => ("NonZeroU8", "from 1 to 255"),
        Scalar::NonZeroU16 => ("NonZeroU16", "from 1 to 65535"),
        Scalar::NonZeroU32 => ("NonZeroU32", "from 1 to 4294967295"),
        Scalar::NonZeroU64 => ("NonZeroU64", "from 1 to 2^64 - 1"),
        Scalar::NonZeroU128 => ("NonZeroU128", "from 1 to 2^128 - 1"),
        Scalar::NonZeroUsize => ("NonZeroUsize", "from 1 to 2^64 - 1"),
        Scalar::NonZeroI8 => ("NonZeroI8", "from -128 to 127, but not 0"),
        Scalar::NonZeroI16 => ("NonZeroI16", "from -32768 to 32767, but not 0"),
        Scalar::NonZeroI32 => ("NonZeroI32", "from -2147483648 to 2147483647, but not 0"),
        Scalar::NonZeroI64 => ("NonZeroI64", "from -2^63 to 2^63 - 1, but not 0"),
        Scalar::NonZeroI128 => ("NonZeroI128", "from -2^127 to 2^127 - 1, but not 0"),
        Scalar::NonZeroIsize => ("NonZeroIsize", "from -2^63 to 2^63 - 1, but not 0"),
        _ => return None,
    })
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

/// The name of a type, and what to write.
const fn expected(shape: Shape) -> &'static str {
    let scalar = match shape {
        Shape::Scalar(scalar) => scalar,
        Shape::List(_) => return "JSON array of this type: write `[…]`",
        Shape::Map(_) => return "JSON object of this type: write `{…}`",
        Shape::Words(_) | Shape::Optional(_) | Shape::Opaque => return "value of this type",
    };
    match scalar {
        Scalar::Period => "duration: write it with its unit, `30s`",
        Scalar::Bytes => "size: write it with its unit, `64MiB`",
        Scalar::F32 | Scalar::F64 => "number: write a number, `0.5`",
        Scalar::Bool => "`bool`: write `true` or `false`",
        Scalar::Char => "`char`: write one character",
        Scalar::Ip => "IP address: write `10.0.0.1`",
        Scalar::Ipv4 => "IPv4 address: write `10.0.0.1`",
        Scalar::Ipv6 => "IPv6 address: write `::1`",
        Scalar::Socket | Scalar::SocketV4 => "socket address: write `10.0.0.1:80`",
        Scalar::SocketV6 => "socket address: write `[::1]:80`",
        _ => "value of this type",
    }
}

/// Whether the value breaks the rule, as far as both are known.
const fn breaks(value: ConstValue, rule: DeferredRule) -> bool {
    match rule {
        DeferredRule::Range(low, high, inclusive) => lies_outside(value, low, high, inclusive),
        DeferredRule::Length(low, high, inclusive) => match value {
            ConstValue::Text(word) => {
                let length = ConstValue::Integer(characters(word) as i128);
                lies_outside(length, low, high, inclusive)
            }
            _ => false,
        },
        DeferredRule::NonEmpty => matches!(value, ConstValue::Text(word) if word.is_empty()),
        DeferredRule::OneOf(values) => is_none_of(value, values),
    }
}

const fn is_none_of(value: ConstValue, choices: &[ConstValue]) -> bool {
    let mut choices = choices;
    while let [choice, rest @ ..] = choices {
        let same = match (value, *choice) {
            (ConstValue::Text(word), ConstValue::Text(choice)) => same(word, choice),
            (value, choice) => match compare(value, choice) {
                Some(order) => matches!(order, Ordering::Equal),
                // What can't be compared may be the same.
                None => true,
            },
        };
        if same {
            return false;
        }
        choices = rest;
    }
    true
}

const fn lies_outside(
    value: ConstValue,
    low: ConstValue,
    high: ConstValue,
    inclusive: bool,
) -> bool {
    if matches!(compare(low, high), Some(Ordering::Greater)) {
        // No value lies in the range, which is another message.
        return false;
    }
    let above = match compare(value, high) {
        Some(Ordering::Greater) => true,
        Some(Ordering::Equal) => !inclusive,
        Some(Ordering::Less) | None => false,
    };
    let is_nan = matches!(value, ConstValue::Float(number) if number.is_nan());
    above || is_nan || matches!(compare(value, low), Some(Ordering::Less))
}

/// Which of two is smaller; `None` where they are of different kinds, or NaN.
const fn compare(a: ConstValue, b: ConstValue) -> Option<Ordering> {
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
        (ConstValue::Integer(a), ConstValue::Integer(b)) => ordered!(a, b),
        (ConstValue::Float(a), ConstValue::Float(b)) => ordered!(a, b),
        (ConstValue::Period(a), ConstValue::Period(b)) => {
            let (a, b) = (a.as_nanos(), b.as_nanos());
            ordered!(a, b)
        }
        (ConstValue::Bytes(a), ConstValue::Bytes(b)) => {
            let (a, b) = (a.bytes(), b.bytes());
            ordered!(a, b)
        }
        _ => None,
    }
}

/// A value as people write it.
const fn push(message: &mut Message, value: ConstValue) {
    match value {
        ConstValue::Integer(number) => message.push_number(number),
        ConstValue::Bytes(size) => {
            message.push_number(size.bytes() as i128);
            message.push(" bytes");
        }
        ConstValue::Period(period) => {
            let (seconds, nanos) = (period.as_secs(), period.subsec_nanos());
            let (number, unit) = if nanos == 0 {
                (seconds as i128, "s")
            } else if nanos % 1_000_000 == 0 {
                (seconds as i128 * 1000 + (nanos / 1_000_000) as i128, "ms")
            } else {
                (seconds as i128 * 1_000_000_000 + nanos as i128, "ns")
            };
            message.push_number(number);
            message.push(unit);
        }
        ConstValue::Text(text) => {
            message.push("`");
            message.push(text);
            message.push("`");
        }
        ConstValue::Float(number) => push_float(message, number),
        ConstValue::Nothing | ConstValue::Unknown(_) => {}
    }
}

/// The values of a rule's ends, `, from 1 to 64`.
const fn push_ends(message: &mut Message, rule: DeferredRule) {
    let (DeferredRule::Range(low, high, inclusive) | DeferredRule::Length(low, high, inclusive)) =
        rule
    else {
        return;
    };
    if is_shown(low) {
        message.push(", from ");
        push(message, low);
    }
    if is_shown(high) {
        message.push(if is_shown(low) { " " } else { ", " });
        message.push(if inclusive { "to " } else { "to below " });
        push(message, high);
    }
}

/// Whether a message shows the value.
const fn is_shown(value: ConstValue) -> bool {
    match value {
        ConstValue::Nothing | ConstValue::Unknown(_) => false,
        // Six digits behind the point are shown.
        ConstValue::Float(number) => {
            let size = number.abs();
            size == 0.0 || size >= 0.001 && size < 1e15
        }
        _ => true,
    }
}

/// A fraction, with at most six digits behind the point.
#[expect(
    clippy::cast_possible_truncation,
    reason = "a number that is shown is small enough"
)]
const fn push_float(message: &mut Message, number: f64) {
    const DIGITS: usize = 6;
    let scaled = (number.abs() * 1e6 + 0.5) as i128;
    if number < 0.0 {
        message.push("-");
    }
    message.push_number(scaled / 1_000_000);
    message.push(".");
    let mut rest = scaled % 1_000_000;
    let mut factor = 100_000;
    let mut digit = 0;
    while digit == 0 || rest != 0 && digit < DIGITS {
        message.push_number(rest / factor);
        rest %= factor;
        factor /= 10;
        digit += 1;
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

const fn looks_like_json(text: &str) -> bool {
    matches!(text.trim_ascii().as_bytes(), [b'[' | b'{' | b'"', ..])
}

const fn includes(scalars: &[Scalar], scalar: Scalar) -> bool {
    let mut scalars = scalars;
    while let [one, rest @ ..] = scalars {
        if is_same(*one, scalar) {
            return true;
        }
        scalars = rest;
    }
    false
}

pub(super) const fn is_same(one: Scalar, other: Scalar) -> bool {
    one as u8 == other as u8
}
