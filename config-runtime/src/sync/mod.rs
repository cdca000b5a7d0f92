//! Lists, watches, reconnects: from a store's answers to whole revisions, in order, none lost.
//!
//! In: events of the store ([`StoreEvent`]), and the time. Out: the next requests to the store
//! ([`Request`]), and whole revisions for the [`Replica`], which keeps the known state of the keys.
//! It has no I/O, no clock and no values: a history of events leads to the same requests every
//! time. It follows a list of ranges.
//!
//! | state | event | reaction | timer |
//! | --- | --- | --- | --- |
//! | reading | the reading, at revision R | staged; opening the watch from R + 1 | `read_limit`: failed |
//! | | a failure | by its class, below | |
//! | opening | the watch is open | watching | `read_limit`: failed |
//! | | a failure | by its class | |
//! | watching | events | those already seen are dropped; whole revisions are staged | the next check |
//! | | progress at or above the cursor | the cursor moves there | |
//! | watching, unproven | the time of a check | a probe: nothing has shown yet that the watch continues the known state | the probe's `read_limit`: failed |
//! | | a probe that finds the known state, or a reading | proven | |
//! | watching, proven | the time of a check | progress and the store's revision are requested | a sixth of the staleness limit: a probe |
//! | | the store's revision, at or below the cursor | confirmed as of the request | |
//! | | the store's revision, above the cursor | confirmed as of the request once the cursor is there | the same |
//! | | an error instead of the revision | by its class, if it gives up; otherwise as if the revision came later | the same |
//! | watching, either | an opening, progress, a revision or a probe *below* the cursor | doubted: a reading beside the watch distinguishes a member that lags from another history | |
//! | watching, doubted | events and progress | they wait: nothing is handed out | `read_limit` of the reading: failed |
//! | | the reading shows the same history | proven; the waiting events are handed out | |
//! | watching, any | a reading that shows another history | staged; back off, read again | |
//! | | the end of the watch, or another request that failed | by its class | `read_limit` for each request: failed |
//! | backing off | late answers | dropped | the back-off: reading |
//! | | the program set another user | the back-off is over | |
//!
//! | class of a failure | [kinds](ErrorKind) | handled before it arrives here | reaction |
//! | --- | --- | --- | --- |
//! | [`Class::Elsewhere`] | unreachable, no answer in time | retried at once at each other endpoint | back off, read again |
//! | [`Class::ReadAgain`] | compacted, cancelled, too big | pages are halved, pinned pages begun anew | back off, read again: nothing is lost, since a reading needs no history |
//! | [`Class::LogIn`] | not authenticated | logged in again, once in a call | back off, read again; a start gives up |
//! | [`Class::GiveUp`] | denied, invalid store settings | | back off, read again: an operator may grant it; a start gives up |
//! | [`Class::BackOff`] | refused, anything else | | back off, read again |
//!
//! A back-off is a random part of a length that doubles with each failure and is reset after
//! sustained health. So no answer of a store makes the loop spin, and many instances don't retry in
//! the same instant. In every class the known state stays in use, and the status has the reason.
//! The next reading is compared with the known state, which finds the changes that the watch lost,
//! deletes included. While watching, *checks* find losses that raise no error (`liveness`). They
//! request the watch's progress and the store's revision. If progress can't be trusted or does not
//! come, and once after each opening, they probe the store for the number of keys and the newest
//! change. Periodically, everything is read and compared beside the open watch.
//!
//! *Confirmed* is the moment of a request: of a reading, of a probe that found the known state, or
//! of a request for the store's revision, once the cursor is there. Messages that the watch sends
//! by itself confirm nothing. Events may have been in transit for long, and their sender may be cut
//! off from the other members without knowing it. Requests for the revision are answered by a
//! quorum.
//!
//! A reading shows *another history* (a new epoch) if its revision is below one that is already
//! known, or if it contradicts the known state (see [`Replica::contradicts`]).
//!
//! The cursor moves only by events, by progress that can be trusted, and by readings; the
//! revision in a header or in a probe never moves it.

mod backoff;
mod liveness;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::time::Duration;

use crate::Revision;
use crate::store::{ErrorKind, Event, Probe, Reading, StoreError, WatchEvent};
use backoff::Backoff;
use liveness::{Due, Liveness};

