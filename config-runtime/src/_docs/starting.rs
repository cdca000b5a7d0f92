//! This page shows the outcomes of `start()` while the store is up, is down, or has bad keys.
//!
//! [`HotBuilder::start`](crate::HotBuilder::start) returns within its time limit, 10 s by default.
//! Set it with [`start_timeout`](crate::HotBuilder::start_timeout). If the store cannot be reached,
//! the start keeps trying until then.
//!
//! | the store | the outcome |
//! | --- | --- |
//! | answers, and all keys are valid | The configuration of the store. |
//! | answers, and keys are bad or missing | With a [fallback](super::fallback): its last good values in place of the bad keys. With [`defaults_for_bad_keys`](crate::HotBuilder::defaults_for_bad_keys): the defaults in place of the bad keys and of the keys written with them. Otherwise [`StartError::Problems`](crate::StartError::Problems) with all problems. |
//! | does not answer | With a fallback: the copy, marked stale. With [`defaults_without_store`](crate::HotBuilder::defaults_without_store): the defaults, marked stale. Otherwise [`StartError::Store`](crate::StartError::Store). |
//! | denies access | The same, at once: the start does not wait for its time limit. |
//!
//! A mistake in the program, such as a missing variable of the prefix, is
//! [`StartError::Builder`](crate::StartError::Builder). It contains all mistakes, and is returned
//! before the store is contacted.
//!
//! If a start was served from the fallback or the defaults, the loop keeps trying in the
//! background. Once the store answers, its values are published like any other change.
//!
//! # A bad key
//!
//! ```
//! use hotconfig::{Hot, HotConfig, StartError, store::Memory};
//!
//! #[derive(HotConfig, Clone, Debug)]
//! #[hot(prefix = "/configs/{app}")]
//! struct Service {
//!     #[hot(default = 8, range(1..=64))]
//!     pool_size: u32,
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let store = Memory::new();
//! store.put("/configs/users/pool_size", "900");
//!
//! let started = Hot::<Service>::builder(store.clone()).var("app", "users").start().await;
//! let Err(StartError::Problems { problems, .. }) = started else {
//!     return Err("the bad key was accepted".into());
//! };
//! println!("{}", problems[0]); // the key, its revision, the value and the range
//!
//! let hot = Hot::<Service>::builder(store)
//!     .var("app", "users")
//!     .defaults_for_bad_keys()
//!     .start()
//!     .await?;
//! assert_eq!(hot.load().pool_size, 8);
//! assert_eq!(hot.status().held.len(), 1);
//! # Ok(())
//! # }
//! ```
//!
//! # A failed start
//!
//! Each error names its remedy. An error does not print its source, so print both. New variants may
//! come, so a `match` needs a last arm.
//!
//! ```
//! use hotconfig::StartError;
//!
//! fn report(error: &StartError) {
//!     match error {
//!         // A mistake in the program or in its arguments.
//!         StartError::Builder { mistakes, .. } => println!("{} mistakes", mistakes.len()),
//!         // Bad or missing keys: somebody has to write them.
//!         StartError::Problems { problems, .. } => println!("{} bad keys", problems.len()),
//!         // The store: try again later, or repair the access.
//!         StartError::Store { source, .. } => println!("{:?}", source.kind()),
//!         _ => {}
//!     }
//!     println!("{error}");
//!     let mut source = std::error::Error::source(error);
//!     while let Some(cause) = source {
//!         println!("caused by: {cause}");
//!         source = cause.source();
//!     }
//! }
//! ```
//!
//! # A store that is down
//!
//! ```
//! use std::time::Duration;
//! use hotconfig::{Hot, HotConfig, field, store::Memory};
//!
//! #[derive(HotConfig, Clone, Debug)]
//! #[hot(prefix = "/configs/users")]
//! struct Service {
//!     #[hot(default = 8, range(1..=64))]
//!     pool_size: u32,
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let store = Memory::new();
//! store.put("/configs/users/pool_size", "16");
//! store.faults().disconnect();
//!
//! let hot = Hot::<Service>::builder(store.clone())
//!     .start_timeout(Duration::from_millis(200))
//!     .defaults_without_store()
//!     .start()
//!     .await?;
//! assert_eq!(hot.load().pool_size, 8);
//! assert!(!hot.status().is_fresh());
//!
//! let mut size = hot.watch(field!(Service, pool_size));
//! store.faults().reconnect();
//! let change = size.changed().await.ok_or("the loop ended")?;
//! assert_eq!(*change.current(), 16);
//! # Ok(())
//! # }
//! ```
//!
//! # Defaults that are wrong
//!
//! The compiler checks literal defaults. `start()` checks the others before it contacts the store,
//! see [Compile-time checks](super::compile_time).
