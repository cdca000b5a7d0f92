//! The schema: the declaration of a struct, as constants and as a value.
//!
//! The derive writes [`tree`], [`HotValue`] is the compiler's knowledge of a type, and [`Schema`]
//! is the same as a value, without the struct.
//!
//! # The file
//!
//! [`Schema::to_json`] writes a schema, [`Schema::from_json`] reads it, and
//! [`assert_schema!`](crate::assert_schema) compares a committed one with its struct. The format is
//! made for review: the keys are in order, a member without content is left out, and a change of
//! one thing changes one line.
//!
//! | member | content |
//! | --- | --- |
//! | `format` | `"hotconfig-schema/1"`, with the version of the format |
//! | `name` | the name of the struct |
//! | `doc` | the description of the struct |
//! | `prefix` | the template of the prefix |
//! | `rules` | rules over whole structs: `{"section": "db", "rule": "path"}`, without `section` for the root |
//! | `sections` | the descriptions of the sections, by key |
//! | `keys` | the keys below the prefix, `"db/pool_size"`, each with its members |
//!
//! The members of a key:
//!
//! | member | content |
//! | --- | --- |
//! | `doc` | the description of the key |
//! | `field` | the path in Rust, if it is not the key with dots |
//! | `aliases` | old keys that are still read, in order of precedence |
//! | `type` | the name of a [`Scalar`] in Rust: `"u32"`, `"String"`, `"Duration"`; `{"optional": …}`, `{"list": …}` and `{"map": …}` of a type; `{"words": ["debug", "info"]}`; `{"rust": "Retry"}` for a type known only by its name |
//! | `format` | `"text"`, `"json"`, or `{"with": "path"}` for a codec |
//! | `required` | `true` if the key must be present |
//! | `default` | the value of an absent key, as in the store; `{"expression": "LIMIT"}` if only the program knows it, `{"hidden": true}` for a secret |
//! | `rules` | a list: `{"range": …}`, `{"length": …}`, `{"pattern": "^a"}`, `{"one_of": ["a", "b"]}`, `"one_of_hidden"` for a secret, `"non_empty"`, `"url"`, `{"validate": "path"}` |
//! | `compare` | the path of the function that compares two values |
//! | `secret` | `true` if the value is never printed |
//! | `restart` | `true` if a change takes effect only at the next start |
//! | `deprecated` | the note of a deprecated key, which may be empty |
//!
//! A range and a length have `min`, and `max` or `below`, which is not included. Each is a text as
//! in the store, or `{"expression": "LIMIT"}` if only the program knows it.
//!
//! A key with neither `required` nor `default` is optional. A schema never contains the choices or
//! the default of a secret.
//!
//! ```
//! use hotconfig::{HotConfig, schema::Schema};
//!
//! /// Settings of the user service.
//! #[derive(HotConfig, Clone, Debug)]
//! #[hot(prefix = "/configs/{app}")]
//! struct UserService {
//!     /// Least severe level that is logged.
//!     #[hot(default = "info", one_of("debug", "info", "warn"))]
//!     log_level: String,
//!     #[hot(key = "limits/rps", default = 1000, range(1..=100_000))]
//!     rps: u32,
//!     region: Option<String>,
//! }
//!
//! let json = hotconfig::schema::<UserService>().to_json();
//! assert_eq!(json, r#"{
//!   "format": "hotconfig-schema/1",
//!   "name": "UserService",
//!   "doc": "Settings of the user service.",
//!   "prefix": "/configs/{app}",
//!   "keys": {
//!     "limits/rps": {
//!       "field": "rps",
//!       "type": "u32",
//!       "default": "1000",
//!       "rules": [
//!         {
//!           "range": {
//!             "min": "1",
//!             "max": "100000"
//!           }
//!         }
//!       ]
//!     },
//!     "log_level": {
//!       "doc": "Least severe level that is logged.",
//!       "type": "String",
//!       "default": "info",
//!       "rules": [
//!         {
//!           "one_of": [
//!             "debug",
//!             "info",
//!             "warn"
//!           ]
//!         }
//!       ]
//!     },
//!     "region": {
//!       "type": {
//!         "optional": "String"
//!       }
//!     }
//!   }
//! }
//! "#);
//! assert_eq!(Schema::from_json(&json), Ok(hotconfig::schema::<UserService>()));
//! ```

mod check;
pub(crate) mod committed;
pub mod compare;
mod declared;
mod dynamic;
mod ecma;
mod file;
mod gather;
mod json_schema;
mod markdown;
mod rule;
mod whole;

pub use crate::typed::shape::{HotValue, Scalar, Shape};
#[doc(hidden)]
pub use crate::typed::tree;
pub use check::{Check, CheckError, Concern, Finding, Report, check};
pub use compare::{Change, Comparison, Difference, Effect, Grade, compare};
pub use declared::{Absent, Bound, Format, Interval, Key, Rule, Schema, Section, StructRule, Type};
pub use dynamic::Verdict;
pub use file::SchemaError;
pub use gather::schema;
