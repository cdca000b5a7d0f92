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
//! - [`Status`], [`StatusWatch`] and [`Problem`]: what the loop says of itself, and of what it refused;
//!   [`Status::ready_within`] is for a readiness probe.
//!
//! # Features
//!
//! `etcd` (default): the store of that name. Its build needs `protoc`. `metrics`: see [below](#metrics).
//!
//! # Tracing
//!
//! Events under the target `hotconfig`, whose name is also their field `event`. A field whose value is not known is
//! left out; `keys`, `fields` and `problems` name the first eight. None of them carries a secret,
//! unless the panic of a callback of yours says it. The mistakes of a builder are told to its caller only.
//!
//! | event | level | fields | when |
//! | --- | --- | --- | --- |
//! | `started` | info | `schema`, `prefix`, `revision`, `held` | there is a first configuration |
//! | `start_refused` | error | `schema`, `prefix`, `error` | there is none: what the store said, or the problems |
//! | `ended` | info | `schema`, `prefix`, `revision` | the loop ended, after a start |
//! | `changed` | debug | `schema`, `prefix`, `revision`, `count`, `fields` | another configuration is published; `count` fields differ |
//! | `held` | warn | `schema`, `prefix`, `revision`, `keys`, `problems` | a change is refused, and the last good values stay |
//! | `released` | info | `schema`, `prefix`, `revision`, `keys` | it is no longer held: it got in, or was overwritten |
//! | `connected` | info | `schema`, `prefix`, `revision` | a watch stands |
//! | `disconnected` | warn | `schema`, `prefix`, `kind`, `error` | it does not any more; without `kind` and `error` where the history began anew |
//! | `store_failed` | warn | `schema`, `prefix`, `kind`, `error` | the store fails in another way than before, and no watch stands |
//! | `stale` | warn | `schema`, `prefix`, `revision`, `confirmed_ms_ago`, `cause` | nothing confirmed the configuration within the staleness limit |
//! | `fresh` | info | `schema`, `prefix`, `revision` | it is confirmed again |
//! | `fallback_serving` | warn | `schema`, `prefix`, `path` | the configuration is that of the copy on disk |
//! | `fallback_refused` | warn | `schema`, `prefix`, `why` | the copy on disk that the start found is of no use |
//! | `fallback_failed` | warn | `schema`, `prefix`, `why` | the copy on disk can't be written; it is tried again |
//! | `new_epoch` | warn | `schema`, `prefix`, `epoch`, `revision` | the store's history began anew, as after a restore from a backup |
//! | `unknown_key` | warn | `schema`, `prefix`, `key`, `revision`, `nearest` | a key that the schema doesn't know; of many the first hundred |
//! | `deprecated` | warn | `schema`, `prefix`, `key`, `advice` | an old key or a deprecated field is in use |
//! | `restart_pending` | info | `schema`, `prefix`, `key`, `field`, `revision` | a new value of a restart-only field waits |
//! | `missed` | debug | `field`, `count` | a queue of `changes` was full and dropped some |
//! | `callback_panicked` | error | `field`, `panic` | a callback of `on_change` panicked |
//! | `callback_slow` | warn | `field`, `took_ms` | one took a second or longer |
//! | `waker_panicked` | error | `panic` | the executor of a subscriber panicked when it was woken |
//! | `foreign_snapshot` | error | `field` | `since` was given a snapshot of another struct |
//! | `tls_changed` | info | none | the files for TLS changed: the next connection to the `Etcd` uses them |
//! | `tls_refused` | warn | `why` | they can't be used; the last good ones stay in use |
//! | `thread_failed` | error | `thread`, `error` | the thread of an `Etcd` has no runtime |
//!
//! `schema` is the struct's name. `kind` is one of `unreachable`, `timeout`, `denied`, `unauthenticated`, `compacted`,
//! `too_big`, `cancelled`, `invalid`, `refused` and `other`, as in [`store::ErrorKind`].
//!
//! # Metrics
//!
//! With the feature `metrics`, through the facade of that name. Install the recorder before `start()`: what began
//! without one is not measured. The label `prefix` tells several configurations of one process apart (those
//! of one prefix share their series); `kind` is the word of the events above.
//!
//! | metric | kind | labels | what |
//! | --- | --- | --- | --- |
//! | `hotconfig_publications_total` | counter | `prefix` | configurations that were published after the first |
//! | `hotconfig_events_total` | counter | `prefix` | events that the watch brought |
//! | `hotconfig_held_total` | counter | `prefix` | changes that were refused and held |
//! | `hotconfig_readings_total` | counter | `prefix`, `outcome` | readings of everything, `ok` or `failed`; one that is given up is neither |
//! | `hotconfig_watch_losses_total` | counter | `prefix`, `kind` | watches that were lost, or given up because a question beside them failed |
//! | `hotconfig_store_errors_total` | counter | `prefix`, `kind` | errors of the store, lost watches among them |
//! | `hotconfig_connected` | gauge | `prefix` | 1 while a watch stands, else 0 |
//! | `hotconfig_confirmed_timestamp_seconds` | gauge | `prefix` | when the configuration was last confirmed, in Unix seconds; 0: never |
//! | `hotconfig_staleness_limit_seconds` | gauge | `prefix` | after how long without a confirmation it is stale |
//! | `hotconfig_revision` | gauge | `prefix` | the revision up to which everything was applied or held |
//! | `hotconfig_epoch` | gauge | `prefix` | grows when the store's history began anew |
//! | `hotconfig_held` | gauge | `prefix` | changes that are held |
//! | `hotconfig_unknown_keys` | gauge | `prefix` | keys that the schema doesn't know |
//! | `hotconfig_restart_pending` | gauge | `prefix` | fields whose new value waits for a restart |
//! | `hotconfig_subscribers` | gauge | `prefix` | watches, queues and callbacks |
//! | `hotconfig_lag_seconds` | histogram | `prefix` | from the arrival of a publication's oldest event in this process to the swap |
//! | `hotconfig_reading_seconds` | histogram | `prefix` | how long a reading took |
//! | `hotconfig_settle_seconds` | histogram | `prefix` | how long decoding and validating what had come took |
//!
//! There is no gauge for stale: it would stay as it is where the loop hangs. In `PromQL` it is
//!
//! ```text
//! time() - hotconfig_confirmed_timestamp_seconds > hotconfig_staleness_limit_seconds
//! ```

