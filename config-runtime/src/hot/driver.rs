//! The task around the heart: it carries the store's answers in and the heart's wishes out.
//!
//! In: a store and commands of the handles. Out: publications into the hub, and the status. What
//! follows from an answer is not decided here.

use std::future::pending;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use tokio::sync::{mpsc, oneshot};

use super::{Command, Reached, WaitError};
use crate::apply::{BadKeys, Publication};
use crate::heart::{Action, Heart, Said};
use crate::observe::{Meters, Timer};
use crate::problem::Problem;
use crate::publish::Hub;
use crate::status::{Board, Held, Status};
use crate::store::backend::{Answer, Backend, Watch};
use crate::store::{ErrorKind, Heard, Probe, Range, Reading, StoreError};
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
    pub(super) begun: Instant,
    pub(super) start: Start,
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
    opening: Pending<Result<Box<dyn Watch>, StoreError>>,
    probe: Pending<Result<Probe, StoreError>>,
    watch: Option<Box<dyn Watch>>,
    begun: Instant,
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
            Action::Close => {
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
            heard = heard(&mut self.watch) => {
                let arrived = self.watch.as_ref().and_then(|watch| watch.arrived());
                let arrived = arrived.unwrap_or_else(Instant::now);
                match heard {
                    Heard::Lost(_) => self.watch = None,
                    Heard::Events { .. } => self.oldest = self.oldest.or(Some(arrived)),
                    _ => {}
                }
                Said::Arrived(heard, arrived.saturating_duration_since(self.begun))
            }
            reading = answered(&mut self.reading) => Said::Read(reading),
            probe = answered(&mut self.probe) => Said::Probed(probe),
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
async fn heard(watch: &mut Option<Box<dyn Watch>>) -> Heard {
    match watch {
        Some(watch) => watch.next().await,
        None => pending().await,
    }
}

/// What woke the loop.
enum Woke {
    Said(Said),
    Command(Option<Command>),
    Late,
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
            begun,
            start,
        } = self;
        let open = Open {
            store,
            ranges,
            reading: None,
            opening: None,
            probe: None,
            watch: None,
            begun,
            oldest: None,
        };
        let mut run = Run {
            open,
            heart,
            commands,
            status,
            begun,
            waiters: Vec::new(),
        };
        run.act(actions);
        let first = match run.start(&start).await {
            Ok(first) => first,
            Err(no_start) => {
                match &no_start {
                    NoStart::Store(error) => run.status.observer().refused_by_store(error),
                    NoStart::Problems(all) => run.status.observer().refused_by_rules(all),
                }
                run.end();
                // Nobody listens where the start was given up.
                let _ = started.send(Err(no_start));
                return;
            }
        };
        let hub = Hub::counting(first.snapshot, run.status.meters().subscribers());
        run.report();
        run.status.start();
        let ending = Ending(Arc::clone(&hub), Arc::clone(&run.status));
        let done = match started.send(Ok(Arc::clone(&hub))) {
            Ok(()) => run.follow(&hub).await,
            // The start was given up.
            Err(_) => None,
        };
        run.end();
        // Closes the watch: whoever waits for the end finds nothing left of it.
        drop(run);
        drop(ending);
        if let Some(done) = done {
            let _ = done.send(());
        }
    }
}

/// Tells the subscribers that it is over, however it ends: a loop that panicked, which would be a
/// mistake of ours, must not leave them waiting.
struct Ending<T: HotConfig>(Arc<Hub<T>>, Arc<Board>);

impl<T: HotConfig> Drop for Ending<T> {
    fn drop(&mut self) {
        self.1.end();
        self.0.end();
    }
}

struct Run<T: HotConfig> {
    open: Open,
    heart: Heart<T>,
    commands: mpsc::UnboundedReceiver<Command>,
    status: Arc<Board>,
    begun: Instant,
    waiters: Vec<Waiter>,
}

impl<T: HotConfig> Run<T> {
    fn now(&self) -> Duration {
        self.begun.elapsed()
    }

    fn step(&mut self, said: Said) {
        self.status.meters().said(&said);
        let actions = self.heart.step(self.now(), said);
        self.act(actions);
    }

    fn act(&mut self, actions: Vec<Action>) {
        let mut actions = std::collections::VecDeque::from(actions);
        while let Some(action) = actions.pop_front() {
            if let Some(said) = self.open.act(action, self.status.meters()) {
                actions.extend(self.heart.step(self.now(), said));
            }
        }
    }

