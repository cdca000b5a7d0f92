//! What all handles of one [`Etcd`](super::Etcd) and its thread have in common.
//!
//! In: the settings, and what the cluster says of itself. Out: the same, to whoever asks, from
//! any thread and without waiting. It knows no connection.

use std::sync::atomic::{AtomicU64, Ordering};

use etcd_client::ResponseHeader;

use super::settings::Settings;

#[derive(Debug)]
pub(super) struct Shared {
    pub(super) settings: Settings,
    /// The id of the cluster, which is never zero; zero before it is known.
    cluster: AtomicU64,
}

impl Shared {
    pub(super) fn new(settings: Settings) -> Self {
        Self {
            settings,
            cluster: AtomicU64::new(0),
        }
    }

    /// The id of the cluster that answered last.
    pub(super) fn cluster(&self) -> Option<u64> {
        match self.cluster.load(Ordering::Relaxed) {
            0 => None,
            id => Some(id),
        }
    }

    /// An answer with this header came.
    pub(super) fn answered(&self, header: &ResponseHeader) {
        self.answered_by(header.cluster_id());
    }

    /// An answer of that cluster came; zero where it did not say.
    pub(super) fn answered_by(&self, cluster: u64) {
        if cluster != 0 {
            self.cluster.store(cluster, Ordering::Relaxed);
        }
    }
}
