//! What the measurements share: configurations, the ways of reading one, and statistics.
//!
//! `cargo xtask bench` runs them. In: this machine. Out: ratios, each of a contender to a floor
//! that was measured in the same run, and of the floor to itself as a control; never a time alone.

pub mod config;
pub mod reads;
pub mod stats;
