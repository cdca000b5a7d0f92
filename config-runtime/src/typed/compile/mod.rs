//! Checks that run while a user's crate compiles: const functions whose panics are the compiler's
//! errors.

mod deferred;
mod distance;
mod lints;
pub(crate) mod lookup;
pub(crate) mod message;
mod schema_match;

#[doc(hidden)]
pub use deferred::{
    DeferredRule, EntryVerdicts, Parses, ParsesNot, Verdicts, default, literal, range, refused,
};
#[doc(hidden)]
pub use lints::{leaf_type, section_type};
#[doc(hidden)]
pub use schema_match::{FileKey, SchemaFile, agrees, section};
