//! A number of bytes, written `64MiB`.
//!
//! In: text, or a number of bytes. Out: a [`Size`], or the mistake; and back. The units are those
//! of the crate `bytesize`.

use std::fmt;
use std::str::FromStr;

use serde::de::{Deserialize, Deserializer, Error, Visitor};
use serde::{Serialize, Serializer};

/// A number of bytes, written `64MiB`.
///
/// The units are `B`, `kB`, `MB`, … (powers of 1000) and `KiB`, `MiB`, … (powers of 1024), in upper
/// or lower case. A number without a unit is bytes, and has no fraction. With a unit, a fraction is
/// cut to whole bytes. In JSON, a size is such a text or a number of bytes.
///
/// ```
/// use hotconfig::Size;
///
/// let size: Size = "64MiB".parse()?;
/// assert_eq!(size.bytes(), 64 << 20);
/// assert_eq!(size.to_string(), "64MiB");
/// # Ok::<(), hotconfig::value::SizeError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Size(u64);

/// The reason why a text is not a [`Size`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SizeError(&'static str);

/// The expected form.
pub(super) const EXPECTED: &str = "a size such as `64MiB`, `1.5GB` or a number of bytes";

impl Size {
    /// Creates a size from a number of bytes.
    pub const fn new(bytes: u64) -> Self {
        Self(bytes)
    }

    /// The number of bytes.
    pub const fn bytes(self) -> u64 {
        self.0
    }

    /// The number of bytes; `usize::MAX` if it is more.
    pub fn as_usize(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }
}

impl From<u64> for Size {
    fn from(bytes: u64) -> Self {
        Self(bytes)
    }
}

impl From<Size> for u64 {
    fn from(size: Size) -> Self {
        size.0
    }
}

/// Reads a number, with an optional fraction, and an optional unit.
impl FromStr for Size {
    type Err = SizeError;

    fn from_str(text: &str) -> Result<Self, SizeError> {
        const TOO_BIG: SizeError = SizeError("too big: it must be less than 16EiB");
        let text = text.trim();
        // Whole numbers allow it, and a number field may become a size.
        let text = text.strip_prefix('+').unwrap_or(text);
        let end = text
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .unwrap_or(text.len());
        let (number, unit) = text.split_at(end);
        // `bytesize` would read a number that is too big as the maximum, and round most fractions.
        let factor = match unit.trim_start() {
            "" if number.contains('.') => return Err(SizeError("a fraction without a unit")),
            "" => 1,
            unit => {
                1_u64
                    * unit
                        .parse::<bytesize::Unit>()
                        .map_err(|_| SizeError("not a unit"))?
            }
        };
        let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
        if whole.is_empty() || fraction.is_empty() || fraction.contains('.') {
            return Err(SizeError("not a size"));
        }
        let bytes: u64 = whole.parse().map_err(|_| TOO_BIG)?;
        let bytes = bytes.checked_mul(factor).ok_or(TOO_BIG)?;
        // Eighteen digits are more than an exbibyte's bytes need.
        let (part, scale) = fraction
            .bytes()
            .take(18)
            .fold((0_u128, 1_u128), |(part, scale), b| {
                (part * 10 + u128::from(b - b'0'), scale * 10)
            });
        let part = u64::try_from(part * u128::from(factor) / scale).map_err(|_| TOO_BIG)?;
        bytes.checked_add(part).map(Self).ok_or(TOO_BIG)
    }
}

/// Writes a whole number of the largest unit that gives one.
impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const UNITS: [(u64, &str); 12] = [
            (bytesize::EIB, "EiB"),
            (bytesize::EB, "EB"),
            (bytesize::PIB, "PiB"),
            (bytesize::PB, "PB"),
            (bytesize::TIB, "TiB"),
            (bytesize::TB, "TB"),
            (bytesize::GIB, "GiB"),
            (bytesize::GB, "GB"),
            (bytesize::MIB, "MiB"),
            (bytesize::MB, "MB"),
            (bytesize::KIB, "KiB"),
            (bytesize::KB, "kB"),
        ];
        let fits = UNITS
            .iter()
            .find(|(factor, _)| self.0 != 0 && self.0.is_multiple_of(*factor));
        let (factor, unit) = fits.copied().unwrap_or((1, "B"));
        f.pad(&format!("{}{unit}", self.0 / factor))
    }
}

impl<'de> Deserialize<'de> for Size {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct SizeVisitor;

        impl Visitor<'_> for SizeVisitor {
            type Value = Size;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(EXPECTED)
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Size, E> {
                text.parse().map_err(E::custom)
            }

            fn visit_u64<E: Error>(self, bytes: u64) -> Result<Size, E> {
                Ok(Size(bytes))
            }

            fn visit_i64<E: Error>(self, bytes: i64) -> Result<Size, E> {
                u64::try_from(bytes)
                    .map(Size)
                    .map_err(|_| E::custom("less than zero"))
            }
        }

        if deserializer.is_human_readable() {
            // Either a text or a number.
            deserializer.deserialize_any(SizeVisitor)
        } else {
            deserializer.deserialize_u64(SizeVisitor)
        }
    }
}

/// Writes its text, or the number of bytes if the format is not for people.
impl Serialize for Size {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.collect_str(self)
        } else {
            serializer.serialize_u64(self.0)
        }
    }
}
