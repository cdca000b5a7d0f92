//! The reasons for which a copy is rejected, with the form that was expected.
//!
//! No value is ever quoted: it may be a secret.

use std::time::Duration;

use super::format::FORMAT;

/// The reason why a copy is not used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    /// The file is something else.
    #[error("it is no fallback file: such a file begins with `{FORMAT} sha256=`")]
    Foreign,
    /// A version of the format that this program does not know.
    #[error(
        "it is of the format `{found}`, and this version of hotconfig reads `{FORMAT}`: \
         it will be written anew once the store can be reached"
    )]
    Version {
        /// The name and version that it begins with.
        found: String,
    },
    /// The first line has the right beginning and nothing else.
    #[error(
        "its first line is cut short or was edited: it should be \
         `{FORMAT} sha256=<64 hexadecimal digits> bytes=<length of the rest>`"
    )]
    Header,
    /// Something is missing, or something was added.
    #[error(
        "it was cut short, or something was added: {expected} bytes should follow its first line, \
         and {found} do"
    )]
    Length {
        /// The number of bytes in its first line.
        expected: u64,
        /// The actual number of bytes.
        found: u64,
    },
    /// The bytes are not those that were written.
    #[error("it was damaged or edited: its checksum should be {expected}, and is {found}")]
    Checksum {
        /// The checksum in its first line.
        expected: String,
        /// The checksum of the bytes.
        found: String,
    },
    /// The bytes are those that were written, but do not fit the format.
    #[error("line {line}, column {column}: {wrong}")]
    Body {
        /// The line in the file, from 1.
        line: usize,
        /// The column in bytes, from 1.
        column: usize,
        wrong: &'static str,
    },
    /// A member does not have the form that the format requires.
    #[error("`{member}` should be {right}")]
    Member {
        member: &'static str,
        right: &'static str,
    },
    /// The value of a key does not have the form that the format requires.
    #[error("the value of {key:?} should be {right}")]
    Value { key: String, right: &'static str },
    /// A key occurs more than once.
    #[error("the key {key:?} stands there twice: once would be right")]
    Twice { key: String },
    /// A key is below none of the file's prefixes.
    #[error("the key {key:?} is below none of the file's own prefixes")]
    Outside { key: String },
    /// A secret is sealed, and there is no key to open it.
    #[error("the secret {key:?} is sealed, and no key was given: give the one that sealed it")]
    NoKey { key: String },
    /// A sealed secret does not open.
    #[error(
        "the secret {key:?} does not open: it was sealed with another key, or for another place"
    )]
    WrongKey { key: String },
    /// The copy is of other prefixes.
    #[error("it is a copy of {found:?}, and one of {expected:?} is needed")]
    Prefixes {
        found: Vec<String>,
        expected: Vec<String>,
    },
    /// The copy was written by a program with another schema.
    #[error("it was written by a program with another schema")]
    Schema,
    /// The copy is too old.
    #[error(
        "it was last confirmed to be current {} ago, and {} are allowed",
        humantime::format_duration(seconds(.age)),
        humantime::format_duration(*.limit)
    )]
    TooOld { age: Duration, limit: Duration },
    /// The copy's confirmation lies in the future.
    #[error(
        "it was confirmed to be current {} from now, so that a clock is or was wrong, and nobody can \
         say whether that is more than {} ago",
        humantime::format_duration(seconds(.by)),
        humantime::format_duration(*.limit)
    )]
    Ahead { by: Duration, limit: Duration },
}

/// Rounds up to a whole second, so that an age is never shown as its own limit.
fn seconds(age: &Duration) -> Duration {
    let whole = Duration::from_secs(age.as_secs());
    match age.subsec_nanos() {
        0 => whole,
        _ => whole.saturating_add(Duration::from_secs(1)),
    }
}
