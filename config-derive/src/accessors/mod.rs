//! `field!` and `key!`: expressions that name one field of a struct.
//!
//! In: the runtime's path in brackets, put there by its macros of these names, and the user's
//! tokens. Out: one expression, a `Field`; or one error about a malformed path or key. The struct is
//! unknown here: the expression contains constants that look the field up.
//!
//! A constant's panic is underlined from the first token of the call to its last, so these have
//! the spans of the user's tokens. Names with the macro's own hygiene begin with `__`.

mod field;
mod key;
mod struct_argument;

pub(crate) use field::field;
pub(crate) use key::key;
