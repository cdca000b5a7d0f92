//! The engine between a store and its subscribers, in a time that passes only when a step says so.
//!
//! It carries as `hot::driver` does: one answer to one request, nothing after a `Close`, and the
//! commands of the engine in their order. It makes none of the engine's decisions. Everything that
//! is staged, published and answered goes to the judgements of `judge`.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::config::{Config, Key, PREFIXES, Spoken, keys_below};
use super::copy::{Copy, LIMIT};
use super::judge::{JudgeResult, Judgement, ensure};
use super::server::Server;
use super::steps::{History, Nature, Step};
use super::subscribers::Subscriber;
use crate::apply::{BadKeys, Publication};
use crate::engine::{
    Command, Engine, EngineEvent, NoStart, Reached, Start, Wait, WaitError, WaitId,
};
use crate::layers::Layout;
use crate::publish::{Announcement, Hub};
use crate::reference::holding::Model;
use crate::snapshot::Snapshot;
use crate::status::Status;
use crate::store::{ErrorKind, Probe, Range, Reading, StoreError, WatchEvent};
use crate::sync::{Class, Request, Settings, StoreEvent};
use crate::{HotConfig, Revision};

/// A published status, and perhaps a configuration, whose subscribers are not yet notified.
struct Unannounced(Option<Announcement<Config>>);

/// Longer than any history.
const NO_LIMIT: Duration = Duration::from_secs(1 << 40);

/// A request of the engine that is open.
#[derive(Debug)]
struct PendingRequest<A> {
    /// Whether it will never be answered.
    swallowed: bool,
    /// The answer that is on its way, and the time at which it was true.
    computed: Option<(Duration, A)>,
}

impl<A> PendingRequest<A> {
    fn new() -> Self {
        let (swallowed, computed) = (false, None);
        Self {
            swallowed,
            computed,
        }
    }
}

/// The open watch.
#[derive(Debug)]
pub(super) struct Line {
    /// For each range: everything up to here was sent.
    sent: Vec<u64>,
    /// For each range: the newest revision whose events have arrived.
    event: Vec<u64>,
    wire: VecDeque<Sent>,
    asked: bool,
    /// The revision of the member that serves it, if that lags behind.
    behind: Option<u64>,
    hung: bool,
}

/// A message that has not arrived yet.
#[derive(Debug)]
struct Sent {
    /// The time at which it was true.
    at: Duration,
    /// Whether the engine did not request it.
    unasked: bool,
    event: WatchEvent,
}

pub(super) struct World {
    pub(super) nature: Nature,
    pub(super) prefixes: &'static [&'static str],
    /// The keys of the schema below them.
    pub(super) own: Vec<Key>,
    trusted: bool,
    bad_keys: BadKeys,
    layout: Arc<Layout>,
    seed: u64,
    pub(super) settings: Settings,
    pub(super) server: Server,
    pub(super) engine: Engine<Config>,
    pub(super) now: Duration,
    /// The moment that the virtual time is counted from, for the status.
    pub(super) base: Instant,
    reading: Option<PendingRequest<Reading>>,
    probe: Option<PendingRequest<Probe>>,
    latest: Option<PendingRequest<Revision>>,
    opening: Option<(u64, bool)>,
    pub(super) line: Option<Line>,
    lag: u64,
    burst: u8,
    /// Whether an event was passed in that is not settled yet.
    unsettled: bool,
    /// The waits that are not answered, each with its revision, its epoch and its end.
    waits: BTreeMap<WaitId, (Revision, u64, Duration)>,
    next_wait: WaitId,
    /// The model of holding for the staged changes, in an honest world.
    pub(super) model: Model<Spoken>,
    pub(super) judgement: Judgement,
    pub(super) hub: Option<Arc<Hub<Config>>>,
    /// The first configuration, before the start is over.
    first: Option<Snapshot<Config>>,
    /// The last publication, while its subscribers are still to be notified.
    unannounced: Option<Unannounced>,
    pub(super) status: Arc<Status>,
    /// Whether the fallback's writer is to be notified in this batch, and whether it was.
    keep: (bool, bool),
    pub(super) subscribers: Vec<Subscriber>,
    /// Whether the start failed because keys are bad.
    pub(super) refused: bool,
    pub(super) copy: Copy,
    /// A log of everything that was carried; only if it is compared.
    log: Option<Vec<String>>,
}

