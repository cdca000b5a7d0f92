//! `field!` and `key!`: what names one field of a struct.
//!
//! In: the runtime's path in brackets, put there by its macros of these names, and what the user
//! wrote. Out: one expression, a `Field`; or one sentence about what does not read as a path or a
//! key. It knows no struct: what it names is looked up by constants, which it only writes down.
//!
//! A constant's panic is underlined from the first token of the call to its last, so these have
//! the spans of what the user wrote. What has the macro's own hygiene begins with `__`.

mod field;
mod key;
mod struct_argument;

pub(crate) use field::field;
pub(crate) use key::key;
