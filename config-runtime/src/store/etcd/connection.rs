//! The two connections of an etcd, with users, retries and time limits.
//!
//! In: a call as a function of the clients. Out: its answer within the time limit of a call, or
//! the [`StoreError`] that it ended with. It knows nothing of what is asked.
//!
//! A connection stays with one endpoint until that fails, and goes on to the next one then. A
//! balancer that chooses anew for each call would choose a dead or silent endpoint again and
//! again, for as long as it is one.
//!
//! etcd-client connects again by itself where a connection *broke*, with what it was made with.
//! So a connection is made anew here where that is not enough: after a call without an answer,
//! since a connection that nobody ends may be dead, or for ever about to shake hands; and where
//! the files of [`Tls`](super::Tls) say something else.

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

use etcd_client::{Client, KvClient, MaintenanceClient, WatchClient};
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout_at};

use super::errors::{Asked, Failure};
use super::settings::Settings;
use super::shared::Shared;
use super::tls::{Proof, Proofs};
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
    /// How many connections were made.
    made: AtomicU64,
}

/// One endpoint, with the clients of a connection to it.
struct Endpoint {
    url: String,
    made: Mutex<Option<Made>>,
}

struct Made {
    clients: Clients,
    /// Of which turn of the files.
    proof: u64,
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
    /// Which connection of the line they are of.
    id: u64,
    /// Held while a login is under way, so that many calls that find their token expired make
    /// one.
    login: Arc<Mutex<Login>>,
    /// Whether the server ever did what was asked.
    answered: Arc<AtomicBool>,
}

/// The logins of a connection.
#[derive(Default)]
struct Login {
    /// How many there were.
    count: u64,
    /// Of which turn of the users the last one was.
    user: u64,
}

/// Which login a call was made with.
#[derive(Clone, Copy, PartialEq, Eq)]
struct With {
    connection: u64,
    /// Zero where there was none.
    login: u64,
}

