//! The two connections of an etcd, with users, retries and time limits.
//!
//! In: a call as a function of the clients. Out: its answer within the time limit of a call, or its
//! [`StoreError`]. It does not know the calls.
//!
//! A connection stays with one endpoint until that fails, and then moves on to the next one. A
//! balancer that chooses an endpoint for each call would choose a dead or silent one again and
//! again.
//!
//! If a connection *broke*, etcd-client reconnects by itself, with the original settings. This
//! module makes a new connection after a call without an answer, since a connection that was not
//! closed may be dead or hang in the handshake, and after the files of [`Tls`](super::Tls) changed.

use std::fmt;
use std::future::Future;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError};

use etcd_client::{Client, KvClient, MaintenanceClient, WatchClient};
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout_at};

use super::errors::{CallContext, Failure};
use super::settings::EtcdSettings;
use super::shared::EtcdShared;
use super::tls::{TlsMaterial, TlsReloader};
use crate::store::backend::BoxFuture;
use crate::store::{ErrorKind, StoreError};

/// One attempt of a call.
type Attempt<'a> = dyn Fn(Clients) -> BoxFuture<'a, Result<(), Failure>> + Sync + 'a;

/// The connections. Watches have one of their own, so that a flood of events does not delay a call.
#[derive(Debug)]
pub(super) struct Connections {
    pub(super) calls: Connection,
    pub(super) watches: Connection,
}

impl Connections {
    pub(super) fn new(shared: &Arc<EtcdShared>) -> Self {
        // Many programs start with the same list, and should not all connect to its first member.
        let first = fastrand::usize(..shared.settings.endpoints.len().max(1));
        Self {
            calls: Connection::new(Arc::clone(shared), first),
            watches: Connection::new(Arc::clone(shared), first),
        }
    }
}

/// One connection: made when it is needed, and again when it broke.
pub(super) struct Connection {
    shared: Arc<EtcdShared>,
    endpoints: Vec<Endpoint>,
    /// A counter; modulo the number of endpoints it is the place of the endpoint in use.
    current: AtomicUsize,
    /// The number of channels that were made.
    made: AtomicU64,
}

/// One endpoint, with the clients of a connection to it.
struct Endpoint {
    url: String,
    channel: Mutex<Option<Channel>>,
}

/// A gRPC channel to one endpoint.
struct Channel {
    clients: Clients,
    /// The number of the TLS material that it was made with.
    tls_turn: u64,
}

/// Handles on one channel.
#[derive(Clone)]
pub(super) struct Clients {
    client: Client,
    pub(super) kv: KvClient,
    pub(super) watch: WatchClient,
    pub(super) maintenance: MaintenanceClient,
    /// The turn of the endpoints in which they were made.
    pub(super) turn: usize,
    /// The number of their channel.
    id: u64,
    /// Held while a login is under way, so that many calls with an expired token log in only once.
    logins: Arc<Mutex<Logins>>,
    /// Whether the server ever answered a call.
    answered: Arc<AtomicBool>,
}

/// The logins over one channel.
#[derive(Default)]
struct Logins {
    /// The number of logins.
    count: u64,
    /// The number of the user that logged in last.
    user: u64,
}

/// The login that a call was made with.
#[derive(Clone, Copy, PartialEq, Eq)]
struct LoginId {
    channel: u64,
    /// The number of the login; zero if there was none.
    login: u64,
}

impl Connection {
    fn new(shared: Arc<EtcdShared>, first: usize) -> Self {
        let endpoint = |url: &String| Endpoint {
            url: url.clone(),
            channel: Mutex::new(None),
        };
        Self {
            endpoints: shared.settings.endpoints.iter().map(endpoint).collect(),
            current: AtomicUsize::new(first),
            made: AtomicU64::new(0),
            shared,
        }
    }

    pub(super) fn settings(&self) -> &EtcdSettings {
        &self.shared.settings
    }

    pub(super) fn shared(&self) -> &EtcdShared {
        &self.shared
    }

