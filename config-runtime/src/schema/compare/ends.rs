//! The values of a type that has an order, as numbers.
//!
//! In: a scalar and the rules of its key. Out: the lowest and the highest value, and whether a
//! range of another key holds them. A bound that only the program knows is taken for none where
//! it makes values fewer, and for one that may refuse where it would have to hold.

use std::cmp::Ordering;
use std::fmt;

use super::super::{Bound, Interval, Rule, Scalar};
use crate::rules;
use crate::value::Size;

/// A whole number: a number itself, the nanoseconds of a duration, the bytes of a size, the code
/// of a character.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Whole {
    below: bool,
    size: u128,
}

impl Whole {
    pub(super) const ZERO: Self = Self::from(0);

    pub(super) const fn from(size: u128) -> Self {
        Self { below: false, size }
    }

    /// So many below zero.
    pub(super) const fn below(size: u128) -> Self {
        Self {
            below: size > 0,
            size,
        }
    }

    pub(super) const fn signed(number: i128) -> Self {
        Self {
            below: number < 0,
            size: number.unsigned_abs(),
        }
    }

    pub(super) fn read(text: &str) -> Option<Self> {
        if let Ok(size) = text.parse() {
            return Some(Self::from(size));
        }
        text.parse().ok().map(Self::signed)
    }

    /// It, where it may be how many there are.
    pub(super) fn count(self) -> Option<u128> {
        (!self.below).then_some(self.size)
    }

    /// The next one, up or down.
    pub(super) fn next(self, up: bool) -> Option<Self> {
        let size = if up == self.below {
            self.size.checked_sub(1)
        } else {
            self.size.checked_add(1)
        };
        match size {
            Some(size) => Some(Self {
                below: self.below && size > 0,
                size,
            }),
            // Below zero itself.
            None if self.size == 0 && !up => Some(Self::signed(-1)),
            None => None,
        }
    }

    /// It, as a number of a type with a fraction, if it is one.
    #[expect(clippy::cast_precision_loss, reason = "these numbers lose nothing")]
    fn exact(self, scalar: Scalar) -> Option<f64> {
        let size = self.size as f64;
        let number = if self.below { -size } else { size };
        (self.size <= exact_up_to(scalar)).then_some(number)
    }
}

impl Ord for Whole {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self.below, other.below) {
            (false, false) => self.size.cmp(&other.size),
            (true, true) => other.size.cmp(&self.size),
            (false, true) => Ordering::Greater,
            (true, false) => Ordering::Less,
        }
    }
}

impl PartialOrd for Whole {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Whole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.below { "-" } else { "" };
        write!(f, "{sign}{}", self.size)
    }
}

/// Up to here every whole number is one of this type, which has a fraction.
pub(super) fn exact_up_to(scalar: Scalar) -> u128 {
    match scalar {
        Scalar::F32 => 1 << 24,
        _ => 1 << 53,
    }
}

/// What a scalar is, as far as numbers go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Limits {
    pub(super) low: Whole,
    pub(super) high: Whole,
    /// Zero is none of the values.
    pub(super) nonzero: bool,
}

/// The limits of a whole number, as the type has them.
#[expect(clippy::cast_lossless, reason = "of `usize` it is not known to be")]
pub(super) fn whole_number(scalar: Scalar) -> Option<Limits> {
    macro_rules! limits {
        ($($unsigned:ident, $nonzero:ident: $type:ty;)+ / $($signed:ident, $signed_nonzero:ident: $of:ty;)+) => {
            match scalar {
                $(Scalar::$unsigned | Scalar::$nonzero => Limits {
                    low: Whole::ZERO,
                    high: Whole::from(<$type>::MAX as u128),
                    nonzero: scalar == Scalar::$nonzero,
                },)+
                $(Scalar::$signed | Scalar::$signed_nonzero => Limits {
                    low: Whole::signed(<$of>::MIN as i128),
                    high: Whole::signed(<$of>::MAX as i128),
                    nonzero: scalar == Scalar::$signed_nonzero,
                },)+
                _ => return None,
            }
        };
    }
    Some(limits! {
        U8, NonZeroU8: u8;
        U16, NonZeroU16: u16;
        U32, NonZeroU32: u32;
        U64, NonZeroU64: u64;
        U128, NonZeroU128: u128;
        Usize, NonZeroUsize: usize;
        /
        I8, NonZeroI8: i8;
        I16, NonZeroI16: i16;
        I32, NonZeroI32: i32;
        I64, NonZeroI64: i64;
        I128, NonZeroI128: i128;
        Isize, NonZeroIsize: isize;
    })
}

/// The same for all types whose values follow one another.
fn limits(scalar: Scalar) -> Option<Limits> {
    let up_to = |high| Limits {
        low: Whole::ZERO,
        high: Whole::from(high),
        nonzero: false,
    };
    match scalar {
        Scalar::Period => Some(up_to(std::time::Duration::MAX.as_nanos())),
        Scalar::Bytes => Some(up_to(u64::MAX.into())),
        Scalar::Char => Some(up_to(char::MAX as u128)),
        scalar => whole_number(scalar),
    }
}