impl World {
    pub(super) fn new(history: &History, log: bool) -> JudgeResult<Self> {
        let prefixes = if history.layered {
            &PREFIXES[..]
        } else {
            &PREFIXES[1..]
        };
        let ranges = prefixes.iter();
        let ranges = ranges.map(|prefix| Range::below(prefix.trim_end_matches('/')));
        let layout = Arc::new(Layout::new(Config::TREE, ranges.collect()));
        let settings = Settings {
            staleness: history.staleness,
            compare_every: history.compare_every,
            ..Settings::default()
        };
        let mut server = Server::new();
        server.write(&[(b"/p/need", Some(b"3"))]);
        let base = Instant::now();
        let start = Start {
            limit: history.copy.as_ref().map_or(NO_LIMIT, |_| LIMIT),
            bad_keys: history.bad_keys,
            defaults_without_store: false,
        };
        let of_engine = Arc::clone(&layout);
        let (engine, commands) = Engine::new(
            of_engine,
            settings.clone(),
            history.seed,
            start,
            (base, Duration::ZERO),
        );
        let mut world = Self {
            nature: history.nature,
            prefixes,
            own: keys_below(prefixes),
            trusted: history.trusted,
            bad_keys: history.bad_keys,
            status: Arc::new(Status::new(settings.staleness)),
            keep: (false, false),
            first: None,
            unannounced: None,
            layout,
            seed: history.seed,
            judgement: Judgement::new(&settings),
            settings,
            server,
            engine,
            now: Duration::ZERO,
            base,
            reading: None,
            probe: None,
            latest: None,
            opening: None,
            line: None,
            lag: 0,
            burst: 0,
            unsettled: false,
            waits: BTreeMap::new(),
            next_wait: 0,
            model: Model::new(Spoken::default()),
            hub: None,
            subscribers: Vec::new(),
            refused: false,
            copy: Copy::default(),
            log: log.then(Vec::new),
        };
        world.execute(commands)?;
        if let Some(copy) = &history.copy {
            world.seed(copy)?;
        }
        if history.watching {
            world.calm(Duration::from_millis(100))?;
        }
        Ok(world)
    }

    /// The log of everything that was carried.
    pub(super) fn into_log(self) -> Vec<String> {
        self.log.unwrap_or_default()
    }

    fn note(&mut self, said: impl FnOnce() -> String) {
        if let Some(log) = &mut self.log {
            log.push(format!("{:?}: {}", self.now, said()));
        }
    }

    /// Passes one event to the engine, and carries out the commands that follow at once.
    fn say(&mut self, event: StoreEvent) -> JudgeResult {
        let before = self.engine.cursor().map(Revision::get);
        let read = match &event {
            StoreEvent::Read(Ok(reading)) => Some(reading.revision.get()),
            _ => None,
        };
        self.note(|| format!("{event:?}"));
        let commands = self.engine.step(self.now, EngineEvent::Store(event));
        self.unsettled = true;
        self.staged(before, read)?;
        self.execute(commands)
    }

    /// Carries out commands in their order.
    fn execute(&mut self, commands: Vec<Command<Config>>) -> JudgeResult {
        for command in commands {
            match command {
                Command::Ask(request) => self.ask(request)?,
                Command::Serve(first) => self.first = Some(first),
                Command::Started(outcome) => self.started(outcome)?,
                Command::Publish {
                    publication,
                    status,
                } => self.publish(publication, status)?,
                Command::Notify => {
                    let Some(Unannounced(swapped)) = self.unannounced.take() else {
                        return Err("the order: nothing was published".to_owned());
                    };
                    if let Some(swapped) = swapped {
                        swapped.notify();
                    }
                }
                Command::Answer(id, answer) => self.answered(id, &answer)?,
                Command::Keep => self.keep.1 = true,
            }
        }
        Ok(())
    }

    fn ask(&mut self, request: Request) -> JudgeResult {
        self.note(|| format!("{request:?}"));
        match request {
            Request::Read => self.reading = Some(PendingRequest::new()),
            Request::Probe => self.probe = Some(PendingRequest::new()),
            Request::Latest => self.latest = Some(PendingRequest::new()),
            Request::Open(from) => {
                self.line = None;
                self.opening = Some((from.get(), false));
            }
            Request::Progress => match &mut self.line {
                Some(line) if self.trusted => line.asked = true,
                _ => {
                    self.judgement.asked(self.now)?;
                    return self.say(StoreEvent::NoProgress);
                }
            },
            Request::Close => {
                (self.reading, self.probe, self.opening) = (None, None, None);
                self.latest = None;
                self.line = None;
                return Ok(());
            }
        }
        self.judgement.asked(self.now)
    }