    /// Turns the failure of a watch that was opened in that turn into an error.
    pub(super) fn lost(&self, failure: Failure, turn: usize, context: &CallContext) -> StoreError {
        self.leave(&failure, turn);
        self.error(failure, context)
    }

    /// Turns a failure into an error.
    pub(super) fn error(&self, failure: Failure, context: &CallContext) -> StoreError {
        failure.into_error(
            context,
            &self.shared.who(),
            &self.settings().endpoints.join(", "),
        )
    }

    /// Moves on to the next endpoint if the connection to this one failed and no other call has
    /// moved on yet.
    fn leave(&self, failure: &Failure, turn: usize) {
        if failure.is_of_the_way() {
            let next = turn.wrapping_add(1);
            let _ = self
                .current
                .compare_exchange(turn, next, Ordering::Relaxed, Ordering::Relaxed);
        }
    }

    /// Makes a call, and repeats it if another endpoint, a new connection or a new token may help,
    /// all within the time limit of a call. `call` must be idempotent.
    pub(super) async fn call<R, F>(
        &self,
        context: &CallContext,
        call: impl Fn(Clients) -> F + Sync,
    ) -> Result<R, StoreError>
    where
        R: Send,
        F: Future<Output = Result<R, Failure>> + Send,
    {
        // The answer is put beside the attempts, so that these are compiled once for all calls.
        let answer = std::sync::Mutex::new(None);
        let attempt = |clients| -> BoxFuture<'_, Result<(), Failure>> {
            let calling = call(clients);
            Box::pin(async {
                let found = calling.await?;
                *answer.lock().unwrap_or_else(PoisonError::into_inner) = Some(found);
                Ok(())
            })
        };
        let done = self.attempts(&attempt).await;
        let answer = answer.into_inner().unwrap_or_else(PoisonError::into_inner);
        done.and_then(|()| answer.ok_or_else(|| Failure::strange("there is no answer")))
            .map_err(|failure| self.error(failure, context))
    }

    async fn attempts(&self, call: &Attempt<'_>) -> Result<(), Failure> {
        let until = Instant::now() + self.settings().call_timeout;
        // A broken connection may be noticed only by its next call, so the endpoint that was in use
        // is tried again after the others.
        let mut left = self.endpoints.len() + 1;
        let limit = match self.endpoints.len() {
            0 | 1 => self.settings().call_timeout,
            _ => self.settings().call_timeout / 2,
        };
        let mut refused = None;
        let mut logins = 0;
        loop {
            let turn = self.current.load(Ordering::Relaxed);
            let endpoint = self.endpoint(turn)?;
            let (mut channel, mut login) = (None, None);
            // Boxed, since the clients that it holds are big.
            let attempt = Box::pin(async {
                let mut clients = endpoint.clients(self).await?;
                clients.turn = turn;
                let (id, answered) = (clients.id, Arc::clone(&clients.answered));
                let known = channel.insert((id, answered));
                login = Some(clients.log_in(&self.shared, refused).await?);
                call(clients).await?;
                known.1.store(true, Ordering::Relaxed);
                Ok(())
            });
            let done = timeout_at(until.min(Instant::now() + limit), attempt).await;
            let mut failure = match done {
                Ok(Ok(())) => return Ok(()),
                Ok(Err(failure)) => failure,
                Err(_) => Failure::silent(limit),
            };
            if let Some((id, answered)) = channel {
                failure.tls_unconfirmed =
                    self.shared.tls.is_some() && !answered.load(Ordering::Relaxed);
                if failure.kind == ErrorKind::Timeout {
                    endpoint.forget(id).await;
                }
            }
            self.leave(&failure, turn);
            left = left.saturating_sub(1);
            let in_time = Instant::now() < until;
            match login {
                Some(login) if failure.logins > logins && login.login > 0 && in_time => {
                    logins += 1;
                    refused = Some(login);
                    left = left.max(1);
                }
                _ if failure.is_of_the_way() && left > 0 && in_time => {}
                _ => return Err(failure),
            }
        }
    }

    fn endpoint(&self, turn: usize) -> Result<&Endpoint, Failure> {
        let place = turn.checked_rem(self.endpoints.len());
        place
            .and_then(|place| self.endpoints.get(place))
            .ok_or_else(|| {
                Failure::new(
                    ErrorKind::Invalid,
                    "found no endpoint; expected at least one",
                )
            })
    }
}

