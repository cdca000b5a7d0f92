//! This page gives the measured cost of a read, a change, a start, the derive and the dependency.
//!
//! Every number is a ratio to a *floor*, a program without hotconfig, in the same run. The machine
//! had two noisy cores, and etcd 3.5.16 kept its data in memory. The floor against itself gave 0.88
//! × to 1.00 ×, so smaller differences mean nothing. Brackets contain 95 % of the spread.
//!
//! # Reads and changes
//!
//! Measured on 29 November 2026.
//!
//! | measurement | floor | result | goal |
//! | --- | --- | --- | --- |
//! | `reader.get()`, instructions | `arc_swap::Cache`: 12 | 12: **1.00 ×** | 1.1 ×: met |
//! | `hot.load()`, instructions | `ArcSwap::load`: 63 | 64: **1.02 ×**, no allocation | 1.1 ×: met |
//! | put to visible, 10 fields, p50 / p99 | bare `etcd-client` watch: 378 / 833 µs | **1.21 × / 1.09 ×** | none |
//! | put to visible, 500 fields, p50 / p99 | the same: 298 / 742 µs | **1.40 × / 1.16 ×** | 1.05 × / 1.1 ×: missed |
//! | start, 100,000 keys, 500 of them fields | bare paged read | **1.20 ×** [1.13, 1.28] | 1.25 ×: met |
//! | full read, nothing changed, processor time | bare read | **1.35 ×** [1.23, 1.46], 0 swaps, 0 notified | 1.1 ×: missed |
//! | burst of 100,000 events | draining a bare watch | **1.09 ×** [1.05, 1.15] | 1.2 ×: met |
//!
//! Put-to-visible misses its goal by 80–120 µs per change. About a third of that is the extra
//! thread wake-up: one thread drains the connection, and another runs the loop with your
//! validators. So no validator can block the connection.
//!
//! The full read misses its goal by 9 ms, the time to compare 100,000 keys.
//!
//! # Time of a read
//!
//! Measured on an earlier version of the code, one thread, in nanoseconds:
//!
//! | read | alone | with a second reader and a writer |
//! | --- | --- | --- |
//! | `Reader::get` | 0.75 | about the same |
//! | `arc_swap::Cache` | 0.76 | about the same |
//! | `Hot::load` | 17.9 | about the same |
//! | `ArcSwap::load` | 17.6 | about the same |
//! | `RwLock<Arc>` | 17.7 | 205 |
//! | `tokio::sync::watch` | 19.8 | 112 |
//!
//! # Compile time of the derive
//!
//! Measured on 30 November 2026 with `cargo xtask cost --runs 3`: `cargo check` of one crate with 500
//! fields in 50 nested structs, in processor time. `serde::Deserialize` against itself gave 0.97 ×
//! to 1.09 ×. The ratios are without the time of the structs themselves.
//!
//! | struct | `cargo check` | beside serde | goal | lines written | LLVM lines |
//! | --- | --- | --- | --- | --- | --- |
//! | no derive | 190 ms | 0.07 × | none | 0 | 12 |
//! | `serde::Deserialize` | 2841 ms | 1.00 × | none | 22375 | 233259 |
//! | `HotConfig`, the same structs | 1861 ms | **0.66 ×** | 1 ×: met | 13389 | 127036 |
//! | `HotConfig`, with a default and a rule on nearly every field, aliases, keys, docs | 3493 ms | **1.30 ×** | 1 ×: missed | 21201 | 237789 |
//!
//! Defaults and rules cause the difference: each is a function or a constant of its own, so that
//! each mistake has its own error. Between 125 and 1000 fields, a further field costs 4.6 to 7.5 ms.
//!
//! # Size
//!
//! On top of tokio, serde and etcd-client with TLS, hotconfig adds 32 crates to a small service.
//! Its program grows by 1.20 MB if it is stripped and built with link-time optimisation, and by
//! 1.70 MB without. The goals are 35 crates and 1.2 MB: met.
//!
//! # Measuring
//!
//! ```text
//! cargo xtask bench read
//! cargo xtask bench instructions    # needs valgrind
//! cargo xtask bench propagation 20  # put to visible
//! cargo xtask bench recovery        # start, full read and burst, with 100,000 keys
//! cargo xtask cost --runs 5         # the derive
//! cargo xtask cost --instructions   # needs valgrind
//! cargo xtask size
//! ```
