//! Every field of a Rust struct is a live, typed, validated etcd key.
//!
//! hotconfig keeps a Rust struct in sync with etcd. It rejects invalid changes, publishes valid
//! ones atomically, and notifies subscribers of the fields that changed. [`Hot`] is the handle that
//! a program keeps.
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
//! # Overview
//!
//! - [`derive@HotConfig`]: the attributes of a struct and of its fields.
//! - [`Hot`] and [`HotBuilder`]: the handle, and its settings.
//! - [`value`]: the form of values in the store; [`rules`]: the rules that they must satisfy.
//! - [`store`]: etcd, and the store in this process.
//! - [`Status`], [`StatusWatch`] and [`Problem`]: the state of the loop, and the changes that it
//!   rejected; [`Status::ready_within`] is for a readiness probe.
//!
//! # Features
//!
//! | feature | what it adds |
//! | --- | --- |
//! | `etcd` (default) | [`store::Etcd`]; its build needs `protoc` |
//! | `metrics` | [metrics](#metrics), through the facade of that name |
//! | `seal` | [`HotBuilder::fallback_key`]: the secrets of the fallback, encrypted |
//!
//! The Rust version is declared to be 1.89; the crate is compiled with 1.95.
//!
//! # Tracing
//!
//! All events have the target `hotconfig`; the name of an event is also in its field `event`. A
//! field whose value is not known is left out; `keys`, `fields` and `problems` name the first
//! eight. No event carries a secret, unless the panic message of one of your callbacks contains it.
//! The mistakes of a builder are returned to its caller only.
//!
//! | event | level | fields | when |
//! | --- | --- | --- | --- |
//! | `started` | info | `schema`, `prefix`, `revision`, `held` | there is a first configuration |
//! | `start_refused` | error | `schema`, `prefix`, `error` | there is no configuration: `error` has the store's error, or the problems |
//! | `ended` | info | `schema`, `prefix`, `revision` | the loop ended, after a start |
//! | `changed` | debug | `schema`, `prefix`, `revision`, `count`, `fields` | a new configuration is published; `count` fields differ |
//! | `held` | warn | `schema`, `prefix`, `revision`, `keys`, `problems` | a change is rejected, and the last good values stay |
//! | `released` | info | `schema`, `prefix`, `revision`, `keys` | a change is no longer held: it was accepted, or overwritten |
//! | `connected` | info | `schema`, `prefix`, `revision` | a watch is open |
//! | `disconnected` | warn | `schema`, `prefix`, `kind`, `error` | the watch was lost; without `kind` and `error` if the history began anew |
//! | `store_failed` | warn | `schema`, `prefix`, `kind`, `error` | the store fails in another way than before, and no watch is open |
//! | `stale` | warn | `schema`, `prefix`, `revision`, `confirmed_ms_ago`, `cause` | nothing confirmed the configuration within the staleness limit |
//! | `fresh` | info | `schema`, `prefix`, `revision` | the configuration is confirmed again |
//! | `fallback_serving` | warn | `schema`, `prefix`, `path` | the configuration is that of the copy on disk |
//! | `fallback_refused` | warn | `schema`, `prefix`, `path`, `why` | the copy on disk that the start found cannot be used |
//! | `fallback_failed` | warn | `schema`, `prefix`, `path`, `why` | the copy on disk can't be written; the loop tries again |
//! | `new_epoch` | warn | `schema`, `prefix`, `epoch`, `revision` | the store's history began anew, as after a restore from a backup |
//! | `unknown_key` | warn | `schema`, `prefix`, `key`, `revision`, `nearest` | a key that the schema doesn't know; only the first 100 are reported |
//! | `deprecated` | warn | `schema`, `prefix`, `key`, `advice` | an old key or a deprecated field is in use |
//! | `restart_pending` | info | `schema`, `prefix`, `key`, `field`, `revision` | a new value of a restart-only field waits |
//! | `missed` | debug | `field`, `count` | a queue of `changes` was full and dropped `count` changes |
//! | `callback_panicked` | error | `field`, `panic` | a callback of `on_change` panicked |
//! | `callback_slow` | warn | `field`, `took_ms` | a callback took a second or longer |
//! | `waker_panicked` | error | `panic` | the executor of a subscriber panicked when it was woken |
//! | `foreign_snapshot` | error | `field` | `since` was given a snapshot of another struct |
//! | `tls_changed` | info | none | the files for TLS changed: the next connection to the `Etcd` uses them |
//! | `tls_refused` | warn | `why` | the files for TLS can't be used; the last good ones stay in use |
//! | `thread_failed` | error | `thread`, `error` | the thread of an `Etcd` has no runtime |
//!
//! `schema` is the struct's name. `kind` is one of `unreachable`, `timeout`, `denied`,
//! `unauthenticated`, `compacted`, `too_big`, `cancelled`, `invalid`, `refused` and `other`, as in
//! [`store::ErrorKind`].
//!
//! # Metrics
//!
//! The feature `metrics` emits metrics through the facade of that name. Install the recorder before
//! `start()`: a configuration that starts without one is not measured. The label `prefix`
//! distinguishes the configurations of one process (those of one prefix share their series); `kind`
//! is the same as in the events above.
//!
//! | metric | kind | labels | what |
//! | --- | --- | --- | --- |
//! | `hotconfig_publications_total` | counter | `prefix` | configurations that were published after the first |
//! | `hotconfig_events_total` | counter | `prefix` | events that the watch brought |
//! | `hotconfig_held_total` | counter | `prefix` | changes that were rejected and held |
//! | `hotconfig_readings_total` | counter | `prefix`, `outcome` | readings of all keys, `ok` or `failed`; a reading that is given up is not counted |
//! | `hotconfig_watch_losses_total` | counter | `prefix`, `kind` | watches that were lost, or given up because a request beside them failed |
//! | `hotconfig_store_errors_total` | counter | `prefix`, `kind` | errors of the store, lost watches among them |
//! | `hotconfig_connected` | gauge | `prefix` | 1 while a watch is open, otherwise 0 |
//! | `hotconfig_confirmed_timestamp_seconds` | gauge | `prefix` | the time of the last confirmation of the configuration, in Unix seconds; 0: never |
//! | `hotconfig_staleness_limit_seconds` | gauge | `prefix` | the time without a confirmation after which the configuration is stale |
//! | `hotconfig_revision` | gauge | `prefix` | the revision up to which everything was applied or held |
//! | `hotconfig_epoch` | gauge | `prefix` | the number of the history, which grows when the store's history begins anew |
//! | `hotconfig_held` | gauge | `prefix` | changes that are held |
//! | `hotconfig_unknown_keys` | gauge | `prefix` | keys that the schema doesn't know |
//! | `hotconfig_restart_pending` | gauge | `prefix` | fields whose new value waits for a restart |
//! | `hotconfig_subscribers` | gauge | `prefix` | watches, queues and callbacks |
//! | `hotconfig_lag_seconds` | histogram | `prefix` | the time from the arrival of a publication's oldest event in this process to the swap |
//! | `hotconfig_reading_seconds` | histogram | `prefix` | the duration of a reading |
//! | `hotconfig_settle_seconds` | histogram | `prefix` | the duration of decoding and validating the staged changes |
//!
//! There is no gauge for stale, because it would keep its value while the loop hangs. In `PromQL`
//! it is
//!
//! ```text
//! time() - hotconfig_confirmed_timestamp_seconds > hotconfig_staleness_limit_seconds
//! ```

// The derive names this crate `::hotconfig`, in its own tests too. Only in tests: otherwise rustc
// proposes the alias for a misspelt name.
#[cfg(test)]
extern crate self as hotconfig;

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
    pub use crate::typed::compile::lookup::{Place, Target, known, place, target};
    pub use crate::typed::compile::message::Message;
    pub use crate::typed::config::{HotConfig, Section};
    pub use crate::typed::encode::{
        AsDebug, AsStored, EncodeNothing, EncodeSerialize, ShowDebug, ShowNothing, default_of,
    };
    pub use crate::typed::facts::{AnyShape, TypeFacts};
    pub use crate::typed::field::{At, Field, KeysOf, OneKey};
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

/// The examples of the README, which compile and run with the documentation's.
#[cfg(all(doctest, feature = "etcd", feature = "seal"))]
#[doc = include_str!("../../README.md")]
struct Readme;
