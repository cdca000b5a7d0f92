//! The sealing of secrets.
//!
//! In: a key, a value and its context. Out: bytes that only the same key opens, and only in the
//! same context; without the feature `seal` there is no key. It knows nothing of the file around
//! them.

#[cfg(feature = "seal")]
mod cipher;
#[cfg(not(feature = "seal"))]
mod no_cipher;

#[cfg(feature = "seal")]
pub(crate) use cipher::SealKey;
#[cfg(feature = "seal")]
pub(super) use cipher::{open, seal};
#[cfg(not(feature = "seal"))]
pub(crate) use no_cipher::SealKey;
#[cfg(not(feature = "seal"))]
pub(super) use no_cipher::{open, seal};

use crate::Revision;

/// The treatment of secrets.
#[derive(Debug, Clone)]
pub(crate) enum Secrets {
    /// They are not in the file; only their keys are.
    LeaveOut,
    /// They are in the file like everything else.
    Plain,
    /// They are encrypted, each in its context. The file reveals their lengths.
    Seal(SealKey),
}

/// The context that a sealed value is bound to: it opens in no other.
///
/// Two contexts never have the same bytes: the revision has a fixed length, and no format has a
/// zero byte in its name.
pub(super) fn context(format: &str, key: &str, mod_revision: Revision) -> Vec<u8> {
    let revision = mod_revision.get().to_be_bytes();
    [format.as_bytes(), &[0], &revision, key.as_bytes()].concat()
}
