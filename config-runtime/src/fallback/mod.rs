//! The fallback: the copy on disk that a start without the store is served from.
//!
//! In: the published raw bytes with their revisions. Out: a file, and the contents of such a file,
//! whole or not at all. It knows the schema by its fingerprint alone, reads no clock, and does not
//! interpret the values. `apply` turns it into a configuration.
//!
//! - [`mod@format`]: the bytes of the file: a line for people and programs, then JSON;
//! - [`seal`]: the encryption of secrets;
//! - [`mod@file`]: writing the bytes to the disk, and reading them back.

mod error;
mod file;
mod format;
mod seal;

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use sha2::{Digest, Sha256};

pub use error::FallbackError;
pub(crate) use file::{read, sweep, write};
#[cfg(any(test, fuzzing))]
pub(crate) use format::round_trip;
pub(crate) use format::{decode, encode, in_range};
pub(crate) use seal::{SealKey, Secrets};

use crate::Revision;

/// The contents of a copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Contents {
    /// The starts of the ranges, in the order of the layers: `/configs/users/prod/`.
    pub(crate) prefixes: Vec<String>,
    /// The [`fingerprint`] of the schema of the program that wrote it.
    pub(crate) schema: String,
    /// The id of the store's cluster, if it is known. It does not prove much: a cluster that was
    /// wiped or restored keeps it.
    pub(crate) cluster: Option<u64>,
    /// The epoch of the process that wrote it.
    pub(crate) epoch: u64,
    /// The revision at which the entries are those of the store; `None` if it has none.
    pub(crate) revision: Option<Revision>,
    /// The time at which the contents were last confirmed to be current. The file keeps
    /// milliseconds, from 1970 to 9999.
    pub(crate) confirmed: SystemTime,
    /// The published entries.
    pub(crate) entries: Vec<FallbackEntry>,
    /// Keys of secrets that are published and were left out. [`encode`] adds those that it leaves
    /// out itself.
    pub(crate) left_out: Vec<String>,
    /// The groups that were rejected.
    pub(crate) held: Vec<HeldNote>,
}

/// A published key and its raw bytes.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct FallbackEntry {
    /// The whole key.
    pub(crate) key: String,
    /// The revision that wrote it.
    pub(crate) mod_revision: Revision,
    pub(crate) value: Arc<[u8]>,
    /// Whether the value is a secret.
    pub(crate) secret: bool,
}

/// Shows nothing of a secret, not even its length.
impl fmt::Debug for FallbackEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value: &dyn fmt::Debug = if self.secret { &"***" } else { &self.value };
        f.debug_struct("FallbackEntry")
            .field("key", &self.key)
            .field("mod_revision", &self.mod_revision)
            .field("value", value)
            .field("secret", &self.secret)
            .finish()
    }
}

/// A group that was rejected. Its values are not in the copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HeldNote {
    /// The whole keys.
    pub(crate) keys: Vec<String>,
    pub(crate) revision: Revision,
    /// The reason, without secrets: `apply` leaves them out.
    pub(crate) reason: String,
}

impl Contents {
    /// Checks that the copy has these prefixes, in this order: a copy of other layers, or of
    /// another program, can't be served.
    pub(crate) fn of_prefixes<P: AsRef<str>>(&self, expected: &[P]) -> Result<(), FallbackError> {
        let same = self.prefixes.iter().map(String::as_str);
        if same.eq(expected.iter().map(AsRef::as_ref)) {
            return Ok(());
        }
        Err(FallbackError::Prefixes {
            found: self.prefixes.clone(),
            expected: expected.iter().map(|one| one.as_ref().into()).collect(),
        })
    }

    /// Checks that the program that wrote the copy had the schema of this [`fingerprint`].
    pub(crate) fn of_schema(&self, fingerprint: &str) -> Result<(), FallbackError> {
        if self.schema == fingerprint {
            Ok(())
        } else {
            Err(FallbackError::Schema)
        }
    }

    /// Checks that the copy was confirmed to be current within the limit, as far as clocks can be
    /// trusted.
    pub(crate) fn not_older_than(
        &self,
        now: SystemTime,
        limit: Duration,
    ) -> Result<(), FallbackError> {
        match now.duration_since(self.confirmed) {
            Ok(age) if age > limit => Err(FallbackError::TooOld { age, limit }),
            // Clocks differ a little.
            Err(ahead) if ahead.duration() > limit => {
                let by = ahead.duration();
                Err(FallbackError::Ahead { by, limit })
            }
            _ => Ok(()),
        }
    }
}

/// The fingerprint of a schema: the SHA-256 of its JSON, in hexadecimal digits.
pub(crate) fn fingerprint(json: &str) -> String {
    sha256(json.as_bytes())
}

/// The SHA-256 of the bytes, in lowercase hexadecimal digits.
fn sha256(bytes: &[u8]) -> String {
    use fmt::Write;

    let mut digits = String::with_capacity(64);
    for byte in Sha256::digest(bytes) {
        // Writing into a `String` never fails.
        let _ = write!(digits, "{byte:02x}");
    }
    digits
}

#[cfg(test)]
mod tests;
