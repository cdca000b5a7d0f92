//! The values of an ordered type, as numbers.
//!
//! In: a scalar and the rules of its key. Out: the lowest and the highest allowed value. A bound
//! that only the program knows counts as open.

use super::super::whole::{Limits, Whole};
use super::super::{Bound, Interval, Rule, Scalar};
use crate::rules;
use crate::value::Size;

/// The limit up to which this type of fractions holds every whole number.
pub(super) fn exact_up_to(scalar: Scalar) -> u128 {
    match scalar {
        Scalar::F32 => 1 << 24,
        _ => 1 << 53,
    }
}

/// The limits of a type with discrete values.
fn limits(scalar: Scalar) -> Option<Limits> {
    match scalar {
        Scalar::Period => Some(Limits::up_to(std::time::Duration::MAX.as_nanos())),
        Scalar::Bytes => Some(Limits::up_to(u64::MAX.into())),
        Scalar::Char => Some(Limits::up_to(char::MAX as u128)),
        scalar => Limits::of_numbers(scalar),
    }
}

/// The end of a range of this type.
fn ordinal(scalar: Scalar, text: &str) -> Option<Whole> {
    match scalar {
        Scalar::Period => {
            let period = <std::time::Duration as rules::RangeBound>::read(text)?;
            Some(Whole::from(period.as_nanos()))
        }
        Scalar::Bytes => {
            let size = <Size as rules::RangeBound>::read(text)?;
            Some(Whole::from(size.bytes().into()))
        }
        Scalar::Char => {
            let letter = <char as rules::RangeBound>::read(text)?;
            Some(Whole::from(u32::from(letter).into()))
        }
        scalar => Limits::of_numbers(scalar).and_then(|_| Whole::read(text)),
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

/// The lowest and the highest value of a type that the rules allow; `None` if its values are not
/// discrete. If no value is left, the lowest is above the highest.
pub(super) fn left(scalar: Scalar, rules: &[Rule]) -> Option<Limits> {
    let mut left = limits(scalar)?;
    for interval in ranges(rules) {
        let (low, high) = ends(scalar, interval);
        left.low = low.map_or(left.low, |low| left.low.max(low));
        left.high = high.map_or(left.high, |high| left.high.min(high));
    }
    if left.nonzero && left.low == Whole::ZERO {
        left.low = Whole::from(1);
    }
    if left.nonzero && left.high == Whole::ZERO {
        left.high = Whole::signed(-1);
    }
    Some(left)
}

/// The ends of a range, both included; `None` for an open or unknown one.
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

/// The lowest and the highest of a type's values, as texts; `None` if they are unknown. For numbers
/// with a fraction, these are the ends of a range, even if the range excludes them.
pub(super) fn outermost(scalar: Scalar, rules: &[Rule]) -> Option<[String; 2]> {
    if let Some(left) = left(scalar, rules) {
        return Some([shown(scalar, left.low)?, shown(scalar, left.high)?]);
    }
    let end = |bound: fn(&Interval) -> &Bound| {
        ranges(rules).find_map(|interval| match bound(interval) {
            Bound::At(text) => Some(text.clone()),
            Bound::Open | Bound::Unknown(_) => None,
        })
    };
    Some([end(|range| &range.low)?, end(|range| &range.high)?])
}

/// The minimum and the maximum length that the rules allow, from at least `min`.
pub(super) fn lengths(rules: &[Rule], min: u128) -> (Whole, Whole) {
    let mut left = (Whole::from(min), Whole::from(u128::MAX));
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

/// Whether an interval contains all lengths between these.
pub(super) fn holds_lengths((min, max): (Whole, Whole), interval: &Interval) -> bool {
    let (low, high) = ends(Scalar::Usize, interval);
    let holds = |bound: &Bound, end: Option<Whole>, inside: &dyn Fn(Whole) -> bool| match bound {
        Bound::Open => true,
        Bound::At(_) => end.is_some_and(inside),
        Bound::Unknown(_) => false,
    };
    holds(&interval.low, low, &|low| min >= low) && holds(&interval.high, high, &|high| max <= high)
}

/// Whether two texts are the same value of a type.
pub(super) fn same_value(scalar: Scalar, one: &str, other: &str) -> bool {
    if matches!(scalar, Scalar::F32 | Scalar::F64) {
        return one.parse::<f64>().is_ok_and(|one| other.parse() == Ok(one));
    }
    ordinal(scalar, one).is_some_and(|one| Some(one) == ordinal(scalar, other))
}
