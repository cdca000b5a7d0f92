//! Facts about a type that the macro can't know, as constants.
//!
//! In: a type. Out: constants: its shape, whether it is secret, whether it has keys of its own. It
//! knows no values.

use std::marker::PhantomData;

use super::config::HotConfig;
use super::shape::{Comparable, HotValue, Readable, Shape};
use crate::value::Secret;

/// The shape of any type: [`HotValue::SHAPE`] if the type has it, otherwise [`Shape::Opaque`].
#[doc(hidden)]
#[derive(Debug)]
pub struct TypeFacts<V: ?Sized>(PhantomData<V>);

impl<V: HotValue + ?Sized> TypeFacts<V> {
    pub const SHAPE: Shape = V::SHAPE;
}

impl<V> TypeFacts<Secret<V>> {
    /// Whether values are never printed.
    pub const SECRET: bool = true;
}

impl<V> TypeFacts<Option<Secret<V>>> {
    pub const SECRET: bool = true;
}

impl<V: HotConfig + Readable + Comparable> TypeFacts<V> {
    /// Whether the type has keys of its own, and could be one key as well.
    pub const SECTION: bool = true;
}

/// The shape from [`TypeFacts`] for all other types: an inherent constant takes precedence over one
/// of a trait.
#[doc(hidden)]
pub trait AnyShape {
    const SHAPE: Shape = Shape::Opaque;
    const SECRET: bool = false;
    const SECTION: bool = false;
}

impl<V: ?Sized> AnyShape for TypeFacts<V> {}
