//! The driver: it carries the store's answers into the engine, and the engine's commands out.
//!
//! In: a store and requests of the handles. Out: publications into the hub, the status, answers,
//! the fallback. It decides nothing: the engine determines the commands that follow an event, and
//! their order.

use std::collections::{HashMap, VecDeque};
use std::future::pending;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use futures_util::FutureExt;
use tokio::sync::{mpsc, oneshot};

use super::HandleRequest;
use super::fallback_writer::{FallbackWriter, WriteResult};
use crate::apply::{Publication, Raw};
use crate::engine::{Command, Engine, EngineEvent, NoStart, Reached, Wait, WaitError, WaitId};
use crate::fallback::{Contents, FallbackEntry, HeldNote};
use crate::observe::{Meters, Observer, Timer};
use crate::publish::{Announcement, Hub};
use crate::snapshot::Snapshot;
use crate::status::{FallbackError, StatusCell, StatusChange};
use crate::store::backend::{Backend, BoxFuture, WatchStream};
use crate::store::{ErrorKind, Probe, Range, Reading, StoreError, WatchEvent};
use crate::sync::{Request, StoreEvent};
use crate::typed::id::LeafId;
use crate::{HotConfig, Revision};

/// The maximum number of answers that are staged before they are settled. A backlog is one batch,
/// but readers must not wait for the end of an endless burst.
const MAX_BATCH: usize = 4096;

type PendingAnswer<R> = Option<BoxFuture<'static, R>>;

/// The requests that the store has not answered yet, and the watch that is open.
pub(super) struct InFlight {
    store: Arc<dyn Backend + Send + Sync>,
    ranges: Arc<[Range]>,
    reading: PendingAnswer<Result<Reading, StoreError>>,
    opening: PendingAnswer<Result<Box<dyn WatchStream>, StoreError>>,
    probe: PendingAnswer<Result<Probe, StoreError>>,
    latest: PendingAnswer<Result<Revision, StoreError>>,
    watch: Option<Box<dyn WatchStream>>,
    /// Completes when the program changes how requests are authenticated.
    renewed: BoxFuture<'static, ()>,
    /// The time at which the oldest event that is not settled yet arrived in this process.
    oldest: Option<Instant>,
}

impl InFlight {
    pub(super) fn new(store: Arc<dyn Backend + Send + Sync>, ranges: Arc<[Range]>) -> Self {
        Self {
            renewed: store.renewed(),
            store,
            ranges,
            reading: None,
            opening: None,
            probe: None,
            latest: None,
            watch: None,
            oldest: None,
        }
    }

    /// Sends a request; the answer comes through [`InFlight::next_event`]. `Some` if it is
    /// available at once.
    fn ask(&mut self, request: Request, meters: &Meters) -> Option<StoreEvent> {
        match request {
            Request::Read => {
                let reading = self.store.read(Arc::clone(&self.ranges));
                self.reading = Some(meters.reading(reading));
            }
            Request::Open(from) => {
                self.watch = None;
                self.opening = Some(self.store.watch(Arc::clone(&self.ranges), from));
            }
            Request::Probe => self.probe = Some(self.store.probe(Arc::clone(&self.ranges))),
            Request::Progress => {
                let watch = self.watch.as_mut();
                if !watch.is_some_and(|watch| watch.ask_progress()) {
                    return Some(StoreEvent::NoProgress);
                }
            }
            Request::Latest => self.latest = Some(self.store.latest(Arc::clone(&self.ranges))),
            Request::Close => {
                self.latest = None;
                self.watch = None;
                self.reading = None;
                self.opening = None;
                self.probe = None;
            }
        }
        None
    }