/// The end of a range of this type.
fn ordinal(scalar: Scalar, text: &str) -> Option<Whole> {
    match scalar {
        Scalar::Period => {
            let period = <std::time::Duration as rules::Bound>::read(text)?;
            Some(Whole::from(period.as_nanos()))
        }
        Scalar::Bytes => {
            let size = <Size as rules::Bound>::read(text)?;
            Some(Whole::from(size.bytes().into()))
        }
        Scalar::Char => {
            let letter = <char as rules::Bound>::read(text)?;
            Some(Whole::from(u32::from(letter).into()))
        }
        scalar => whole_number(scalar).and_then(|_| Whole::read(text)),
    }
}

/// The text that is read as this value.
pub(super) fn shown(scalar: Scalar, value: Whole) -> Option<String> {
    Some(match scalar {
        Scalar::Period => {
            let nanos = value.size;
            let seconds = u64::try_from(nanos / 1_000_000_000).ok()?;
            let rest = u32::try_from(nanos % 1_000_000_000).ok()?;
            crate::value::duration::show(std::time::Duration::new(seconds, rest))
        }
        Scalar::Bytes => Size::new(u64::try_from(value.size).ok()?).to_string(),
        Scalar::Char => char::from_u32(u32::try_from(value.size).ok()?)?.to_string(),
        _ => value.to_string(),
    })
}

fn ranges(rules: &[Rule]) -> impl Iterator<Item = &Interval> {
    rules.iter().filter_map(|rule| match rule {
        Rule::Range(interval) => Some(interval),
        _ => None,
    })
}

/// The lowest and the highest value that the rules leave of a type; none where its values do not
/// follow one another. The lowest is above the highest where no value is left.
pub(super) fn left(scalar: Scalar, rules: &[Rule]) -> Option<Limits> {
    let mut left = limits(scalar)?;
    for interval in ranges(rules) {
        let (low, high) = ends(scalar, interval);
        left.low = low.map_or(left.low, |low| left.low.max(low));
        left.high = high.map_or(left.high, |high| left.high.min(high));
    }
    for choices in rules.iter().filter_map(|rule| match rule {
        Rule::OneOf(choices) => Some(choices),
        _ => None,
    }) {
        let read: Option<Vec<Whole>> = choices.iter().map(|one| ordinal(scalar, one)).collect();
        let Some(read) = read else { continue };
        left.low = read.iter().min().map_or(left.low, |low| left.low.max(*low));
        left.high = read
            .iter()
            .max()
            .map_or(left.high, |high| left.high.min(*high));
        left.nonzero |= !read.contains(&Whole::ZERO);
    }
    if left.nonzero && left.low == Whole::ZERO {
        left.low = Whole::from(1);
    }
    if left.nonzero && left.high == Whole::ZERO {
        left.high = Whole::signed(-1);
    }
    Some(left)
}

/// The ends of a range, both included, as far as they are known.
fn ends(scalar: Scalar, interval: &Interval) -> (Option<Whole>, Option<Whole>) {
    let read = |bound: &Bound| match bound {
        Bound::At(text) => ordinal(scalar, text),
        Bound::Open | Bound::Unknown(_) => None,
    };
    let high = read(&interval.high);
    let high = match interval.inclusive {
        true => high,
        false => high.and_then(|high| high.next(false)),
    };
    (read(&interval.low), high)
}

/// Whether a range, or a length, of `to` holds every value of `from`.
pub(super) fn holds(
    from: Scalar,
    from_rules: &[Rule],
    to: Scalar,
    interval: &Interval,
    same_reading: bool,
) -> bool {
    if matches!(to, Scalar::F32 | Scalar::F64) {
        return holds_reals(from, from_rules, to, interval, same_reading);
    }
    let Some(left) = left(from, from_rules) else {
        return false;
    };
    let (low, high) = ends(to, interval);
    let same = from == to;
    let said = |mine: &Bound, of: fn(&Interval) -> &Bound, also: &dyn Fn(&Interval) -> bool| {
        same && ranges(from_rules).any(|other| of(other) == mine && also(other))
    };
    let low_holds = interval.low == Bound::Open
        || low.is_some_and(|low| left.low >= low)
        || said(&interval.low, |other| &other.low, &|_| true);
    let high_holds = interval.high == Bound::Open
        || high.is_some_and(|high| left.high <= high)
        || said(&interval.high, |other| &other.high, &|other| {
            other.inclusive == interval.inclusive
        });
    low_holds && high_holds
}

/// A number as a type of this width reads it.
fn real(text: &str, scalar: Scalar) -> Option<f64> {
    match scalar {
        Scalar::F32 => text.parse::<f32>().ok().map(f64::from),
        _ => text.parse().ok(),
    }
}

