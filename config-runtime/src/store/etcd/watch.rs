//! Watching several ranges over one stream.
//!
//! In: ranges and the revision to begin with. Out: an open watch, whose messages wait in a
//! [`Queue`]. A task on the store's thread drains the stream independently of its reader. It ends
//! at the first sign of a loss: a cancelled watcher, an error, a key that was not requested, or a
//! full queue. It knows no cursor; `sync` decides what an event means.

use std::sync::Arc;
use std::time;

use etcd_client::proto::{PbEvent, PbKeyValue, PbWatchResponse};
use etcd_client::{WatchOptions, WatchRequestSender, WatchResponseStream};
use tokio::sync::mpsc::{self, Receiver, Sender};
use tokio::time::{Instant, timeout_at};

use super::THREAD;
use super::connection::{Clients, Connection, Connections};
use super::errors::{CallContext, Failure};
use super::queue::Queue;
use super::read::require_ranges;
use super::worker::{self, Worker};
use crate::Revision;
use crate::store::backend::{BoxFuture, WatchStream};
use crate::store::{ErrorKind, Event, Range, StoreError, WatchEvent};

/// The id of answers that concern the whole stream.
const WHOLE_STREAM: i64 = -1;

/// The id that is requested for the first watcher of a stream; the others count up from it. etcd
/// assigns the requested id. Its proxy counts from 0 whatever is requested, which identifies it: it
/// does not forward etcd's progress messages.
const FIRST: i64 = 1;

/// A watch whose watchers are created, with a task that drains it.
#[derive(Debug)]
pub(super) struct OpenWatch {
    queue: Arc<Queue>,
    /// Closing it ends the task.
    requests: Sender<()>,
    trusted: bool,
}

/// An open watch of [`Etcd`](super::Etcd). Keeps the thread alive that drains it.
#[derive(Debug)]
pub(super) struct EtcdWatchStream {
    watch: OpenWatch,
    arrived: Option<time::Instant>,
    _worker: Arc<Worker<Connections>>,
}

impl EtcdWatchStream {
    pub(super) fn new(watch: OpenWatch, worker: Arc<Worker<Connections>>) -> Self {
        Self {
            watch,
            arrived: None,
            _worker: worker,
        }
    }
}

impl WatchStream for EtcdWatchStream {
    fn next(&mut self) -> BoxFuture<'_, WatchEvent> {
        Box::pin(async {
            let (event, at) = self.watch.queue.next().await;
            self.arrived = Some(at);
            event
        })
    }

    fn arrived(&self) -> Option<time::Instant> {
        self.arrived
    }

    fn ask_progress(&mut self) -> bool {
        if !self.watch.trusted || self.watch.queue.is_over() {
            return false;
        }
        // A request that is under way is enough.
        let _ = self.watch.requests.try_send(());
        true
    }
}

/// Opens a watch. All watchers are created when it returns.
pub(super) async fn open(
    connections: Arc<Connections>,
    ranges: Arc<[Range]>,
    from: Revision,
) -> Result<OpenWatch, StoreError> {
    require_ranges(&ranges)?;
    let connection = &connections.watches;
    let until = Instant::now() + connection.settings().call_timeout;
    let context =
        CallContext::for_ranges("watching", &ranges).with_detail(&format!(" from revision {from}"));
    let stream = connection
        .call(&context, |clients| {
            create_watchers(clients, connection, &ranges, from)
        })
        .await?;
    let member = stream.state.member;
    let queue = Arc::clone(&stream.queue);
    let (requests, requested) = mpsc::channel(1);
    tokio::spawn(drain(stream, requested, Arc::clone(&connections), context));
    Ok(OpenWatch {
        queue,
        requests,
        trusted: trusted(connection, member, until).await,
    })
}

/// A stream whose watchers are all created.
struct Stream {
    requests: WatchRequestSender,
    responses: WatchResponseStream,
    state: StreamState,
    queue: Arc<Queue>,
    /// The turn of the endpoints in which it was opened.
    turn: usize,
}

/// Notifies the reader, however the task that drains the stream ends.
impl Drop for Stream {
    fn drop(&mut self) {
        self.queue.end(worker::ended(THREAD));
    }
}

