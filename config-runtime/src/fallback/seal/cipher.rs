//! XChaCha20-Poly1305, with a random nonce before each value.

use std::fmt;

use chacha20poly1305::aead::{Aead, Generate, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use zeroize::Zeroizing;

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

/// Seals a value: a random nonce, then the value encrypted. `None` if the system has no randomness.
pub(in crate::fallback) fn seal(key: &SealKey, context: &[u8], value: &[u8]) -> Option<Vec<u8>> {
    let nonce = XNonce::try_generate().ok()?;
    let payload = Payload {
        msg: value,
        aad: context,
    };
    let sealed = key.cipher().encrypt(&nonce, payload).ok()?;
    Some([nonce.as_slice(), &sealed].concat())
}

/// Opens a value of [`seal`]. `None` if it was sealed with another key, or in another context, or
/// is damaged: the three can't be distinguished.
pub(in crate::fallback) fn open(key: &SealKey, context: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
    let (nonce, sealed) = sealed.split_first_chunk::<NONCE>()?;
    let payload = Payload {
        msg: sealed,
        aad: context,
    };
    key.cipher().decrypt(nonce.into(), payload).ok()
}