    fn publish(
        &mut self,
        publication: Option<Publication<Config>>,
        status: Arc<Status>,
    ) -> JudgeResult {
        ensure!(
            self.unannounced.is_none(),
            "the order: published again before anybody was notified"
        );
        let held = std::mem::replace(&mut self.status, status);
        let is_news = held.held != self.status.held;
        self.keep.0 |= publication.is_some() || is_news;
        let Some(hub) = self.hub.clone() else {
            ensure!(
                publication.is_none(),
                "the order: published before the start was over"
            );
            self.unannounced = Some(Unannounced(None));
            return Ok(());
        };
        if is_news || self.judgement.stages {
            self.judgement.settled_at = None;
        }
        self.judge_settled(publication.as_ref())?;
        self.note_publication(publication.as_ref());
        let swapped =
            publication.map(|Publication { snapshot, changed }| hub.swap(snapshot, &changed));
        self.unannounced = Some(Unannounced(swapped));
        Ok(())
    }

    fn started(&mut self, outcome: Result<(), NoStart>) -> JudgeResult {
        let begun = match outcome {
            Ok(()) => Ok(self.first.take().ok_or("the order: started with nothing")?),
            Err(NoStart::Problems(problems)) => Err(problems),
            Err(NoStart::Store { source: error, .. }) => {
                let hopeless = Class::for_kind(error.kind()).ends_a_start();
                let over = self.copy.exists && self.now >= LIMIT;
                ensure!(
                    (hopeless || over) && !self.copy.serves,
                    "starting: given up because of {error}"
                );
                // The program is started again.
                return self.begin_again();
            }
        };
        if let (Ok(first), false) = (&begun, self.engine.has_read()) {
            let first = first.clone();
            self.judge_begun_without_the_store(&first)?;
            return self.serve(first);
        }
        self.judge_begun(&begun)?;
        match begun {
            Ok(first) => self.serve(first),
            Err(_) => {
                self.refused = true;
                Ok(())
            }
        }
    }

    /// Starts another process before anything was read.
    fn begin_again(&mut self) -> JudgeResult {
        let last = self.engine.end();
        self.execute(last)?;
        let start = Start {
            limit: NO_LIMIT,
            bad_keys: self.bad_keys,
            defaults_without_store: false,
        };
        self.seed = self.seed.wrapping_add(1);
        let (layout, settings) = (Arc::clone(&self.layout), self.settings.clone());
        // It reads at once.
        self.judgement.stirred(self.now);
        let (engine, commands) =
            Engine::new(layout, settings, self.seed, start, (self.base, self.now));
        self.engine = engine;
        self.execute(commands)
    }

    fn answered(&mut self, id: WaitId, answer: &Result<Reached, WaitError>) -> JudgeResult {
        self.note(|| format!("{answer:?}"));
        ensure!(
            self.unannounced.is_none(),
            "the order: answered before subscribers were notified"
        );
        ensure!(
            !self.keep.1 || self.engine.is_over(),
            "the order: the fallback's writer learnt of news before the waits were answered"
        );
        let Some((revision, epoch, until)) = self.waits.remove(&id) else {
            return Err(format!("waiting: {id} was answered twice"));
        };
        let (cursor, now_epoch) = (self.engine.cursor(), self.engine.epoch());
        let mut held = self.status.held.iter();
        let its_own = held.any(|held| !held.missing && held.revision == revision);
        let right = match answer {
            // The published status counts: an answer must not come before it.
            Ok(Reached::Visible) => self.status.revision >= Some(revision) && !its_own,
            Ok(Reached::Held(held)) => {
                self.status.revision >= Some(revision) && self.status.held.contains(held)
            }
            Err(WaitError::TimedOut { cursor: at }) => {
                self.now >= until && *at == cursor && cursor < Some(revision)
            }
            Err(WaitError::EpochChanged) => epoch != now_epoch,
            Err(WaitError::Ended) => self.engine.is_over(),
        };
        ensure!(
            right,
            "waiting for {revision} until {until:?}: {answer:?} at {:?}, with the cursor at {cursor:?}",
            self.now
        );
        Ok(())
    }

    /// The revision of the member that serves the watch.
    fn member(&self) -> u64 {
        let behind = self.line.as_ref().and_then(|line| line.behind);
        behind.unwrap_or(u64::MAX).min(self.server.latest())
    }