impl Line {
    fn new(shared: Arc<Shared>, first: usize) -> Self {
        let endpoint = |url: &String| Endpoint {
            url: url.clone(),
            made: Mutex::new(None),
        };
        Self {
            endpoints: shared.settings.endpoints.iter().map(endpoint).collect(),
            current: AtomicUsize::new(first),
            made: AtomicU64::new(0),
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
    pub(super) fn lost(&self, failure: Failure, turn: usize, asked: &Asked) -> StoreError {
        self.leave(&failure, turn);
        self.error(failure, asked)
    }

    /// A failure, as an error.
    pub(super) fn error(&self, failure: Failure, asked: &Asked) -> StoreError {
        failure.into_error(
            asked,
            &self.shared.who(),
            &self.settings().endpoints.join(", "),
        )
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
        asked: &Asked,
        call: impl Fn(Clients) -> F,
    ) -> Result<R, StoreError>
    where
        F: Future<Output = Result<R, Failure>>,
    {
        // Boxed, since the clients that an attempt holds are big.
        Box::pin(self.attempts(&call))
            .await
            .map_err(|failure| self.error(failure, asked))
    }

    async fn attempts<R, F>(&self, call: &impl Fn(Clients) -> F) -> Result<R, Failure>
    where
        F: Future<Output = Result<R, Failure>>,
    {
        let until = Instant::now() + self.settings().call_timeout;
        // A connection that broke may be noticed by its next call only, so the endpoint that
        // was in use is tried again after the others.
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
            let (mut connection, mut with) = (None, None);
            let attempt = async {
                let mut clients = endpoint.clients(self).await?;
                clients.turn = turn;
                let (id, answered) = (clients.id, Arc::clone(&clients.answered));
                let known = connection.insert((id, answered));
                with = Some(clients.log_in(&self.shared, refused).await?);
                let answer = call(clients).await?;
                known.1.store(true, Ordering::Relaxed);
                Ok(answer)
            };
            let done = timeout_at(until.min(Instant::now() + limit), attempt).await;
            let mut failure = match done {
                Ok(Ok(answer)) => return Ok(answer),
                Ok(Err(failure)) => failure,
                Err(_) => Failure::silent(limit),
            };
            if let Some((id, answered)) = connection {
                failure.unproved =
                    self.shared.proofs.is_some() && !answered.load(Ordering::Relaxed);
                if failure.kind == ErrorKind::Timeout {
                    endpoint.forget(id).await;
                }
            }
            self.leave(&failure, turn);
            left = left.saturating_sub(1);
            let in_time = Instant::now() < until;
            match with {
                Some(with) if failure.logins > logins && with.login > 0 && in_time => {
                    logins += 1;
                    refused = Some(with);
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
            .ok_or_else(|| Failure::new(ErrorKind::Invalid, "there is no endpoint"))
    }
}

impl Endpoint {
    /// The clients; makes them where there are none, or where the files for TLS changed, without
    /// contacting anybody.
    async fn clients(&self, line: &Line) -> Result<Clients, Failure> {
        let proofs = line.shared.proofs.as_ref();
        let (turn, proof) = match proofs.map(Proofs::latest) {
            Some((turn, proof)) => (turn, Some(proof)),
            None => (0, None),
        };
        let mut made = self.made.lock().await;
        if let Some(made) = &*made
            && made.proof == turn
        {
            return Ok(made.clients.clone());
        }
        let clients = match self.connect(line, proof.as_ref()).await {
            Ok(clients) => {
                if let (Some(proofs), Some(proof)) = (proofs, proof) {
                    proofs.is_good(proof);
                }
                clients
            }
            Err(failure) => {
                let instead = match (proofs, proof) {
                    (Some(proofs), Some(proof)) => proofs.instead(proof, &failure.message),
                    _ => None,
                };
                match instead {
                    Some(proof) => self.connect(line, Some(&proof)).await?,
                    None => return Err(failure),
                }
            }
        };
        let known = Made {
            clients: clients.clone(),
            proof: turn,
        };
        *made = Some(known);
        Ok(clients)
    }

    /// Makes clients, which connect when they are first used.
    async fn connect(&self, line: &Line, proof: Option<&Proof>) -> Result<Clients, Failure> {
        let settings = line.settings();
        let client = Client::connect([&self.url], Some(settings.options(proof)))
            .await
            .map_err(Failure::unmade)?;
        let limit = settings.decode_limit;
        Ok(Clients {
            kv: client.kv_client().max_decoding_message_size(limit),
            watch: client.watch_client().max_decoding_message_size(limit),
            maintenance: client.maintenance_client(),
            client,
            turn: 0,
            id: line.made.fetch_add(1, Ordering::Relaxed),
            login: Arc::default(),
            answered: Arc::default(),
        })
    }

    /// Lets go of the connection that did not answer. Calls and watches that are open on it keep
    /// it for themselves.
    async fn forget(&self, connection: u64) {
        let mut made = self.made.lock().await;
        if made.as_ref().map(|made| made.clients.id) == Some(connection) {
            *made = None;
        }
    }
}

impl Clients {
    /// Sees to it that there is a token of the user, and that it is not the one of the login that
    /// was refused.
    async fn log_in(&self, shared: &Shared, refused: Option<With>) -> Result<With, Failure> {
        let (turn, user) = shared.user();
        let with = |login| With {
            connection: self.id,
            login,
        };
        let Some(user) = user else {
            return Ok(with(0));
        };
        let mut login = self.login.lock().await;
        if login.count == 0 || login.user != turn || refused == Some(with(login.count)) {
            // All handles on the connection share their token.
            let mut client = self.client.clone();
            let named = Some((user.name.clone(), user.password.clone()));
            if let Err(error) = client.update_user(named).await {
                let failure = Failure::from(error);
                // As etcd's own client has it: a user does no harm where none is asked for.
                if !failure.message.contains("authentication is not enabled") {
                    return Err(failure.of_login(&user.name));
                }
                // Some versions refuse a token that they gave before it was switched off.
                client.update_user(None).await.map_err(Failure::from)?;
            }
            login.count += 1;
            login.user = turn;
        }
        Ok(with(login.count))
    }
}

impl fmt::Debug for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Line")
            .field("current", &self.current)
            .finish_non_exhaustive()
    }
}
