//! This page describes the copy of the configuration on disk: contents, use and secrets.
//!
//! ```
//! use std::time::Duration;
//! use hotconfig::{Hot, HotConfig, Secret, store::Memory};
//!
//! #[derive(HotConfig, Clone)]
//! #[hot(prefix = "/configs/{app}")]
//! struct Service {
//!     #[hot(secret)]
//!     dsn: Secret<String>,
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path().join("config.fallback");
//! # let key = [7; 32];
//! let store = Memory::new();
//! store.put("/configs/users/dsn", "postgres://db/users");
//! let builder = || {
//!     Hot::<Service>::builder(store.clone())
//!         .var("app", "users")
//!         .start_timeout(Duration::from_millis(500))
//!         .fallback(&path) // such as "/var/lib/users/config.fallback"
//!         .fallback_key(key) // seals the secrets; needs the feature `seal`
//! };
//! builder().start().await?.shutdown().await; // writes the copy
//!
//! store.faults().disconnect();
//! let hot = builder().start().await?;
//! assert_eq!(hot.load().dsn.expose(), "postgres://db/users");
//! assert!(hot.status().fallback.is_some_and(|fallback| fallback.serving));
//! # Ok(())
//! # }
//! ```
//!
//! # Contents
//!
//! The copy is one file. It contains the published keys as raw bytes with their revisions, a
//! checksum, the prefixes, the fingerprint of the schema, the id of the cluster, the revision and
//! the time. For held keys it notes the key, the revision and the reason, but not the value.
//!
//! # Writing
//!
//! - A thread of its own writes the copy within a second after a publication, and at the end of the
//!   loop. It never delays a publication.
//! - The new file is written beside the old one, synced, and renamed into its place. After a `kill
//!   -9` at any time there is either the old file or the new one.
//! - The file has the mode 0600.
//! - After a crash, the publications of the last second are not in the copy.
//!   [`fallback_interval`](crate::HotBuilder::fallback_interval) sets that time.
//! - A copy that was removed is written again within 60 of these intervals (a minute by
//!   default), and at the end.
//! - If the disk is full or read-only, the status and the log have the error. The loop tries again,
//!   and the service keeps running.
//! - Two processes may share one path if their prefixes are the same. The process that wrote last
//!   wins.
//!
//! # Reading
//!
//! A copy is used as a whole or not at all. It is rejected if it is damaged, was edited, has other
//! prefixes, does not fit the struct, or is older than
//! [`fallback_max_age`](crate::HotBuilder::fallback_max_age). Without that limit, any age is
//! accepted. [`Status::fallback`](crate::Status::fallback) has the reason.
//!
//! A copy of an older version of the struct is accepted if all of its keys fit the new struct, as
//! keys of the store would be.
//!
//! If the store answers but some keys are bad, the last good values of the copy stand in for them,
//! see [Starting](super::starting).
//!
//! # Secrets
//!
//! | setting | secrets in the copy |
//! | --- | --- |
//! | none | They are left out. Each secret field needs a default; otherwise `start()` returns an error, even while the store is up. |
//! | [`fallback_key`](crate::HotBuilder::fallback_key) | They are encrypted with XChaCha20-Poly1305. This needs the feature `seal`. Their lengths are visible. |
//! | [`fallback_with_plain_secrets`](crate::HotBuilder::fallback_with_plain_secrets) | They are in plain text. Only the file's owner may read them. |
