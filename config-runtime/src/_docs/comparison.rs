//! This page lists facts about other systems, as of November 2026.
//!
//! The facts come from the documentation and the source of each project, and from the tests below.
//! The versions are the newest on crates.io on 30 November 2026. Please report a fact that is
//! wrong.
//!
//! # Rust
//!
//! | project | sources | changes at run time |
//! | --- | --- | --- |
//! | hotconfig 0.1 | etcd, one key per field; a copy on disk | An etcd watch, and periodic full reads. The changes of one revision are accepted or held together. Subscribers of a field get the previous and the current value. |
//! | dynamic-config 0.10, dynamic-config-etcd 0.10 | files, environment, remote stores; in etcd one key is a document, or several are merged | File watching; an etcd watch that the program runs. The last good configuration is kept. Callbacks are for a type. Values carry their origin. |
//! | confers 0.6 (release candidate) | files, environment, remote sources such as etcd | etcd is polled, every 30 s by default. |
//! | hexcfg 1.1 | environment, YAML files, command line, etcd, Redis | An etcd watch. Callbacks get the key. |
//! | config 0.15, figment 0.10, confique 0.4, schematic 0.20 | files, environment, and other sources by project | None: the program loads again. |
//! | TiKV `online_config` | one struct with a derive, with nested modules | A request is dispatched to one manager per module. |
//! | Materialize `dyncfg` | constants, declared beside their use | Each value is one atomic. An update of another type is skipped, with a log line. |
//! | RisingWave system parameters | a list in one macro | A watch channel for all parameters, and a generated difference per field. |
//!
//! # Other languages
//!
//! | project | documented facts |
//! | --- | --- |
//! | Apollo (Java) | Listeners get a key with its old and new value, across layers. Clients keep a copy on disk. There are releases, rollback and grey releases. Getters are by string; for a value of another type they return the caller's default. |
//! | Nacos (Java) | The unit is a document without a type. Publication supports compare-and-swap, and a beta publication to some clients. |
//! | .NET options, Azure App Configuration | Validators can be generated at compile time and run at the start. A sentinel key, updated last, marks a consistent set. |
//! | Archaius (Java) | A validator can reject the change of a property. The library reports which properties are read. |
//! | viper (Go) | A remote key, for example in etcd, contains a document. The program reads it again with `WatchRemoteConfig`. |
//! | LaunchDarkly, flagd | The unit is a feature flag with targeting rules. |
//!
//! # Behaviour on etcd
//!
//! Observed with etcd 3.5.30 and etcd-client 0.21.1 in November 2026. "Example" is
//! dynamic-config-etcd as its own example uses it; "loop" is the same in the loop that its
//! documentation describes.
//!
//! | fault | dynamic-config-etcd, example | dynamic-config-etcd, loop | hexcfg | confers |
//! | --- | --- | --- | --- | --- |
//! | a key is deleted | ignored; with a prefix, the watch ends | ignored | seen | seen |
//! | `kill -9` and restart of etcd during writes | no further changes | converges | no further changes, one core busy | converges at the next poll |
//! | compaction while disconnected | no further changes | converges | no further changes | converges |
//! | a write between first read and watch | missed | missed | missed | seen at the next poll |
//! | restart of etcd with authentication | no further changes | converges | not tested | no further changes |
//! | a wrong value, then a right one | the watch ends | the right one is used | the wrong one is used | the wrong one is used |
//!
//! hotconfig has a test for each row. It sees the delete, converges, misses no write, and logs in
//! again. It keeps the last good value until the right one arrives.
//!
//! # Time on etcd
//!
//! Measured in the same run as the table above, on two noisy cores with etcd on a tmpfs. The unit
//! is a ratio to a bare watch of `etcd-client`, at p50 and p99. [Speed](super::speed) has the
//! numbers of hotconfig, from another run.
//!
//! | put to visible | 1 key | 10 keys | 500 keys |
//! | --- | --- | --- | --- |
//! | dynamic-config-etcd, prefix | 1.6 ×, 1.8 × | 1.7 ×, 1.6 × | 6.7 ×, 6.1 × |
//! | dynamic-config-etcd, one document | 1.1 ×, 1.1 × | 1.1 ×, 0.9 × | 2.9 ×, 2.3 × |
//! | hexcfg | 2.6 ×, 2.8 × | 2.7 ×, 2.5 × | 4.3 ×, 4.6 × |
//!
//! # Time of a read
//!
//! In nanoseconds, in one run.
//!
//! | read | one thread | two threads and a writer |
//! | --- | --- | --- |
//! | `arc_swap::Cache` | 0.53 | 0.58 |
//! | `ArcSwap::load` | 6.6 | 6.9 |
//! | tokio `watch`, `borrow` | 6.0 | 31 |
//! | `RwLock<Arc>` under its guard | 5.3 | 28 |
//! | dynamic-config, `current` | 9.7 | 44 |
//! | config, `get` | 178 | 227 |
//! | figment, `extract_inner` | 680 | 686 |