impl Endpoint {
    /// The clients; makes them if there are none, or if the files for TLS changed, without
    /// contacting the server.
    async fn clients(&self, connection: &Connection) -> Result<Clients, Failure> {
        let tls = connection.shared.tls.as_ref();
        let (tls_turn, material) = match tls.map(TlsReloader::latest) {
            Some((tls_turn, material)) => (tls_turn, Some(material)),
            None => (0, None),
        };
        let mut channel = self.channel.lock().await;
        if let Some(channel) = &*channel
            && channel.tls_turn == tls_turn
        {
            return Ok(channel.clients.clone());
        }
        let clients = match self.connect(connection, material.as_ref()).await {
            Ok(clients) => {
                if let (Some(tls), Some(material)) = (tls, material) {
                    tls.mark_good(material);
                }
                clients
            }
            Err(failure) => {
                let last_good = match (tls, material) {
                    (Some(tls), Some(material)) => tls.last_good(material, &failure.message),
                    _ => None,
                };
                match last_good {
                    Some(material) => self.connect(connection, Some(&material)).await?,
                    None => return Err(failure),
                }
            }
        };
        *channel = Some(Channel {
            clients: clients.clone(),
            tls_turn,
        });
        Ok(clients)
    }

    /// Makes clients, which connect when they are first used.
    async fn connect(
        &self,
        connection: &Connection,
        material: Option<&TlsMaterial>,
    ) -> Result<Clients, Failure> {
        let settings = connection.settings();
        let client = Client::connect([&self.url], Some(settings.options(material)))
            .await
            .map_err(Failure::unmade)?;
        let limit = settings.decode_limit;
        Ok(Clients {
            kv: client.kv_client().max_decoding_message_size(limit),
            watch: client.watch_client().max_decoding_message_size(limit),
            maintenance: client.maintenance_client(),
            client,
            turn: 0,
            id: connection.made.fetch_add(1, Ordering::Relaxed),
            logins: Arc::default(),
            answered: Arc::default(),
        })
    }

    /// Drops the channel that did not answer. Open calls and watches keep their own handles on
    /// it.
    async fn forget(&self, id: u64) {
        let mut channel = self.channel.lock().await;
        if channel.as_ref().map(|made| made.clients.id) == Some(id) {
            *channel = None;
        }
    }
}

impl Clients {
    /// Makes sure that the channel has a token of the user, and not that of the rejected login.
    async fn log_in(
        &self,
        shared: &EtcdShared,
        refused: Option<LoginId>,
    ) -> Result<LoginId, Failure> {
        let (turn, user) = shared.user();
        let login_id = |login| LoginId {
            channel: self.id,
            login,
        };
        let Some(user) = user else {
            return Ok(login_id(0));
        };
        let mut logins = self.logins.lock().await;
        if logins.count == 0 || logins.user != turn || refused == Some(login_id(logins.count)) {
            // All handles on the connection share their token.
            let mut client = self.client.clone();
            let named = Some((user.name.clone(), user.password.clone()));
            if let Err(error) = client.update_user(named).await {
                let failure = Failure::from(error);
                // As in etcd's own client: a user is harmless if authentication is disabled.
                if !failure.message.contains("authentication is not enabled") {
                    return Err(failure.of_login(&user.name));
                }
                // Some versions reject a token that they issued before authentication was disabled.
                client.update_user(None).await.map_err(Failure::from)?;
            }
            logins.count += 1;
            logins.user = turn;
        }
        Ok(login_id(logins.count))
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("current", &self.current)
            .finish_non_exhaustive()
    }
}
