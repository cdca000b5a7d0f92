//! The store that is an etcd cluster.
//!
//! In: the calls of [`super::backend`]. Out: etcd's answers in the types of [`super`]: whole
//! readings, whole revisions, and errors of one list. It knows no schema, and does not act on
//! errors: a watch that ends stays ended until `sync` opens another.
//!
//! One [`Etcd`] is one thread with two connections, one for calls and one for watches, because
//! watches without a reader could otherwise block the calls. [`worker`] is the thread,
//! [`connection`] the connection to the cluster with users and retries. [`read`] and [`watch`] are
//! the calls over it, and [`queue`] holds the events of a watch for their reader.

mod connection;
mod errors;
mod queue;
mod read;
mod settings;
mod shared;
mod tls;
mod watch;
mod worker;

use std::fmt;
use std::sync::Arc;

pub use settings::EtcdBuilder;
pub use tls::Tls;

use super::backend::{Backend, BoxFuture, Sealed, WatchStream};
use super::{Probe, Range, Reading, StoreError};
use crate::Revision;
use connection::Connections;
use shared::{EtcdShared, User};
use worker::Worker;

/// An etcd cluster.
///
/// It is lazy: nothing is contacted before the first configuration starts. Clones, and all
/// configurations built on them, share one thread (`hotconfig-etcd`), one connection for calls
/// and one for watches. The thread ends by itself once the last clone and the last watch are
/// gone; dropping never blocks, and may happen inside an async context.
///
/// ```no_run
/// use hotconfig::store::Etcd;
///
/// let etcd = Etcd::builder(["http://127.0.0.1:2379"])
///     .user("user-service", "password")
///     .build()?;
/// # Ok::<(), hotconfig::store::StoreError>(())
/// ```
#[derive(Clone)]
pub struct Etcd {
    shared: Arc<EtcdShared>,
    worker: Arc<Worker<Connections>>,
}

/// The name of its thread: at most 15 bytes, so that the system shows all of it.
const THREAD: &str = "hotconfig-etcd";

impl Etcd {
    fn new(shared: EtcdShared) -> Self {
        let shared = Arc::new(shared);
        let of_worker = Arc::clone(&shared);
        Self {
            shared,
            worker: Arc::new(Worker::new(THREAD, move || Connections::new(&of_worker))),
        }
    }

    /// Returns a builder for an etcd with these endpoints, such as `http://127.0.0.1:2379`; all
    /// must be of one cluster.
    ///
    /// Name every member: calls and watches go to one of them, and to the next if that one does not
    /// answer. The first is chosen at random, so that many programs spread over them.
    pub fn builder<E: Into<String>>(endpoints: impl IntoIterator<Item = E>) -> EtcdBuilder {
        EtcdBuilder::new(endpoints.into_iter().map(Into::into).collect())
    }

    /// Logs in as this user from now on, with this password. It replaces the user of the
    /// [builder](EtcdBuilder::user), if there is one.
    ///
    /// It applies to all clones, and to all configurations built on them. It returns at once. The
    /// next call and the next new watch log in again, and a configuration that backs off after a
    /// failure retries at once. Open watches continue, as in etcd, with the permissions that the
    /// user had when they were opened. The configuration keeps everything that was read before. If
    /// the new user may read less, the next request beside the watch is denied; then the watch is
    /// closed, and the status has the error.
    ///
    /// The password is never printed.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`](super::ErrorKind::Invalid) if the name is empty.
    pub fn set_user(
        &self,
        name: impl Into<String>,
        password: impl Into<String>,
    ) -> Result<(), StoreError> {
        self.shared.set_user(User::new(name, password))
    }
}

/// The endpoints and the settings; never the password.
#[expect(
    clippy::missing_fields_in_debug,
    reason = "the worker has no state to show"
)]
impl fmt::Debug for Etcd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.shared.show(&mut f.debug_struct("Etcd")).finish()
    }
}

impl Sealed for Etcd {}

impl Backend for Etcd {
    fn read(&self, ranges: Arc<[Range]>) -> BoxFuture<'static, Result<Reading, StoreError>> {
        let worker = Arc::clone(&self.worker);
        Box::pin(async move {
            worker
                .ask(|connections| {
                    Box::pin(async move { read::read(&connections.calls, &ranges).await })
                })
                .await
        })
    }

    fn probe(&self, ranges: Arc<[Range]>) -> BoxFuture<'static, Result<Probe, StoreError>> {
        let worker = Arc::clone(&self.worker);
        Box::pin(async move {
            worker
                .ask(|connections| {
                    Box::pin(async move { read::probe(&connections.calls, &ranges).await })
                })
                .await
        })
    }

    fn latest(&self, ranges: Arc<[Range]>) -> BoxFuture<'static, Result<Revision, StoreError>> {
        let worker = Arc::clone(&self.worker);
        Box::pin(async move {
            worker
                .ask(|connections| {
                    Box::pin(async move { read::latest(&connections.calls, &ranges).await })
                })
                .await
        })
    }

    fn watch(
        &self,
        ranges: Arc<[Range]>,
        from: Revision,
    ) -> BoxFuture<'static, Result<Box<dyn WatchStream>, StoreError>> {
        let worker = Arc::clone(&self.worker);
        Box::pin(async move {
            let opened = worker
                .ask(move |connections| Box::pin(watch::open(connections, ranges, from)))
                .await?;
            Ok(Box::new(watch::EtcdWatchStream::new(opened, worker)) as Box<dyn WatchStream>)
        })
    }

    fn renewed(&self) -> BoxFuture<'static, ()> {
        let mut logins = self.shared.logins();
        Box::pin(async move {
            if logins.changed().await.is_err() {
                // No handle is left that could set one.
                std::future::pending::<()>().await;
            }
        })
    }

    fn cluster(&self) -> Option<u64> {
        self.shared.cluster()
    }
}
