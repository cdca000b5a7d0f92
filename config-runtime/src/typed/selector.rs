//! [`Selector`]: a value that names a part of a configuration.
//!
//! In: a [`Field`]. Out: the trait by which handles accept it, and later the selectors of entries.
//! It knows no values, no keys and no store.

use std::borrow::Cow;

use super::compile::lookup::Span;
use super::field::Field;

/// The name of a part of the configuration `T`, an argument of `watch`, `changes`, `on_change`,
/// `view` and `part`.
///
/// [`field!`](crate::field) and [`key!`](crate::key) make a [`Field`], which names a field or a
/// section. The trait is sealed: only types of this crate implement it.
///
/// # Example
/// ```
/// use hotconfig::{Hot, HotConfig, Selector, Watch, field};
///
/// #[derive(HotConfig, Clone, Debug)]
/// struct Service {
///     #[hot(default = 8)]
///     pool_size: u32,
/// }
///
/// /// Prints the current value of a part of any configuration, and watches it.
/// fn watch<T: HotConfig, S: Selector<T>>(hot: &Hot<T>, part: S) -> Watch<S::Value>
/// where
///     S::Value: std::fmt::Debug,
/// {
///     println!("{} is {:?}", part.path(), part.get(&hot.load()));
///     hot.watch(part)
/// }
///
/// let hot = Hot::fixed(Service { pool_size: 3 });
/// let size = watch(&hot, field!(Service, pool_size));
/// assert_eq!(*size.current(), 3);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not select a part of `{T}`",
    label = "not a field of `{T}`",
    note = "name a field by its path, `field!({T}, path.to.the.field)`, or by its key, `key!({T}, \"path/to/the/key\")`"
)]
pub trait Selector<T>: sealed::Sealed + Clone + Send + Sync + 'static {
    /// The type of the value.
    type Value: 'static;

    /// Returns the value in this configuration.
    fn get<'a>(&self, config: &'a T) -> &'a Self::Value;

    /// The path as Rust writes it, `db.pool_size`; empty for the whole struct.
    fn path(&self) -> Cow<'static, str>;

    /// The patterns that it stands for.
    #[doc(hidden)]
    fn span(&self) -> Span;
}

#[diagnostic::do_not_recommend]
impl<T: 'static, V: 'static, K: 'static> Selector<T> for Field<T, V, K> {
    type Value = V;

    fn get<'a>(&self, config: &'a T) -> &'a V {
        Self::get(*self, config)
    }

    fn path(&self) -> Cow<'static, str> {
        Self::path(*self).into()
    }

    fn span(&self) -> Span {
        Self::span(*self)
    }
}

mod sealed {
    use super::Field;

    pub trait Sealed {}

    impl<T: 'static, V: 'static, K: 'static> Sealed for Field<T, V, K> {}
}
