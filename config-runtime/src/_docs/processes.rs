//! This page explains the threads of hotconfig, its use with `fork` and runtimes, and unit tests.
//!
//! # Threads
//!
//! | thread | work | end |
//! | --- | --- | --- |
//! | `hotconfig` | one loop for each started configuration: validators and codecs run here | with the last [`Hot`](crate::Hot) and [`View`](crate::View), or with `shutdown()` |
//! | `hotconfig-etcd` | the two connections of one [`Etcd`](crate::store::Etcd), shared by its clones and configurations | with the last handle and loop of that `Etcd` |
//! | `hotconfig-timer` | the time limit of one `start()` or `shutdown()` | with that call |
//! | `hotconfig-disk` | one read or write of a [fallback](super::fallback) | with that read or write |
//! | blocking threads of the loop's runtime | callbacks of `on_change`, up to 512 at a time | when idle |
//!
//! One process with ten configurations on one `Etcd` has eleven long-lived threads and two
//! connections.
//!
//! # `fork`
//!
//! `fork()` copies only the thread that calls it. So a child process has handles but no loop:
//!
//! - `load()` returns the configuration at the time of the fork, and the status becomes stale.
//! - `wait_for()` does not return, not even after its time limit. Watches and queues return
//!   nothing.
//! - `shutdown()` returns after 5 s.
//! - The connections belong to the parent.
//!
//! Fork first, and call `start()` in each child. This applies to daemons and to servers that fork
//! their workers. Starting another program (`std::process::Command`) is not affected.
//!
//! # Runtimes
//!
//! `start()` needs no async runtime. Any executor can poll its future, and those of watches and
//! queues: tokio, smol, or a function such as `pollster::block_on`. See the example
//! `plain_threads.rs`.
//!
//! A handle can be used from several runtimes at once. If a runtime ends, the loop keeps running,
//! because it has its own thread. So a `Hot` in a `static` can serve all tests of a program, each
//! with its own `#[tokio::test]` runtime.
//!
//! [`HotBuilder::runtime`](crate::HotBuilder::runtime) runs the loop on a tokio runtime of yours
//! instead. That saves a thread, and has three conditions:
//!
//! - The runtime needs `enable_time`.
//! - While all of its threads are busy, no change is published.
//! - When it ends, so does the loop: watches return `None`, and the status says that the loop
//!   ended.
//!
//! # Unit tests
//!
//! | to test | use |
//! | --- | --- |
//! | the effect of a value | [`Hot::fixed`](crate::Hot::fixed): no store, no thread |
//! | the effect of a change | [`Memory`](crate::store::Memory): the real loop on a store in the process |
//! | the effect of an outage | the faults of `Memory`: disconnect, stall, deny, restore, wipe |
//!
//! ```
//! use std::time::Duration;
//! use hotconfig::{Hot, HotConfig, Reached, store::Memory};
//!
//! #[derive(HotConfig, Clone, Debug)]
//! #[hot(prefix = "/configs/{app}/limits")]
//! struct Limits {
//!     /// The largest upload, in bytes.
//!     #[hot(default = 1_000, range(1..=1_000_000))]
//!     upload: u64,
//! }
//!
//! /// The code under test: it takes the handle, and does not know the store.
//! fn accepts(limits: &Hot<Limits>, bytes: u64) -> bool {
//!     bytes <= limits.load().upload
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // A value.
//! let fixed = Hot::fixed(Limits { upload: 10 });
//! assert!(accepts(&fixed, 10) && !accepts(&fixed, 11));
//!
//! // A change. `wait_for` replaces a sleep.
//! let store = Memory::new();
//! let limits = Hot::<Limits>::builder(store.clone()).var("app", "test").start().await?;
//! let revision = store.put("/configs/test/limits/upload", "5");
//! let reached = limits.wait_for(revision, Duration::from_secs(5)).await?;
//! assert_eq!(reached, Reached::Visible);
//! assert!(accepts(&limits, 5) && !accepts(&limits, 6));
//!
//! // An outage: the last values stay in use.
//! store.faults().disconnect();
//! assert!(accepts(&limits, 5) && !accepts(&limits, 6));
//! # Ok(())
//! # }
//! ```
//!
//! `Hot::fixed` checks no rule, so a test can use values that the store would not get past. A fixed
//! configuration is ready until it ends. It has no loop, so `wait_for` returns `WaitError::Ended`.
//!
//! To share one store between tests, give each test its own prefix variable.
