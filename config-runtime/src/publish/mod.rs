//! Swap, then notify.
//!
//! In: a snapshot from the one writer, with the leaves that changed. Out: handles that read the
//! current snapshot, and handles that wait for a change of their field. It knows the schema's
//! leaves by number and whether two are the same; it knows no keys, no store and no rule.

mod callback;
mod change;
mod feed;
mod handles;
mod hub;
mod part;
mod registry;
#[cfg(test)]
mod tests;
mod view;
mod watch;

pub use callback::Subscription;
pub use change::{Change, Update};
pub use handles::{Guard, Reader};
pub(crate) use hub::{Announcement, Hub};
pub use part::{Baseline, Part};
pub use view::View;
pub(crate) use watch::CAPACITY;
pub use watch::{Changes, Watch};
