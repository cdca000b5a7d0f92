//! The engine: `sync` and `apply` as one state machine, without I/O and without a clock.
//!
//! In: events ([`EngineEvent`]), and the time. Out: commands ([`Command`]), in the order of their
//! execution: the order of a batch is decided here. The loop around it (`hot::driver`) only passes
//! events in and commands out; tests pass in any history.
//!
//! | call | when | commands |
//! | --- | --- | --- |
//! | [`Engine::step`] | something happened | requests to the store, to be carried out at once |
//! | [`Engine::end_batch`] | all ready events are processed, or [`Engine::deadline`] is reached | the other commands, in the order below |
//! | [`Engine::prepare`] | the loop is idle | none |
//! | [`Engine::end`] | the loop is over | answers, the last status, `Close` |
//!
//! A batch ends in this order, and each guarantee depends on it. First, everything staged is
//! *settled*. `Publish` makes the next configuration and its status visible together, so that a
//! reader of one finds the other. `Notify` follows, so that subscribers find the changes that they
//! are notified of. `Answer` follows, so that a revision that is reported as visible is visible.
//! `Keep` schedules the writing of the fallback.

mod start;
#[cfg(test)]
mod tests;
mod wait;

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::HotConfig;
use crate::apply::{Apply, Publication, Raw};
use crate::layers::Layout;
use crate::problem::Problem;
use crate::snapshot::Snapshot;
use crate::status::{FallbackStatus, Status};
use crate::sync::{Request, Settings, StoreEvent, Sync};
use crate::typed::id::LeafId;
use start::StartBasis;
use wait::{Position, Waits};

pub(crate) use start::{NoStart, Start};
pub use wait::{Reached, WaitError};
pub(crate) use wait::{Wait, WaitId};

/// The maximum number of unknown keys that the status names.
const UNKNOWN: usize = 100;

/// An event for the engine.
#[derive(Debug)]
pub(crate) enum EngineEvent {
    /// An event of the store, or of the connection to it.
    Store(StoreEvent),
    /// A handle waits for a revision.
    Wait(Wait),
    /// The handle no longer waits.
    Forget(WaitId),
    /// The fallback's writer reports its state. Whether the fallback serves is known to the engine
    /// alone.
    Fallback(FallbackStatus),
}

/// A command to the loop.
#[derive(Debug)]
pub(crate) enum Command<T> {
    /// Send a request to the store.
    Ask(Request),
    /// Serve this configuration, the first. It is not handed out before `Started`.
    Serve(Snapshot<T>),
    /// The start is over.
    Started(Result<(), NoStart>),
    /// Make both visible together.
    Publish {
        publication: Option<Publication<T>>,
        status: Arc<Status>,
    },
    /// Notify the subscribers of the fields and of the status that changed with the last `Publish`.
    Notify,
    /// Answer a wait.
    Answer(WaitId, Result<Reached, WaitError>),
    /// Notify the fallback's writer that there is something new.
    Keep,
}

/// See the module's text.
#[derive(Debug)]
pub(crate) struct Engine<T> {
    sync: Sync,
    apply: Apply<T>,
    phase: Phase,
    waits: Waits,
    /// The status that was published last.
    status: Status,
    /// The moment that all durations count from.
    begun: Instant,
}

/// The phase of the engine's life.
#[derive(Debug, Clone, Copy)]
enum Phase {
    /// There is no configuration yet.
    Starting(Start),
    /// There is a configuration.
    Following,
    /// There will be no further configuration.
    Over,
}

impl<T: HotConfig> Engine<T> {
    /// Begins now, with a reading (the first command). All durations count from `begun`.
    pub(crate) fn new(
        layout: Arc<Layout>,
        settings: Settings,
        seed: u64,
        start: Start,
        (begun, now): (Instant, Duration),
    ) -> (Self, Vec<Command<T>>) {
        let (status, ranges) = (Status::new(settings.staleness), layout.ranges.len());
        let mut apply = Apply::new(layout);
        let (sync, requests) = Sync::new(ranges, settings, seed, now, &mut apply);
        let engine = Self {
            sync,
            apply,
            phase: Phase::Starting(start),
            waits: Waits::default(),
            status,
            begun,
        };
        (engine, asks(requests))
    }

