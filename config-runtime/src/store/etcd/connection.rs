//! The two connections of an etcd, with users, retries and time limits.
//!
//! In: a call as a function of the clients. Out: its answer within the time limit of a call, or
//! the [`StoreError`] that it ended with. It knows nothing of what is asked.
//!
//! A connection stays with one endpoint until that fails, and goes on to the next one then. A
//! balancer that chooses anew for each call would choose a dead or silent endpoint again and
//! again, for as long as it is one.

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use etcd_client::{Client, KvClient, MaintenanceClient, WatchClient};
use tokio::sync::{Mutex, OnceCell};
use tokio::time::timeout;

use super::errors::Failure;
use super::settings::Settings;
use super::shared::Shared;
use crate::store::{ErrorKind, StoreError};

/// The connections. Watches have one of their own, so that a flood of events is no obstacle to
/// a call.
#[derive(Debug)]
pub(super) struct Lines {
    pub(super) calls: Line,
    pub(super) watches: Line,
}

impl Lines {
    pub(super) fn new(shared: &Arc<Shared>) -> Self {
        // Many programs start with the same list, and should not all go to its first member.
        let first = fastrand::usize(..shared.settings.endpoints.len().max(1));
        Self {
            calls: Line::new(Arc::clone(shared), first),
            watches: Line::new(Arc::clone(shared), first),
        }
    }
}

/// One connection: made when it is needed, and again when it broke.
pub(super) struct Line {
    shared: Arc<Shared>,
    endpoints: Vec<Endpoint>,
    /// Counts up; modulo their number it is the place of the endpoint in use.
    current: AtomicUsize,
}

/// One endpoint, with the clients of a connection to it.
struct Endpoint {
    url: String,
    clients: OnceCell<Clients>,
    /// How many logins there were. Held while one is under way, so that many calls that find
    /// their token expired make one.
    logins: Mutex<u64>,
}

/// Handles on one connection.
#[derive(Clone)]
pub(super) struct Clients {
    client: Client,
    pub(super) kv: KvClient,
    pub(super) watch: WatchClient,
    pub(super) maintenance: MaintenanceClient,
    /// Which turn of the endpoints they are of.
    pub(super) turn: usize,
}

impl Line {
    fn new(shared: Arc<Shared>, first: usize) -> Self {
        let endpoint = |url: &String| Endpoint {
            url: url.clone(),
            clients: OnceCell::new(),
            logins: Mutex::new(0),
        };
        Self {
            endpoints: shared.settings.endpoints.iter().map(endpoint).collect(),
            current: AtomicUsize::new(first),
            shared,
        }
    }

    pub(super) fn settings(&self) -> &Settings {
        &self.shared.settings
    }

    pub(super) fn shared(&self) -> &Shared {
        &self.shared
    }

    /// The failure of a watch that was open in that turn, as an error.
    pub(super) fn lost(&self, failure: Failure, turn: usize, asked: &str) -> StoreError {
        self.leave(&failure, turn);
        self.error(failure, asked)
    }

    /// A failure, as an error.
    pub(super) fn error(&self, failure: Failure, asked: &str) -> StoreError {
        failure.into_error(asked, &self.settings().endpoints.join(", "))
    }

    /// Goes on to the next endpoint if this failure was one of the way, and nobody has yet.
    fn leave(&self, failure: &Failure, turn: usize) {
        if failure.is_of_the_way() {
            let next = turn.wrapping_add(1);
            let _ = self
                .current
                .compare_exchange(turn, next, Ordering::Relaxed, Ordering::Relaxed);
        }
    }

