//! The schema: what a struct declares, as constants and as a value.
//!
//! [`tree`] is what the derive writes, [`HotValue`] what the compiler knows of a type, and
//! [`Schema`] the same as a value, without the struct.

mod declared;
pub(crate) mod lookup;
mod shape;
pub mod tree;

pub use declared::{Absent, Bound, Format, Interval, Key, Rule, Schema, StructRule, Type};
#[doc(hidden)]
pub use shape::{AnyShape, Probe};
pub use shape::{HotValue, Scalar, Shape};
