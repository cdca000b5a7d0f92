//! What was written, and what it means.
//!
//! [`raw`] comes out of [`crate::syntax`], [`checked`] and [`constants`] out of [`crate::check`].

pub(crate) mod automaton;
pub(crate) mod checked;
pub(crate) mod constants;
pub(crate) mod raw;
pub(crate) mod schema_file;
mod written;

pub(crate) use written::Written;