    /// The next event of the store. Cancel safe: an answer is taken only when it is returned.
    async fn next_event(&mut self) -> StoreEvent {
        tokio::select! {
            biased;
            opened = answer(&mut self.opening) => {
                StoreEvent::Opened(opened.map(|watch| self.watch = Some(watch)))
            }
            // Before the watch, which may never stop sending.
            reading = answer(&mut self.reading) => StoreEvent::Read(reading),
            event = watch_event(&mut self.watch) => {
                match event {
                    WatchEvent::Lost(_) => self.watch = None,
                    WatchEvent::Events { .. } if self.oldest.is_none() => {
                        let arrived = self.watch.as_ref().and_then(|watch| watch.arrived());
                        self.oldest = Some(arrived.unwrap_or_else(Instant::now));
                    }
                    _ => {}
                }
                StoreEvent::Watch(event)
            }
            probe = answer(&mut self.probe) => StoreEvent::Probed(probe),
            latest = answer(&mut self.latest) => StoreEvent::Latest(latest),
            () = &mut self.renewed => {
                self.renewed = self.store.renewed();
                StoreEvent::Renewed
            }
        }
    }

    /// An event that is ready.
    fn ready_event(&mut self) -> Option<StoreEvent> {
        self.next_event().now_or_never()
    }
}

/// The answer to a request; never, if there is none.
async fn answer<R>(request: &mut PendingAnswer<R>) -> R {
    match request {
        Some(answer) => {
            let answer = answer.await;
            *request = None;
            answer
        }
        None => pending().await,
    }
}

/// The next event of the watch; never, if none is open.
async fn watch_event(watch: &mut Option<Box<dyn WatchStream>>) -> WatchEvent {
    match watch {
        Some(watch) => watch.next().await,
        None => pending().await,
    }
}

/// The end of writing the fallback; never, if it is not written.
async fn fallback_written(fallback: &mut Option<FallbackWriter>) -> WriteResult {
    match fallback {
        Some(fallback) => fallback.written().await,
        None => pending().await,
    }
}

/// The reason why the loop woke.
enum Wakeup {
    Store(StoreEvent),
    /// A request of a handle; `None` once all handles are gone.
    Handle(Option<HandleRequest>),
    Timer,
    /// A write of the fallback ended, successfully or not.
    Fallback(WriteResult),
}

/// The outcome of a start.
pub(super) type StartResult<T> = Result<Arc<Hub<T>>, NoStart>;

/// Everything that the loop shows: the configuration, the status, the log and the metrics.
pub(super) struct Output<T: HotConfig> {
    status: Arc<StatusCell>,
    observer: Arc<Observer>,
    /// The channel to the caller of `start`, until the start is over.
    starter: Option<oneshot::Sender<StartResult<T>>>,
    /// The configuration, once there is one.
    served: Option<ServedHub<T>>,
    /// The last publication, while its subscribers are still to be notified.
    unannounced: Option<(Option<NewConfig<T>>, StatusChange)>,
}

/// A configuration that was swapped, and the leaves that changed.
struct NewConfig<T: HotConfig> {
    announcement: Announcement<T>,
    revision: Option<Revision>,
    changed: Vec<LeafId>,
    /// The time at which its oldest event arrived in this process, if it consists of events.
    oldest: Option<Instant>,
}

/// The hub of a configuration. Dropping it notifies subscribers of the end, so that they don't wait
/// forever for a loop that panicked.
struct ServedHub<T: HotConfig> {
    hub: Arc<Hub<T>>,
    status: Arc<StatusCell>,
    observer: Arc<Observer>,
}

impl<T: HotConfig> Drop for ServedHub<T> {
    fn drop(&mut self) {
        let (written, is_news) = self.status.end();
        self.observer.written(&written, is_news);
        self.hub.end();
    }
}

impl<T: HotConfig> Output<T> {
    pub(super) fn new(
        status: Arc<StatusCell>,
        observer: Arc<Observer>,
        starter: oneshot::Sender<StartResult<T>>,
    ) -> Self {
        Self {
            status,
            observer,
            starter: Some(starter),
            served: None,
            unannounced: None,
        }
    }

    fn serve(&mut self, first: Snapshot<T>) {
        let hub = Hub::counting(first, self.observer.meters().subscribers());
        self.observer.started(&self.status.read());
        self.served = Some(ServedHub {
            hub,
            status: Arc::clone(&self.status),
            observer: Arc::clone(&self.observer),
        });
    }