/// Opens a stream, requests a watcher for each range, and waits until all are created.
async fn create_watchers(
    mut clients: Clients,
    connection: &Connection,
    ranges: &[Range],
    from: Revision,
) -> Result<Stream, Failure> {
    // To etcd, zero means "from now on".
    let start = i64::try_from(from.get()).unwrap_or(i64::MAX).max(1);
    let mut requests: Option<(WatchRequestSender, WatchResponseStream)> = None;
    for (id, range) in (FIRST..).zip(ranges) {
        let options = WatchOptions::new()
            .with_range(range.end())
            .with_watch_id(id)
            .with_start_revision(start);
        match &mut requests {
            None => {
                let stream = clients.watch.watch(range.start(), Some(options)).await?;
                requests = Some(stream.split());
            }
            Some((requests, _)) => requests.watch(range.start(), Some(options)).await?,
        }
    }
    let Some((requests, mut responses)) = requests else {
        return Err(Failure::new(ErrorKind::Invalid, "no prefix was requested"));
    };
    let queue = Arc::new(Queue::new(connection.settings().decode_limit));
    let mut state = StreamState::new(ranges, from, connection.settings().decode_limit);
    while state.created < ranges.len() {
        let response = message(&mut responses).await?;
        if let Some(header) = &response.header {
            connection.shared().answered_by(header.cluster_id);
        }
        if let Some(event) = state.take(response)? {
            queue.push(event);
        }
    }
    Ok(Stream {
        requests,
        responses,
        state,
        queue,
        turn: clients.turn,
    })
}

/// Moves messages into the queue, until the watch is over or its reader is gone. Its end closes the
/// stream, and with it the watchers on the server.
async fn drain(
    mut stream: Stream,
    mut requested: Receiver<()>,
    connections: Arc<Connections>,
    context: CallContext,
) {
    let failure = loop {
        let response = tokio::select! {
            response = message(&mut stream.responses) => response,
            ask = requested.recv() => match ask {
                Some(()) => {
                    stream.state.to_ask = true;
                    continue;
                }
                None => return,
            },
            // A server that stops taking requests must not keep the task from reading.
            sent = stream.requests.request_progress(), if stream.state.to_ask => {
                stream.state.to_ask = false;
                stream.state.progress_requested = true;
                match sent {
                    Ok(()) => continue,
                    Err(error) => Err(error.into()),
                }
            }
        };
        match response.and_then(|response| stream.state.take(response)) {
            Ok(Some(event)) => {
                if !stream.queue.push(event) {
                    return;
                }
            }
            Ok(None) => {}
            Err(failure) => break failure,
        }
    };
    stream
        .queue
        .end(connections.watches.lost(failure, stream.turn, &context));
}

/// The next message. Cancel safe. Must not be called again after an error, which would be returned
/// again forever.
async fn message(responses: &mut WatchResponseStream) -> Result<PbWatchResponse, Failure> {
    match responses.message().await? {
        Some(response) => Ok(response.0),
        None => Err(Failure::new(
            ErrorKind::Unreachable,
            "the server closed the watch",
        )),
    }
}

/// The state of a stream, which determines the meaning of its messages.
struct StreamState {
    from: Revision,
    watchers: Vec<Watcher>,
    /// The number of watchers that are created.
    created: usize,
    /// The id of the first.
    first: i64,
    /// The member that serves all of them; zero if that is unknown.
    member: u64,
    /// Whether progress is to be requested, and whether it ever was.
    to_ask: bool,
    progress_requested: bool,
    /// The maximum size of a message that comes in pieces.
    max_bytes: usize,
}

/// The watcher of one range.
struct Watcher {
    range: Range,
    /// The newest revision that was passed on, with its keys.
    last: (Revision, Vec<Vec<u8>>),
    /// The pieces of a message that have arrived so far, and their bytes.
    pieces: Vec<PbEvent>,
    bytes: usize,
}

impl StreamState {
    fn new(ranges: &[Range], from: Revision, max_bytes: usize) -> Self {
        let watcher = |range: &Range| Watcher {
            range: range.clone(),
            last: (Revision::default(), Vec::new()),
            pieces: Vec::new(),
            bytes: 0,
        };
        Self {
            from,
            watchers: ranges.iter().map(watcher).collect(),
            created: 0,
            first: 0,
            member: 0,
            to_ask: false,
            progress_requested: false,
            max_bytes,
        }
    }

