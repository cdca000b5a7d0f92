//! The functions that attributes name, each of the shape that its attribute wants.
//!
//! In: a function of the user. Out: the same, or one error with the wanted signature. It calls
//! nothing.
//!
//! The expansion calls `(&function::<V, _>(path)).rule()` with both traits in scope: method
//! resolution takes the first if the function has the shape, and otherwise the second, whose bound
//! no function has. A function pointer of the wanted type would give rustc's message, which shows
//! a part of the signature.

use std::fmt::Display;
use std::marker::PhantomData;

use crate::reason::Invalid;

/// A function for a field, or a struct, of the type `V`.
#[doc(hidden)]
#[derive(Debug)]
pub struct Function<V: ?Sized, F> {
    function: F,
    of: PhantomData<fn(&V)>,
}

#[doc(hidden)]
pub const fn function<V: ?Sized, F>(function: F) -> Function<V, F> {
    Function {
        function,
        of: PhantomData,
    }
}

/// `validate = path`.
#[doc(hidden)]
pub trait AsRule<V: ?Sized> {
    fn rule(&self) -> impl Fn(&V) -> Result<(), Invalid>;
}

impl<V: ?Sized, F: Fn(&V) -> Result<(), Invalid>> AsRule<V> for Function<V, F> {
    fn rule(&self) -> impl Fn(&V) -> Result<(), Invalid> {
        &self.function
    }
}

#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`validate` takes a `fn(&{V}) -> Result<(), Invalid>` here",
    label = "not a `fn(&{V}) -> Result<(), Invalid>`",
    note = "write `fn name(value: &{V}) -> Result<(), hotconfig::Invalid>`, which returns `Ok(())`, or `Err(\"too small\".into())`"
)]
pub trait IsRule<V: ?Sized> {}

#[doc(hidden)]
pub trait NoRule<V: ?Sized, F> {
    fn rule(&self) -> fn(&V) -> Result<(), Invalid>
    where
        F: IsRule<V>;
}

impl<V: ?Sized, F> NoRule<V, F> for &Function<V, F> {
    fn rule(&self) -> fn(&V) -> Result<(), Invalid>
    where
        F: IsRule<V>,
    {
        |_| Ok(())
    }
}

/// `with = path`.
#[doc(hidden)]
pub trait AsDecode<V> {
    type Error: Display;
    fn decode(&self) -> impl Fn(&[u8]) -> Result<V, Self::Error>;
}

impl<V, E: Display, F: Fn(&[u8]) -> Result<V, E>> AsDecode<V> for Function<V, F> {
    type Error = E;

    fn decode(&self) -> impl Fn(&[u8]) -> Result<V, E> {
        &self.function
    }
}

#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`decode` in this module is to be a `fn(&[u8]) -> Result<{V}, impl Display>`",
    label = "its `decode` is not a `fn(&[u8]) -> Result<{V}, impl Display>`",
    note = "write `pub fn decode(raw: &[u8]) -> Result<{V}, String>`, or with another error that implements `Display`"
)]
pub trait IsDecode<V> {}

#[doc(hidden)]
pub trait NoDecode<V, F> {
    fn decode(&self) -> fn(&[u8]) -> Result<V, Invalid>
    where
        F: IsDecode<V>;
}

impl<V, F> NoDecode<V, F> for &Function<V, F> {
    fn decode(&self) -> fn(&[u8]) -> Result<V, Invalid>
    where
        F: IsDecode<V>,
    {
        |_| Err(Invalid::new("not decoded"))
    }
}

/// `compare = path`.
#[doc(hidden)]
pub trait AsCompare<V> {
    fn compare(&self) -> impl Fn(&V, &V) -> bool;
}

impl<V, F: Fn(&V, &V) -> bool> AsCompare<V> for Function<V, F> {
    fn compare(&self) -> impl Fn(&V, &V) -> bool {
        &self.function
    }
}

#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`compare` takes a `fn(&{V}, &{V}) -> bool` here",
    label = "not a `fn(&{V}, &{V}) -> bool`",
    note = "write `fn name(one: &{V}, other: &{V}) -> bool`, which returns whether both are the same"
)]
pub trait IsCompare<V> {}

#[doc(hidden)]
pub trait NoCompare<V, F> {
    fn compare(&self) -> fn(&V, &V) -> bool
    where
        F: IsCompare<V>;
}

impl<V, F> NoCompare<V, F> for &Function<V, F> {
    fn compare(&self) -> fn(&V, &V) -> bool
    where
        F: IsCompare<V>,
    {
        |_, _| true
    }
}