    /// Answers the caller of `start`. Without a configuration, or if the caller no longer waits,
    /// nothing is served from now on.
    fn started(&mut self, outcome: Result<(), NoStart>) {
        match &outcome {
            Ok(()) => {}
            Err(NoStart::Store { source, .. }) => self.observer.refused_by_store(source),
            Err(NoStart::Problems(problems)) => self.observer.refused_by_rules(problems),
        }
        let hub = self.served.as_ref().map(|served| Arc::clone(&served.hub));
        let started = match (outcome, hub) {
            (Ok(()), Some(hub)) => Ok(hub),
            (Ok(()), None) => Err(given_up()),
            (Err(no_start), _) => Err(no_start),
        };
        let serves = started.is_ok();
        let sent = self.starter.take().map(|starter| starter.send(started));
        if !serves || !matches!(sent, Some(Ok(()))) {
            self.served = None;
        }
    }

    /// Whether the start is over, and nothing is served.
    fn is_over(&self) -> bool {
        self.starter.is_none() && self.served.is_none()
    }

    fn publish(
        &mut self,
        publication: Option<Publication<T>>,
        status: Arc<crate::status::Status>,
        oldest: Option<Instant>,
    ) {
        let hub = self.served.as_ref().map(|served| &served.hub);
        let (new_config, written) = self.status.write(status, || {
            let Publication { snapshot, changed } = publication?;
            let revision = snapshot.revision();
            Some(NewConfig {
                announcement: hub?.swap(snapshot, &changed),
                revision,
                changed,
                oldest,
            })
        });
        self.unannounced = Some((new_config, written));
    }

    /// Notifies first the subscribers of the changed fields, then those of the status; the log and
    /// the metrics delay neither. `fields` names the leaves that changed.
    fn notify(&mut self, fields: impl Fn(&[LeafId]) -> Vec<String>) {
        let Some((new_config, written)) = self.unannounced.take() else {
            return;
        };
        let mut news = None;
        if let Some(new_config) = new_config {
            new_config.announcement.notify();
            news = Some((new_config.revision, new_config.changed, new_config.oldest));
        }
        let is_news = self.status.notify(&written);
        if let Some((revision, changed, oldest)) = news {
            self.observer.meters().published(oldest);
            self.observer
                .changed(revision, || fields(&changed), changed.len());
        }
        self.observer.written(&written, is_news);
    }
}

/// See the module's text.
pub(super) struct Driver<T: HotConfig> {
    in_flight: InFlight,
    engine: Engine<T>,
    requests: mpsc::UnboundedReceiver<HandleRequest>,
    output: Output<T>,
    fallback: Option<FallbackWriter>,
    /// The moment that all durations count from.
    begun: Instant,
    waits: HashMap<WaitId, oneshot::Sender<Result<Reached, WaitError>>>,
    next_wait: WaitId,
}

impl<T: HotConfig> Driver<T> {
    pub(super) fn new(
        in_flight: InFlight,
        engine: Engine<T>,
        requests: mpsc::UnboundedReceiver<HandleRequest>,
        output: Output<T>,
        fallback: Option<FallbackWriter>,
        begun: Instant,
    ) -> Self {
        Self {
            in_flight,
            engine,
            requests,
            output,
            fallback,
            begun,
            waits: HashMap::new(),
            next_wait: 0,
        }
    }

    /// Runs to the end: first the start, whose outcome is sent, then until the handles are gone or
    /// one requests the end. `limit` is that of the start.
    pub(super) async fn run(mut self, first: Vec<Command<T>>, limit: Duration) {
        self.execute(first);
        let done = match self.read_fallback(limit).await {
            Ok(()) => self.follow().await,
            Err(AbortedStart) => None,
        };
        if self.output.starter.is_some() {
            self.output.started(Err(given_up()));
        }
        let last = self.engine.end();
        self.execute(last);
        self.output.served = None;
        self.write_the_last_fallback().await;
        drop(self);
        if let Some(done) = done {
            let _ = done.send(());
        }
    }

