//! An etcd that misbehaves on command, for what a real one can't be made to do.
//!
//! In: what it holds, and what it is to say instead of the truth. Out: an endpoint that speaks
//! etcd's protocol. Left to itself it answers honestly: it holds keys with their revisions, reads
//! at a revision and page by page, and tells watchers what was and is written. It knows no
//! users, no leases and no other members.

use std::collections::BTreeMap;
use std::future::pending;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use etcd_client::proto::{
    PbAlarmRequest, PbAlarmResponse, PbCompactionRequest, PbCompactionResponse,
    PbDefragmentRequest, PbDefragmentResponse, PbDeleteRequest, PbDeleteResponse,
    PbDowngradeRequest, PbDowngradeResponse, PbEvent, PbHashKvRequest, PbHashKvResponse,
    PbHashRequest, PbHashResponse, PbKeyValue, PbKvServer, PbKvService, PbMaintenanceServer,
    PbMaintenanceService, PbMoveLeaderRequest, PbMoveLeaderResponse, PbPutRequest, PbPutResponse,
    PbRangeRequest, PbRangeResponse, PbRangeStreamResponse, PbResponseHeader, PbResponseOp,
    PbSnapshotRequest, PbSnapshotResponse, PbStatusRequest, PbStatusResponse, PbTxnOpRequest,
    PbTxnOpResponse, PbTxnRequest, PbTxnResponse, PbWatchRequest, PbWatchRequestUnion,
    PbWatchResponse, PbWatchServer, PbWatchService,
};
use futures_util::stream::{self, Stream};
use tokio::net::TcpListener;
use tokio::sync::mpsc::{self, UnboundedSender};
use tonic::transport::Server;
use tonic::{Request, Response, Status, Streaming};

/// The ids in every header.
const CLUSTER: u64 = 7;
const MEMBER: u64 = 8;

/// What makes another answer of an honest one.
type Twist<Q, R> = Box<dyn Fn(&Q, R) -> Result<R, Status> + Send>;

type WatchResponse = Result<PbWatchResponse, Status>;

/// An etcd that does as it is told. Dropping it ends it.
#[derive(Debug)]
pub struct Scripted {
    address: SocketAddr,
    inner: Inner,
    task: tokio::task::JoinHandle<()>,
}

#[derive(Clone)]
struct Inner(Arc<Mutex<State>>);

impl std::fmt::Debug for Inner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Inner")
    }
}

struct State {
    revision: i64,
    keys: BTreeMap<Vec<u8>, PbKeyValue>,
    /// What the keys were at older revisions.
    past: BTreeMap<i64, BTreeMap<Vec<u8>, PbKeyValue>>,
    /// What watchers are told of, from the beginning.
    history: Vec<PbEvent>,
    version: String,
    streams: Vec<Stand>,
    twist_range: Option<Twist<PbRangeRequest, PbRangeResponse>>,
    twist_txn: Option<Twist<PbTxnRequest, PbTxnResponse>>,
    twist_created: Option<Twist<PbWatchRequest, Vec<PbWatchResponse>>>,
    silent: bool,
    counts: Counts,
}

/// An open stream with its watchers.
struct Stand {
    out: UnboundedSender<WatchResponse>,
    watchers: Vec<(i64, std::ops::Range<Vec<u8>>)>,
}

/// How often it was asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Ranges, which are the pages of readings.
    pub ranges: usize,
    /// Transactions, which are probes.
    pub txns: usize,
    /// Watch streams.
    pub streams: usize,
    /// Requests for progress.
    pub progress: usize,
}

impl Scripted {
    /// One with an empty store, on a free port.
    ///
    /// # Panics
    ///
    /// When there is none.
    pub async fn start() -> Self {
        let state = State {
            revision: 1,
            keys: BTreeMap::new(),
            past: BTreeMap::new(),
            history: Vec::new(),
            version: "3.5.16".to_owned(),
            streams: Vec::new(),
            twist_range: None,
            twist_txn: None,
            twist_created: None,
            silent: false,
            counts: Counts::default(),
        };
        let inner = Inner(Arc::new(Mutex::new(state)));
        let listener = match TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await {
            Ok(listener) => listener,
            Err(error) => panic!("no port for a scripted etcd: {error}"),
        };
        let Ok(address) = listener.local_addr() else {
            panic!("a listener without an address");
        };
        let incoming = stream::unfold(listener, |listener| async {
            let accepted = listener.accept().await.map(|(stream, _)| stream);
            Some((accepted, listener))
        });
        let most = 1 << 30;
        let server = Server::builder()
            .add_service(PbKvServer::new(inner.clone()).max_encoding_message_size(most))
            .add_service(PbWatchServer::new(inner.clone()).max_encoding_message_size(most))
            .add_service(PbMaintenanceServer::new(inner.clone()));
        let task = tokio::spawn(async move {
            // Its end is that of the task.
            let _ = server.serve_with_incoming(Box::pin(incoming)).await;
        });
        Self {
            address,
            inner,
            task,
        }
    }

