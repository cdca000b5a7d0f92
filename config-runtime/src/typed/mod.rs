//! The interface between the derive and the runtime, and the reading of one leaf.
//!
//! In: the constants and the functions that the expansion generates for a struct, and bytes. Out:
//! the tree of its fields ([`tree`]), what the compiler can check ([`compile`]), and values
//! ([`read`]). It knows no revisions and no store.

pub(crate) mod checks;
#[doc(hidden)]
pub mod compile;
pub(crate) mod config;
pub(crate) mod defaults;
pub(crate) mod encode;
pub(crate) mod facts;
pub(crate) mod field;
pub(crate) mod function;
pub(crate) mod id;
pub(crate) mod leaf;
pub(crate) mod path;
pub(crate) mod read;
pub(crate) mod selector;
pub(crate) mod shape;
pub mod tree;
