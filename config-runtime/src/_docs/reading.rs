//! This page shows the handles on a configuration, and how to choose one.
//!
//! | method of [`Hot`] | result |
//! | --- | --- |
//! | [`load`](crate::Hot::load) | the current configuration, as a short-lived guard |
//! | [`snapshot`](crate::Hot::snapshot) | the current configuration, to keep, with its revision and the origin of every field |
//! | [`reader`](crate::Hot::reader) | a reader for hot paths: about one atomic load per read |
//! | [`watch`](crate::Hot::watch) | the latest value of one field, whenever it differs from the previous one |
//! | [`changes`](crate::Hot::changes) | a queue with one item for each publication in which the field differs |
//! | [`on_change`](crate::Hot::on_change) | a callback on a thread where it may block |
//! | [`view`](crate::Hot::view) | a handle on one section, for a component that should see only that section |
//! | [`wait_for`](crate::Hot::wait_for) | the outcome of one write: visible, or held |
//! | [`status`](crate::Hot::status) | the state of the connection, and the held and unknown keys |
//! | [`watch_status`](crate::Hot::watch_status) | the status, whenever it changed in a way that an operator would act on |
//! | [`describe`](crate::Hot::describe) | a table of every field with its key, value and origin |
//! | [`shutdown`](crate::Hot::shutdown) | the end of the loop, awaited |
//!
//! # Reading
//!
//! A guard or a snapshot is one consistent revision. Two calls of `load` can return two revisions,
//! so read values that belong together from one guard.
//!
//! Do not keep a guard across an `.await`. Copy the value, or take a snapshot.
//!
//! # Watching
//!
//! `watch` returns the latest value and skips those in between. `changes` queues up to 64 changes,
//! or as many as you give to `changes_with_capacity`. Each publication is one item, even if
//! it contains several writes. If the queue is full, it drops the oldest and reports how many.
//! `on_change` calls a function with the latest value only; its calls never
//! overlap.
//!
//! Nothing is lost between reading a value and watching it if you subscribe first. A [`Watch`] and
//! a [`Changes`] have a baseline, [`current`](crate::Watch::current), from which changes are
//! counted.
//!
//! ```
//! use std::time::Duration;
//! use hotconfig::{Hot, HotConfig, Reached, field, store::Memory};
//!
//! #[derive(HotConfig, Clone, Debug)]
//! #[hot(prefix = "/configs/users")]
//! struct Service {
//!     #[hot(nested)]
//!     db: Pool,
//! }
//!
//! #[derive(HotConfig, Clone, Debug)]
//! struct Pool {
//!     #[hot(default = 8, range(1..=64))]
//!     pool_size: u32,
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let store = Memory::new();
//! let hot = Hot::<Service>::builder(store.clone()).start().await?;
//! let mut size = hot.watch(field!(Service, db.pool_size));
//! assert_eq!(*size.current(), 8);
//!
//! // The revision of a write tells when the write is visible, without a sleep.
//! let revision = store.put("/configs/users/db/pool_size", "16");
//! let reached = hot.wait_for(revision, Duration::from_secs(5)).await?;
//! assert_eq!(reached, Reached::Visible);
//! assert_eq!(hot.load().db.pool_size, 16);
//!
//! let change = size.changed().await.ok_or("the loop ended")?;
//! assert_eq!((*change.previous(), *change.current()), (8, 16));
//! assert_eq!(change.revision(), Some(revision));
//! # Ok(())
//! # }
//! ```
//!
//! A `Watch`, a `Changes` and a [`StatusWatch`](crate::StatusWatch) are also `Stream`s. A clone of
//! a `Watch` counts from the value that the original returned last. `field!(Service)` names the
//! whole struct.
//!
//! A change owns its two values without a copy: each is a [`Part`](crate::Part) of a snapshot.
//! [`Change::into_parts`](crate::Change::into_parts) returns both, and
//! [`Part::snapshot`](crate::Part::snapshot) the whole configuration.
//!
//! # The end
//!
//! [`Hot`] and [`View`] keep the loop alive. The loop ends when the last of them is dropped, or
//! with [`shutdown`](crate::Hot::shutdown). Watches, queues, readers and callbacks do not keep it
//! alive. After the end, a watch returns `None`, and `load` still returns the last configuration.
//!
//! [`Hot`]: crate::Hot
//! [`View`]: crate::View
//! [`Watch`]: crate::Watch
//! [`Changes`]: crate::Changes