    /// The revisions of a range that the watch has not sent.
    fn unsent(&self, range: usize) -> Vec<u64> {
        match &self.line {
            Some(line) if !line.hung => {
                let prefix = self.prefixes[range];
                self.server
                    .revisions_of(prefix, line.sent[range], self.member())
            }
            _ => Vec::new(),
        }
    }

    /// Puts something on the wire.
    fn send(&mut self, event: WatchEvent) {
        let at = self.now;
        if let Some(line) = &mut self.line {
            let unasked = matches!(event, WatchEvent::Events { .. });
            line.wire.push_back(Sent { at, unasked, event });
        }
    }

    fn send_events(&mut self, range: usize, revisions: &[u64]) {
        let prefix = self.prefixes[range];
        let events: Vec<_> = revisions
            .iter()
            .flat_map(|revision| self.server.events(prefix, *revision))
            .collect();
        if !events.is_empty() {
            self.send(WatchEvent::Events { range, events });
        }
    }

    fn send_next(&mut self, range: usize, count: usize) {
        let mut next = self.unsent(range);
        let Some(first) = next.first().copied() else {
            return;
        };
        if first < self.server.compacted {
            self.send(WatchEvent::Lost(error(ErrorKind::Compacted)));
            if let Some(line) = &mut self.line {
                line.hung = true;
            }
            return;
        }
        next.truncate(count);
        self.send_events(range, &next);
        self.sent_to(range, next.last().copied());
    }

    fn sent_to(&mut self, range: usize, revision: Option<u64>) {
        if let (Some(line), Some(revision)) = (&mut self.line, revision) {
            line.sent[range] = revision;
        }
    }

    /// Sends progress. A server that can be trusted does so only once everything was sent.
    fn send_progress(&mut self) {
        let in_step = (0..self.prefixes.len()).all(|range| self.unsent(range).is_empty());
        let revision = Revision::new(self.member());
        let hung = self.line.as_ref().is_none_or(|line| line.hung);
        if self.trusted && in_step && !hung {
            self.send(WatchEvent::Progress { revision });
            if let Some(line) = &mut self.line {
                line.asked = false;
                for sent in &mut line.sent {
                    *sent = (*sent).max(revision.get());
                }
            }
        }
    }

    fn arrive(&mut self) -> JudgeResult<bool> {
        let next = self.line.as_mut().and_then(|line| line.wire.pop_front());
        let Some(Sent { at, unasked, event }) = next else {
            return Ok(false);
        };
        let cursor = self.engine.cursor().map_or(0, Revision::get);
        if unasked {
            self.judgement.stirred(self.now);
        }
        match &event {
            WatchEvent::Events { range, events } => {
                if let (Some(line), Some(last)) = (&mut self.line, events.last()) {
                    let last = last.revision.get();
                    if last > line.event[*range] && last > cursor {
                        self.judgement.confirmed(self.now);
                    }
                    line.event[*range] = line.event[*range].max(last);
                }
            }
            WatchEvent::Progress { revision } if revision.get() >= cursor => {
                // The progress, true or not, confirms the state until something new is written.
                let until = self.judgement.beyond(revision.get(), at);
                self.judgement.confirmed(until.unwrap_or(self.now));
            }
            WatchEvent::Lost(_) => self.line = None,
            _ => {}
        }
        self.say(StoreEvent::Watch(event))?;
        Ok(true)
    }

    /// Whether a reading is requested.
    pub(super) fn is_reading(&self) -> bool {
        self.reading.is_some()
    }

    /// The requests that can be answered.
    fn open_requests(&self) -> Vec<RequestKind> {
        let opening = matches!(self.opening, Some((_, false))).then_some(RequestKind::Opening);
        let reading = self.reading.as_ref().filter(|it| !it.swallowed);
        let probe = self.probe.as_ref().filter(|it| !it.swallowed);
        let latest = self.latest.as_ref().filter(|it| !it.swallowed);
        let open = [
            opening,
            reading.map(|_| RequestKind::Reading),
            probe.map(|_| RequestKind::Probe),
            latest.map(|_| RequestKind::Latest),
        ];
        open.into_iter().flatten().collect()
    }