/// The time limits and intervals.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    /// The time without a confirmation after which the state counts as stale.
    pub(crate) staleness: Duration,
    /// The interval at which everything is read and compared, ± 20 %.
    pub(crate) compare_every: Duration,
    /// The time after which a reading or an opening counts as failed.
    pub(crate) read_limit: Duration,
    /// The shortest and the longest back-off after a failure.
    pub(crate) backoff: (Duration, Duration),
    /// The time that a watch must be open before failures are forgotten.
    pub(crate) forget_after: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            staleness: Duration::from_secs(30),
            compare_every: Duration::from_secs(600),
            read_limit: Duration::from_secs(60),
            backoff: (Duration::from_millis(100), Duration::from_secs(30)),
            forget_after: Duration::from_secs(60),
        }
    }
}

/// The treatment of a failure. See the table of the module.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    /// The connection is broken; every other endpoint has been tried.
    Elsewhere,
    /// The history in between is not available: only a reading continues.
    ReadAgain,
    /// A new login did not help.
    LogIn,
    /// Repeating the request does not help until an operator changes something.
    GiveUp,
    /// The failure may pass.
    BackOff,
}

impl Class {
    pub(crate) fn for_kind(kind: ErrorKind) -> Self {
        match kind {
            ErrorKind::Unreachable | ErrorKind::Timeout => Self::Elsewhere,
            ErrorKind::Compacted | ErrorKind::Cancelled | ErrorKind::TooBig => Self::ReadAgain,
            ErrorKind::Unauthenticated => Self::LogIn,
            ErrorKind::Denied | ErrorKind::Invalid => Self::GiveUp,
            ErrorKind::Refused | ErrorKind::Other => Self::BackOff,
        }
    }

    /// Whether a start does not wait for the failure to pass.
    pub(crate) fn ends_a_start(self) -> bool {
        matches!(self, Self::LogIn | Self::GiveUp)
    }
}

/// An event of the store, or of the connection to it.
#[derive(Debug)]
pub(crate) enum StoreEvent {
    /// The reading that was requested.
    Read(Result<Reading, StoreError>),
    /// The watch that was requested is open, or failed to open.
    Opened(Result<(), StoreError>),
    /// An event of the watch.
    Watch(WatchEvent),
    /// This store's progress can't be trusted: none will come.
    NoProgress,
    /// The store's revision that was requested.
    Latest(Result<Revision, StoreError>),
    /// The probe that was requested.
    Probed(Result<Probe, StoreError>),
    /// The program set another user or password: a request that failed before may succeed.
    Renewed,
}

/// A request to the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Request {
    /// Read everything in the ranges.
    Read,
    /// Open the watch from this revision on.
    Open(Revision),
    /// Request progress of the watch; if that can't be trusted, report [`StoreEvent::NoProgress`].
    Progress,
    /// Request the store's revision.
    Latest,
    /// Probe the ranges.
    Probe,
    /// Drop the watch and every request that is open.
    Close,
}

/// The number of keys in one range, and their highest `mod_revision`.
pub(crate) type RangeCount = (usize, Option<Revision>);

/// The copy of the store's keys that `sync` keeps up to date.
pub(crate) trait Replica {
    /// Whether this reading can't be of the known history, for example because a key's
    /// `mod_revision` went back.
    fn contradicts(&self, reading: &Reading) -> bool;

    /// The known counts of each range, to compare with a probe.
    fn counts(&self) -> Vec<RangeCount>;

    /// Notes that a reading is requested: changes from now on may not be in it.
    fn expect_reading(&mut self);

    /// Compares with this reading, which is complete. With a new epoch, no known revision counts
    /// any longer.
    fn stage_reading(&mut self, reading: &Reading, new_epoch: bool);

    /// Takes all changes of one revision, with the range of each.
    fn stage_revision(&mut self, revision: Revision, events: Vec<(usize, Event)>);
}

/// One step: the time, the replica, and the requests that follow.
struct Turn<'a> {
    now: Duration,
    replica: &'a mut dyn Replica,
    requests: Vec<Request>,
}

impl Turn<'_> {
    fn read(&mut self) {
        self.replica.expect_reading();
        self.requests.push(Request::Read);
    }
}

#[derive(Debug)]
enum State {
    Reading { since: Duration },
    Opening { since: Duration },
    Watching(Watching),
    BackingOff { until: Duration },
}

/// The watch is open.
#[derive(Debug)]
struct Watching {
    /// For each range the revision up to which all its events have arrived.
    seen: Vec<Revision>,
    /// Revisions that some range may still have events of.
    waiting: BTreeMap<Revision, Vec<(usize, Event)>>,
    liveness: Liveness,
    /// The reading beside the watch: the time of its request, and the newest revision that was
    /// known then.
    comparing: Option<(Duration, Option<Revision>)>,
    compare_at: Duration,
}