/// Whether the rules leave of an `f64` only numbers that are far from the ends of an `f32`.
pub(super) fn are_small(rules: &[Rule]) -> bool {
    const SMALL: f64 = 1e38;
    let end = |bound: &Bound| match bound {
        Bound::At(text) => real(text, Scalar::F64),
        Bound::Open | Bound::Unknown(_) => None,
    };
    let low = ranges(rules)
        .filter_map(|own| end(&own.low))
        .any(|low| low >= -SMALL);
    low && ranges(rules)
        .filter_map(|own| end(&own.high))
        .any(|high| high <= SMALL)
}

/// Whether a range of numbers with a fraction holds every value of `from`, as far as that is plain:
/// ranges of the same numbers, and whole numbers that are exact.
fn holds_reals(
    from: Scalar,
    from_rules: &[Rule],
    to: Scalar,
    interval: &Interval,
    same_reading: bool,
) -> bool {
    let of_wholes = left(from, from_rules);
    // Rounding keeps the order, and an end that is a number of both types is not crossed.
    let exact = |bound: &Bound| match bound {
        Bound::Open => true,
        Bound::At(text) => {
            let both = real(text, Scalar::F32).zip(real(text, Scalar::F64));
            both.is_some_and(|(narrow, wide)| narrow.total_cmp(&wide).is_eq())
        }
        Bound::Unknown(_) => false,
    };
    let rounded = (from, to) == (Scalar::F64, Scalar::F32)
        && (interval.inclusive || interval.high == Bound::Open)
        && exact(&interval.low)
        && exact(&interval.high);
    if of_wholes.is_none() && !(same_reading && (from == to || rounded)) {
        return false;
    }
    // An expression is the same only of the same type.
    let named = from == to;
    // The ends of `from`, and whether the higher one is included.
    let lows = || ranges(from_rules).map(|own| (&own.low, true));
    let highs = || ranges(from_rules).map(|own| (&own.high, own.inclusive));
    let number = |end: Whole| end.exact(to);
    let low = match (&interval.low, of_wholes) {
        (Bound::Open, _) => true,
        (Bound::At(text), Some(left)) => real(text, to)
            .zip(number(left.low))
            .is_some_and(|(end, low)| low >= end),
        (Bound::At(text), None) => lows().any(|(own, _)| match own {
            Bound::At(own) => real(own, to)
                .zip(real(text, to))
                .is_some_and(|(own, end)| own >= end),
            _ => false,
        }),
        (bound @ Bound::Unknown(_), _) => named && lows().any(|(own, _)| own == bound),
    };
    let high = match (&interval.high, of_wholes) {
        (Bound::Open, _) => true,
        (Bound::At(text), Some(left)) => real(text, to)
            .zip(number(left.high))
            .is_some_and(|(end, high)| high < end || interval.inclusive && high <= end),
        (Bound::At(text), None) => highs().any(|(own, included)| match own {
            Bound::At(own) => real(own, to).zip(real(text, to)).is_some_and(|(own, end)| {
                own < end || own <= end && (interval.inclusive || !included)
            }),
            _ => false,
        }),
        (bound @ Bound::Unknown(_), _) => {
            let same = |(own, included)| own == bound && included == interval.inclusive;
            named && highs().any(same)
        }
    };
    low && high
}

/// The least and the highest length that the rules leave, where it is at least `least`.
pub(super) fn lengths(rules: &[Rule], least: u128) -> (Whole, Whole) {
    let mut left = (Whole::from(least), Whole::from(u128::MAX));
    for rule in rules {
        match rule {
            Rule::NonEmpty => left.0 = left.0.max(Whole::from(1)),
            Rule::Length(interval) => {
                let (low, high) = ends(Scalar::Usize, interval);
                left.0 = low.map_or(left.0, |low| left.0.max(low));
                left.1 = high.map_or(left.1, |high| left.1.min(high));
            }
            _ => {}
        }
    }
    left
}

/// Whether a length holds all that lie between these; where the bound is an expression, whether
/// one of the rules has the same.
pub(super) fn holds_lengths(
    (least, most): (Whole, Whole),
    rules: &[Rule],
    interval: &Interval,
) -> bool {
    let (low, high) = ends(Scalar::Usize, interval);
    let lengths = || {
        rules.iter().filter_map(|rule| match rule {
            Rule::Length(interval) => Some(interval),
            _ => None,
        })
    };
    let low_holds = match &interval.low {
        Bound::Open => true,
        Bound::At(_) => low.is_some_and(|low| least >= low),
        bound @ Bound::Unknown(_) => lengths().any(|other| other.low == *bound),
    };
    let high_holds = match &interval.high {
        Bound::Open => true,
        Bound::At(_) => high.is_some_and(|high| most <= high),
        bound @ Bound::Unknown(_) => {
            lengths().any(|other| other.high == *bound && other.inclusive == interval.inclusive)
        }
    };
    low_holds && high_holds
}

/// Whether two texts are the same value of a type.
pub(super) fn same_value(scalar: Scalar, one: &str, other: &str) -> bool {
    match scalar {
        Scalar::F32 | Scalar::F64 => {
            real(one, scalar).is_some_and(|one| Some(one) == real(other, scalar))
        }
        scalar => ordinal(scalar, one).is_some_and(|one| Some(one) == ordinal(scalar, other)),
    }
}
