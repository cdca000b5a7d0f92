//! The task around the heart: it carries the store's answers in and the heart's wishes out.
//!
//! In: a store and commands of the handles. Out: publications into the hub, and the status. What
//! follows from an answer is not decided here.

use std::future::pending;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use futures_util::FutureExt;
use tokio::sync::{mpsc, oneshot};

use super::fallback_writer::{FallbackWriter, WriteResult};
use super::{Command, Reached, WaitError};
use crate::apply::{BadKeys, Publication, Raw};
use crate::fallback::{Contents, FallbackEntry, HeldNote};
use crate::heart::{Action, Heart, Said};
use crate::observe::{Meters, Observer, Timer};
use crate::problem::{Problem, list};
use crate::publish::Hub;
use crate::status::{Board, Status};
use crate::store::backend::{Answer, Backend, WatchStream};
use crate::store::{ErrorKind, Probe, Range, Reading, StoreError, WatchEvent};
use crate::sync::Class;
use crate::{HotConfig, Revision};

/// How many answers are staged before they are settled: a backlog is one batch, but readers
/// must not wait for the end of a burst that has none.
const BATCH: usize = 4096;

/// What the loop is built from.
pub(super) struct Loop<T: HotConfig> {
    pub(super) store: Arc<dyn Backend + Send + Sync>,
    pub(super) ranges: Arc<[Range]>,
    pub(super) heart: Heart<T>,
    pub(super) actions: Vec<Action>,
    pub(super) commands: mpsc::UnboundedReceiver<Command>,
    pub(super) status: Arc<Board>,
    pub(super) observer: Arc<Observer>,
    pub(super) begun: Instant,
    pub(super) start: Start,
    pub(super) keeper: Option<FallbackWriter>,
}

/// How to begin.
pub(super) struct Start {
    pub(super) limit: Duration,
    pub(super) bad_keys: BadKeys,
    pub(super) defaults_without_store: bool,
}

/// Why there is no first configuration.
pub(super) enum NoStart {
    Store(StoreError),
    Problems(Vec<Problem>),
}

type Pending<R> = Option<Answer<'static, R>>;

/// What the store has been asked and has not answered yet, and the watch that stands.
struct Open {
    store: Arc<dyn Backend + Send + Sync>,
    ranges: Arc<[Range]>,
    reading: Pending<Result<Reading, StoreError>>,
    opening: Pending<Result<Box<dyn WatchStream>, StoreError>>,
    probe: Pending<Result<Probe, StoreError>>,
    latest: Pending<Result<Revision, StoreError>>,
    watch: Option<Box<dyn WatchStream>>,
    /// The program changes how the store is asked.
    renewed: Answer<'static, ()>,
    /// When the oldest event that was not settled yet arrived in this process.
    oldest: Option<Instant>,
}

/// Somebody waits for a revision.
struct Waiter {
    revision: Revision,
    epoch: u64,
    until: Duration,
    reply: oneshot::Sender<Result<Reached, WaitError>>,
}

impl Open {
    /// Does what the heart wants; answers come through [`Open::said`]. `Some` where the answer
    /// is there at once.
    fn act(&mut self, action: Action, meters: &Meters) -> Option<Said> {
        match action {
            Action::Read => {
                let reading = self.store.read(Arc::clone(&self.ranges));
                self.reading = Some(meters.reading(reading));
            }
            Action::Open(from) => {
                self.watch = None;
                self.opening = Some(self.store.watch(Arc::clone(&self.ranges), from));
            }
            Action::Probe => self.probe = Some(self.store.probe(Arc::clone(&self.ranges))),
            Action::AskProgress => {
                if !self
                    .watch
                    .as_mut()
                    .is_some_and(|watch| watch.ask_progress())
                {
                    return Some(Said::NoProgress);
                }
            }
            Action::AskLatest => self.latest = Some(self.store.latest(Arc::clone(&self.ranges))),
            Action::Close => {
                self.latest = None;
                self.watch = None;
                self.reading = None;
                self.opening = None;
                self.probe = None;
            }
        }
        None
    }

