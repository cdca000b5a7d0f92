//! Every field of a Rust struct is a live, typed, validated etcd key.
//!
//! Annotate a struct, give it a store, and hold a [`Hot`]: it follows the keys, refuses what is not
//! valid, swaps what is, and tells those who watch the fields that changed.
//!
//! ```
//! use hotconfig::{Hot, HotConfig, field, store::Memory};
//!
//! #[derive(HotConfig, Clone, Debug)]
//! #[hot(prefix = "/configs/{app}/{env}")]
//! struct Service {
//!     /// Connections to the database.
//!     #[hot(default = 8, range(1..=64))]
//!     pool_size: u32,
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let store = Memory::new(); // or `Etcd::builder(["http://127.0.0.1:2379"]).build()?`
//! let hot = Hot::<Service>::builder(store.clone())
//!     .var("app", "users")
//!     .var("env", "prod")
//!     .start()
//!     .await?;
//! let mut size = hot.watch(field!(Service, pool_size));
//!
//! store.put("/configs/users/prod/pool_size", "16");
//! let change = size.changed().await.ok_or("the loop ended")?;
//! assert_eq!((*change.previous(), *change.current()), (8, 16));
//! assert_eq!(hot.load().pool_size, 16);
//! # Ok(())
//! # }
//! ```
//!
//! # Where to look
//!
//! - [`derive@HotConfig`]: what can be written on a struct.
//! - [`Hot`] and [`Builder`]: what a handle gives, and what can be set.
//! - [`value`]: how values are written in the store; [`rules`]: what can be asked of them.
//! - [`store`]: etcd, and the store in this process.
//! - [`Status`] and [`Problem`]: what the loop says of itself, and of what it refused.
//!
//! # Features
//!
//! `etcd` (default): the store of that name. Its build needs `protoc`.
//!
//! # Tracing
//!
//! Events under the target `hotconfig`: `warn` for a change that is held, a key that the schema doesn't
//! know, an old key in use, and a failure of the store; `error` for a callback that panicked; `debug` for
//! each publication. None of them carries a secret, unless the panic of a callback of yours says it.

// The derive names this crate `::hotconfig`, in its own tests too. Only there: else rustc proposes
// the alias for a misspelt name.
#[cfg(test)]
extern crate self as hotconfig;

mod apply;
#[doc(hidden)]
pub mod compile;
pub mod contract;
mod defaults;
mod fallback;
mod field;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzz;
mod heart;
mod hot;
mod layers;
mod prefix;
mod problem;
mod publish;
mod revision;
pub mod rules;
pub mod schema;
mod status;
pub mod store;
mod sync;
pub mod value;

pub use contract::HotConfig;
pub use field::Field;
pub use hot::{Builder, Described, Description, Hot, Reached, StartError, WaitError};
pub use hotconfig_derive::{HotConfig, HotValue};
pub use problem::Problem;
pub use publish::{
    Baseline, Change, Changes, Guard, Origin, Part, Reader, Snapshot, Subscription, Update, View,
    Watch,
};
pub use revision::Revision;
pub use rules::Invalid;
pub use schema::{HotValue, schema};
pub use status::{FallbackStatus, Held, Pending, Stale, Status, Unknown, Warning};
pub use value::{Secret, Size};

/// What the macros write. Nothing in it is stable: it changes with every release.
#[doc(hidden)]
pub mod __ {
    pub use crate::compile;
    pub use crate::compile::message::Message;
    pub use crate::contract::{
        Checks, EncodeNothing, EncodeSerialize, Encoded, HotConfig, Intake, Leaf, Section,
        ShowDebug, ShowNothing, Shown, default_of, secret, unchecked,
    };
    pub use crate::field::{At, Field};
    pub use crate::rules;
    pub use crate::schema::hold::assert_schema;
    pub use crate::schema::lookup::{Place, Span, known, place, span};
    pub use crate::schema::tree::{
        Bounds, DefaultValue, End, Field as SchemaField, Format, Rule, Tree,
    };
    pub use crate::schema::{Absent, AnyShape, HotValue, Probe, Scalar, Shape};
    pub use crate::value;
    pub use ::core;
    pub use hotconfig_derive::{field, key};
    // Named here, because somebody may have a `Result` of their own.
    pub use ::core::{option::Option, result::Result};
    pub use ::serde::de::DeserializeOwned;
    pub use ::std::string::String;
}

/// The examples of the README, which compile and run with the documentation's.
#[cfg(all(doctest, feature = "etcd"))]
#[doc = include_str!("../../README.md")]
struct Readme;
