//! The sealing of secrets.
//!
//! In: a key, a value and its context. Out: bytes that only the same key opens, and only in the
//! same context. It knows nothing of the file around them.

use std::fmt;

use chacha20poly1305::aead::{Aead, Generate, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use zeroize::Zeroizing;

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

/// The key that seals secrets. It is never printed, and wiped from memory when it is dropped.
#[derive(Clone)]
pub(crate) struct SealKey(Zeroizing<[u8; 32]>);

impl SealKey {
    /// The key of these bytes, which should be random.
    pub(crate) fn new(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        let key: &[u8; 32] = &self.0;
        XChaCha20Poly1305::new(key.into())
    }
}

impl fmt::Debug for SealKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// The length of the nonce before a sealed value. It is long enough to be random however often the
/// file is written.
const NONCE: usize = 24;

/// The context that a sealed value is bound to: it opens in no other.
#[derive(Debug, Clone, Copy)]
pub(super) struct SealContext<'a> {
    pub(super) format: &'a str,
    pub(super) key: &'a str,
    pub(super) mod_revision: Revision,
}

impl SealContext<'_> {
    /// The bytes of the context. Two contexts never have the same bytes: the revision has a fixed
    /// length, and no format has a zero byte in its name.
    fn bytes(self) -> Vec<u8> {
        let revision = self.mod_revision.get().to_be_bytes();
        [self.format.as_bytes(), &[0], &revision, self.key.as_bytes()].concat()
    }
}

/// Seals a value: a random nonce, then the value encrypted. `None` if the system has no randomness.
pub(super) fn seal(key: &SealKey, context: SealContext<'_>, value: &[u8]) -> Option<Vec<u8>> {
    let nonce = XNonce::try_generate().ok()?;
    let aad = context.bytes();
    let payload = Payload {
        msg: value,
        aad: &aad,
    };
    let sealed = key.cipher().encrypt(&nonce, payload).ok()?;
    Some([nonce.as_slice(), &sealed].concat())
}

/// Opens a value of [`seal`]. `None` if it was sealed with another key, or in another context, or
/// is damaged: the three can't be distinguished.
pub(super) fn open(key: &SealKey, context: SealContext<'_>, sealed: &[u8]) -> Option<Vec<u8>> {
    let (nonce, sealed) = sealed.split_first_chunk::<NONCE>()?;
    let aad = context.bytes();
    let payload = Payload {
        msg: sealed,
        aad: &aad,
    };
    key.cipher().decrypt(nonce.into(), payload).ok()
}