impl Watching {
    /// The newest revision that is known to exist, those that wait for another range included.
    fn newest(&self, cursor: Option<Revision>) -> Option<Revision> {
        self.seen.iter().copied().max().max(cursor)
    }
}

/// The state machine. See the module's text.
#[derive(Debug)]
pub(crate) struct Sync {
    settings: Settings,
    ranges: usize,
    state: State,
    epoch: u64,
    cursor: Option<Revision>,
    wanted: Option<Revision>,
    /// The number of checks that were scheduled while `wanted` was not reached.
    in_vain: u32,
    backoff: Backoff,
    /// Whether the user was changed since the pending request was sent.
    renewed: bool,
    confirmed: Option<Duration>,
    failure: Option<StoreError>,
}

impl Sync {
    /// Begins with a reading, which the caller carries out (the first request).
    pub(crate) fn new(
        ranges: usize,
        settings: Settings,
        seed: u64,
        now: Duration,
        replica: &mut dyn Replica,
    ) -> (Self, Vec<Request>) {
        let (min, max) = settings.backoff;
        let backoff = Backoff::new(min, max, settings.forget_after, seed);
        let sync = Self {
            settings,
            ranges,
            state: State::Reading { since: now },
            epoch: 1,
            cursor: None,
            wanted: None,
            in_vain: 0,
            backoff,
            renewed: false,
            confirmed: None,
            failure: None,
        };
        replica.expect_reading();
        (sync, vec![Request::Read])
    }

    /// The revision up to which everything has been handed out for staging.
    pub(crate) fn cursor(&self) -> Option<Revision> {
        self.cursor
    }

    /// The number of the unbroken history, counted from 1.
    pub(crate) fn epoch(&self) -> u64 {
        self.epoch
    }

    /// The time at which the state was last confirmed to be current.
    pub(crate) fn confirmed(&self) -> Option<Duration> {
        self.confirmed
    }

    /// Whether a watch is open.
    pub(crate) fn is_watching(&self) -> bool {
        matches!(self.state, State::Watching(_))
    }

    /// The last failure, while it has not been overcome.
    pub(crate) fn failure(&self) -> Option<&StoreError> {
        self.failure.as_ref()
    }

    /// The time at which [`Sync::tick`] is due. Every state has one.
    pub(crate) fn deadline(&self) -> Duration {
        let limit = self.settings.read_limit;
        match &self.state {
            State::Reading { since } | State::Opening { since } => *since + limit,
            State::BackingOff { until } => *until,
            State::Watching(watching) => {
                let compare = match watching.comparing {
                    Some((since, _)) => since + limit,
                    None => watching.compare_at,
                };
                watching.liveness.deadline(limit).min(compare)
            }
        }
    }

    /// Takes in an event of the store, and returns the requests that follow.
    pub(crate) fn step(
        &mut self,
        now: Duration,
        event: StoreEvent,
        replica: &mut dyn Replica,
    ) -> Vec<Request> {
        self.turn(now, replica, |sync, turn| match event {
            StoreEvent::Read(Ok(reading)) => sync.read(turn, &reading),
            StoreEvent::Opened(Ok(())) => sync.opened(turn.now),
            StoreEvent::Watch(event) => sync.watch_event(turn, event),
            StoreEvent::NoProgress => sync.no_progress(turn),
            StoreEvent::Latest(Ok(revision)) => sync.latest(turn, revision),
            // A busy store may still send events: a probe will follow.
            StoreEvent::Latest(Err(error)) if !Class::for_kind(error.kind()).ends_a_start() => {}
            StoreEvent::Probed(Ok(probe)) => sync.probed(turn, &probe),
            StoreEvent::Renewed => sync.renewed(turn),
            StoreEvent::Read(Err(error))
            | StoreEvent::Opened(Err(error))
            | StoreEvent::Latest(Err(error))
            | StoreEvent::Probed(Err(error)) => sync.fail(turn, error),
        })
    }

    /// Runs the timers that are due.
    pub(crate) fn tick(&mut self, now: Duration, replica: &mut dyn Replica) -> Vec<Request> {
        self.turn(now, replica, Self::time)
    }