    /// The event of a message; an error if the watch is over.
    fn take(&mut self, response: PbWatchResponse) -> Result<Option<WatchEvent>, Failure> {
        // Before anything else: a rejection is marked as `created`, too, and the stream stays open.
        if response.canceled {
            return Err(Failure::cancelled(
                &response.cancel_reason,
                response.compact_revision,
                response.created,
            ));
        }
        let header = response.header.as_ref();
        let revision = header.map_or(0, |header| header.revision);
        let id = response.watch_id;
        if response.created {
            let range = self.created;
            let member = header.map_or(0, |header| header.member_id);
            if range == 0 && id == FIRST {
                (self.first, self.member) = (id, member);
            }
            // Both etcd and its proxy create the watchers in the order of the requests.
            if range >= self.watchers.len() || self.place(id) != Some(range) {
                return Err(strange(id));
            }
            if self.member != member {
                self.member = 0;
            }
            self.created += 1;
            return Ok(Some(WatchEvent::Created {
                range,
                revision: revision.into(),
            }));
        }
        if let Some(range) = self.place(id).filter(|place| *place < self.created)
            && let Some(watcher) = self.watchers.get_mut(range)
        {
            // The last piece of a message may be empty. A single watcher's progress proves nothing
            // about the others.
            let whole = watcher.join(response.events, response.fragment, self.max_bytes)?;
            let events = watcher.events(whole, self.from)?;
            return Ok((!events.is_empty()).then_some(WatchEvent::Events { range, events }));
        }
        if !response.events.is_empty() {
            return Err(strange(id));
        }
        // Progress that was not requested comes from a server whose progress is not trusted. And
        // while a message is in pieces, its events have not been passed on.
        let in_pieces = self.watchers.iter().any(|one| !one.pieces.is_empty());
        let is_progress = id == WHOLE_STREAM && self.progress_requested && revision > 0;
        Ok((is_progress && !in_pieces).then_some(WatchEvent::Progress {
            revision: revision.into(),
        }))
    }

    /// The place of the watcher with that id.
    fn place(&self, id: i64) -> Option<usize> {
        usize::try_from(id.checked_sub(self.first)?).ok()
    }
}

impl Watcher {
    /// The events of a message; none before its last piece has arrived.
    fn join(
        &mut self,
        events: Vec<PbEvent>,
        is_piece: bool,
        max_bytes: usize,
    ) -> Result<Vec<PbEvent>, Failure> {
        if !is_piece && self.pieces.is_empty() {
            return Ok(events);
        }
        let size = |event: &PbEvent| {
            let pair_size = |pair: &PbKeyValue| pair.key.len() + pair.value.len();
            size_of::<PbEvent>() + event.kv.as_ref().map_or(0, pair_size)
        };
        self.bytes += events.iter().map(size).sum::<usize>();
        if self.bytes > max_bytes {
            let message = format!(
                "a message in fragments exceeds {max_bytes} bytes; raise \
                 `EtcdBuilder::decode_limit`"
            );
            return Err(Failure::new(ErrorKind::TooBig, message));
        }
        self.pieces.extend(events);
        if is_piece {
            return Ok(Vec::new());
        }
        self.bytes = 0;
        Ok(std::mem::take(&mut self.pieces))
    }

    /// The new events of a message, in the order of revisions. Servers repeat events (etcd #15274),
    /// go back in time (#15271), and send events older than requested (#20221).
    fn events(&mut self, whole: Vec<PbEvent>, from: Revision) -> Result<Vec<Event>, Failure> {
        let mut events = Vec::with_capacity(whole.len());
        for event in whole {
            let pair = event
                .kv
                .ok_or_else(|| Failure::strange("an event has no key"))?;
            if !self.range.holds(&pair.key) {
                let key = String::from_utf8_lossy(&pair.key);
                return Err(Failure::strange(format!(
                    "found an event of the key {key:?}, which is outside of the watched prefix"
                )));
            }
            let revision = Revision::from(pair.mod_revision);
            if revision < from || revision < self.last.0 {
                continue;
            }
            if revision == self.last.0 {
                if self.last.1.contains(&pair.key) {
                    continue;
                }
                // Only a part of the revision was passed on. Reading everything repairs that.
                return Err(Failure::strange(format!(
                    "found revision {revision} in two messages; expected it in one"
                )));
            }
            // The version of a key that was deleted is 0. The type of the event has the same
            // information, but might be one that is not known yet.
            let value = (pair.version != 0).then(|| pair.value.into());
            events.push(Event {
                key: pair.key,
                value,
                revision,
            });
        }
        if !events.is_sorted_by_key(|event| event.revision) {
            events.sort_by_key(|event| event.revision);
        }
        if let Some(newest) = events.last().map(|event| event.revision) {
            let of_newest = events.iter().rev().take_while(|one| one.revision == newest);
            self.last = (newest, of_newest.map(|one| one.key.clone()).collect());
        }
        Ok(events)
    }
}

