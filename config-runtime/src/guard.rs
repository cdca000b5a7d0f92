//! Calls of code that a user wrote.
//!
//! In: such a call. Out: its result, or the message of its panic. It knows nothing of the code that
//! it calls.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::wording::shorten;

/// Calls code that a user wrote, and returns the message of a panic in it.
///
/// If the call fails, the caller must discard everything that the call was changing.
pub(crate) fn guard<R>(call: impl FnOnce() -> R) -> Result<R, String> {
    // An assertion quotes what it compared: the message may be as big as a value.
    catch_unwind(AssertUnwindSafe(call)).map_err(|payload| shorten(&message(payload.as_ref())))
}

/// The message of a panic.
fn message(payload: &(dyn Any + Send)) -> String {
    if let Some(text) = payload.downcast_ref::<&str>() {
        (*text).to_owned()
    } else if let Some(text) = payload.downcast_ref::<String>() {
        text.clone()
    } else {
        "(a panic without a message)".to_owned()
    }
}