    /// Sets the newest revision that a `wait_for` is pending for.
    pub(crate) fn want(&mut self, now: Duration, revision: Option<Revision>) {
        let sooner = revision.is_some() && revision > self.wanted;
        if revision != self.wanted {
            self.in_vain = 0;
        }
        self.wanted = revision;
        if let State::Watching(watching) = &mut self.state
            && sooner
            && revision > self.cursor
        {
            watching.liveness.hurry(now);
        }
    }

    fn turn(
        &mut self,
        now: Duration,
        replica: &mut dyn Replica,
        step: impl FnOnce(&mut Self, &mut Turn<'_>),
    ) -> Vec<Request> {
        let mut turn = Turn {
            now,
            replica,
            requests: Vec::new(),
        };
        step(self, &mut turn);
        turn.requests
    }

    fn read(&mut self, turn: &mut Turn<'_>, reading: &Reading) {
        let (since, floor) = match &self.state {
            State::Reading { since } => (*since, self.cursor),
            State::Watching(Watching {
                comparing: Some((since, floor)),
                ..
            }) => (*since, *floor),
            // It was not requested: a reading from before the last failure.
            _ => return,
        };
        let revision = reading.revision;
        let new_epoch =
            floor.is_some_and(|floor| revision < floor || turn.replica.contradicts(reading));
        self.confirmed = if new_epoch {
            Some(since)
        } else {
            self.confirmed.max(Some(since))
        };
        turn.replica.stage_reading(reading, new_epoch);
        if new_epoch {
            self.epoch += 1;
            self.cursor = Some(revision);
        } else {
            self.cursor = self.cursor.max(Some(revision));
        }
        let next_check = turn.now + self.idle();
        match &mut self.state {
            State::Watching(watching) if !new_epoch => {
                watching.comparing = None;
                watching.compare_at = turn.now + self.backoff.around(self.settings.compare_every);
                watching.liveness.prove(next_check);
                for seen in &mut watching.seen {
                    *seen = (*seen).max(revision);
                }
                watching.waiting.retain(|waiting, _| *waiting > revision);
                self.release(turn);
            }
            State::Watching(_) => {
                // The watch counts in the revisions of a history that is gone. A back-off is
                // needed, since two stores that answer in turns would lead here again and again.
                let message = "the store's history began anew";
                self.fail(turn, StoreError::new(ErrorKind::Other, message));
            }
            _ => {
                self.state = State::Opening { since: turn.now };
                turn.requests.push(Request::Open(revision.next()));
            }
        }
    }

    fn opened(&mut self, now: Duration) {
        let (State::Opening { .. }, Some(cursor)) = (&self.state, self.cursor) else {
            return;
        };
        self.backoff.healthy(now);
        (self.failure, self.renewed) = (None, false);
        let first_check = self.first_check(now);
        self.state = State::Watching(Watching {
            seen: vec![cursor; self.ranges],
            waiting: BTreeMap::new(),
            liveness: Liveness::new(first_check),
            comparing: None,
            compare_at: now + self.backoff.around(self.settings.compare_every),
        });
    }

    fn watch_event(&mut self, turn: &mut Turn<'_>, event: WatchEvent) {
        let State::Watching(watching) = &mut self.state else {
            return;
        };
        match event {
            // `Created` comes for each range; events of another range may have come before it.
            WatchEvent::Created { revision, .. } if Some(revision) < self.cursor => {
                watching.liveness.doubt();
                self.compare(turn);
            }
            // It is no barrier: events up to its revision may still come.
            WatchEvent::Created { .. } => {}
            // Another history, or a member that lags behind: a reading decides.
            WatchEvent::Progress { revision } if Some(revision) < watching.newest(self.cursor) => {
                watching.liveness.doubt();
                self.compare(turn);
            }
            WatchEvent::Progress { revision } => self.progress(turn, revision),
            WatchEvent::Events { range, events } => self.events(turn, range, events),
            WatchEvent::Lost(error) => self.fail(turn, error),
        }
    }

    fn events(&mut self, turn: &mut Turn<'_>, range: usize, events: Vec<Event>) {
        let State::Watching(watching) = &mut self.state else {
            return;
        };
        let Some(seen) = watching.seen.get_mut(range) else {
            return;
        };
        let before = *seen;
        // Servers repeat events, and deliver old ones on a watch from a future revision.
        for event in events.into_iter().filter(|event| event.revision > before) {
            *seen = event.revision.max(*seen);
            watching.liveness.undo(event.revision, &mut self.confirmed);
            let waiting = watching.waiting.entry(event.revision).or_default();
            waiting.push((range, event));
        }
        self.release(turn);
    }

    fn progress(&mut self, turn: &mut Turn<'_>, revision: Revision) {
        let State::Watching(watching) = &mut self.state else {
            return;
        };
        for seen in &mut watching.seen {
            *seen = revision.max(*seen);
        }
        let Some(check_at) = watching.liveness.take_hand_out() else {
            return self.release(turn);
        };
        self.hand_out(turn);
        if turn.now >= check_at {
            self.request_confirmation(turn);
        }
    }

    /// Hands out the revisions that are complete, and requests progress for the others.
    fn release(&mut self, turn: &mut Turn<'_>) {
        self.hand_out(turn);
        // With several ranges only progress shows that a range has nothing of a revision.
        if let State::Watching(watching) = &self.state
            && !watching.waiting.is_empty()
            && !watching.liveness.is_doubted()
            && let Some(check_at) = watching.liveness.idle_until()
        {
            self.ask_to_hand_out(turn, check_at);
        }
    }

    /// Hands out the revisions that every range has been seen up to.
    fn hand_out(&mut self, turn: &mut Turn<'_>) {
        let State::Watching(watching) = &mut self.state else {
            return;
        };
        if watching.liveness.is_doubted() {
            return;
        }
        let Some(frontier) = watching.seen.iter().min().copied() else {
            return;
        };
        while let Some(entry) = watching.waiting.first_entry()
            && *entry.key() <= frontier
        {
            let (revision, events) = entry.remove_entry();
            turn.replica.stage_revision(revision, events);
        }
        self.cursor = self.cursor.max(Some(frontier));
        self.confirm(turn.now);
    }

    /// Reads everything, beside the open watch.
    fn compare(&mut self, turn: &mut Turn<'_>) {
        let at = self.next_check(turn.now);
        let cursor = self.cursor;
        let State::Watching(watching) = &mut self.state else {
            return;
        };
        watching.liveness.idle_at(at);
        if watching.comparing.is_none() {
            watching.comparing = Some((turn.now, watching.newest(cursor)));
            turn.read();
        }
    }

    fn renewed(&mut self, turn: &mut Turn<'_>) {
        match self.state {
            State::BackingOff { .. } => self.resume(turn),
            // Open requests may have been sent as the old user, and fail.
            State::Reading { .. } | State::Opening { .. } => self.renewed = true,
            State::Watching(_) => {}
        }
    }

    fn resume(&mut self, turn: &mut Turn<'_>) {
        self.renewed = false;
        self.state = State::Reading { since: turn.now };
        turn.read();
    }

    fn time(&mut self, turn: &mut Turn<'_>) {
        let (now, limit) = (turn.now, self.settings.read_limit);
        match &self.state {
            State::Reading { since } | State::Opening { since } if now >= *since + limit => {
                self.out_of_time(turn);
            }
            State::BackingOff { until } if now >= *until => self.resume(turn),
            State::Watching(_) => self.watching_time(turn),
            _ => {}
        }
    }

    fn watching_time(&mut self, turn: &mut Turn<'_>) {
        let (now, limit, cursor) = (turn.now, self.settings.read_limit, self.cursor);
        let comparing = match &self.state {
            State::Watching(watching) => watching.comparing,
            _ => return,
        };
        if comparing.is_some_and(|(since, _)| now >= since + limit) {
            return self.out_of_time(turn);
        }
        let due = self.check_time(turn);
        if due == Due::Failure {
            return self.out_of_time(turn);
        }
        if let State::Watching(watching) = &mut self.state
            && watching.comparing.is_none()
            && now >= watching.compare_at
        {
            watching.comparing = Some((now, watching.newest(cursor)));
            turn.read();
        }
        if due == Due::Check {
            self.request_confirmation(turn);
        }
    }

    fn out_of_time(&mut self, turn: &mut Turn<'_>) {
        let error = StoreError::new(
            ErrorKind::Timeout,
            "no answer to a request to read or to watch",
        );
        self.fail(turn, error);
    }

    /// Handles a failure of any class: backs off, then reads everything and compares.
    fn fail(&mut self, turn: &mut Turn<'_>, error: StoreError) {
        if let State::BackingOff { .. } = self.state {
            return;
        }
        self.failure = Some(error);
        turn.requests.push(Request::Close);
        if self.renewed {
            return self.resume(turn);
        }
        let length = self.backoff.failed(turn.now);
        self.state = State::BackingOff {
            until: turn.now + length,
        };
    }
}