    /// Where clients connect.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// How often it was asked so far.
    pub fn counts(&self) -> Counts {
        self.inner.lock().counts
    }

    /// Another version for its status; 3.5.16 at first, whose progress can be trusted.
    pub fn set_version(&self, version: &str) {
        version.clone_into(&mut self.inner.lock().version);
    }

    /// Writes, and tells the watchers. Answers the revision.
    pub fn put(&self, key: &str, value: impl Into<Vec<u8>>) -> i64 {
        let mut state = self.inner.lock();
        let pair = state.write(key, value.into());
        let event = event(&pair);
        let revision = state.revision;
        state.history.push(event.clone());
        for place in 0..state.streams.len() {
            state.tell(place, &event);
        }
        revision
    }

    /// Writes, and tells nobody: the event is lost.
    pub fn put_in_secret(&self, key: &str, value: impl Into<Vec<u8>>) -> PbEvent {
        let pair = self.inner.lock().write(key, value.into());
        event(&pair)
    }

    /// Says this on every open stream.
    pub fn say(&self, said: &PbWatchResponse) {
        for stand in &self.inner.lock().streams {
            // A stream that is gone hears nothing.
            let _ = stand.out.send(Ok(said.clone()));
        }
    }

    /// How many streams are open, and have all their watchers.
    pub fn open(&self) -> usize {
        let state = self.inner.lock();
        let open = |stand: &&Stand| !stand.out.is_closed() && !stand.watchers.is_empty();
        state.streams.iter().filter(open).count()
    }

    /// Makes other answers of the honest ones to a range.
    pub fn twist_range(
        &self,
        twist: impl Fn(&PbRangeRequest, PbRangeResponse) -> Result<PbRangeResponse, Status>
        + Send
        + 'static,
    ) {
        self.inner.lock().twist_range = Some(Box::new(twist));
    }

    /// Makes other answers of the honest ones to a transaction.
    pub fn twist_txn(
        &self,
        twist: impl Fn(&PbTxnRequest, PbTxnResponse) -> Result<PbTxnResponse, Status> + Send + 'static,
    ) {
        self.inner.lock().twist_txn = Some(Box::new(twist));
    }

    /// Makes other answers of the honest one to the creation of a watcher; none is silence.
    pub fn twist_created(
        &self,
        twist: impl Fn(&PbWatchRequest, Vec<PbWatchResponse>) -> Result<Vec<PbWatchResponse>, Status>
        + Send
        + 'static,
    ) {
        self.inner.lock().twist_created = Some(Box::new(twist));
    }

    /// From now on no call is answered, or again; streams go on.
    pub fn set_silent(&self, silent: bool) {
        self.inner.lock().silent = silent;
    }

    /// Is honest again.
    pub fn untwist(&self) {
        let mut state = self.inner.lock();
        state.twist_range = None;
        state.twist_txn = None;
        state.twist_created = None;
        state.silent = false;
    }
}

impl Drop for Scripted {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The event of a pair as it is now; of one without a version, its deletion.
pub fn event(pair: &PbKeyValue) -> PbEvent {
    PbEvent {
        r#type: i32::from(pair.version == 0),
        kv: Some(pair.clone()),
        ..PbEvent::default()
    }
}

/// An event that never happened.
pub fn lie(key: &str, value: &str, revision: i64) -> PbEvent {
    event(&PbKeyValue {
        key: key.into(),
        value: value.into(),
        create_revision: revision,
        mod_revision: revision,
        version: 1,
        ..PbKeyValue::default()
    })
}

/// What the watcher with the id 1 is told of these events, in a header of that revision.
pub fn told(events: Vec<PbEvent>, revision: i64) -> PbWatchResponse {
    PbWatchResponse {
        watch_id: 1,
        header: Some(header(revision)),
        events,
        ..PbWatchResponse::default()
    }
}

/// A header of the scripted member.
pub fn header(revision: i64) -> PbResponseHeader {
    PbResponseHeader {
        cluster_id: CLUSTER,
        member_id: MEMBER,
        revision,
        raft_term: 1,
    }
}

impl State {
    fn write(&mut self, key: &str, value: Vec<u8>) -> PbKeyValue {
        self.past.insert(self.revision, self.keys.clone());
        self.revision += 1;
        let before = self.keys.get(key.as_bytes());
        let pair = PbKeyValue {
            key: key.into(),
            create_revision: before.map_or(self.revision, |pair| pair.create_revision),
            mod_revision: self.revision,
            version: before.map_or(0, |pair| pair.version) + 1,
            value,
            ..PbKeyValue::default()
        };
        self.keys.insert(pair.key.clone(), pair.clone());
        pair
    }