    fn answer(&mut self, which: RequestKind) -> JudgeResult {
        match which {
            RequestKind::Opening => {
                let Some((from, _)) = self.opening.take() else {
                    return Ok(());
                };
                let lag = std::mem::take(&mut self.lag);
                self.line = Some(Line {
                    sent: vec![from - 1; self.prefixes.len()],
                    event: vec![from - 1; self.prefixes.len()],
                    wire: VecDeque::new(),
                    asked: false,
                    behind: (lag > 0).then(|| self.server.latest().saturating_sub(lag).max(1)),
                    hung: false,
                });
                for range in 0..self.prefixes.len() {
                    let revision = Revision::new(self.member());
                    self.send(WatchEvent::Created { range, revision });
                }
                if from < self.server.compacted {
                    self.send(WatchEvent::Lost(error(ErrorKind::Compacted)));
                    self.line.iter_mut().for_each(|line| line.hung = true);
                }
                self.say(StoreEvent::Opened(Ok(())))
            }
            RequestKind::Reading => {
                let asked = self.reading.take();
                let computed = asked.and_then(|asked| asked.computed);
                let (true_at, reading) = computed.unwrap_or_else(|| self.compute_reading());
                let until = self.judgement.beyond(reading.revision.get(), true_at);
                self.judgement.confirmed(until.unwrap_or(self.now));
                self.say(StoreEvent::Read(Ok(reading)))
            }
            RequestKind::Probe => {
                let asked = self.probe.take();
                let computed = asked.and_then(|asked| asked.computed);
                let (true_at, probe) = computed.unwrap_or_else(|| self.compute_probe());
                let known = match self.nature {
                    Nature::Honest => self.counts_at_the_cursor(),
                    Nature::Lying => self.engine.counts(),
                };
                if probe.ranges == known {
                    self.judgement.confirmed(true_at);
                }
                self.say(StoreEvent::Probed(Ok(probe)))
            }
            RequestKind::Latest => self.answer_latest(),
        }
    }

    fn answer_latest(&mut self) -> JudgeResult {
        let asked = self.latest.take();
        let computed = asked.and_then(|asked| asked.computed);
        let (true_at, latest) = computed.unwrap_or_else(|| self.compute_latest());
        if Some(latest) <= self.engine.cursor() {
            self.judgement.confirmed(true_at);
        }
        self.say(StoreEvent::Latest(Ok(latest)))
    }

    fn compute_latest(&self) -> (Duration, Revision) {
        (self.now, Revision::new(self.server.latest()))
    }

    /// Computes the answers to the open requests as of now; they arrive later.
    fn take(&mut self) {
        let reading = self.compute_reading();
        let probe = self.compute_probe();
        let latest = self.compute_latest();
        if let Some(asked) = &mut self.reading {
            asked.computed.get_or_insert(reading);
        }
        if let Some(asked) = &mut self.probe {
            asked.computed.get_or_insert(probe);
        }
        if let Some(asked) = &mut self.latest {
            asked.computed.get_or_insert(latest);
        }
    }

    fn compute_reading(&self) -> (Duration, Reading) {
        let reading = self.server.reading(self.prefixes, self.server.latest());
        (self.now, reading)
    }

    fn compute_probe(&self) -> (Duration, Probe) {
        (self.now, self.server.probe(self.prefixes))
    }

    fn fail(&mut self, which: RequestKind, kind: ErrorKind) -> JudgeResult {
        let error = error(kind);
        self.note(|| format!("{kind:?}"));
        match which {
            RequestKind::Opening => {
                self.opening = None;
                self.say(StoreEvent::Opened(Err(error)))?;
            }
            RequestKind::Reading => {
                self.reading = None;
                self.say(StoreEvent::Read(Err(error)))?;
            }
            RequestKind::Probe => {
                self.probe = None;
                self.say(StoreEvent::Probed(Err(error)))?;
            }
            RequestKind::Latest => {
                self.latest = None;
                self.say(StoreEvent::Latest(Err(error)))?;
            }
        }
        let told = self.engine.sync.failure().map(StoreError::kind);
        ensure!(
            kind != ErrorKind::Denied || told == Some(kind),
            "P15: denied, and the status says {told:?}"
        );
        Ok(())
    }