// The derive names this crate `::hotconfig`, in its own tests too. Only there: else rustc proposes
// the alias for a misspelt name.
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
mod wording;

pub use apply::{Held, Pending, Unknown, Warning};
pub use engine::{Reached, WaitError};
pub use hot::{Builder, Described, Description, Hot, StartError};
pub use hotconfig_derive::{HotConfig, HotValue};
pub use problem::Problem;
pub use publish::{
    Baseline, Change, Changes, Guard, Part, Reader, Subscription, Update, View, Watch,
};
pub use reason::Invalid;
pub use revision::Revision;
pub use schema::{HotValue, schema};
pub use snapshot::{Origin, Snapshot};
pub use status::{FallbackStatus, NotReady, Stale, Status, StatusWatch};
pub use typed::config::HotConfig;
pub use typed::field::Field;
pub use typed::selector::Selector;
pub use value::{Secret, Size};

/// What the macros write. Nothing in it is stable: it changes with every release.
#[doc(hidden)]
pub mod __ {
    pub use crate::rules;
    pub use crate::schema::committed::assert_schema;
    pub use crate::typed::checks::Checks;
    pub use crate::typed::compile;
    pub use crate::typed::compile::lookup::{Place, Span, known, place, span};
    pub use crate::typed::compile::message::Message;
    pub use crate::typed::config::{HotConfig, Section};
    pub use crate::typed::encode::{
        EncodeNothing, EncodeSerialize, Encoded, ShowDebug, ShowNothing, Shown, default_of,
    };
    pub use crate::typed::field::{At, Field};
    pub use crate::typed::id::{EntryId, LeafId, MapId};
    pub use crate::typed::leaf::{Leaf, secret, unchecked};
    pub use crate::typed::path::{Step, first_field, same_unknown};
    pub use crate::typed::probe::{AnyShape, Probe};
    pub use crate::typed::read::{FieldError, LeafReader, RawEntries, Raws};
    pub use crate::typed::shape::{HotValue, Scalar, Shape};
    pub use crate::typed::tree::{
        Absent, Bounds, DefaultValue, End, Field as SchemaField, Format, Rule, Tree,
    };
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
