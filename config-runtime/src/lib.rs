//! hotconfig keeps a Rust struct in sync with etcd.
//!
//! Every field of the struct is one typed, validated key. When keys change, hotconfig rejects
//! invalid changes, publishes valid ones atomically, and notifies the subscribers of the fields
//! that changed. [`Hot`] is the handle that a program keeps.
//!
//! ```
//! use hotconfig::{Hot, HotConfig, field, store::Memory};
//!
//! #[derive(HotConfig, Clone, Debug)]
//! #[hot(prefix = "/configs/{app}/{env}")]
//! struct Service {
//!     /// Maximum number of open connections.
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
//! # Overview
//!
//! - [`derive@HotConfig`]: the attributes of a struct and of its fields.
//! - [`Hot`] and [`HotBuilder`]: the handle, and its settings.
//! - [`value`]: the form of values in the store; [`rules`]: the rules that they must satisfy.
//! - [`store`]: etcd, and the store in this process.
//! - [`Status`], [`StatusWatch`] and [`Problem`]: the state of the loop, and the changes that it
//!   rejected.
//! - [`mod@schema`]: the struct as a value and as a file.
//!
//! # Pages
//!
//! - [Guarantees](_docs::guarantees), [reading and watching](_docs::reading),
//!   [holding](_docs::holding).
//! - [Starting](_docs::starting), [fallback](_docs::fallback),
//!   [authentication and TLS](_docs::authentication).
//! - [Health checks and metrics](_docs::health), [processes, runtimes and tests](_docs::processes).
//! - [Compile-time checks](_docs::compile_time), [schema](_docs::schema).
//! - [Speed](_docs::speed), [design questions](_docs::design), [comparison](_docs::comparison),
//!   [limitations](_docs::limitations).
//!
//! # Features
//!
//! | feature | adds |
//! | --- | --- |
//! | `etcd` (default) | [`store::Etcd`]; its build needs `protoc`, and `PROTOC` or `PROTOC_INCLUDE` if that is not found |
//! | `metrics` | [metrics](_docs::health#metrics), through the facade of that name |
//! | `seal` | [`HotBuilder::fallback_key`]: the secrets of the fallback, encrypted |
//!
//! The declared Rust version is 1.89. CI compiles the crate with 1.95 only.

// The derive names this crate `::hotconfig`, in its own tests too. Only in tests: otherwise rustc
// proposes the alias for a misspelt name.
#[cfg(test)]
extern crate self as hotconfig;

#[cfg(any(doc, doctest))]
pub mod _docs;
mod apply;
mod engine;
mod event;
mod fallback;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzz;
mod guard;
mod hot;
mod layers;
mod mistake;
mod observe;
mod prefix;
mod problem;
mod publish;
mod reason;
#[cfg(test)]
mod reference;
mod revision;
pub mod rules;
pub mod schema;
mod snapshot;
mod status;
pub mod store;
mod sync;
mod typed;
pub mod value;
mod waiting;
mod wording;

pub use apply::{Held, Pending, Unknown, Warning};
pub use engine::{Reached, WaitError};
pub use hot::{Described, Description, Hot, HotBuilder, StartError};
pub use hotconfig_derive::{HotConfig, HotValue};
pub use mistake::BuilderMistake;
pub use problem::Problem;
pub use publish::{
    Baseline, Change, Changes, Guard, Part, Reader, Subscription, Update, View, Watch,
};
pub use reason::Invalid;
pub use revision::Revision;
pub use schema::{HotValue, schema};
pub use snapshot::{Origin, Snapshot};
pub use status::{FallbackError, FallbackStatus, NotReady, Stale, StaleCause, Status, StatusWatch};
pub use typed::config::HotConfig;
pub use typed::field::{Field, ManyKeys, OneKey};
pub use typed::selector::Selector;
pub use value::{Secret, Size};

/// The items that the macros' expansions use. Nothing in it is stable: it changes with every
/// release.
#[doc(hidden)]
pub mod __ {
    pub use crate::rules;
    pub use crate::schema::committed::assert_schema;
    pub use crate::typed::checks::Checks;
    pub use crate::typed::compile;
    pub use crate::typed::compile::lookup::{
        Place, Reach, Reached, Span, known, place, reached, span,
    };
    pub use crate::typed::compile::message::Message;
    pub use crate::typed::config::{HotConfig, Section};
    pub use crate::typed::encode::{
        AsDebug, AsStored, EncodeNothing, EncodeSerialize, ShowDebug, ShowNothing, default_of,
    };
    pub use crate::typed::facts::{AnyShape, AnyType, TypeFacts};
    pub use crate::typed::field::{At, Field, KeysOf, OneKey};
    pub use crate::typed::function::{
        AsCompare, AsDecode, AsRule, NoCompare, NoDecode, NoRule, function,
    };
    pub use crate::typed::id::{EntryId, LeafId, MapId};
    pub use crate::typed::leaf::{LeafDecoder, secret, unchecked};
    pub use crate::typed::path::{Step, first_field, same_unknown};
    pub use crate::typed::read::{FieldError, LeafReader, RawEntries, Raws};
    pub use crate::typed::shape::{HotValue, Scalar, Shape};
    pub use crate::typed::tree::{
        Absent, Bounds, ConstValue, DefaultValue, Field as SchemaField, Format, Rule, Tree,
    };
    pub use crate::value::{self, codec};
    pub use ::core;
    pub use hotconfig_derive::{field, key};
    // Named here, because the caller's module may have a `Result` of its own.
    pub use ::core::{option::Option, result::Result};
    pub use ::serde::de::DeserializeOwned;
    pub use ::std::string::String;
}
