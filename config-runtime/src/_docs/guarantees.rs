//! This page lists the promises that readers, subscribers and operators can rely on.
//!
//! # Terms
//!
//! | term | meaning |
//! | --- | --- |
//! | prefix | the place of a configuration's keys: a template with `{variables}` |
//! | field | a leaf of the struct, `db.pool_size`; one field is one key |
//! | section | a nested struct |
//! | revision | etcd's own number, which grows with every write |
//! | epoch | one unbroken history of the store, as one process knows it; a detected restore begins a new one |
//! | snapshot | an immutable configuration with its revision and the origin of every field |
//! | origin | the source of a field's value: a key, the default, the fallback, or the last good value |
//! | group | the changes of one revision to keys that no later revision has changed |
//! | held | rejected; the last good values stay until the group becomes valid or is overwritten |
//! | cursor | the revision up to which everything has been applied or held |
//! | fallback | the copy on disk that serves a start while the store is down |
//!
//! # Promises
//!
//! Each promise has a number. A test that checks it carries the number in its name, such as
//! `p03_…`.
//!
//! | | promise |
//! | --- | --- |
//! | P1 | Within an epoch, published revisions never go back. A new epoch is announced if it can be detected. |
//! | P2 | Every publication is the decoded store at one real revision, with the last good value for every held key. |
//! | P3 | No publication shows a part of one revision's changes. Exceptions are keys that were overwritten since, and deletes that only a full read found. |
//! | P4 | When writes stop and the store is reachable, the published configuration becomes that of the latest revision within a bounded time. |
//! | P5 | Every subscriber receives the last value of its field eventually. Intermediate values may be skipped. |
//! | P6 | A subscriber is notified only if its value changed. If nothing changed, nothing is swapped and nobody is notified. |
//! | P7 | No reader ever sees a configuration that breaks a rule. Every rejection is reported with key, revision and reason. |
//! | P8 | Keys that were removed during an outage or a compaction are found removed. The removal is published or held. |
//! | P9 | Once the last confirmation is older than the staleness limit, the status says stale. |
//! | P10 | No answer of the store makes the loop spin, and no state of the loop lacks a timer. |
//! | P11 | A subscriber that blocks or panics delays neither publishing nor other subscribers. |
//! | P12 | The cursor passes a revision only when all its events were applied or held, trusted progress passed it, or a full read replaced them. |
//! | P13 | After a restore or a wipe of the store, P4 holds, or the status is stale. |
//! | P15 | Permission denied is never an empty configuration. |
//! | P16 | While a change is held, every other change that is valid without it is published, unless a rule over a whole struct prevents it. |
//!
//! # Absent keys and equal values
//!
//! An absent key stands for the field's default, or for `None` if the field is an `Option`. For any
//! other field, an absent key is a problem. A deleted key is an absent key.
//!
//! Two values are equal if `==` says so. Their bytes do not matter: `30s` and `30000ms` are one
//! value, so a change from one to the other notifies nobody.
//!
//! # Outages
//!
//! After every lost watch, the loop backs off, reads all keys and compares them with the known
//! state. So a change is found even if the watch lost it: a delete, a compaction, a restore from a
//! backup.
//!
//! A back-off is a random part of a length that doubles with each failure, from 100 ms to 30 s.
//! After 60 s of health the length is reset. [`HotBuilder::backoff`](crate::HotBuilder::backoff)
//! sets both ends.
//!
//! Some servers lose events of a watch without an error. Therefore all keys are also read and
//! compared every 10 minutes, see
//! [`HotBuilder::compare_interval`](crate::HotBuilder::compare_interval).
//!
//! # Restores
//!
//! If the store is restored from a backup or wiped, revisions can go back. The loop detects this by
//! a revision below a known one, or by keys that contradict the known state. It then begins a new
//! *epoch*, which is logged, and [`Status::epoch`](crate::Status::epoch) grows. If it cannot be
//! detected, because the new history has overtaken the old one, the difference is still found by
//! the comparison of all keys.
//!
//! # Secrets
//!
//! A field with `#[hot(secret)]` has the type [`Secret`](crate::Secret). Its value appears in no
//! log event, message, status or schema. A value of several parts, such as a list in JSON, may
//! contain a secret anywhere. So messages about such a value show its shape only.
