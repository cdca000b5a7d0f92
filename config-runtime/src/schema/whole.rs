//! Whole numbers of every type, and the limits of the types.
//!
//! In: a scalar, or the text of a number. Out: numbers that can be compared across types.
//! It knows no rules.

use std::cmp::Ordering;
use std::fmt;

use super::Scalar;

/// A whole number: a number itself, the nanoseconds of a duration, the bytes of a size, the code
/// of a character.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Whole {
    pub(super) negative: bool,
    pub(super) size: u128,
}

impl Whole {
    pub(super) const ZERO: Self = Self::from(0);

    pub(super) const fn from(size: u128) -> Self {
        Self {
            negative: false,
            size,
        }
    }

    pub(super) const fn signed(number: i128) -> Self {
        Self {
            negative: number < 0,
            size: number.unsigned_abs(),
        }
    }

    pub(super) fn read(text: &str) -> Option<Self> {
        let text = text.trim();
        let unsigned = text.parse().map(Self::from);
        unsigned.or_else(|_| text.parse().map(Self::signed)).ok()
    }

    /// The next number, up or down.
    pub(super) fn next(self, up: bool) -> Option<Self> {
        if self == Self::ZERO && !up {
            return Some(Self::signed(-1));
        }
        let size = match up == self.negative {
            true => self.size.checked_sub(1)?,
            false => self.size.checked_add(1)?,
        };
        Some(Self {
            negative: self.negative && size > 0,
            size,
        })
    }
}

impl Ord for Whole {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self.negative, other.negative) {
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
        let sign = if self.negative { "-" } else { "" };
        write!(f, "{sign}{}", self.size)
    }
}

/// The lowest and the highest value, and whether zero is excluded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Limits {
    pub(super) low: Whole,
    pub(super) high: Whole,
    pub(super) nonzero: bool,
}

impl Limits {
    /// From zero to this.
    pub(super) const fn up_to(high: u128) -> Self {
        Self {
            low: Whole::ZERO,
            high: Whole::from(high),
            nonzero: false,
        }
    }

    /// The limits of a type of whole numbers.
    #[expect(clippy::cast_lossless, reason = "`usize` has no lossless cast")]
    pub(super) fn of_numbers(scalar: Scalar) -> Option<Self> {
        macro_rules! limits {
            ($($unsigned:ident, $nonzero:ident: $type:ty;)+ / $($signed:ident, $signed_nonzero:ident: $of:ty;)+) => {
                match scalar {
                    $(Scalar::$unsigned | Scalar::$nonzero => Self {
                        nonzero: scalar == Scalar::$nonzero,
                        ..Self::up_to(<$type>::MAX as u128)
                    },)+
                    $(Scalar::$signed | Scalar::$signed_nonzero => Self {
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
}
