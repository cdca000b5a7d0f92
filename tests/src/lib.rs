//! What the tests against a real etcd share: a [`Server`] of their own, and
//! [`eventually`], which waits for a condition.
//!
//! In goes the path of an etcd binary, in the environment variable
//! `HOTCONFIG_ETCD` (`cargo xtask test` sets it) or else as `etcd` on the `PATH`.
//! Out comes a running member that is gone, with its data, when the test ends. It
//! knows nothing of `hotconfig`: only what any client of etcd could see.
//!
//! A test that can't have an etcd fails and says what to do. It is never skipped.

#![allow(clippy::panic, reason = "a test says what it expects by failing")]

mod binary;
pub mod certificates;
mod cluster;
mod example;
mod folder;
mod grpc_proxy;
pub mod metrics;
mod ports;
mod process;
mod proxy;
pub mod scripted;
mod server;
pub mod users;
mod wait;

pub use binary::{Version, etcd, etcdctl, etcdutl, version};
pub use cluster::{Cluster, ClusterBuilder};
pub use example::example;
pub use grpc_proxy::GrpcProxy;
pub use proxy::{Cut, Proxy};
pub use server::{Builder, Server};
pub use wait::{LIMIT, eventually};

/// An error with its sources, on one line.
pub fn chain(error: &dyn std::error::Error) -> String {
    let sources = std::iter::successors(Some(error), |error| error.source());
    let texts: Vec<String> = sources.map(ToString::to_string).collect();
    texts.join(": ")
}