    /// Follows the store; `Some` if a handle waits for the end.
    async fn follow(&mut self) -> Option<oneshot::Sender<()>> {
        while !self.output.is_over() {
            self.engine.prepare();
            self.write_fallback();
            match self.wake().await {
                Wakeup::Store(event) => {
                    self.step(event);
                    for _ in 0..MAX_BATCH {
                        let Some(event) = self.in_flight.ready_event() else {
                            break;
                        };
                        self.step(event);
                    }
                }
                Wakeup::Handle(Some(HandleRequest::Wait(wait))) => self.wait(wait),
                Wakeup::Handle(Some(HandleRequest::End(done))) => return Some(done),
                Wakeup::Handle(None) => return None,
                Wakeup::Timer => {}
                Wakeup::Fallback(done) => {
                    let now = self.now();
                    if let Some(fallback) = &mut self.fallback {
                        fallback.note(done, now);
                    }
                    self.report_fallback();
                }
            }
            self.end_batch();
        }
        None
    }

    /// Waits for the store, a request, or one of the timers.
    async fn wake(&mut self) -> Wakeup {
        let write = self.fallback.as_ref().map(FallbackWriter::deadline);
        let until = self.engine.deadline().min(write.unwrap_or(Duration::MAX));
        let sleep = tokio::time::sleep_until((self.begun + until).into());
        tokio::select! {
            biased;
            request = self.requests.recv() => Wakeup::Handle(request),
            event = self.in_flight.next_event() => Wakeup::Store(event),
            done = fallback_written(&mut self.fallback) => Wakeup::Fallback(done),
            () = sleep => Wakeup::Timer,
        }
    }

    fn now(&self) -> Duration {
        self.begun.elapsed()
    }

    fn step(&mut self, event: StoreEvent) {
        self.measure(&event);
        let commands = self.engine.step(self.now(), EngineEvent::Store(event));
        self.execute(commands);
    }

    fn measure(&self, event: &StoreEvent) {
        let meters = self.output.observer.meters();
        match event {
            StoreEvent::Watch(WatchEvent::Events { events, .. }) => meters.events(events.len()),
            StoreEvent::Watch(WatchEvent::Lost(error))
            | StoreEvent::Read(Err(error))
            | StoreEvent::Opened(Err(error))
            | StoreEvent::Latest(Err(error))
            | StoreEvent::Probed(Err(error)) => meters.store_error(error),
            _ => {}
        }
    }

    /// Registers a handle that waits for a revision.
    fn wait(&mut self, request: super::WaitRequest) {
        let id = self.next_wait;
        self.next_wait += 1;
        self.waits.insert(id, request.reply);
        let wait = Wait {
            id,
            revision: request.revision,
            epoch: request.epoch,
            limit: request.limit,
        };
        let commands = self.engine.step(self.now(), EngineEvent::Wait(wait));
        self.execute(commands);
    }

    /// Drops the waits whose handle no longer waits.
    fn forget_waits(&mut self) {
        let gone = self.waits.iter().filter(|(_, reply)| reply.is_closed());
        let gone: Vec<WaitId> = gone.map(|(id, _)| *id).collect();
        for id in gone {
            self.waits.remove(&id);
            let commands = self.engine.step(self.now(), EngineEvent::Forget(id));
            self.execute(commands);
        }
    }

    fn end_batch(&mut self) {
        self.forget_waits();
        let staged = self.output.served.is_some() && self.engine.has_staged();
        let since = staged.then(Timer::start);
        let commands = self.engine.end_batch(self.now());
        if let Some(since) = since {
            self.output.observer.meters().settled(since);
        }
        self.execute(commands);
        self.in_flight.oldest = None;
    }

