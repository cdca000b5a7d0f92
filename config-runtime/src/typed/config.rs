//! [`HotConfig`], which the derive implements.
//!
//! In: the declarations and functions that the expansion has for one struct. Out: the interface by
//! which the runtime builds, changes and compares configurations. The expansion contains tables
//! ([`LeafDecoder`](super::leaf::LeafDecoder)) and one `match` for each method; everything that can
//! be a function is one in this folder.

use super::checks::Checks;
use super::path::Step;
use super::read::LeafReader;
use super::tree::{Absent, Tree};

/// A struct whose fields are keys of a store. Derive it; its methods are for the runtime.
///
/// # Example
/// ```
/// use hotconfig::HotConfig;
///
/// #[derive(HotConfig, Clone, Debug)]
/// #[hot(prefix = "/configs/{app}/{env}")]
/// struct Service {
///     #[hot(default = 8, range(1..=64))]
///     pool_size: u32,
/// }
///
/// assert_eq!(hotconfig::schema::<Service>().keys[0].key, "pool_size");
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a hotconfig struct",
    label = "this type has no keys",
    note = "write `#[derive(HotConfig, Clone)]` on `{Self}`; for a field that is one key, leave `nested` out"
)]
pub trait HotConfig: Clone + Send + Sync + Sized + 'static {
    /// The declaration of the struct. Programs use [`schema`](fn@crate::schema).
    #[doc(hidden)]
    const TREE: &'static Tree;

    /// Builds the struct from all leaves; visits every one, so that all problems are found.
    #[doc(hidden)]
    fn __build(reader: &mut LeafReader<'_>) -> Option<Self>;

    /// Replaces the leaf at `path`; in a map, that may create or remove the entry.
    #[doc(hidden)]
    fn __set(&mut self, path: &[Step<'_>], reader: &mut LeafReader<'_>);

    /// Whether the leaf at `path`, or the map, has the same value in both.
    #[doc(hidden)]
    fn __same(&self, other: &Self, path: &[Step<'_>]) -> bool;

    /// The leaf at `path` for people, if its type can be shown.
    #[doc(hidden)]
    fn __show(&self, path: &[Step<'_>]) -> Option<String>;

    /// Calls the rules over whole structs, those of sections first.
    #[doc(hidden)]
    fn __validate(&self, checks: &mut Checks);

    /// The default of the leaf at `path` as the store would hold it, if it is an expression, is not
    /// secret and its type can be written.
    #[doc(hidden)]
    fn __default(path: &[Step<'_>]) -> Option<Absent> {
        let _ = path;
        None
    }
}

/// The expansion's requirement on a nested struct: its [`HotConfig`], without the supertraits of
/// that.
///
/// Each mention of `HotConfig` would repeat the error that the struct is not `Clone`, which its own
/// `impl` reports.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a hotconfig struct",
    label = "this type has no keys",
    note = "write `#[derive(HotConfig, Clone)]` on `{Self}`; for a field that is one key, leave `nested` out"
)]
pub trait Section: Sized {
    const TREE: &'static Tree;
    fn __build(reader: &mut LeafReader<'_>) -> Option<Self>;
    fn __set(&mut self, path: &[Step<'_>], reader: &mut LeafReader<'_>);
    fn __same(&self, other: &Self, path: &[Step<'_>]) -> bool;
    fn __show(&self, path: &[Step<'_>]) -> Option<String>;
    fn __validate(&self, checks: &mut Checks);
    fn __default(path: &[Step<'_>]) -> Option<Absent>;
}

impl<T: HotConfig> Section for T {
    const TREE: &'static Tree = <T as HotConfig>::TREE;

    fn __build(reader: &mut LeafReader<'_>) -> Option<Self> {
        <T as HotConfig>::__build(reader)
    }

    fn __set(&mut self, path: &[Step<'_>], reader: &mut LeafReader<'_>) {
        <T as HotConfig>::__set(self, path, reader);
    }

    fn __same(&self, other: &Self, path: &[Step<'_>]) -> bool {
        <T as HotConfig>::__same(self, other, path)
    }

    fn __show(&self, path: &[Step<'_>]) -> Option<String> {
        <T as HotConfig>::__show(self, path)
    }

    fn __validate(&self, checks: &mut Checks) {
        <T as HotConfig>::__validate(self, checks);
    }

    fn __default(path: &[Step<'_>]) -> Option<Absent> {
        <T as HotConfig>::__default(path)
    }
}