    /// Calls, and calls again where another endpoint, a new connection or a new token may help;
    /// all of it within the time limit of a call. `call` must be harmless when done twice.
    pub(super) async fn call<R, F>(
        &self,
        asked: &str,
        call: impl Fn(Clients) -> F,
    ) -> Result<R, StoreError>
    where
        F: Future<Output = Result<R, Failure>>,
    {
        let limit = self.settings().call_timeout;
        // Boxed, since the clients that an attempt holds are big.
        timeout(limit, Box::pin(self.attempts(&call)))
            .await
            .unwrap_or_else(|_| Err(Failure::silent(limit)))
            .map_err(|failure| self.error(failure, asked))
    }

    async fn attempts<R, F>(&self, call: &impl Fn(Clients) -> F) -> Result<R, Failure>
    where
        F: Future<Output = Result<R, Failure>>,
    {
        // A connection that broke may be noticed by its next call only, so the endpoint that
        // was in use is tried again after the others.
        let mut left = self.endpoints.len() + 1;
        let limit = match self.endpoints.len() {
            0 | 1 => self.settings().call_timeout,
            _ => self.settings().call_timeout / 2,
        };
        let mut refused = None;
        loop {
            let turn = self.current.load(Ordering::Relaxed);
            let mut login = None;
            let attempt = async {
                let endpoint = self.endpoint(turn)?;
                let mut clients = endpoint.clients(self.settings()).await?;
                clients.turn = turn;
                login = Some(endpoint.log_in(&clients, self.settings(), refused).await?);
                call(clients).await
            };
            let failure = match timeout(limit, attempt).await {
                Ok(Ok(answer)) => return Ok(answer),
                Ok(Err(failure)) => failure,
                Err(_) => Failure::silent(limit),
            };
            self.leave(&failure, turn);
            left -= 1;
            match login {
                // Once in a call: a fresh token that is refused, too, is not what is wrong.
                Some(login) if failure.log_in && login > 0 && refused.is_none() => {
                    refused = Some((turn, login));
                    left = left.max(1);
                }
                _ if failure.is_of_the_way() && left > 0 => {}
                _ => return Err(failure),
            }
        }
    }

    fn endpoint(&self, turn: usize) -> Result<&Endpoint, Failure> {
        let place = turn.checked_rem(self.endpoints.len());
        place
            .and_then(|place| self.endpoints.get(place))
            .ok_or_else(|| Failure::new(ErrorKind::Invalid, "there is no endpoint"))
    }
}

impl Endpoint {
    /// The clients; makes them the first time, without contacting anybody.
    async fn clients(&self, settings: &Settings) -> Result<Clients, Failure> {
        let made = self.clients.get_or_try_init(|| async {
            let client = Client::connect([&self.url], Some(settings.options()))
                .await
                .map_err(|error| Failure::new(ErrorKind::Invalid, error.to_string()))?;
            let limit = settings.decode_limit;
            Ok(Clients {
                kv: client.kv_client().max_decoding_message_size(limit),
                watch: client.watch_client().max_decoding_message_size(limit),
                maintenance: client.maintenance_client(),
                client,
                turn: 0,
            })
        });
        made.await.cloned()
    }

    /// Sees to it that there is a token, and that it is not the one of the login that was
    /// refused. Answers which login it is of; zero where there is no user.
    async fn log_in(
        &self,
        clients: &Clients,
        settings: &Settings,
        refused: Option<(usize, u64)>,
    ) -> Result<u64, Failure> {
        let Some(user) = &settings.user else {
            return Ok(0);
        };
        let mut logins = self.logins.lock().await;
        let is_refused = refused == Some((clients.turn, *logins));
        if *logins == 0 || is_refused {
            // All handles on the connection share their token.
            let mut client = clients.client.clone();
            if let Err(error) = client.update_user(Some(user.clone())).await {
                let failure = Failure::from(error);
                // As etcd's own client has it: a user does no harm where none is asked for.
                if !failure.message.contains("authentication is not enabled") {
                    return Err(failure);
                }
            }
            *logins += 1;
        }
        Ok(*logins)
    }
}

impl fmt::Debug for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Line")
            .field("current", &self.current)
            .finish_non_exhaustive()
    }
}
