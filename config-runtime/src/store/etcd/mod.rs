//! The store that is an etcd cluster.
//!
//! In: what [`super::backend`] asks. Out: what etcd answers, in the words of [`super`]: whole
//! readings, whole revisions, and errors of one list. It knows no schema, and nothing is decided
//! here about what an error means: a watch that ends stays ended until somebody asks again.
//!
//! One [`Etcd`] is one thread with two connections, one for calls and one for watches, because
//! watches that nobody reads could otherwise hold up the calls. [`worker`] is the thread,
//! [`connection`] the way to the cluster with users and retries, [`read`] and [`watch`] are what
//! goes over it, [`queue`] is where a watch waits for its reader.

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

use super::backend::{Answer, Backend, WatchStream};
use super::{Probe, Range, Reading, StoreError};
use crate::Revision;
use shared::User;
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
    worker: Arc<Worker>,
}

impl Etcd {
    /// An etcd with these endpoints, such as `http://127.0.0.1:2379`; all of one cluster.
    ///
    /// Name every member: calls and watches go to one of them, and to the next where that one
    /// does not answer. The first is chosen at random, so that many programs spread over them.
    pub fn builder<E: Into<String>>(endpoints: impl IntoIterator<Item = E>) -> EtcdBuilder {
        EtcdBuilder::new(endpoints.into_iter().map(Into::into).collect())
    }

    /// Logs in as this user from now on, with this password: in place of the one that was given
    /// to the [builder](EtcdBuilder::user), or for the first time.
    ///
    /// For all clones, and for all configurations built on them. It returns at once: the next
    /// call, and the next watch that is opened, logs in anew; a configuration that rests after a
    /// failure asks again at once. Watches that are open go on, as
    /// etcd has it: with what the user could read when they were opened. Nothing is forgotten
    /// that was read before; where the new user may read less, the next question beside the watch is
    /// denied, the watch is given up, and the status says so.
    ///
    /// The password is never printed.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Invalid`](super::ErrorKind::Invalid) where the name is empty.
    pub fn set_user(
        &self,
        name: impl Into<String>,
        password: impl Into<String>,
    ) -> Result<(), StoreError> {
        self.worker.shared().set_user(User::new(name, password))
    }
}

/// The endpoints and the settings; never the password.
impl fmt::Debug for Etcd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.worker
            .shared()
            .show(&mut f.debug_struct("Etcd"))
            .finish()
    }
}

impl Backend for Etcd {
    fn read(&self, ranges: Arc<[Range]>) -> Answer<'static, Result<Reading, StoreError>> {
        let worker = Arc::clone(&self.worker);
        Box::pin(async move {
            worker
                .ask(|lines| async move { read::read(&lines.calls, &ranges).await })
                .await
        })
    }

    fn probe(&self, ranges: Arc<[Range]>) -> Answer<'static, Result<Probe, StoreError>> {
        let worker = Arc::clone(&self.worker);
        Box::pin(async move {
            worker
                .ask(|lines| async move { read::probe(&lines.calls, &ranges).await })
                .await
        })
    }

    fn latest(&self, ranges: Arc<[Range]>) -> Answer<'static, Result<Revision, StoreError>> {
        let worker = Arc::clone(&self.worker);
        Box::pin(async move {
            worker
                .ask(|lines| async move { read::latest(&lines.calls, &ranges).await })
                .await
        })
    }

    fn watch(
        &self,
        ranges: Arc<[Range]>,
        from: Revision,
    ) -> Answer<'static, Result<Box<dyn WatchStream>, StoreError>> {
        let worker = Arc::clone(&self.worker);
        Box::pin(async move {
            let opened = worker
                .ask(move |lines| watch::open(lines, ranges, from))
                .await?;
            Ok(Box::new(watch::EtcdWatch::new(opened, worker)) as Box<dyn WatchStream>)
        })
    }

    fn renewed(&self) -> Answer<'static, ()> {
        let mut logins = self.worker.shared().logins();
        Box::pin(async move {
            if logins.changed().await.is_err() {
                // Nobody is left who could give one.
                std::future::pending::<()>().await;
            }
        })
    }

    fn cluster(&self) -> Option<u64> {
        self.worker.shared().cluster()
    }
}
