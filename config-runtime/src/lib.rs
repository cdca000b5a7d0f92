//! Every field of a Rust struct is a live, typed, validated etcd key.

// The derive names this crate `::hotconfig`, in its own tests too.
#[allow(unused_extern_crates)] // only the tests derive
extern crate self as hotconfig;

mod apply;
pub mod contract;
mod field;
mod heart;
mod layers;
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
pub use hotconfig_derive::HotConfig;
pub use problem::Problem;
pub use publish::{
    Baseline, Change, Changes, Guard, Origin, Part, Reader, Snapshot, Subscription, Update, View,
    Watch,
};
pub use revision::Revision;
pub use rules::Invalid;
pub use status::{Held, Pending, Stale, Status, Unknown, Warning};
pub use value::{Secret, Size};

/// What the macros write. Nothing in it is stable: it changes with every release.
#[doc(hidden)]
pub mod __ {
    pub use crate::contract::{
        Checks, HotConfig, Intake, Leaf, ShowDebug, ShowNothing, Shown, secret, unchecked,
    };
    pub use crate::rules;
    pub use crate::schema::{DefaultValue, Field as SchemaField, Format, Rule, Schema, Span, span};
    pub use crate::value;
    pub use ::core;
    // Named here, because somebody may have a `Result` of their own.
    pub use ::core::{option::Option, result::Result};
    pub use ::serde::de::DeserializeOwned;
    pub use ::std::string::String;
}
