//! The struct as plain data: as written, and as checked.
//!
//! [`raw`] comes out of [`crate::syntax`], [`checked`] and [`constants`] out of [`crate::check`].

pub(crate) mod checked;
pub(crate) mod codec;
pub(crate) mod constants;
mod item_value;
pub(crate) mod known;
pub(crate) mod raw;
pub(crate) mod scalar;
pub(crate) mod schema_file;

pub(crate) use item_value::ItemValue;
