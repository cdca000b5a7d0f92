//! Checks that run while a user's crate compiles: const functions whose panics are the compiler's
//! errors.

pub(crate) mod distance;
#[allow(dead_code)] // each check takes what it needs of it
pub(crate) mod message;