fn strange(watch_id: i64) -> Failure {
    Failure::strange(format!(
        "found a message for the watcher {watch_id}, which was not requested"
    ))
}

/// Whether the progress messages of the member that serves the watch can be trusted.
///
/// Each watch checks this for itself, because an endpoint may lead to several members. A replaced
/// member ends its watches, even if the new one has the same address.
async fn trusted(connection: &Connection, member: u64, until: Instant) -> bool {
    if member == 0 {
        return false;
    }
    let about = CallContext::without_ranges("requesting the version");
    let status = connection.call(&about, |mut clients| async move {
        Ok(clients.maintenance.status().await?)
    });
    let Ok(Ok(status)) = timeout_at(until, status).await else {
        return false;
    };
    let answered_by = status.header().map(etcd_client::ResponseHeader::member_id);
    answered_by == Some(member) && keeps_its_word(status.version())
}

/// Whether an etcd of that version sends the events before their progress (etcd #15220).
fn keeps_its_word(version: &str) -> bool {
    let mut numbers = version.splitn(3, '.').map(str::parse::<u32>);
    let (Some(Ok(major)), Some(Ok(minor)), Some(Ok(patch))) =
        (numbers.next(), numbers.next(), numbers.next())
    else {
        return false;
    };
    match (major, minor) {
        (3, 4) => patch >= 25,
        (3, 5) => patch >= 8,
        (3, minor) => minor >= 6,
        (major, _) => major > 3,
    }
}

#[cfg(test)]
mod tests {
    use etcd_client::proto::PbResponseHeader;

    use super::*;

    fn answer(watch_id: i64, revision: i64) -> PbWatchResponse {
        PbWatchResponse {
            header: Some(PbResponseHeader {
                revision,
                ..PbResponseHeader::default()
            }),
            watch_id,
            ..PbWatchResponse::default()
        }
    }

    fn created(watch_id: i64) -> PbWatchResponse {
        PbWatchResponse {
            created: true,
            ..answer(watch_id, 10)
        }
    }

    fn refused(reason: &str) -> PbWatchResponse {
        PbWatchResponse {
            canceled: true,
            cancel_reason: reason.to_owned(),
            ..created(WHOLE_STREAM)
        }
    }

    fn changed(watch_id: i64, revision: i64, version: i64, kind: i32) -> PbWatchResponse {
        let pair = PbKeyValue {
            key: format!(
                "/{}/k",
                ["a", "b"]
                    .get(usize::try_from(watch_id).unwrap())
                    .unwrap_or(&"c")
            )
            .into_bytes(),
            mod_revision: revision,
            version,
            value: b"v".to_vec(),
            ..PbKeyValue::default()
        };
        let event = PbEvent {
            r#type: kind,
            kv: Some(pair),
            ..PbEvent::default()
        };
        PbWatchResponse {
            events: vec![event],
            ..answer(watch_id, 100)
        }
    }

    fn state(ranges: usize, from: u64) -> StreamState {
        let all = ["/a", "/b"].map(Range::below);
        StreamState::new(all.get(..ranges).unwrap(), Revision::new(from), 1_000)
    }

    fn created_stream() -> StreamState {
        let mut state = state(2, 5);
        for range in 0..2 {
            state.take(created(range)).unwrap();
        }
        state
    }

