//! What the expansion asks of a type that the macro cannot see through.
//!
//! In: a type. Out: constants: its shape, whether it is secret, whether it has keys of its own. It
//! knows no values.

use std::marker::PhantomData;

use super::config::HotConfig;
use super::shape::{Comparable, HotValue, Readable, Shape};
use crate::value::Secret;

/// Asks for the shape of any type: [`HotValue::SHAPE`] where it has one, else [`Shape::Opaque`].
#[doc(hidden)]
#[derive(Debug)]
pub struct Probe<V: ?Sized>(PhantomData<V>);

impl<V: HotValue + ?Sized> Probe<V> {
    pub const SHAPE: Shape = V::SHAPE;
}

impl<V> Probe<Secret<V>> {
    /// Whether it is never printed.
    pub const SECRET: bool = true;
}

impl<V> Probe<Option<Secret<V>>> {
    pub const SECRET: bool = true;
}

impl<V: HotConfig + Readable + Comparable> Probe<V> {
    /// Whether it has keys of its own, and could be one key as well.
    pub const SECTION: bool = true;
}

/// What [`Probe`] answers for the others: an inherent constant comes before one of a trait.
#[doc(hidden)]
pub trait AnyShape {
    const SHAPE: Shape = Shape::Opaque;
    const SECRET: bool = false;
    const SECTION: bool = false;
}

impl<V: ?Sized> AnyShape for Probe<V> {}
