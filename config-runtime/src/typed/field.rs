//! `field!` and `key!`: a field of a configuration as a value.
//!
//! In: a struct and a path or a key, checked while compiling. Out: a [`Field`] with the value's
//! place in the struct and its leaves. It knows no values, no keys and no store.

use std::fmt;
use std::marker::PhantomData;

use super::compile::lookup::{HERE, Span};

/// A field of the configuration `T`, or a section of it, with values of the type `V`.
///
/// [`field!`](crate::field) or [`key!`](crate::key) makes it: a constant of a few words. `K` is
/// [`OneKey`] for a value with a key of its own, and [`ManyKeys`] for a section, a map and the
/// whole struct. `field!` with `for` or `Self`, which knows no keys, always makes a field of
/// `OneKey`.
pub struct Field<T: 'static, V: 'static, K = OneKey> {
    get: fn(&T) -> &V,
    span: Span,
    path: &'static str,
    keys: PhantomData<fn() -> K>,
}

/// A value with a key of its own; see [`Field`].
#[derive(Debug)]
pub enum OneKey {}

/// A section, a map, or the whole struct; see [`Field`].
#[derive(Debug)]
pub enum ManyKeys {}

/// The third type of a [`Field`].
#[doc(hidden)]
pub type KeysOf<const ONE: bool> = <Keys<ONE> as KeysKind>::Kind;

#[doc(hidden)]
#[derive(Debug)]
pub enum Keys<const ONE: bool> {}

#[doc(hidden)]
pub trait KeysKind {
    type Kind;
}

impl KeysKind for Keys<true> {
    type Kind = OneKey;
}

impl KeysKind for Keys<false> {
    type Kind = ManyKeys;
}

impl<T: 'static, V: 'static, K> Field<T, V, K> {
    /// For the expansion of the two macros.
    #[doc(hidden)]
    pub const fn __new(get: fn(&T) -> &V, span: Span, path: &'static str) -> Self {
        Self {
            get,
            span,
            path,
            keys: PhantomData,
        }
    }

    /// The value in this configuration.
    pub fn get(self, config: &T) -> &V {
        (self.get)(config)
    }

    /// The path as Rust writes it, `db.pool_size`; empty for the whole struct.
    pub const fn path(self) -> &'static str {
        self.path
    }

    /// The leaves of the field: one, or those of a section.
    #[doc(hidden)]
    pub const fn span(self) -> Span {
        self.span
    }
}

impl<T: 'static, V: 'static, K> Clone for Field<T, V, K> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: 'static, V: 'static, K> Copy for Field<T, V, K> {}

impl<T: 'static, V: 'static, K> fmt::Debug for Field<T, V, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Field({})", self.path)
    }
}

/// The field of the number `N`, with its type: the derive writes one for each field with a key.
#[doc(hidden)]
pub trait At<const N: u16, V> {
    fn at(&self) -> &V;
}

impl<T> At<HERE, T> for T {
    fn at(&self) -> &T {
        self
    }
}

/// A field of a configuration, by its path in Rust: `field!(UserService, db.pool_size)`; or the
/// whole of it: `field!(UserService)`.
///
/// The path is checked while compiling: an unknown field, a field with `#[hot(skip)]`, and a path
/// into a value that is one key do not compile. The type of the value is the field's; the result is
/// a constant.
///
/// Inside an `impl` the struct may be called `Self`. If it has type parameters that are not known
/// yet, write `for` before it: `field!(for Service<T>, db.pool_size)`, `field!(for Self, db)`. For
/// these, `cargo check` checks that the fields exist; only `cargo build`, which knows the types,
/// checks that they have keys.
///
/// # Example
/// ```
/// use hotconfig::{Field, HotConfig, field};
///
/// #[derive(HotConfig, Clone, Debug)]
/// struct Service {
///     #[hot(nested)]
///     db: Pool,
/// }
///
/// #[derive(HotConfig, Clone, Debug)]
/// struct Pool {
///     #[hot(default = 8)]
///     pool_size: u32,
/// }
///
/// const POOL_SIZE: Field<Service, u32> = field!(Service, db.pool_size);
/// assert_eq!(POOL_SIZE.path(), "db.pool_size");
///
/// let service = Service { db: Pool { pool_size: 3 } };
/// assert_eq!(POOL_SIZE.get(&service), &3);
/// assert_eq!(field!(Service).get(&service).db.pool_size, 3);
/// ```
///
/// A misspelt field does not compile:
/// ```compile_fail,E0609
/// # use hotconfig::{HotConfig, field};
/// # #[derive(HotConfig, Clone, Debug)]
/// # struct Service {
/// #     #[hot(default = 8)]
/// #     pool_size: u32,
/// # }
/// let size = field!(Service, pool_sise);
/// ```
///
/// A field without a key does not compile either. In generic code, the error comes at first use:
/// ```compile_fail,E0080
/// # use hotconfig::{Field, HotConfig, field};
/// # #[derive(HotConfig, Clone, Debug)]
/// # struct Own {
/// #     a: u8,
/// # }
/// #[derive(HotConfig, Clone, Debug)]
/// struct Service<T: HotConfig> {
///     #[hot(nested)]
///     own: T,
///     #[hot(skip)]
///     started: bool,
/// }
///
/// fn started<T: HotConfig>() -> Field<Service<T>, bool> {
///     field!(for Service<T>, started)
/// }
/// # fn main() {
/// started::<Own>();
/// # }
/// ```
#[macro_export]
macro_rules! field {
    ($($input:tt)*) => {
        $crate::__::field!([$crate] $($input)*)
    };
}

/// A field of a configuration, by its key: `key!(UserService, "db/pool_size")`.
///
/// It is the same [`Field`] as that of [`field!`](crate::field) for the path, for tests and tools
/// that use keys. The key is the one below the prefix; the key of a section stands for everything
/// in it. An unknown key does not compile, and the message names the nearest known ones. The type
/// of the value is the field's; the result is a constant.
///
/// Keys are public: a private field may be named by its key, if its type is not private. The struct
/// is written with all its types: neither `Self` nor type parameters are known when keys are looked
/// up.
///
/// # Example
/// ```
/// use hotconfig::{Field, HotConfig, key};
///
/// #[derive(HotConfig, Clone, Debug)]
/// struct Service {
///     #[hot(nested)]
///     db: Pool,
///     #[hot(key = "limits/rps", default = 1000)]
///     rps: u32,
/// }
///
/// #[derive(HotConfig, Clone, Debug)]
/// struct Pool {
///     #[hot(default = 8)]
///     pool_size: u32,
/// }
///
/// const POOL_SIZE: Field<Service, u32> = key!(Service, "db/pool_size");
/// assert_eq!(POOL_SIZE.path(), "db.pool_size");
///
/// let service = Service { db: Pool { pool_size: 3 }, rps: 10 };
/// assert_eq!(POOL_SIZE.get(&service), &3);
/// assert_eq!(key!(Service, "limits/rps").get(&service), &10);
/// assert_eq!(key!(Service, "db").get(&service).pool_size, 3);
/// ```
///
/// An unknown key does not compile:
/// ```compile_fail,E0080
/// # use hotconfig::{HotConfig, key};
/// # #[derive(HotConfig, Clone, Debug)]
/// # struct Service {
/// #     #[hot(key = "limits/rps", default = 8)]
/// #     rps: u32,
/// # }
/// let rps = key!(Service, "limits/rsp");
/// ```
#[macro_export]
macro_rules! key {
    ($($input:tt)*) => {
        $crate::__::key!([$crate] $($input)*)
    };
}
