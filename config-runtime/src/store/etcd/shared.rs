//! The state that all handles of one [`Etcd`](super::Etcd) share with its thread.
//!
//! In: the settings, the user, the TLS material, and the id of the cluster. Out: the same, for any
//! thread and without waiting. It knows no connection.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use etcd_client::ResponseHeader;
use tokio::sync::watch;

use super::errors::invalid;
use super::settings::EtcdSettings;
use super::tls::{Tls, TlsReloader};
use crate::store::StoreError;

pub(super) struct EtcdShared {
    pub(super) settings: EtcdSettings,
    pub(super) tls: Option<TlsReloader>,
    user: watch::Sender<CurrentUser>,
    /// The id of the cluster, which is never zero; zero before it is known.
    cluster: AtomicU64,
}

/// The user that logs in, and the number of times that it was replaced.
pub(super) type CurrentUser = (u64, Option<Arc<User>>);

/// A user, and the password that it logs in with.
#[derive(Clone)]
pub(super) struct User {
    pub(super) name: String,
    pub(super) password: String,
}

impl User {
    pub(super) fn new(name: impl Into<String>, password: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            password: password.into(),
        }
    }

    pub(super) fn check(&self) -> Result<(), StoreError> {
        if self.name.is_empty() {
            return Err(invalid(
                "the user name is empty; expected the name of a user of etcd",
            ));
        }
        Ok(())
    }
}

/// Shows the name, never the password.
impl fmt::Debug for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.name.fmt(f)
    }
}

impl EtcdShared {
    pub(super) fn new(
        settings: EtcdSettings,
        user: Option<User>,
        tls: Option<TlsReloader>,
    ) -> Self {
        Self {
            settings,
            tls,
            user: watch::Sender::new((0, user.map(Arc::new))),
            cluster: AtomicU64::new(0),
        }
    }

    /// The current user, and a number that grows with each other user or password.
    pub(super) fn user(&self) -> CurrentUser {
        self.user.borrow().clone()
    }

    /// A receiver that is notified of every change of the user from now on.
    pub(super) fn logins(&self) -> watch::Receiver<CurrentUser> {
        self.user.subscribe()
    }

    pub(super) fn set_user(&self, user: User) -> Result<(), StoreError> {
        user.check()?;
        self.user
            .send_modify(|current| *current = (current.0 + 1, Some(Arc::new(user))));
        Ok(())
    }

    /// The user of the requests, for a message.
    pub(super) fn who(&self) -> String {
        let tls = self.tls.as_ref().map(TlsReloader::config);
        match self.user().1 {
            Some(user) => format!("the user {:?}", user.name),
            None if tls.is_some_and(Tls::has_identity) => {
                "the user that the client's certificate names".to_owned()
            }
            None => "a client without a user".to_owned(),
        }
    }

    /// The id of the cluster that answered last.
    pub(super) fn cluster(&self) -> Option<u64> {
        match self.cluster.load(Ordering::Relaxed) {
            0 => None,
            id => Some(id),
        }
    }

    /// Notes that an answer with this header arrived.
    pub(super) fn answered(&self, header: &ResponseHeader) {
        self.answered_by(header.cluster_id());
    }

    /// Notes that an answer of that cluster arrived; zero if the answer did not name it.
    pub(super) fn answered_by(&self, cluster: u64) {
        if cluster != 0 {
            self.cluster.store(cluster, Ordering::Relaxed);
        }
    }

    /// Writes the settings for `Debug`, without secrets.
    pub(super) fn show<'a, 'b, 'c>(
        &self,
        f: &'c mut fmt::DebugStruct<'a, 'b>,
    ) -> &'c mut fmt::DebugStruct<'a, 'b> {
        f.field("user", &self.user().1)
            .field("tls", &self.tls)
            .field("settings", &self.settings)
    }
}