    /// Carries out commands in their order; an answer that is available at once may add some.
    fn execute(&mut self, commands: Vec<Command<T>>) {
        let mut commands = VecDeque::from(commands);
        while let Some(command) = commands.pop_front() {
            match command {
                Command::Ask(request) => {
                    let meters = self.output.observer.meters();
                    if let Some(event) = self.in_flight.ask(request, meters) {
                        let event = EngineEvent::Store(event);
                        commands.extend(self.engine.step(self.now(), event));
                    }
                }
                Command::Serve(first) => self.output.serve(first),
                Command::Started(outcome) => self.output.started(outcome),
                Command::Publish {
                    publication,
                    status,
                } => {
                    let oldest = self.in_flight.oldest;
                    self.output.publish(publication, status, oldest);
                }
                Command::Notify => self.output.notify(|changed| self.engine.fields(changed)),
                Command::Answer(id, answer) => {
                    // The handle may be gone.
                    let _ = self.waits.remove(&id).map(|reply| reply.send(answer));
                }
                Command::Keep => {
                    let now = self.now();
                    if let Some(fallback) = &mut self.fallback {
                        fallback.schedule(now);
                    }
                }
            }
        }
    }

    /// Begins with the fallback, if there is one that can be served from.
    async fn read_fallback(&mut self, limit: Duration) -> Result<(), AbortedStart> {
        let Some(fallback) = &mut self.fallback else {
            return Ok(());
        };
        let contents = tokio::select! {
            biased;
            _ = self.requests.recv() => return Err(AbortedStart),
            contents = fallback.read(limit) => contents,
        };
        if let Some(contents) = contents {
            let schema = contents.of_schema(&fallback.owner().schema);
            let entries = contents.entries.into_iter().map(|kept| {
                let raw = Raw {
                    value: kept.value,
                    revision: kept.mod_revision,
                };
                (kept.key, raw)
            });
            if let Err(problems) = self.engine.seed(entries) {
                fallback.refuse(FallbackError::Unfit {
                    other_schema: schema.is_err(),
                    problems,
                });
            }
        }
        self.report_fallback();
        Ok(())
    }

    /// Reports the state of the fallback to the engine.
    fn report_fallback(&mut self) {
        if let Some(fallback) = &self.fallback {
            let event = EngineEvent::Fallback(fallback.status().clone());
            let commands = self.engine.step(self.now(), event);
            self.execute(commands);
        }
    }

    /// Begins to write the fallback, if it is time.
    fn write_fallback(&mut self) {
        let now = self.now();
        if self
            .fallback
            .as_ref()
            .is_some_and(|fallback| fallback.deadline() <= now)
        {
            let contents = self.contents();
            if let (Some(fallback), Some(contents)) = (&mut self.fallback, contents) {
                fallback.write(contents, now);
            }
        }
    }

    /// Writes the last configuration into the fallback, if it is not there yet.
    async fn write_the_last_fallback(&mut self) {
        let now = self.now();
        if let Some(fallback) = &mut self.fallback
            && fallback.is_writing()
        {
            fallback.finish(now).await;
        }
        let contents = self.contents();
        if let (Some(fallback), Some(contents)) = (&mut self.fallback, contents)
            && !fallback.is_writing()
        {
            fallback.finish_with(contents, now).await;
        }
    }

    /// The content of the next fallback; `None` before the store was read.
    fn contents(&self) -> Option<Contents> {
        let owner = self.fallback.as_ref()?.owner();
        let status = self.engine.status();
        let age = status.confirmed?.elapsed();
        let now = SystemTime::now();
        let kept = self.engine.kept().map(|(key, raw, secret)| FallbackEntry {
            key: key.to_string(),
            mod_revision: raw.revision,
            value: Arc::clone(&raw.value),
            secret,
        });
        let held = status.held.iter().map(|held| {
            let reasons = held.problems.iter().map(|problem| problem.wrong.as_str());
            HeldNote {
                keys: held.keys.clone(),
                revision: held.revision,
                reason: reasons.collect::<Vec<_>>().join("; "),
            }
        });
        Some(Contents {
            prefixes: owner.prefixes.clone(),
            schema: owner.schema.clone(),
            cluster: self.in_flight.store.cluster(),
            epoch: status.epoch,
            revision: status.revision,
            confirmed: now.checked_sub(age).unwrap_or(now),
            entries: kept.collect(),
            left_out: Vec::new(),
            held: held.collect(),
        })
    }
}

/// The error of a start that was cancelled before it was over.
struct AbortedStart;

fn given_up() -> NoStart {
    NoStart::store(StoreError::new(ErrorKind::Other, "the start was cancelled"))
}