    /// The next thing that the store says. Cancel safe: an answer is taken only when it is given.
    async fn said(&mut self) -> Said {
        tokio::select! {
            biased;
            opened = answered(&mut self.opening) => {
                Said::Opened(opened.map(|watch| self.watch = Some(watch)))
            }
            // Before the watch, which may never stop talking.
            reading = answered(&mut self.reading) => Said::Read(reading),
            heard = heard(&mut self.watch) => {
                match heard {
                    WatchEvent::Lost(_) => self.watch = None,
                    WatchEvent::Events { .. } if self.oldest.is_none() => {
                        let arrived = self.watch.as_ref().and_then(|watch| watch.arrived());
                        self.oldest = Some(arrived.unwrap_or_else(Instant::now));
                    }
                    _ => {}
                }
                Said::Heard(heard)
            }
            probe = answered(&mut self.probe) => Said::Probed(probe),
            latest = answered(&mut self.latest) => Said::Latest(latest),
            () = &mut self.renewed => {
                self.renewed = self.store.renewed();
                Said::Renewed
            }
        }
    }

    /// What the store has said already.
    fn said_already(&mut self) -> Option<Said> {
        self.said().now_or_never()
    }
}

/// The answer to what was asked; never, where nothing was.
async fn answered<R>(asked: &mut Pending<R>) -> R {
    match asked {
        Some(answer) => {
            let answer = answer.await;
            *asked = None;
            answer
        }
        None => pending().await,
    }
}

/// What the watch says; never, where none stands.
async fn heard(watch: &mut Option<Box<dyn WatchStream>>) -> WatchEvent {
    match watch {
        Some(watch) => watch.next().await,
        None => pending().await,
    }
}

/// How writing the fallback ended; never, where it is not written.
async fn kept(keeper: &mut Option<FallbackWriter>) -> WriteResult {
    match keeper {
        Some(keeper) => keeper.written().await,
        None => pending().await,
    }
}

/// What woke the loop.
enum Woke {
    Said(Said),
    Command(Option<Command>),
    Late,
    /// The fallback was written, or not.
    Kept(WriteResult),
}

impl<T: HotConfig> Loop<T> {
    /// Runs to the end: first the start, whose outcome is sent, then until the handles are gone
    /// or one asks for the end.
    pub(super) async fn run(self, started: oneshot::Sender<Result<Arc<Hub<T>>, NoStart>>) {
        let Self {
            store,
            ranges,
            heart,
            actions,
            commands,
            status,
            observer,
            begun,
            start,
            keeper,
        } = self;
        let open = Open {
            renewed: store.renewed(),
            store,
            ranges,
            reading: None,
            opening: None,
            probe: None,
            latest: None,
            watch: None,
            oldest: None,
        };
        let mut run = Run {
            open,
            heart,
            commands,
            status,
            observer,
            begun,
            waiters: Vec::new(),
            keeper,
        };
        run.act(actions);
        let first = match run.start(&start).await {
            Ok(first) => first,
            Err(no_start) => {
                match &no_start {
                    NoStart::Store(error) => run.observer.refused_by_store(error),
                    NoStart::Problems(all) => run.observer.refused_by_rules(all),
                }
                run.end();
                // Nobody listens where the start was given up.
                let _ = started.send(Err(no_start));
                return;
            }
        };
        let hub = Hub::counting(first.snapshot, run.observer.meters().subscribers());
        run.report();
        run.observer.started(&run.status.own());
        run.observer.written(&run.status.start());
        let ending = Ending {
            hub: Arc::clone(&hub),
            status: Arc::clone(&run.status),
            observer: Arc::clone(&run.observer),
        };
        let done = match started.send(Ok(Arc::clone(&hub))) {
            Ok(()) => run.follow(&hub).await,
            // The start was given up.
            Err(_) => None,
        };
        run.end();
        // Closes the watch: whoever waits for the end finds nothing left of it.
        run.act(vec![Action::Close]);
        drop(ending);
        run.keep_the_last().await;
        drop(run);
        if let Some(done) = done {
            let _ = done.send(());
        }
    }
}