    pub(super) fn run(&mut self, step: &Step) -> JudgeResult {
        if self.refused {
            return Ok(());
        }
        self.note(|| step.to_string());
        let range = |range: u8| usize::from(range) % self.prefixes.len();
        let pick = |open: Vec<RequestKind>, which: u8| match open.len() {
            0 => None,
            count => Some(open[usize::from(which) % count]),
        };
        match step {
            Step::Write(changes) => self.server.write(changes),
            Step::Elsewhere(count) => {
                for _ in 0..*count {
                    self.server.write(&[(b"/q/other", Some(b"1"))]);
                }
            }
            Step::Compact(back) => self.server.compact(u64::from(*back)),
            Step::Answer(which) => match pick(self.open_requests(), *which) {
                Some(open) => self.answer(open)?,
                None => return Ok(()),
            },
            Step::Take => self.take(),
            Step::Fail(which, kind) => match pick(self.open_requests(), *which) {
                Some(open) => self.fail(open, *kind)?,
                None => return Ok(()),
            },
            Step::Swallow => {
                self.reading.iter_mut().for_each(|it| it.swallowed = true);
                self.probe.iter_mut().for_each(|it| it.swallowed = true);
                self.latest.iter_mut().for_each(|it| it.swallowed = true);
                self.opening.iter_mut().for_each(|it| it.1 = true);
            }
            Step::Lag(back) => self.lag = u64::from(*back),
            Step::CatchUp => self.line.iter_mut().for_each(|line| line.behind = None),
            Step::Send(at, count) => self.send_next(range(*at), usize::from(*count)),
            Step::Progress => {
                if self.line.as_ref().is_some_and(|line| line.asked) {
                    self.send_progress();
                }
            }
            Step::Arrive(count) => {
                for _ in 0..*count {
                    if !self.arrive()? {
                        break;
                    }
                }
            }
            Step::Deliver => {
                for range in 0..self.prefixes.len() {
                    self.send_next(range, usize::MAX);
                }
                while self.arrive()? {}
            }
            Step::Break(kind) => {
                if self.line.take().is_some() {
                    self.say(StoreEvent::Watch(WatchEvent::Lost(error(*kind))))?;
                }
            }
            Step::Hang => self.line.iter_mut().for_each(|line| {
                line.hung = true;
                line.wire.clear();
            }),
            Step::Burst(count) => {
                self.burst = *count;
                return Ok(());
            }
            Step::Sleep(ms) => self.sleep(Duration::from_millis(u64::from(*ms)))?,
            Step::Calm(ms) => self.calm(Duration::from_millis(u64::from(*ms)))?,
            Step::Refuse(ms, kind) => {
                let length = Duration::from_millis(u64::from(*ms));
                self.refuse(length, *kind)?;
            }
            Step::Renew => self.renew()?,
            Step::Want(ahead) => {
                let revision = (self.server.latest() + u64::from(*ahead)).saturating_sub(1);
                self.want(revision, Duration::from_secs(5))?;
            }
            Step::Look(which) => {
                if let Some(hub) = &self.hub {
                    let which = usize::from(*which) % self.subscribers.len();
                    self.subscribers[which].look(&hub.snapshot())?;
                }
            }
            lie => self.lie(lie)?,
        }
        if self.burst > 0 {
            self.burst -= 1;
            return Ok(());
        }
        self.settle()
    }