    #[test]
    fn a_refusal_is_one_although_it_says_created() {
        for (reason, kind, log_in) in [
            ("etcdserver: permission denied", ErrorKind::Denied, true),
            (
                "rpc error: code = Unauthenticated desc = etcdserver: invalid auth token",
                ErrorKind::Unauthenticated,
                true,
            ),
            ("", ErrorKind::Cancelled, false),
        ] {
            let failure = state(1, 1).take(refused(reason)).unwrap_err();
            assert_eq!(
                (failure.kind, failure.logins > 0),
                (kind, log_in),
                "{reason}"
            );
        }
    }

    #[test]
    fn a_compaction_is_told_by_its_number_alone() {
        let cancelled = PbWatchResponse {
            canceled: true,
            compact_revision: 7,
            ..answer(0, 0)
        };
        let failure = created_stream().take(cancelled).unwrap_err();
        assert_eq!(failure.kind, ErrorKind::Compacted);
    }

    #[test]
    fn progress_counts_where_it_was_asked_for_and_of_the_whole_stream() {
        let mut state = created_stream();
        let progress = WatchEvent::Progress {
            revision: Revision::new(100),
        };
        assert_eq!(state.take(answer(WHOLE_STREAM, 100)).unwrap(), None);
        state.progress_requested = true;
        assert_eq!(state.take(answer(0, 100)).unwrap(), None);
        assert_eq!(
            state.take(answer(WHOLE_STREAM, 100)).unwrap(),
            Some(progress)
        );
        // A response without a header is no progress either.
        assert_eq!(state.take(PbWatchResponse::default()).unwrap(), None);
    }

    #[test]
    fn what_is_older_than_what_was_asked_for_is_left_out() {
        let mut state = created_stream();
        assert_eq!(state.take(changed(0, 4, 1, 0)).unwrap(), None);
        assert!(state.take(changed(0, 5, 1, 0)).unwrap().is_some());
    }

    #[test]
    fn an_event_of_an_unknown_type_is_what_its_version_says() {
        for (version, value) in [(3, Some(b"v"[..].into())), (0, None)] {
            let taken = created_stream().take(changed(1, 8, version, 99)).unwrap();
            let event = Event {
                key: b"/b/k".to_vec(),
                value,
                revision: Revision::new(8),
            };
            assert_eq!(
                taken,
                Some(WatchEvent::Events {
                    range: 1,
                    events: vec![event]
                })
            );
        }
    }

    #[test]
    fn a_watcher_that_nobody_asked_for_ends_the_watch() {
        for response in [created(0), created(2), changed(2, 8, 1, 0)] {
            assert!(created_stream().take(response).is_err());
        }
        let mut first = state(2, 1);
        assert!(first.take(created(2)).is_err());
        assert!(state(2, 1).take(changed(0, 8, 1, 0)).is_err());
    }

    #[test]
    fn a_proxy_and_a_stream_of_several_members_give_themselves_away() {
        let created = |watch_id, member_id| {
            let header = PbResponseHeader {
                member_id,
                ..PbResponseHeader::default()
            };
            PbWatchResponse {
                header: Some(header),
                ..created(watch_id)
            }
        };
        for (ids, members, member) in [
            ([1, 2], [7, 7], 7),
            // etcd's proxy, with its answers to the first watch of a range, and to later ones.
            ([0, 1], [7, 7], 0),
            ([1, 2], [7, 0], 0),
            ([1, 2], [7, 8], 0),
            ([1, 2], [0, 7], 0),
        ] {
            let mut state = state(2, 1);
            for (range, (id, member)) in ids.into_iter().zip(members).enumerate() {
                let event = state.take(created(id, member)).unwrap();
                assert!(
                    matches!(event, Some(WatchEvent::Created { range: place, .. }) if place == range)
                );
            }
            assert_eq!(state.member, member, "{ids:?} of {members:?}");
        }
    }

    #[test]
    fn only_versions_that_were_mended_are_trusted() {
        for version in [
            "3.4.25", "3.4.31", "3.5.8", "3.5.30", "3.6.0", "3.7.1", "4.0.0",
        ] {
            assert!(keeps_its_word(version), "{version}");
        }
        for version in [
            "3.4.24",
            "3.5.7",
            "3.3.99",
            "3.6.0-rc.1",
            "2.9.9",
            "3.6",
            "",
            "x.y.z",
        ] {
            assert!(!keeps_its_word(version), "{version}");
        }
    }
}