    fn tell(&self, place: usize, event: &PbEvent) {
        let (Some(stand), Some(pair)) = (self.streams.get(place), &event.kv) else {
            return;
        };
        for (id, range) in &stand.watchers {
            if range.contains(&pair.key) {
                let said = PbWatchResponse {
                    watch_id: *id,
                    ..told(vec![event.clone()], self.revision)
                };
                // A stream that is gone hears nothing.
                let _ = stand.out.send(Ok(said));
            }
        }
    }

    fn range(&self, asked: &PbRangeRequest) -> Result<PbRangeResponse, Status> {
        let at = match asked.revision {
            0 => self.revision,
            revision => revision,
        };
        let keys = if at == self.revision {
            &self.keys
        } else {
            let gone = "etcdserver: mvcc: required revision is a future revision";
            self.past
                .get(&at)
                .ok_or_else(|| Status::out_of_range(gone))?
        };
        let mut found: Vec<&PbKeyValue> = keys
            .range(asked.key.clone()..asked.range_end.clone())
            .map(|(_, pair)| pair)
            .collect();
        // Only what the library asks for: the newest first.
        if asked.sort_order == 2 {
            found.sort_by_key(|pair| std::cmp::Reverse(pair.mod_revision));
        }
        let count = found.len();
        let limit = match usize::try_from(asked.limit) {
            Ok(limit @ 1..) => limit,
            _ => count,
        };
        let mut kvs: Vec<PbKeyValue> = found.into_iter().take(limit).cloned().collect();
        if asked.keys_only {
            for pair in &mut kvs {
                pair.value.clear();
            }
        }
        Ok(PbRangeResponse {
            header: Some(header(self.revision)),
            kvs,
            more: count > limit,
            count: i64::try_from(count).unwrap_or(i64::MAX),
        })
    }

    fn txn(&self, asked: &PbTxnRequest) -> Result<PbTxnResponse, Status> {
        let mut responses = Vec::new();
        for operation in &asked.success {
            let Some(PbTxnOpRequest::RequestRange(range)) = &operation.request else {
                return Err(Status::unimplemented("only ranges"));
            };
            let range = self.range(range)?;
            responses.push(PbResponseOp {
                response: Some(PbTxnOpResponse::ResponseRange(range)),
            });
        }
        Ok(PbTxnResponse {
            header: Some(header(self.revision)),
            succeeded: true,
            responses,
        })
    }
}

impl Inner {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What a watcher's request is answered with. `false` where the stream is over.
    fn asked(&self, place: usize, request: &PbWatchRequest) -> bool {
        let mut state = self.lock();
        let State {
            revision,
            history,
            streams,
            twist_created,
            counts,
            ..
        } = &mut *state;
        let Some(stand) = streams.get_mut(place) else {
            return false;
        };
        let said = match &request.request_union {
            Some(PbWatchRequestUnion::CreateRequest(create)) => {
                // A real one gives ids of its own, from 0, to those who ask for none.
                let id = create.watch_id;
                let range = create.key.clone()..create.range_end.clone();
                stand.watchers.push((id, range.clone()));
                let mut honest = vec![PbWatchResponse {
                    watch_id: id,
                    created: true,
                    ..told(Vec::new(), *revision)
                }];
                let missed = |event: &&PbEvent| {
                    event.kv.as_ref().is_some_and(|pair| {
                        pair.mod_revision >= create.start_revision && range.contains(&pair.key)
                    })
                };
                let missed: Vec<PbEvent> = history.iter().filter(missed).cloned().collect();
                if !missed.is_empty() {
                    honest.push(PbWatchResponse {
                        watch_id: id,
                        ..told(missed, *revision)
                    });
                }
                match twist_created {
                    Some(twist) => twist(request, honest),
                    None => Ok(honest),
                }
            }
            Some(PbWatchRequestUnion::ProgressRequest(_)) => {
                counts.progress += 1;
                Ok(vec![PbWatchResponse {
                    watch_id: -1,
                    ..told(Vec::new(), *revision)
                }])
            }
            _ => Ok(Vec::new()),
        };
        match said {
            Ok(all) => all.into_iter().all(|one| stand.out.send(Ok(one)).is_ok()),
            Err(status) => {
                let _ = stand.out.send(Err(status));
                false
            }
        }
    }

