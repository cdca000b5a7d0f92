//! Swap, then tell.
//!
//! In: a snapshot from the one writer, with the leaves that changed. Out: handles that read the
//! current snapshot, and handles that wait for a change of their field. It knows the schema's
//! leaves by number and whether two are the same; it knows no keys, no store and no rule.

mod callback;
mod change;
mod feed;
mod hub;
mod origin;
mod registry;
mod snapshot;
#[cfg(test)]
mod tests;
mod view;
mod watch;

pub use callback::Subscription;
pub use change::{Change, Update};
pub(crate) use hub::Hub;
pub use origin::Origin;
pub(crate) use snapshot::Draft;
pub use snapshot::{Baseline, Guard, Part, Reader, Snapshot};
pub use view::View;
pub use watch::{Changes, Watch};
