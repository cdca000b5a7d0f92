//! The items of a field's type that the expansion names. One path means an item, or a stand-in if
//! the type lacks a trait.
//!
//! In: a type. Out: constants (its shape, whether it is secret, the traits that it lacks), and the
//! functions of a leaf or a section. It knows no values.
//!
//! An inherent item takes precedence over one of a trait, and exists only if its bounds hold. So a
//! path means the item of [`TypeFacts`], or, if the type lacks a trait, a stand-in of [`AnyShape`]
//! or [`AnyType`]: then the type is reported once, by a constant of
//! [`compile`](super::compile), and not at each mention. The `where` clause of a generic struct
//! has the bounds for the types that mention its parameters.

use std::marker::PhantomData;

use serde::de::DeserializeOwned;

use super::checks::Checks;
use super::config::{HotConfig, Section};
use super::leaf::{self, LeafDecoder};
use super::path::Step;
use super::read::LeafReader;
use super::shape::{HotValue, Shape};
use super::tree::{Absent, Tree};
use crate::reason::Reason;
use crate::value::codec::{self, Coding};
use crate::value::{self, Secret};

/// The facts and functions of a type that has the traits for them.
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

impl<V: Clone + Send + Sync> TypeFacts<V> {
    /// Whether a snapshot can hold the type, without which rustc reports the struct.
    pub const HELD: bool = true;
}

impl<V: HotConfig> TypeFacts<V> {
    /// The keys of the type's own.
    pub const KEYS: Option<&'static Tree> = Some(<V as HotConfig>::TREE);
}

impl<V: DeserializeOwned> TypeFacts<V> {
    /// The trait that is missing for reading: none.
    pub const UNREAD: Option<&'static str> = None;

    /// Reads a value by a codec.
    ///
    /// # Errors
    /// The bytes are no value of the type.
    pub fn read<C: Coding>(raw: &[u8]) -> Result<V, Reason> {
        codec::read::<C, V>(raw)
    }

    /// The value of an absent key without a default.
    pub fn missing() -> Option<Result<V, Reason>> {
        value::missing()
    }
}

impl<V: PartialEq> TypeFacts<V> {
    /// The trait that is missing for comparing: none.
    pub const UNCOMPARED: Option<&'static str> = None;

    /// Whether two values are the same.
    pub fn same(one: &V, other: &V) -> bool {
        one == other
    }
}

impl<V: DeserializeOwned + PartialEq> TypeFacts<V> {
    /// A leaf with this codec, and no other attribute.
    pub const fn leaf<C: Coding>() -> LeafDecoder<V> {
        LeafDecoder::of::<C>()
    }
}

impl<V: Section> TypeFacts<V> {
    /// Whether the type is a section.
    pub const SECTION: bool = true;
    /// The declaration.
    pub const TREE: &'static Tree = <V as Section>::TREE;

    pub fn build(reader: &mut LeafReader<'_>) -> Option<V> {
        V::__build(reader)
    }

    pub fn set(section: &mut V, path: &[Step<'_>], reader: &mut LeafReader<'_>) {
        section.__set(path, reader);
    }

    pub fn same_leaf(section: &V, other: &V, path: &[Step<'_>]) -> bool {
        section.__same(other, path)
    }

    pub fn show(section: &V, path: &[Step<'_>]) -> Option<String> {
        section.__show(path)
    }

    pub fn validate(section: &V, checks: &mut Checks) {
        section.__validate(checks);
    }

    pub fn default(path: &[Step<'_>]) -> Option<Absent> {
        V::__default(path)
    }
}

/// The facts about all other types.
#[doc(hidden)]
pub trait AnyShape {
    const SHAPE: Shape = Shape::Opaque;
    const SECRET: bool = false;
    const HELD: bool = false;
    const KEYS: Option<&'static Tree> = None;
    const UNREAD: Option<&'static str> = Some("serde::Deserialize");
    const UNCOMPARED: Option<&'static str> = Some("PartialEq");
    const SECTION: bool = false;
    /// That of a section with a mistake: nothing is looked up in it.
    const TREE: &'static Tree = &Tree::new("").faulty();
}

impl<V: ?Sized> AnyShape for TypeFacts<V> {}

/// Rejects a program in which a stand-in could run: the type was reported, so there is none.
macro_rules! never_runs {
    () => {
        const { assert!(size_of::<V>() == usize::MAX, "the type lacks a trait") }
    };
}

/// The functions of all other types.
#[doc(hidden)]
pub trait AnyType<V: 'static> {
    fn read<C>(_: &[u8]) -> Result<V, Reason> {
        never_runs!();
        Err(Reason::missing())
    }

    fn missing() -> Option<Result<V, Reason>> {
        never_runs!();
        None
    }

    fn same(_: &V, _: &V) -> bool {
        never_runs!();
        true
    }

    fn leaf<C>() -> LeafDecoder<V> {
        never_runs!();
        LeafDecoder {
            decode: |_| Err(Reason::missing()),
            text: None,
            absent: || None,
            check: leaf::unchecked,
            same: |_, _| true,
        }
    }

    fn build(_: &mut LeafReader<'_>) -> Option<V> {
        never_runs!();
        None
    }

    fn set(_: &mut V, _: &[Step<'_>], _: &mut LeafReader<'_>) {
        never_runs!();
    }

    fn same_leaf(_: &V, _: &V, _: &[Step<'_>]) -> bool {
        never_runs!();
        true
    }

    fn show(_: &V, _: &[Step<'_>]) -> Option<String> {
        never_runs!();
        None
    }

    fn validate(_: &V, _: &mut Checks) {
        never_runs!();
    }

    fn default(_: &[Step<'_>]) -> Option<Absent> {
        never_runs!();
        None
    }
}

impl<V: 'static> AnyType<V> for TypeFacts<V> {}