/// Tells the subscribers that it is over, however it ends: a loop that panicked, which would be a
/// mistake of ours, must not leave them waiting.
struct Ending<T: HotConfig> {
    hub: Arc<Hub<T>>,
    status: Arc<Board>,
    observer: Arc<Observer>,
}

impl<T: HotConfig> Drop for Ending<T> {
    fn drop(&mut self) {
        self.observer.written(&self.status.end());
        self.hub.end();
    }
}

struct Run<T: HotConfig> {
    open: Open,
    heart: Heart<T>,
    commands: mpsc::UnboundedReceiver<Command>,
    status: Arc<Board>,
    observer: Arc<Observer>,
    begun: Instant,
    waiters: Vec<Waiter>,
    keeper: Option<FallbackWriter>,
}

impl<T: HotConfig> Run<T> {
    fn now(&self) -> Duration {
        self.begun.elapsed()
    }

    fn step(&mut self, said: Said) {
        self.measure(&said);
        let actions = self.heart.step(self.now(), said);
        self.act(actions);
    }

    fn measure(&self, said: &Said) {
        let meters = self.observer.meters();
        match said {
            Said::Heard(WatchEvent::Events { events, .. }) => meters.events(events.len()),
            Said::Heard(WatchEvent::Lost(error))
            | Said::Read(Err(error))
            | Said::Opened(Err(error))
            | Said::Latest(Err(error))
            | Said::Probed(Err(error)) => meters.store_error(error),
            _ => {}
        }
    }

    fn act(&mut self, actions: Vec<Action>) {
        let mut actions = std::collections::VecDeque::from(actions);
        while let Some(action) = actions.pop_front() {
            if let Some(said) = self.open.act(action, self.observer.meters()) {
                actions.extend(self.heart.step(self.now(), said));
            }
        }
    }

    /// Waits for the store, a command, or one of the timers.
    async fn wake(&mut self, until: Duration) -> Woke {
        let keep = self.keeper.as_ref().map(FallbackWriter::deadline);
        let until = until
            .min(self.heart.deadline())
            .min(keep.unwrap_or(Duration::MAX));
        let until = self.begun + until;
        // Those who watch the status are told that it is stale, although nothing happens.
        let until = self.status.ages_at().map_or(until, |at| at.min(until));
        let sleep = tokio::time::sleep_until(until.into());
        tokio::select! {
            biased;
            command = self.commands.recv() => Woke::Command(command),
            said = self.open.said() => Woke::Said(said),
            kept = kept(&mut self.keeper) => Woke::Kept(kept),
            () = sleep => Woke::Late,
        }
    }

    /// Until there is a first configuration, or it is clear that there will be none.
    async fn start(&mut self, start: &Start) -> Result<Publication<T>, NoStart> {
        self.read_fallback(start.limit).await?;
        loop {
            match self.wake(start.limit).await {
                Woke::Said(said) => self.step(said),
                Woke::Late => self.step(Said::Tick),
                // The handles don't exist yet: what comes is the end of a start given up.
                Woke::Command(_) => return Err(given_up()),
                // Nothing is written before there is something to keep.
                Woke::Kept(_) => {}
            }
            self.report();
            if self.heart.has_read() {
                return self.heart.begin(start.bad_keys).map_err(NoStart::Problems);
            }
            let failure = self.heart.failure();
            let hopeless = failure.is_some_and(|failure| Class::of(failure.kind()).ends_a_start());
            if hopeless || self.now() >= start.limit {
                if self.heart.is_fallback() || start.defaults_without_store {
                    return self.heart.begin(BadKeys::Refuse).map_err(NoStart::Problems);
                }
                let failure = failure.cloned().unwrap_or_else(|| {
                    let said = format!("no answer within {:?}", start.limit);
                    StoreError::new(ErrorKind::Timeout, said)
                });
                return Err(NoStart::Store(self.without_fallback(failure)));
            }
        }
    }