    async fn unless_silent(&self) {
        let silent = self.lock().silent;
        if silent {
            pending::<()>().await;
        }
    }
}

fn not_here<R>() -> Result<Response<R>, Status> {
    Err(Status::unimplemented("not in this script"))
}

/// A stream of what is sent.
fn heard<R: Send + 'static>(
    receiver: mpsc::UnboundedReceiver<R>,
) -> Pin<Box<dyn Stream<Item = R> + Send>> {
    Box::pin(stream::unfold(receiver, |mut receiver| async {
        let one = receiver.recv().await?;
        Some((one, receiver))
    }))
}

#[tonic::async_trait]
impl PbKvService for Inner {
    async fn range(
        &self,
        request: Request<PbRangeRequest>,
    ) -> Result<Response<PbRangeResponse>, Status> {
        self.unless_silent().await;
        let asked = request.into_inner();
        let mut state = self.lock();
        state.counts.ranges += 1;
        let honest = state.range(&asked)?;
        let answer = match &state.twist_range {
            Some(twist) => twist(&asked, honest)?,
            None => honest,
        };
        Ok(Response::new(answer))
    }

    type RangeStreamStream =
        Pin<Box<dyn Stream<Item = Result<PbRangeStreamResponse, Status>> + Send>>;

    async fn range_stream(
        &self,
        _: Request<PbRangeRequest>,
    ) -> Result<Response<Self::RangeStreamStream>, Status> {
        not_here()
    }

    async fn put(&self, _: Request<PbPutRequest>) -> Result<Response<PbPutResponse>, Status> {
        not_here()
    }

    async fn delete_range(
        &self,
        _: Request<PbDeleteRequest>,
    ) -> Result<Response<PbDeleteResponse>, Status> {
        not_here()
    }

    async fn txn(&self, request: Request<PbTxnRequest>) -> Result<Response<PbTxnResponse>, Status> {
        self.unless_silent().await;
        let asked = request.into_inner();
        let mut state = self.lock();
        state.counts.txns += 1;
        let honest = state.txn(&asked)?;
        let answer = match &state.twist_txn {
            Some(twist) => twist(&asked, honest)?,
            None => honest,
        };
        Ok(Response::new(answer))
    }

    async fn compact(
        &self,
        _: Request<PbCompactionRequest>,
    ) -> Result<Response<PbCompactionResponse>, Status> {
        not_here()
    }
}

#[tonic::async_trait]
impl PbWatchService for Inner {
    type WatchStream = Pin<Box<dyn Stream<Item = WatchResponse> + Send>>;

    async fn watch(
        &self,
        request: Request<Streaming<PbWatchRequest>>,
    ) -> Result<Response<Self::WatchStream>, Status> {
        let mut requests = request.into_inner();
        let (out, receiver) = mpsc::unbounded_channel();
        let place = {
            let mut state = self.lock();
            state.counts.streams += 1;
            state.streams.push(Stand {
                out,
                watchers: Vec::new(),
            });
            state.streams.len() - 1
        };
        let this = self.clone();
        tokio::spawn(async move {
            while let Ok(Some(request)) = requests.message().await {
                if !this.asked(place, &request) {
                    break;
                }
            }
        });
        Ok(Response::new(heard(receiver)))
    }
}

#[tonic::async_trait]
impl PbMaintenanceService for Inner {
    async fn status(
        &self,
        _: Request<PbStatusRequest>,
    ) -> Result<Response<PbStatusResponse>, Status> {
        self.unless_silent().await;
        let state = self.lock();
        Ok(Response::new(PbStatusResponse {
            header: Some(header(state.revision)),
            version: state.version.clone(),
            ..PbStatusResponse::default()
        }))
    }

    async fn alarm(&self, _: Request<PbAlarmRequest>) -> Result<Response<PbAlarmResponse>, Status> {
        not_here()
    }

    async fn defragment(
        &self,
        _: Request<PbDefragmentRequest>,
    ) -> Result<Response<PbDefragmentResponse>, Status> {
        not_here()
    }

    async fn hash(&self, _: Request<PbHashRequest>) -> Result<Response<PbHashResponse>, Status> {
        not_here()
    }

    async fn hash_kv(
        &self,
        _: Request<PbHashKvRequest>,
    ) -> Result<Response<PbHashKvResponse>, Status> {
        not_here()
    }

    type SnapshotStream = Pin<Box<dyn Stream<Item = Result<PbSnapshotResponse, Status>> + Send>>;

    async fn snapshot(
        &self,
        _: Request<PbSnapshotRequest>,
    ) -> Result<Response<Self::SnapshotStream>, Status> {
        not_here()
    }

    async fn move_leader(
        &self,
        _: Request<PbMoveLeaderRequest>,
    ) -> Result<Response<PbMoveLeaderResponse>, Status> {
        not_here()
    }

    async fn downgrade(
        &self,
        _: Request<PbDowngradeRequest>,
    ) -> Result<Response<PbDowngradeResponse>, Status> {
        not_here()
    }
}
