//! `field!`: a field of a configuration as a value.
//!
//! In: a struct and a path, checked while compiling. Out: a [`Field`], which says where the value
//! is in the struct and which leaves it stands for. It knows no values, no keys and no store.

use std::fmt;

use crate::schema::tree::Span;

/// A field of the configuration `T`, or a section of it, with values of the type `V`.
///
/// Made by [`field!`](crate::field); a constant, and as small as a few words.
pub struct Field<T: 'static, V: 'static> {
    get: fn(&T) -> &V,
    span: Span,
    path: &'static str,
}

impl<T: 'static, V: 'static> Field<T, V> {
    /// For the expansion of [`field!`](crate::field).
    #[doc(hidden)]
    pub const fn __new(get: fn(&T) -> &V, span: Span, path: &'static str) -> Self {
        Self { get, span, path }
    }

    /// The value in this configuration.
    pub fn get(self, config: &T) -> &V {
        (self.get)(config)
    }

    /// The path as Rust writes it, `db.pool_size`.
    pub const fn path(self) -> &'static str {
        self.path
    }

    /// The leaves that it stands for: one, or those of a section.
    #[doc(hidden)]
    pub const fn span(self) -> Span {
        self.span
    }
}

impl<T: 'static, V: 'static> Clone for Field<T, V> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: 'static, V: 'static> Copy for Field<T, V> {}

impl<T: 'static, V: 'static> fmt::Debug for Field<T, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Field({})", self.path)
    }
}

/// A field of a configuration, by its path in Rust: `field!(UserService, db.pool_size)`.
///
/// The path is checked while compiling: a field that does not exist, one that is
/// `#[hot(skip)]`, or a path into a value that is one key do not compile. The type of the value
/// is the field's; the whole is a constant.
///
/// Inside an `impl` the struct may be called `Self`. For a struct with type parameters that are
/// not known yet write `for` before it: `field!(for Service<T>, db.pool_size)`. These two are
/// checked by `cargo build`, not by `cargo check`.
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
#[macro_export]
macro_rules! field {
    (for $config:ty, $first:ident $(. $rest:ident)* $(,)?) => {
        $crate::field!(@ $config, const {
            $crate::field!(@span $config, $first $(. $rest)*).known()
        }, $first $(. $rest)*)
    };
    (Self, $($path:tt)+) => {
        $crate::field!(for Self, $($path)+)
    };
    ($config:ty, $first:ident $(. $rest:ident)* $(,)?) => {{
        // An item of its own fires in `cargo check`, once, and says nothing of a field that does
        // not exist: of that the projection says it better. The block refuses what is left.
        const SPAN: $crate::__::Span = $crate::field!(@span $config, $first $(. $rest)*);
        $crate::field!(@ $config, const { SPAN.known() }, $first $(. $rest)*)
    }};
    (@span $config:ty, $($path:ident).+) => {
        $crate::__::span(
            <$config as $crate::__::HotConfig>::TREE,
            &[$($crate::__::core::stringify!($path)),+],
        )
    };
    (@ $config:ty, $span:expr, $first:ident $(. $rest:ident)*) => {
        $crate::Field::__new(
            |config: &$config| &config.$first $(.$rest)*,
            $span,
            $crate::__::core::concat!(
                $crate::__::core::stringify!($first)
                $(, ".", $crate::__::core::stringify!($rest))*
            ),
        )
    };
    ($($other:tt)*) => {
        $crate::__::core::compile_error!(
            "write `field!(Struct, path.to.the.field)`, or `field!(for Struct<T>, path)` in generic code"
        )
    };
}
