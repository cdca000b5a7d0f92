//! The heart: `sync` and `apply` as one state machine, without I/O and without a clock.
//!
//! In: what the store said, and the time. Out: what to ask of the store next, and, when a batch
//! of inputs is through, what to publish. The task around it (`hot::driver`) only carries; tests
//! carry any history they like.

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::apply::{Apply, BadKeys, Held, Publication, Raw};
use crate::layers::Table;
use crate::problem::Problem;
use crate::status::Status;
use crate::store::{Heard, Probe, Reading, StoreError};
use crate::sync::{Input, Output, Settings, Sync};
use crate::typed::id::LeafId;
use crate::{HotConfig, Revision};

/// How many unknown keys the status names.
const UNKNOWN: usize = 100;

/// What the task around the heart is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    /// Read everything.
    Read,
    /// Open the watch from this revision on.
    Open(Revision),
    /// Ask the watch for progress; where that can't be trusted, say so.
    AskProgress,
    /// Ask the store which revision it is at.
    AskLatest,
    /// Probe the ranges.
    Probe,
    /// Drop the watch and every question that is open.
    Close,
}

/// What the store said. See [`Input`].
#[derive(Debug)]
pub(crate) enum Said {
    Read(Result<Reading, StoreError>),
    Opened(Result<(), StoreError>),
    Heard(Heard),
    NoProgress,
    Latest(Result<Revision, StoreError>),
    Probed(Result<Probe, StoreError>),
    Want(Option<Revision>),
    Renewed,
    Tick,
}

#[derive(Debug)]
pub(crate) struct Heart<T> {
    sync: Sync,
    apply: Apply<T>,
    /// Whether a reading was staged: there is something to begin with.
    read: bool,
    /// Whether something was staged since it was last reported.
    staged: bool,
}

impl<T: HotConfig> Heart<T> {
    pub(crate) fn new(
        table: Arc<Table>,
        settings: Settings,
        seed: u64,
        now: Duration,
    ) -> (Self, Vec<Action>) {
        let (sync, outputs) = Sync::new(table.ranges.len(), settings, seed, now);
        let mut heart = Self {
            sync,
            apply: Apply::new(table),
            read: false,
            staged: false,
        };
        let actions = heart.carry(outputs);
        (heart, actions)
    }

    /// One thing that happened. What it changes is staged until [`Heart::settle`].
    pub(crate) fn step(&mut self, now: Duration, said: Said) -> Vec<Action> {
        let known;
        let input = match said {
            Said::Read(read) => {
                let contradicts = read
                    .as_ref()
                    .is_ok_and(|reading| self.apply.contradicts(reading));
                Input::Read(read, contradicts)
            }
            Said::Opened(opened) => Input::Opened(opened),
            Said::Heard(heard) => Input::Heard(heard),
            Said::NoProgress => Input::NoProgress,
            Said::Latest(latest) => Input::Latest(latest),
            Said::Probed(probe) => {
                known = self.apply.known();
                Input::Probed(probe, &known)
            }
            Said::Want(revision) => Input::Want(revision),
            Said::Renewed => Input::Renewed,
            Said::Tick => Input::Tick,
        };
        let outputs = self.sync.step(now, input);
        self.carry(outputs)
    }

    /// Stages what is to be staged; the rest is for the task.
    fn carry(&mut self, outputs: Vec<Output>) -> Vec<Action> {
        let mut actions = Vec::new();
        for output in outputs {
            match output {
                Output::Read => {
                    self.apply.expect_reading();
                    actions.push(Action::Read);
                }
                Output::Open(from) => actions.push(Action::Open(from)),
                Output::AskProgress => actions.push(Action::AskProgress),
                Output::AskLatest => actions.push(Action::AskLatest),
                Output::Probe => actions.push(Action::Probe),
                Output::Close => actions.push(Action::Close),
                Output::StageReading { reading, new_epoch } => {
                    (self.read, self.staged) = (true, true);
                    self.apply.stage_reading(&reading, new_epoch);
                }
                Output::StageRevision { revision, events } => {
                    self.staged = true;
                    self.apply.stage_revision(revision, events);
                }
            }
        }
        actions
    }

    /// Whether there is a reading to begin with.
    pub(crate) fn has_read(&self) -> bool {
        self.read
    }

    /// Whether something was staged that was not reported yet.
    pub(crate) fn has_staged(&self) -> bool {
        self.staged
    }

    /// The first configuration. Without a reading it is the defaults.
    pub(crate) fn begin(&mut self, bad_keys: BadKeys) -> Result<Publication<T>, Vec<Problem>> {
        self.staged = true;
        self.apply.begin(self.sync.cursor(), bad_keys)
    }

    /// Begins with what a fallback holds, before anything else; see [`Apply::seed`].
    pub(crate) fn seed(
        &mut self,
        entries: impl IntoIterator<Item = (String, Raw)>,
    ) -> Result<(), Vec<Problem>> {
        self.apply.seed(entries)
    }

    /// Whether the fallback is what can be begun with, or is served.
    pub(crate) fn is_fallback(&self) -> bool {
        self.apply.is_fallback()
    }

    /// What a fallback is to hold: see [`Apply::kept`].
    pub(crate) fn kept(&self) -> impl Iterator<Item = (&Arc<str>, &Raw, bool)> {
        self.apply.kept()
    }

    /// Tries everything that was staged; `None` where no value changed.
    pub(crate) fn settle(&mut self) -> Option<Publication<T>> {
        self.apply.settle(self.sync.cursor())
    }

    /// Does ahead what the next [`Heart::settle`] needs: when there is time.
    pub(crate) fn prepare(&mut self) {
        self.apply.prepare();
    }

    /// The paths of these leaves.
    pub(crate) fn fields(&self, leaves: &[LeafId]) -> Vec<&str> {
        self.apply.fields(leaves)
    }

    pub(crate) fn cursor(&self) -> Option<Revision> {
        self.sync.cursor()
    }

    /// What is held of a revision that the cursor has passed, or may be.
    pub(crate) fn held_of(&self, revision: Revision) -> Option<Held> {
        self.apply.held_of(revision)
    }

    pub(crate) fn epoch(&self) -> u64 {
        self.sync.epoch()
    }

    pub(crate) fn failure(&self) -> Option<&StoreError> {
        self.sync.failure()
    }

    /// When [`Said::Tick`] is due.
    pub(crate) fn deadline(&self) -> Duration {
        self.sync.deadline()
    }

    /// Writes the facts of `sync` into the status.
    pub(crate) fn report_sync(&self, begun: Instant, status: &mut Status) {
        status.connected = self.sync.is_watching();
        status.revision = self.sync.cursor();
        status.epoch = self.sync.epoch();
        status.confirmed = self.sync.confirmed().map(|at| begun + at);
        status.failure = self.sync.failure().cloned();
    }

    /// Writes the facts of `apply` into the status, if they may have changed.
    ///
    /// They cost a walk over all leaves: not for every sign of life.
    pub(crate) fn report_apply(&mut self, status: &mut Status) {
        if !std::mem::take(&mut self.staged) {
            return;
        }
        status.held = self.apply.held();
        status.pending_restart = self.apply.pending();
        if let Some((count, first)) = self.apply.unknown(UNKNOWN) {
            (status.unknown_count, status.unknown) = (count, first.into());
        }
        status.warnings = self.apply.warnings();
    }
}
