//! A duration as text: `30s`, `1h 30m`.
//!
//! In: text. Out: a [`Duration`], or the mistake in the text; and back. The words are those of the
//! crate `humantime`.

use std::time::Duration;

/// The expected form.
pub(super) const EXPECTED: &str = "a duration such as `250ms`, `30s` or `1h 30m`";

/// Reads a duration.
pub(crate) fn read(text: &str) -> Result<Duration, &'static str> {
    let text = text.trim();
    if text.len() > 256 {
        return Err("not a duration");
    }
    let mut total = Duration::ZERO;
    // Span by span: `humantime` 2.4 panics if the seconds of all spans add up to `u64::MAX` and the
    // fractions to another second.
    for span in spans(text) {
        total = humantime::parse_duration(span)
            .map_err(|error| wrong(&error))?
            .checked_add(total)
            .ok_or(TOO_LONG)?;
    }
    Ok(total)
}

/// The text that [`read`] reads as this duration.
pub(crate) fn show(duration: Duration) -> String {
    humantime::format_duration(duration).to_string()
}

const TOO_LONG: &str = "too long, or finer than a nanosecond";

/// The mistake, without the text, which may be a secret or very long.
fn wrong(error: &humantime::DurationError) -> &'static str {
    use humantime::DurationError as Error;
    match error {
        Error::Empty => "empty",
        Error::UnknownUnit { unit, .. } if unit.is_empty() => "a number without a unit",
        Error::UnknownUnit { .. } => "not a unit of time",
        Error::NumberOverflow => TOO_LONG,
        Error::InvalidCharacter(_) | Error::NumberExpected(_) => "not a duration",
    }
}

/// Cuts before every digit that follows a letter: `1h 30m` is `1h ` and `30m`. Never empty.
fn spans(text: &str) -> impl Iterator<Item = &str> {
    let mut after_letter = false;
    let mut from = 0;
    let mut cuts = Vec::new();
    for (at, char) in text.char_indices() {
        if char.is_ascii_digit() && after_letter {
            cuts.push(from..at);
            from = at;
        }
        if !char.is_whitespace() {
            after_letter = char.is_alphabetic();
        }
    }
    cuts.push(from..text.len());
    cuts.into_iter().filter_map(|cut| text.get(cut))
}