    /// Waits for the store, a command, or one of the timers.
    async fn wake(&mut self, until: Duration) -> Woke {
        let until = until.min(self.heart.deadline());
        let until = self.begun + until;
        // Those who watch the status are told that it is stale, although nothing happens.
        let until = self.status.ages_at().map_or(until, |at| at.min(until));
        let sleep = tokio::time::sleep_until(until.into());
        tokio::select! {
            biased;
            command = self.commands.recv() => Woke::Command(command),
            said = self.open.said() => Woke::Said(said),
            () = sleep => Woke::Late,
        }
    }

    /// Until there is a first configuration, or it is clear that there will be none.
    async fn start(&mut self, start: &Start) -> Result<Publication<T>, NoStart> {
        loop {
            match self.wake(start.limit).await {
                Woke::Said(said) => self.step(said),
                Woke::Late => self.step(Said::Tick),
                // The handles don't exist yet: what comes is the end of a start given up.
                Woke::Command(_) => {
                    let gone = StoreError::new(ErrorKind::Other, "the start was given up");
                    return Err(NoStart::Store(gone));
                }
            }
            self.report();
            if self.heart.has_read() {
                return self.heart.begin(start.bad_keys).map_err(NoStart::Problems);
            }
            let failure = self.heart.failure();
            let hopeless = failure.is_some_and(|failure| {
                matches!(
                    failure.kind(),
                    ErrorKind::Denied | ErrorKind::Unauthenticated | ErrorKind::Invalid
                )
            });
            if hopeless || self.now() >= start.limit {
                if start.defaults_without_store {
                    return self.heart.begin(BadKeys::Refuse).map_err(NoStart::Problems);
                }
                return Err(NoStart::Store(failure.cloned().unwrap_or_else(|| {
                    let said = format!("no answer within {:?}", start.limit);
                    StoreError::new(ErrorKind::Timeout, said)
                })));
            }
        }
    }

    /// Follows the store; `Some` where somebody waits for the end.
    async fn follow(&mut self, hub: &Hub<T>) -> Option<oneshot::Sender<()>> {
        loop {
            self.heart.prepare();
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
                        self.status.meters().settled(since);
                    }
                    if let Some(Publication { snapshot, changed }) = &publication {
                        let fields = || self.heart.fields(changed);
                        let observer = self.status.observer();
                        observer.changed(snapshot.revision(), fields, changed.len());
                    }
                    let status = self.new_status();
                    let swapped = self.status.write(status, || {
                        publication.map(|news| hub.swap(news.snapshot, &news.changed))
                    });
                    let oldest = self.open.oldest.take();
                    if let Some(swapped) = swapped {
                        self.status.meters().published(oldest);
                        swapped.tell();
                    }
                }
                Woke::Late => {
                    self.step(Said::Tick);
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

    /// Answers those who wait for a revision, and tells the heart of the others.
    fn answer_waiters(&mut self) {
        if self.waiters.is_empty() {
            return;
        }
        let (now, cursor, epoch) = (self.now(), self.heart.cursor(), self.heart.epoch());
        let status = self.status.own();
        for waiter in std::mem::take(&mut self.waiters) {
            let answer = if waiter.epoch != epoch {
                Err(WaitError::EpochChanged)
            } else if cursor >= Some(waiter.revision) {
                Ok(match held_of(&status.held, waiter.revision) {
                    Some(held) => Reached::Held(held.clone()),
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
        self.status.write(status, || {});
    }

    /// What is to be written; what is held and unknown changes only where something was staged.
    fn new_status(&mut self) -> Status {
        let mut status = Status::clone(&self.status.own());
        self.heart.report_sync(self.begun, &mut status);
        self.heart.report_apply(&mut status);
        status
    }

    /// The loop is over: nobody waits in vain.
    fn end(&mut self) {
        for waiter in self.waiters.drain(..) {
            let _ = waiter.reply.send(Err(WaitError::Ended));
        }
        self.status.end();
    }
}

/// What is held of a revision. Where keys were found missing, any revision since they were
/// known may have deleted them: it can't be said that all of it is visible.
fn held_of(held: &[Held], revision: Revision) -> Option<&Held> {
    let of_its_own = held
        .iter()
        .find(|held| !held.missing && held.revision == revision);
    of_its_own.or_else(|| {
        held.iter()
            .find(|held| held.missing && held.after < revision && revision <= held.revision)
    })
}
