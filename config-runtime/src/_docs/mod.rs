//! Pages about hotconfig as a whole, each on one subject.
//!
//! | page | contents |
//! | --- | --- |
//! | [Guarantees](guarantees) | the promises to readers, subscribers and operators |
//! | [Reading and watching](reading) | the handles that read, watch, queue and call back |
//! | [Holding](holding) | the rule for invalid changes |
//! | [Starting](starting) | starts while etcd is down or a key is bad |
//! | [Fallback](fallback) | the copy on disk: its contents, its use, its secrets |
//! | [Authentication and TLS](authentication) | users, passwords and certificates, and their renewal |
//! | [Health checks and metrics](health) | probes, log events and metrics |
//! | [Compile-time checks](compile_time) | the mistakes that do not compile |
//! | [Schema](schema) | the struct as a file, checked by the compiler, a test and a live store |
//! | [Processes, runtimes and tests](processes) | threads, `fork`, runtimes, unit tests |
//! | [Speed](speed) | the cost of a read, a change, a start and the derive |
//! | [Design questions](design) | the reasons for the main decisions |
//! | [Comparison](comparison) | facts about other systems |
//! | [Limitations](limitations) | the known limits, and behaviour that may surprise you |

pub mod authentication;
pub mod comparison;
pub mod compile_time;
pub mod design;
pub mod fallback;
pub mod guarantees;
pub mod health;
pub mod holding;
pub mod limitations;
pub mod processes;
pub mod reading;
pub mod schema;
pub mod speed;
pub mod starting;