    /// Begins with the fallback, if there is one that can be served from.
    async fn read_fallback(&mut self, limit: Duration) -> Result<(), NoStart> {
        let Some(mut keeper) = self.keeper.take() else {
            return Ok(());
        };
        let contents = tokio::select! {
            biased;
            _ = self.commands.recv() => return Err(given_up()),
            contents = keeper.read(limit) => contents,
        };
        if let Some(contents) = contents {
            let schema = contents.of_schema(&keeper.owner().schema);
            let entries = contents.entries.into_iter().map(|kept| {
                let raw = Raw {
                    value: kept.value,
                    revision: kept.mod_revision,
                };
                (kept.key, raw)
            });
            if let Err(problems) = self.heart.seed(entries) {
                let path = keeper.status().path.display();
                let whose = schema.err().map(|other| format!("{other}, and "));
                let whose = whose.unwrap_or_default();
                let problems = list(&problems);
                keeper.refuse(format!(
                    "{path}: {whose}it does not fit the struct:{problems}"
                ));
            }
        }
        self.keeper = Some(keeper);
        Ok(())
    }

    /// Why there is no start, with why the fallback was of no use, if there is one.
    fn without_fallback(&self, failure: StoreError) -> StoreError {
        let status = self.keeper.as_ref().map(FallbackWriter::status);
        let why = match status {
            None => return failure,
            Some(status) => match &status.refused {
                Some(refused) => refused.clone(),
                None => format!("{} is not there", status.path.display()),
            },
        };
        let said = format!("{}; and no fallback could serve: {why}", failure.message());
        StoreError::new(failure.kind(), said)
    }

    /// Begins to write the fallback, if it is time.
    fn keep(&mut self) {
        let now = self.now();
        if self
            .keeper
            .as_ref()
            .is_some_and(|keeper| keeper.deadline() <= now)
        {
            let contents = self.contents();
            if let (Some(keeper), Some(contents)) = (&mut self.keeper, contents) {
                keeper.write(contents, now);
            }
        }
    }

    /// Writes what the fallback does not have yet, at the end.
    async fn keep_the_last(&mut self) {
        let now = self.now();
        if let Some(keeper) = &mut self.keeper
            && keeper.is_writing()
        {
            keeper.finish(now).await;
        }
        let contents = self.contents();
        if let (Some(keeper), Some(contents)) = (&mut self.keeper, contents)
            && !keeper.is_writing()
        {
            keeper.finish_with(contents, now).await;
        }
    }

    /// What the fallback is to hold; `None` before the store was read.
    fn contents(&self) -> Option<Contents> {
        let owner = self.keeper.as_ref()?.owner();
        let status = self.status.own();
        let age = status.confirmed?.elapsed();
        let now = SystemTime::now();
        let kept = self.heart.kept().map(|(key, raw, secret)| FallbackEntry {
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
            cluster: self.open.store.cluster(),
            epoch: status.epoch,
            revision: status.revision,
            confirmed: now.checked_sub(age).unwrap_or(now),
            entries: kept.collect(),
            left_out: Vec::new(),
            held: held.collect(),
        })
    }