    /// Begins with the content of a fallback, before any event; see [`Apply::seed`].
    pub(crate) fn seed(
        &mut self,
        entries: impl IntoIterator<Item = (String, Raw)>,
    ) -> Result<(), Vec<Problem>> {
        self.apply.seed(entries)
    }

    /// Takes in one event. Its changes are staged until [`Engine::end_batch`].
    pub(crate) fn step(&mut self, now: Duration, event: EngineEvent) -> Vec<Command<T>> {
        match event {
            EngineEvent::Store(event) => return asks(self.sync.step(now, event, &mut self.apply)),
            EngineEvent::Wait(wait) => self.waits.add(now, wait),
            EngineEvent::Forget(id) => self.waits.forget(id),
            EngineEvent::Fallback(status) => self.status.fallback = Some(status),
        }
        Vec::new()
    }

    /// Ends a batch: runs the timers that are due, tries everything that was staged, and returns
    /// the commands that follow.
    pub(crate) fn end_batch(&mut self, now: Duration) -> Vec<Command<T>> {
        let mut commands = Vec::new();
        // A store that never stops sending must not keep the timers from running.
        if now >= self.sync.deadline() {
            commands = asks(self.sync.tick(now, &mut self.apply));
        }
        let keep = match self.phase {
            Phase::Starting(start) => self.start(now, start, &mut commands),
            Phase::Following => {
                let publication = self.apply.settle(self.sync.cursor());
                self.publish(now, publication, &mut commands)
            }
            Phase::Over => false,
        };
        self.answer(now, &mut commands);
        commands.extend(keep.then_some(Command::Keep));
        commands
    }

    /// Precomputes, while the loop is idle, a part of the next [`Engine::end_batch`].
    pub(crate) fn prepare(&mut self) {
        self.apply.prepare();
    }

    /// Ends everything.
    pub(crate) fn end(&mut self) -> Vec<Command<T>> {
        let waits = self.waits.end();
        let mut commands: Vec<_> = waits
            .map(|id| Command::Answer(id, Err(WaitError::Ended)))
            .collect();
        self.phase = Phase::Over;
        (self.status.connected, self.status.ended) = (false, true);
        commands.push(Command::Publish {
            publication: None,
            status: Arc::new(self.status.clone()),
        });
        commands.push(Command::Notify);
        commands.push(Command::Ask(Request::Close));
        commands
    }

    /// The time at which [`Engine::end_batch`] is due, if nothing happens before.
    pub(crate) fn deadline(&self) -> Duration {
        let phase = match self.phase {
            Phase::Starting(start) => Some(start.limit),
            Phase::Following => self.ages_at(),
            Phase::Over => None,
        };
        let others = [phase, self.waits.deadline()];
        let others = others.into_iter().flatten();
        others.fold(self.sync.deadline(), Duration::min)
    }

    /// Whether something was staged that has not been settled.
    pub(crate) fn has_staged(&self) -> bool {
        self.apply.has_staged()
    }

    /// The status that was published last.
    pub(crate) fn status(&self) -> &Status {
        &self.status
    }

    /// The content for the fallback; see [`Apply::kept`].
    pub(crate) fn kept(&self) -> impl Iterator<Item = (&Arc<str>, &Raw, bool)> {
        self.apply.kept()
    }

    /// The paths of these leaves.
    pub(crate) fn fields(&self, leaves: &[LeafId]) -> Vec<String> {
        self.apply.fields(leaves)
    }

