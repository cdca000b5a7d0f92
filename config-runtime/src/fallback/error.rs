//! The reasons for which a copy is rejected or not written, with the form that was expected.
//!
//! No value is ever quoted: it may be a secret.

use std::time::Duration;

use serde::{Serialize, Serializer};

use super::format::FORMAT;
use crate::problem::{Problem, list};

/// The reason why the fallback can't be used, or can't be written. `{}` prints one sentence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FallbackError {
    /// The disk refused, with the message of the operating system.
    #[error("it {action}: {message}")]
    #[non_exhaustive]
    Disk {
        /// The action that failed: `cannot be read` or `cannot be written`.
        action: &'static str,
        /// The message.
        message: String,
    },
    /// The disk did not answer in time.
    #[error("the disk did not answer within {limit:?}")]
    #[non_exhaustive]
    Timeout {
        /// The time limit.
        limit: Duration,
    },
    /// The thread that reads and writes could not be started, or panicked.
    #[error("the thread of the fallback could not be started, or panicked")]
    Thread,
    /// The copy is intact, and does not fit the struct.
    #[error(
        "{}it does not fit the struct:{}",
        if *.other_schema { "it was written by a program with another schema, and " } else { "" },
        list(.problems)
    )]
    #[non_exhaustive]
    Unfit {
        /// Whether it was written by a program with another schema.
        other_schema: bool,
        /// The problems, at least one.
        problems: Vec<Problem>,
    },
    /// A secret could not be sealed.
    #[error("a secret cannot be sealed: the system returned no random numbers")]
    Unsealed,
    /// The copy can't be written as JSON. This does not happen.
    #[error("it cannot be written as JSON")]
    Encoding,
    /// The file is something else.
    #[error("it is not a fallback file; expected it to begin with `{FORMAT} sha256=`")]
    Foreign,
    /// A version of the format that this program does not know.
    #[error(
        "found the format `{found}`, expected `{FORMAT}`; the file is overwritten once the store \
         is reachable"
    )]
    #[non_exhaustive]
    Version {
        /// The name and version that it begins with.
        found: String,
    },
    /// The first line has the right beginning and nothing else.
    #[error(
        "its first line was truncated or edited; expected \
         `{FORMAT} sha256=<64 hexadecimal digits> bytes=<length of the rest>`"
    )]
    Header,
    /// Something is missing, or something was added.
    #[error(
        "it was truncated or extended: found {found} bytes after the first line, expected \
         {expected}"
    )]
    #[non_exhaustive]
    Length {
        /// The number of bytes in its first line.
        expected: u64,
        /// The actual number of bytes.
        found: u64,
    },
    /// The bytes are not those that were written.
    #[error("it was damaged or edited: found the checksum {found}, expected {expected}")]
    #[non_exhaustive]
    Checksum {
        /// The checksum in its first line.
        expected: String,
        /// The checksum of the bytes.
        found: String,
    },
    /// The bytes are those that were written, but do not fit the format.
    #[error("line {line}, column {column}: {wrong}")]
    #[non_exhaustive]
    Body {
        /// The line in the file, from 1.
        line: usize,
        /// The column in bytes, from 1.
        column: usize,
        /// The mistake.
        wrong: &'static str,
    },
    /// A member does not have the form that the format requires.
    #[error("`{member}`: expected {right}")]
    #[non_exhaustive]
    Member {
        /// The name of the member.
        member: &'static str,
        /// The expected form.
        right: &'static str,
    },
    /// The value of a key does not have the form that the format requires.
    #[error("the value of {key:?}: expected {right}")]
    #[non_exhaustive]
    Value {
        /// The whole key.
        key: String,
        /// The expected form.
        right: &'static str,
    },
    /// A key occurs more than once.
    #[error("found the key {key:?} twice; expected it once")]
    #[non_exhaustive]
    Twice {
        /// The whole key.
        key: String,
    },
    /// A key is below none of the file's prefixes.
    #[error("found the key {key:?}; expected only keys below the prefixes of the file")]
    #[non_exhaustive]
    Outside {
        /// The whole key.
        key: String,
    },
    /// A secret is sealed, and there is no key to open it.
    #[error(
        "the secret {key:?} is sealed, and no key is set; set it with `HotBuilder::fallback_key`"
    )]
    #[non_exhaustive]
    NoKey {
        /// The whole key.
        key: String,
    },
    /// A sealed secret does not open.
    #[error(
        "the secret {key:?} can't be opened: it was sealed with another key, or for another entry"
    )]
    #[non_exhaustive]
    WrongKey {
        /// The whole key.
        key: String,
    },
    /// The copy is of other prefixes.
    #[error("found a copy of {found:?}, expected one of {expected:?}")]
    #[non_exhaustive]
    Prefixes {
        /// The prefixes of the copy.
        found: Vec<String>,
        /// The prefixes of this program.
        expected: Vec<String>,
    },
    /// The copy was written by a program with another schema.
    #[error("it was written by a program with another schema")]
    Schema,
    /// The copy is too old.
    #[error(
        "it was last confirmed {} ago; expected at most {}",
        humantime::format_duration(seconds(.age)),
        humantime::format_duration(*.limit)
    )]
    #[non_exhaustive]
    TooOld {
        /// The time since the copy's last confirmation.
        age: Duration,
        /// The maximum that was set.
        limit: Duration,
    },
    /// The copy's confirmation lies in the future.
    #[error(
        "its last confirmation is {} in the future, so its age can't be compared with the maximum \
         of {}; check the clocks",
        humantime::format_duration(seconds(.by)),
        humantime::format_duration(*.limit)
    )]
    #[non_exhaustive]
    Ahead {
        /// How far the confirmation lies in the future.
        by: Duration,
        /// The maximum age that was set.
        limit: Duration,
    },
}

/// Serialized as its sentence.
impl Serialize for FallbackError {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Rounds up to a whole second, so that an age is never shown as its own limit.
fn seconds(age: &Duration) -> Duration {
    let whole = Duration::from_secs(age.as_secs());
    match age.subsec_nanos() {
        0 => whole,
        _ => whole.saturating_add(Duration::from_secs(1)),
    }
}