    /// Follows the store; `Some` where somebody waits for the end.
    async fn follow(&mut self, hub: &Hub<T>) -> Option<oneshot::Sender<()>> {
        if self.heart.has_read() {
            self.news();
        }
        loop {
            self.heart.prepare();
            self.keep();
            let until = self.waiters.iter().map(|waiter| waiter.until).min();
            match self.wake(until.unwrap_or(Duration::MAX)).await {
                Woke::Said(said) => {
                    self.step(said);
                    for _ in 0..BATCH {
                        let Some(said) = self.open.said_already() else {
                            break;
                        };
                        self.step(said);
                    }
                    // A store that never stops talking must not keep the timers from running.
                    if self.now() >= self.heart.deadline() {
                        self.step(Said::Tick);
                    }
                    let staged = self.heart.has_staged().then(Timer::start);
                    let publication = self.heart.settle();
                    if let Some(since) = staged {
                        self.observer.meters().settled(since);
                    }
                    if let Some(Publication { snapshot, changed }) = &publication {
                        let fields = || self.heart.fields(changed);
                        self.observer
                            .changed(snapshot.revision(), fields, changed.len());
                    }
                    if publication.is_some() {
                        self.news();
                    }
                    let status = self.new_status();
                    let (swapped, written) = self.status.write(status, || {
                        publication.map(|news| hub.swap(news.snapshot, &news.changed))
                    });
                    let oldest = self.open.oldest.take();
                    if let Some(swapped) = swapped {
                        self.observer.meters().published(oldest);
                        swapped.tell();
                    }
                    self.observer.written(&written);
                }
                Woke::Late => {
                    self.step(Said::Tick);
                    self.report();
                }
                Woke::Kept(done) => {
                    let now = self.now();
                    if let Some(keeper) = &mut self.keeper {
                        keeper.note(done, now);
                    }
                    self.report();
                }
                Woke::Command(Some(Command::Wait {
                    revision,
                    epoch,
                    limit,
                    reply,
                })) => {
                    let until = self.now().saturating_add(limit);
                    self.waiters.push(Waiter {
                        revision,
                        epoch,
                        until,
                        reply,
                    });
                }
                Woke::Command(Some(Command::End(done))) => return Some(done),
                Woke::Command(None) => return None,
            }
            self.answer_waiters();
        }
    }

    /// There is something new for the fallback.
    fn news(&mut self) {
        let now = self.now();
        if let Some(keeper) = &mut self.keeper {
            keeper.schedule(now);
        }
    }

    /// Answers those who wait for a revision, and tells the heart of the others.
    fn answer_waiters(&mut self) {
        if self.waiters.is_empty() {
            return;
        }
        let (now, cursor, epoch) = (self.now(), self.heart.cursor(), self.heart.epoch());
        for waiter in std::mem::take(&mut self.waiters) {
            let answer = if waiter.epoch != epoch {
                Err(WaitError::EpochChanged)
            } else if cursor >= Some(waiter.revision) {
                Ok(match self.heart.held_of(waiter.revision) {
                    Some(held) => Reached::Held(held),
                    None => Reached::Visible,
                })
            } else if now >= waiter.until {
                Err(WaitError::TimedOut { cursor })
            } else if waiter.reply.is_closed() {
                continue;
            } else {
                self.waiters.push(waiter);
                continue;
            };
            // Whoever asked may have gone.
            let _ = waiter.reply.send(answer);
        }
        let wanted = self.waiters.iter().map(|waiter| waiter.revision).max();
        self.step(Said::Want(wanted));
    }

    /// Writes the status, where nothing is published.
    fn report(&mut self) {
        let status = self.new_status();
        let ((), written) = self.status.write(status, || {});
        self.observer.written(&written);
    }

    /// What is to be written; what is held and unknown changes only where something was staged.
    fn new_status(&mut self) -> Status {
        let mut status = Status::clone(&self.status.own());
        self.heart.report_sync(self.begun, &mut status);
        self.heart.report_apply(&mut status);
        if status.held != self.status.own().held {
            self.news();
        }
        if let Some(keeper) = &mut self.keeper {
            keeper.serving(self.heart.is_fallback());
            if status.fallback.as_ref() != Some(keeper.status()) {
                status.fallback = Some(keeper.status().clone());
            }
        }
        status
    }

    /// The loop is over: nobody waits in vain.
    fn end(&mut self) {
        for waiter in self.waiters.drain(..) {
            let _ = waiter.reply.send(Err(WaitError::Ended));
        }
        self.observer.written(&self.status.end());
    }
}

fn given_up() -> NoStart {
    NoStart::Store(StoreError::new(ErrorKind::Other, "the start was given up"))
}