    fn lie(&mut self, step: &Step) -> JudgeResult {
        match step {
            Step::Skip(at, count) => {
                let at = usize::from(*at) % self.prefixes.len();
                let unsent = self.unsent(at);
                self.sent_to(at, unsent.get(usize::from(*count) - 1).copied());
            }
            Step::Repeat(at, back) => {
                let at = usize::from(*at) % self.prefixes.len();
                if let Some(sent) = self.line.as_ref().map(|line| line.sent[at]) {
                    let old = self.server.revisions_of(self.prefixes[at], 0, sent);
                    let from = old.len().saturating_sub(usize::from(*back));
                    self.send_events(at, &old[from..]);
                }
            }
            Step::Halve(at) => {
                let range = usize::from(*at) % self.prefixes.len();
                if let Some(next) = self.unsent(range).first().copied() {
                    let mut events = self.server.events(self.prefixes[range], next);
                    let rest = events.split_off(events.len() / 2);
                    for events in [events, rest] {
                        if !events.is_empty() {
                            self.send(WatchEvent::Events { range, events });
                        }
                    }
                    self.sent_to(range, Some(next));
                }
            }
            Step::FalseProgress(ahead) => {
                let asked = self
                    .line
                    .as_mut()
                    .map(|line| std::mem::take(&mut line.asked));
                if asked == Some(true) {
                    let revision = Revision::new(self.server.latest() + u64::from(*ahead));
                    self.send(WatchEvent::Progress { revision });
                }
            }
            Step::OldReading(back) if self.open_requests().contains(&RequestKind::Reading) => {
                let revision = self.server.latest().saturating_sub(u64::from(*back));
                self.reading = None;
                self.judgement.confirmed(self.now);
                let reading = self.server.reading(self.prefixes, revision.max(1));
                self.say(StoreEvent::Read(Ok(reading)))?;
            }
            Step::Twins { ms, every, back } => {
                let length = Duration::from_millis(u64::from(*ms));
                self.twins(length, *every, *back)?;
            }
            Step::Restore { back, bump, breaks } => {
                self.server.restore(u64::from(*back), bump.map(u64::from));
                if *breaks && self.line.take().is_some() {
                    let broken = error(ErrorKind::Unreachable);
                    self.say(StoreEvent::Watch(WatchEvent::Lost(broken)))?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Lets two stores answer in turns.
    fn twins(&mut self, length: Duration, every: u8, back: u8) -> JudgeResult {
        let mut twin = self.server.clone();
        twin.restore(u64::from(back), None);
        twin.write(&[
            (b"/p/maybe", Some(b"8")),
            (b"/p/tenants/of/b/left", Some(b"7")),
        ]);
        let end = self.now + length;
        let mut is_other = false;
        while self.now < end && !self.refused {
            for _ in 0..every {
                self.calm_round(end)?;
            }
            std::mem::swap(&mut self.server, &mut twin);
            is_other = !is_other;
        }
        if is_other {
            self.server = twin;
        }
        Ok(())
    }

    /// Ends a batch.
    fn settle(&mut self) -> JudgeResult {
        if !std::mem::take(&mut self.unsettled) {
            return self.judge_time();
        }
        self.end_batch()?;
        // The loop does not always have time for it, and it must make no difference.
        if self.server.latest().is_multiple_of(2) {
            self.engine.prepare();
        }
        self.judge_time()
    }

    fn end_batch(&mut self) -> JudgeResult {
        let ticks = self.now >= self.engine.sync.deadline();
        if ticks {
            self.judgement.ticked(self.now)?;
        }
        self.keep = (false, false);
        self.judgement.stages = self.engine.has_staged();
        let commands = self.engine.end_batch(self.now);
        self.execute(commands)?;
        ensure!(
            self.unannounced.is_none(),
            "the order: published, and nobody was notified"
        );
        let (should, kept) = self.keep;
        ensure!(
            kept || !should,
            "fallback: there is news, and its writer was not told"
        );
        ensure!(
            self.engine.deadline() > self.now,
            "P10: a timer that ran out is due at once again"
        );
        self.unsettled = false;
        // Nothing else changes what `apply` keeps.
        let checked = if self.judgement.stages {
            self.engine.apply.check()
        } else {
            Ok(())
        };
        checked.map_err(|wrong| format!("an invariant: {wrong}"))
    }

    fn serve(&mut self, first: Snapshot<Config>) -> JudgeResult {
        self.note(|| format!("{first:?}"));
        let hub = Hub::new(first);
        self.subscribers = Subscriber::some(&hub);
        self.hub = Some(hub);
        self.judge_time()
    }

    fn note_publication(&mut self, published: Option<&Publication<Config>>) {
        if let (Some(published), Some(_)) = (published, &self.log) {
            let said = format!("{published:?}");
            self.note(|| said);
        }
        if self.log.is_some() {
            let Status { held, failure, .. } = &*self.status;
            let said = format!("{held:?} {failure:?} {:?}", self.engine.deadline());
            self.note(|| said);
        }
    }

    /// Wakes the driver by a timer.
    fn late(&mut self) -> JudgeResult {
        self.end_batch()?;
        self.judge_time()
    }

    fn renew(&mut self) -> JudgeResult {
        // It may request everything anew: a reading, a watch, a check.
        for _ in 0..4 {
            self.judgement.stirred(self.now);
        }
        self.say(StoreEvent::Renewed)
    }

    fn want(&mut self, revision: u64, limit: Duration) -> JudgeResult {
        let (id, epoch) = (self.next_wait, self.engine.epoch());
        let revision = Revision::new(revision);
        self.next_wait += 1;
        self.waits.insert(id, (revision, epoch, self.now + limit));
        self.judgement.stirred(self.now);
        let wait = Wait {
            id,
            revision,
            epoch,
            limit,
        };
        let commands = self.engine.step(self.now, EngineEvent::Wait(wait));
        self.unsettled = true;
        self.execute(commands)
    }

    /// Settles everything that is not settled yet, before time passes.
    fn flush(&mut self) -> JudgeResult {
        self.burst = 0;
        self.settle()
    }

    /// The next time at which the driver wakes by itself.
    fn next_wake(&self) -> Duration {
        self.engine.deadline()
    }

    fn sleep(&mut self, length: Duration) -> JudgeResult {
        self.flush()?;
        let end = self.now + length;
        while self.next_wake() <= end {
            self.now = self.now.max(self.next_wake());
            self.late()?;
        }
        self.now = end;
        self.judge_time()
    }

    /// Lets every request fail at once, for that long.
    fn refuse(&mut self, length: Duration, kind: ErrorKind) -> JudgeResult {
        let end = self.now + length;
        while self.now < end {
            self.flush()?;
            if let Some(open) = self.open_requests().first() {
                let process = self.seed;
                self.fail(*open, kind)?;
                self.settle()?;
                // A supervisor waits before it starts a program again.
                let pause = if self.seed == process { 1 } else { 100 };
                self.now += Duration::from_millis(pause);
            } else {
                let next = self.next_wake().min(end);
                self.now = next.max(self.now + Duration::from_millis(1));
            }
            if self.now >= self.next_wake() {
                self.late()?;
            }
        }
        self.judge_time()
    }

    /// Answers everything at once, for that long.
    pub(super) fn calm(&mut self, length: Duration) -> JudgeResult {
        let end = self.now + length;
        while self.now < end && !self.refused {
            self.calm_round(end)?;
        }
        Ok(())
    }

    /// Answers one request, or lets the time pass to the next timer.
    pub(super) fn calm_round(&mut self, end: Duration) -> JudgeResult {
        self.flush()?;
        if self.refused {
            return Ok(());
        }
        if self.one_answer()? {
            self.settle()?;
            self.now += Duration::from_millis(1);
        } else {
            let next = self.next_wake().min(end);
            self.now = next.max(self.now + Duration::from_millis(1));
        }
        if self.now >= self.next_wake() {
            self.late()?;
        }
        self.judge_time()
    }

    fn one_answer(&mut self) -> JudgeResult<bool> {
        if let Some(open) = self.open_requests().first() {
            self.answer(*open)?;
            return Ok(true);
        }
        let mut any = false;
        while self.arrive()? {
            any = true;
        }
        if any {
            return Ok(true);
        }
        self.line.iter_mut().for_each(|line| line.behind = None);
        for range in 0..self.prefixes.len() {
            self.send_next(range, usize::MAX);
        }
        if self.line.as_ref().is_some_and(|line| line.asked) {
            self.send_progress();
        }
        Ok(self.line.as_ref().is_some_and(|line| !line.wire.is_empty()))
    }

    /// Ends the loop.
    pub(super) fn end(&mut self) -> JudgeResult {
        let last = self.engine.end();
        self.execute(last)?;
        ensure!(self.waits.is_empty(), "waiting: not answered at the end");
        ensure!(self.status.ended, "the status does not say that it is over");
        Ok(())
    }

    pub(super) fn bad_keys(&self) -> BadKeys {
        self.bad_keys
    }

    /// The time limit until everything is right, once faults have stopped.
    pub(super) fn rest_limit(&self) -> Duration {
        let Settings {
            staleness,
            compare_every,
            read_limit,
            backoff: (_, max_backoff),
            ..
        } = self.settings;
        match self.nature {
            Nature::Honest => read_limit + max_backoff + staleness,
            Nature::Lying => read_limit + max_backoff + staleness + compare_every.mul_f64(1.2),
        }
    }

    pub(super) fn faults_stop(&mut self) {
        self.lag = 0;
    }

    pub(super) fn is_hung(&self) -> bool {
        self.line.as_ref().is_some_and(|line| line.hung)
    }

    /// Waits for the newest revision while there are no faults.
    pub(super) fn wait_for_the_newest(&mut self, limit: Duration) -> JudgeResult {
        let revision = Revision::new(self.server.latest());
        self.want(revision.get(), limit)?;
        let end = self.now + limit;
        while self.engine.cursor() < Some(revision) {
            ensure!(
                self.now < end,
                "waiting: revision {revision} not reached in {limit:?}; the cursor is {:?}",
                self.engine.cursor()
            );
            self.calm_round(end)?;
        }
        Ok(())
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum RequestKind {
    Opening,
    Reading,
    Probe,
    Latest,
}

fn error(kind: ErrorKind) -> StoreError {
    StoreError::new(kind, "of the test")
}
