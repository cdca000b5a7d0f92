//! This page lists the mistakes that do not compile, and those that `start()` finds.
//!
//! # The checks
//!
//! | subject | checked by the compiler |
//! | --- | --- |
//! | keys | A key is used once, is no directory of another, and has legal segments. This includes `key`, `alias`, `rename_all` and nested sections. |
//! | prefix | Its variables are well-formed, and each occurs once. |
//! | defaults | A default has the field's type and satisfies the field's rules, even if it is a constant, `default = MAX`, or the type is an alias. Texts of durations, sizes, addresses and enums are read. |
//! | rules | A rule suits the type, can be satisfied, and does not contradict another rule. |
//! | attributes | A name is known; otherwise the error has the nearest one. Attributes that exclude each other are reported. Functions have the right signature. |
//! | types | A type can be read from a key. A secret has a type that is never printed. |
//! | `field!(Service, db.pool_size)` | The field exists, and does not lie inside a value that is one key. |
//! | `key!(Service, "db/pool_size")` | The key exists; otherwise the error has the nearest one. |
//! | `#[hot(schema = "service.schema.json")]` | The committed [schema](super::schema) has each key of the struct with the same type, and no other key. |
//!
//! All mistakes of a struct are reported in one compilation. Each error points at the attribute,
//! and says what to write instead.
//!
//! # An example
//!
//! This struct compiles:
//!
//! ```
//! use hotconfig::HotConfig;
//!
//! const MAX: u32 = 64;
//!
//! #[derive(HotConfig, Clone, Debug)]
//! struct Pool {
//!     #[hot(default = 8, range(1..=MAX))]
//!     pool_size: u32,
//! }
//! ```
//!
//! With a default that breaks the rule, it does not:
//!
//! ```compile_fail,E0080
//! use hotconfig::HotConfig;
//!
//! const MAX: u32 = 64;
//!
//! #[derive(HotConfig, Clone, Debug)]
//! struct Pool {
//!     #[hot(default = 65, range(1..=MAX))]
//!     pool_size: u32,
//! }
//! ```
//!
//! # Defaults of enums
//!
//! Derive [`HotValue`](derive@crate::HotValue) on an enum, so that the compiler knows its words:
//!
//! ```
//! use hotconfig::{HotConfig, HotValue};
//!
//! #[derive(HotValue, serde::Deserialize, Clone, Debug, PartialEq)]
//! #[serde(rename_all = "lowercase")]
//! enum Level {
//!     Debug,
//!     Info,
//! }
//!
//! #[derive(HotConfig, Clone, Debug)]
//! struct Log {
//!     #[hot(default = "info")] // `"information"` does not compile
//!     level: Level,
//! }
//! ```
//!
//! Without it, write the value: `default = Level::Info`. For a type that has `FromStr` only, use
//! the codec `with = hotconfig::value::from_str`.
//!
//! # Checks at the start
//!
//! Some facts are known to the program only: a default that a function computes, or the `validate`
//! function of a field. [`HotBuilder::start`](crate::HotBuilder::start) checks these before it
//! contacts the store, and [`assert_schema!`](crate::assert_schema) checks them in a test. The
//! documentation of the
//! [derive](derive@crate::HotConfig#what-the-compiler-does-not-check) has the whole list.
