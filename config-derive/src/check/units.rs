//! Durations and sizes as texts: their values, and what is wrong with a text that is none.
//!
//! In: a text. Out: the value as the runtime reads it, or a sentence that names the mistake: an
//! unknown unit, a sign, or a number that is too big.

use std::time::Duration;

use crate::model::scalar::ScalarType;

/// The units of a duration, each in its shortest form.
const OF_TIME: &str = "`ns`, `us`, `ms`, `s`, `m`, `h`, `d`, `w`, `M` (a month) or `y`";

/// The units of a size.
const OF_BYTES: &str = "`B`, `kB`, `MB`, `GB`, `TB`, `PB`, `EB`, `KiB`, `MiB`, `GiB`, `TiB`, \
                        `PiB` or `EiB`";

/// A duration. `humantime` 2.4 panics near the largest one.
pub(super) fn duration(text: &str) -> Option<Duration> {
    std::panic::catch_unwind(|| humantime::parse_duration(text).ok())
        .ok()
        .flatten()
}

/// A size in bytes, as `hotconfig::Size` reads it.
pub(super) fn size(text: &str) -> Option<i128> {
    let (number, unit) = number_and_unit(text);
    let factor = match unit.as_str() {
        "" if number.contains('.') => return None,
        "" => 1,
        unit => 1_u64 * unit.parse::<bytesize::Unit>().ok()?,
    };
    let factor = u128::from(factor);
    let (whole, fraction) = number.split_once('.').unwrap_or((&number, "0"));
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

/// `64` and `MiB` of `64 MiB`.
fn number_and_unit(text: &str) -> (String, String) {
    let in_quotes = serde_json::from_str::<String>(text).ok();
    let text = in_quotes.as_deref().unwrap_or(text).trim();
    let text = text.strip_prefix('+').unwrap_or(text);
    let end = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    (number.to_owned(), unit.trim_start().to_owned())
}

/// The unknown unit in a text for this type, and the known ones.
pub(super) fn unknown_unit(text: &str, scalar: ScalarType) -> Option<(String, &'static str)> {
    match scalar {
        ScalarType::Duration => match humantime_error(text.trim())? {
            humantime::DurationError::UnknownUnit { unit, .. } if !unit.is_empty() => {
                Some((unit, OF_TIME))
            }
            _ => None,
        },
        ScalarType::Size => {
            let (number, unit) = number_and_unit(text);
            let unknown = !number.is_empty()
                && unit.starts_with(char::is_alphabetic)
                && unit.parse::<bytesize::Unit>().is_err();
            unknown.then_some((unit, OF_BYTES))
        }
        _ => None,
    }
}

/// The sentence about a text that is no duration or no size, if the mistake is known.
pub(super) fn mistake(text: &str, scalar: ScalarType) -> Option<String> {
    let name = scalar.name();
    let is_one = |text: &str| match scalar {
        ScalarType::Duration => duration(text).is_some(),
        ScalarType::Size => size(text).is_some(),
        _ => false,
    };
    if is_one(text.trim()) {
        return None;
    }
    if let Some((unit, known)) = unknown_unit(text, scalar) {
        return Some(format!(
            "`{unit}` is not a unit of a `{name}`: write {known}"
        ));
    }
    if text.trim().strip_prefix('-').is_some_and(is_one) {
        return Some(format!("a `{name}` is never negative: leave the sign out"));
    }
    match scalar {
        ScalarType::Duration => match humantime_error(text.trim())? {
            humantime::DurationError::NumberOverflow => Some(format!(
                "the number does not fit a `{name}`, whose unit is at least a nanosecond: write \
                 less than `500000000000y`"
            )),
            _ => None,
        },
        ScalarType::Size => {
            let (_, unit) = number_and_unit(text);
            let is_too_big = text
                .trim()
                .starts_with(|first: char| first.is_ascii_digit())
                && size(&format!("0{unit}")).is_some()
                && !text.contains('.');
            is_too_big.then(|| format!("this is too big for a `{name}`: write less than `16EiB`"))
        }
        _ => None,
    }
}

fn humantime_error(text: &str) -> Option<humantime::DurationError> {
    std::panic::catch_unwind(|| humantime::parse_duration(text).err())
        .ok()
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::{ScalarType, mistake};

    #[test]
    fn the_mistake_in_a_text_is_named() {
        use ScalarType::{Duration, Size};
        for (scalar, text, why) in [
            (Duration, "30 lightyears", "`lightyears` is not a unit"),
            (Duration, "1h 30x", "`x` is not a unit"),
            (Duration, "-30s", "never negative"),
            (Duration, "99999999999999999999s", "less than"),
            (Size, "64 bananas", "`bananas` is not a unit"),
            (Size, "\"5XB\"", "`XB` is not a unit"),
            (Size, "-5MiB", "never negative"),
            (Size, "16EiB", "less than `16EiB`"),
            (Size, "99999999999999999999", "less than `16EiB`"),
        ] {
            let found = mistake(text, scalar).unwrap_or_default();
            assert!(found.contains(why), "{text}: {found}");
        }
        for (scalar, text) in [
            (Duration, ""),
            (Duration, "30"),
            (Duration, "soon"),
            (Duration, "30s"),
            (Size, ""),
            (Size, "0.5"),
            (Size, "MiB"),
            (Size, "5MiB"),
            (Size, "."),
        ] {
            assert_eq!(mistake(text, scalar), None, "{text}");
        }
    }
}
