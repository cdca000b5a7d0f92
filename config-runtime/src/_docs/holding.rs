//! This page explains how hotconfig holds changes that are not valid, and how you find them.
//!
//! # Groups
//!
//! The changes of one revision form a *group*. A group is accepted as a whole or held as a whole.
//! So if one key of a transaction is bad, the other keys of that transaction are held with it, and
//! nothing else is. Meanwhile the last good values stay in use.
//!
//! If a later revision writes a key of a held group, the key leaves that group. So you correct a
//! bad value by writing the key again.
//!
//! ```
//! use std::time::Duration;
//! use hotconfig::{Hot, HotConfig, Invalid, Reached, store::Memory};
//!
//! #[derive(HotConfig, Clone, Debug)]
//! #[hot(prefix = "/configs/users", validate = rate_within_burst)]
//! struct Limits {
//!     #[hot(default = 1_000)]
//!     rate: u32,
//!     #[hot(default = 2_000)]
//!     burst: u32,
//! }
//!
//! fn rate_within_burst(limits: &Limits) -> Result<(), Invalid> {
//!     if limits.rate <= limits.burst {
//!         Ok(())
//!     } else {
//!         Err(Invalid::new("`rate` must not exceed `burst`"))
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # const LIMIT: Duration = Duration::from_secs(5);
//! let store = Memory::new();
//! let hot = Hot::<Limits>::builder(store.clone()).start().await?;
//!
//! // Alone, this change would break the rule, so it is held.
//! let revision = store.put("/configs/users/rate", "5000");
//! assert!(matches!(hot.wait_for(revision, LIMIT).await?, Reached::Held(_)));
//! assert_eq!(hot.load().rate, 1_000);
//! println!("{}", hot.status()); // names the key, the revision and the reason
//!
//! // Together with this one it is valid: both are published, at once.
//! let revision = store.put("/configs/users/burst", "6000");
//! assert_eq!(hot.wait_for(revision, LIMIT).await?, Reached::Visible);
//! assert_eq!((hot.load().rate, hot.load().burst), (5_000, 6_000));
//! assert!(hot.status().held.is_empty());
//! # Ok(())
//! # }
//! ```
//!
//! # The rule
//!
//! Whenever changes arrive, hotconfig tries the held and the new groups:
//!
//! 1. All groups together. If the result is valid, all are accepted.
//! 2. Otherwise, without the groups that have a bad field: one that cannot be decoded, or that
//!    breaks a rule of its own. Removing a group can uncover another bad field, so this repeats
//!    until no bad field is left. If the rest is valid, it is accepted.
//! 3. Otherwise, one group at a time, in the order of revisions. Groups that are bad only together
//!    with another take part, too. A group that leaves the whole configuration valid is accepted.
//!    If a pass accepted a group, another pass follows. All other groups are held.
//!
//! A backlog, for example after an outage, is tried as one batch and published once.
//!
//! Rules and codecs must depend on their arguments alone. A rule that reads a clock or a global can
//! accept a change that it rejected before, and hotconfig does not try a held group again until
//! something changes.
//!
//! # After an outage
//!
//! After an outage all keys are read. Each key carries the revision that wrote it last, so groups
//! of writes are known. The revision that deleted a key is not known, so all missing keys form one
//! group of their own. This has three effects:
//!
//! - A transaction that wrote some keys and deleted others can be split. This is the only such
//!   case.
//! - If a required key is missing, the other deletes are held with it.
//! - A key whose delete is held with a transaction stays in that group while it is absent. A read
//!   cannot show that the key was written and deleted again in between.
//!
//! After a restore from a backup, a bad value can return. Values that were written together with it
//! and are already visible stay visible.
//!
//! # Finding held changes
//!
//! [`Status::held`](crate::Status::held) lists the held groups with their keys, revision and
//! reasons. The event `held` and the metrics `hotconfig_held` and `hotconfig_held_total` report
//! them, see [Health checks and metrics](super::health). [`Hot::wait_for`](crate::Hot::wait_for)
//! returns [`Reached::Held`](crate::Reached::Held) for a revision that is held.