    /// Begins, if there is something to begin with. Returns whether there is something new for the
    /// fallback.
    fn start(&mut self, now: Duration, start: Start, commands: &mut Vec<Command<T>>) -> bool {
        let serves_fallback = self.apply.is_fallback();
        let failure = self.sync.failure();
        let basis = start.basis(now, self.apply.has_read(), failure, serves_fallback);
        self.publish(now, None, commands);
        let begun = match basis {
            StartBasis::Wait => return false,
            StartBasis::Keys(bad_keys) => self.apply.begin(self.sync.cursor(), bad_keys),
            StartBasis::Nothing(source) => {
                let fallback = self.status.fallback.clone().map(Box::new);
                let outcome = Err(NoStart::Store { source, fallback });
                commands.push(Command::Started(outcome));
                self.phase = Phase::Over;
                return false;
            }
        };
        match begun {
            Ok(Publication { snapshot, .. }) => {
                self.publish(now, None, commands);
                commands.push(Command::Serve(snapshot));
                // The status's age counts from now on.
                self.phase = Phase::Following;
                self.publish(now, None, commands);
                commands.push(Command::Started(Ok(())));
                self.apply.has_read()
            }
            Err(problems) => {
                commands.push(Command::Started(Err(NoStart::Problems(problems))));
                self.phase = Phase::Over;
                false
            }
        }
    }

    /// Publishes a configuration, if there is a new one, and the status, and notifies of both.
    /// Returns whether there is something new for the fallback.
    fn publish(
        &mut self,
        now: Duration,
        publication: Option<Publication<T>>,
        commands: &mut Vec<Command<T>>,
    ) -> bool {
        let held = self.report(now);
        let is_news = publication.is_some() || held;
        let status = Arc::new(self.status.clone());
        commands.push(Command::Publish {
            publication,
            status,
        });
        commands.push(Command::Notify);
        is_news
    }

    /// Answers the waits that have an answer, and registers the others with `sync`.
    fn answer(&mut self, now: Duration, commands: &mut Vec<Command<T>>) {
        if self.waits.is_empty() {
            return;
        }
        let progress = Position {
            now,
            epoch: self.sync.epoch(),
            cursor: self.sync.cursor(),
        };
        let held = |revision| self.apply.held_of(revision);
        let answers = self.waits.take_answers(progress, held).into_iter();
        commands.extend(answers.map(|(id, answer)| Command::Answer(id, answer)));
        self.sync.want(now, self.waits.newest());
    }

    /// Writes the facts of `sync` and `apply` into the status. Returns whether the held groups
    /// changed.
    fn report(&mut self, now: Duration) -> bool {
        let status = &mut self.status;
        status.connected = self.sync.is_watching();
        status.revision = self.sync.cursor();
        status.epoch = self.sync.epoch();
        status.confirmed = self.sync.confirmed().map(|at| self.begun + at);
        status.failure = self.sync.failure().cloned();
        if let Some(fallback) = &mut status.fallback {
            fallback.serving = self.apply.is_fallback();
        }
        let follows = matches!(self.phase, Phase::Following);
        status.aged = follows && status.is_stale_at(self.begun + now);
        // This walks all leaves, so it is left out for events that staged nothing.
        if !self.apply.take_unreported() {
            return false;
        }
        let held = self.apply.held();
        let changed = *held != *status.held;
        status.held = held.into();
        status.pending_restart = self.apply.pending().into();
        if let Some((count, first)) = self.apply.unknown(UNKNOWN) {
            (status.unknown_count, status.unknown) = (count, first.into());
        }
        status.warnings = self.apply.warnings().into();
        changed
    }

    /// The time at which the status becomes stale, if nothing confirms it before. `None` if its
    /// subscribers have been notified.
    fn ages_at(&self) -> Option<Duration> {
        let confirmed = self.status.confirmed.filter(|_| !self.status.aged)?;
        let confirmed = confirmed.saturating_duration_since(self.begun);
        confirmed.checked_add(self.status.staleness)
    }
}

/// Requests as commands.
fn asks<T>(requests: Vec<Request>) -> Vec<Command<T>> {
    requests.into_iter().map(Command::Ask).collect()
}

#[cfg(test)]
impl<T: HotConfig> Engine<T> {
    fn cursor(&self) -> Option<crate::Revision> {
        self.sync.cursor()
    }

    fn epoch(&self) -> u64 {
        self.sync.epoch()
    }

    fn has_read(&self) -> bool {
        self.apply.has_read()
    }

    fn is_over(&self) -> bool {
        matches!(self.phase, Phase::Over)
    }

    /// The number of slots in use.
    fn slots(&self) -> usize {
        self.apply.slots_in_use()
    }

    fn counts(&self) -> Vec<crate::sync::RangeCount> {
        crate::sync::Replica::counts(&self.apply)
    }
}
