//! This page lists the probes, log events and metrics of a configuration, and when to alert.
//!
//! # Health checks
//!
//! ```
//! use std::time::Duration;
//! use hotconfig::{Hot, HotConfig};
//!
//! /// Readiness: whether etcd confirmed the configuration within 5 minutes; otherwise the reason.
//! fn ready<T: HotConfig>(hot: &Hot<T>) -> Result<(), String> {
//!     let limit = Duration::from_secs(5 * 60);
//!     hot.status().ready_within(limit).map_err(|why| why.to_string())
//! }
//!
//! /// Liveness: whether the loop still runs.
//! fn alive<T: HotConfig>(hot: &Hot<T>) -> bool {
//!     !hot.status().ended
//! }
//! # #[derive(HotConfig, Clone)]
//! # struct Service {
//! #     #[hot(default = 8)]
//! #     pool_size: u32,
//! # }
//! # let hot = Hot::fixed(Service { pool_size: 8 });
//! # assert!(ready(&hot).is_ok() && alive(&hot));
//! ```
//!
//! An outage of etcd makes *all* instances unready at the same time. So choose the age at which you
//! no longer want to serve a configuration, not the age at which you want to know: metrics are for
//! that.
//!
//! A configuration that was never confirmed is not ready: one that was started from the defaults or
//! from the [fallback](super::fallback). Held changes do not make an instance unready, because the
//! last good values are in use.
//!
//! Do not use staleness for liveness: a new process would have the same etcd.
//!
//! [`Status`](crate::Status) and [`Description`](crate::Description) serialize, for a page that a
//! program reads. The names of their fields stay the same. A moment is an age in milliseconds:
//! `confirmed_ms_ago`, and `since_ms_ago` in `stale`.
//!
//! # Staleness
//!
//! The configuration is *confirmed* when a quorum of the cluster answers that nothing newer exists.
//! An event alone confirms nothing: it may be late, or come from a member that lags behind. While
//! all is well, a confirmation is at most half of the staleness limit old.
//!
//! If nothing confirmed the configuration within the staleness limit, 30 s by default,
//! [`Status::stale`](crate::Status::stale) has the time and the reason.
//! [`HotBuilder::staleness_limit`](crate::HotBuilder::staleness_limit) sets the limit. The age is
//! computed when you request the status, so it is correct even while the loop is blocked.
//!
//! # Log events
//!
//! All events of `tracing` have the target `hotconfig`. The name of an event is also in its field
//! `event`. A field whose value is not known is left out. `keys`, `fields` and `problems` name the
//! first eight. No event contains a secret, unless the panic message of one of your callbacks does.
//! Mistakes in a builder's settings are returned to its caller and are not logged.
//!
//! | event | level | fields | when |
//! | --- | --- | --- | --- |
//! | `started` | info | `schema`, `prefix`, `revision`, `held` | the start returned a first configuration |
//! | `start_refused` | error | `schema`, `prefix`, `error` | the start failed: `error` has the store's error, or the problems |
//! | `ended` | info | `schema`, `prefix`, `revision` | the loop ended, after a start |
//! | `changed` | debug | `schema`, `prefix`, `revision`, `count`, `fields` | a new configuration is published; `count` fields differ |
//! | `held` | warn | `schema`, `prefix`, `revision`, `keys`, `problems` | a change is rejected, and the last good values stay in use |
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
//! | `foreign_snapshot` | error | `field` | `since` received a snapshot of another struct |
//! | `tls_changed` | info | none | the files for TLS changed: the next connection to the `Etcd` uses them |
//! | `tls_refused` | warn | `why` | the files for TLS can't be used; the last good ones stay in use |
//! | `thread_failed` | error | `thread`, `error` | the runtime of the thread of an `Etcd` could not be started |
//!
//! `schema` is the struct's name. `kind` is one of `unreachable`, `timeout`, `denied`,
//! `unauthenticated`, `compacted`, `too_big`, `cancelled`, `invalid`, `refused` and `other`, as in
//! [`ErrorKind`](crate::store::ErrorKind).
//!
//! # Metrics
//!
//! The feature `metrics` emits metrics through the facade of that name. Install the recorder before
//! `start()`: a configuration that starts without one is not measured. The label `prefix`
//! distinguishes the configurations of one process; those of one prefix share their series. `kind`
//! has the same values as in the events above.
//!
//! | metric | kind | labels | meaning |
//! | --- | --- | --- | --- |
//! | `hotconfig_publications_total` | counter | `prefix` | configurations that were published after the first |
//! | `hotconfig_events_total` | counter | `prefix` | events that the watch delivered |
//! | `hotconfig_held_total` | counter | `prefix` | changes that were rejected and held |
//! | `hotconfig_readings_total` | counter | `prefix`, `outcome` | readings of all keys, `ok` or `failed`; a cancelled reading is not counted |
//! | `hotconfig_watch_losses_total` | counter | `prefix`, `kind` | watches that were lost, or closed because another request failed |
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
//!
//! # Alerts
//!
//! | condition | meaning |
//! | --- | --- |
//! | the `PromQL` expression above | The instance no longer knows whether its configuration is current. |
//! | `hotconfig_held > 0` | An operator wrote a value that this instance rejects. |
//! | `hotconfig_unknown_keys > 0` | A key is misspelt, or it belongs to another version of the program. |
//! | `hotconfig_restart_pending > 0` | A new value takes effect at the next restart only. |
//!
//! The example `axum_service.rs` serves `/healthz`, `/readyz` and `/status`.
