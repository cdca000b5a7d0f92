//! List, watch, reconnect: from what a store says to whole revisions, in order, none lost.
//!
//! In: the store's answers, what its watch says, and the time ([`Input`]). Out: what to ask of the
//! store next, and what is to be staged ([`Output`]). It has no I/O, no clock and no values: a
//! history of inputs gives the same outputs every time. It follows a list of ranges.
//!
//! | state | what comes | what follows | its timer |
//! | --- | --- | --- | --- |
//! | reading | the reading, at revision R | staged; opening the watch from R + 1 | `read_limit`: failed |
//! | | a failure | by its class, below | |
//! | opening | the watch stands | watching | `read_limit`: failed |
//! | | a failure | by its class | |
//! | watching | events | those already seen are dropped; whole revisions are staged | the next check |
//! | | progress at or above the cursor | the cursor moves there | |
//! | | the store's revision, at or below the cursor | confirmed as of the question | |
//! | | the store's revision, above the cursor | confirmed so once the cursor is there | a sixth of the staleness limit: a probe |
//! | | no revision | by its class, if it gives up; else as if it came later | the same |
//! | | a beginning, progress, a revision or a probe *below* the cursor | a reading beside the watch tells a member that lags from another history | |
//! | | a reading that shows another history | staged; rest, read again | |
//! | | the end of the watch, or another question that failed | by its class | `read_limit` for each question: failed |
//! | resting | anything late | dropped | the rest: reading |
//! | | the program gave another user | the rest is over | |
//!
//! | class of a failure | its [kinds](ErrorKind) | done about it before it comes here | what follows |
//! | --- | --- | --- | --- |
//! | [`Class::Elsewhere`] | unreachable, no answer in time | retried at once at each other endpoint | rest, read again |
//! | [`Class::ReadAgain`] | compacted, cancelled, too big | pages are halved, pinned pages begun anew | rest, read again: nothing is lost, since a reading needs no history |
//! | [`Class::LogIn`] | not authenticated | logged in again, once in a call | rest, read again; a start gives up |
//! | [`Class::GiveUp`] | denied, not a valid store | | rest, read again: somebody may grant it; a start gives up |
//! | [`Class::BackOff`] | refused, anything else | | rest, read again |
//!
//! A rest is a random part of a length that doubles with each failure and is forgotten after
//! sustained health: so no answer of a store makes anybody spin, and many instances don't come
//! back in the same instant. Whatever the class, what is known stays, the status says why, and
//! the reading that follows is compared with what is known: a change that the watch lost is
//! found, deletes included. While watching, *checks* find what no error tells: the watch is asked
//! for progress, and the store for its revision; where progress can't be trusted, or does not come,
//! and once after each opening, the store is probed (the number of keys and the newest change). Now
//! and then everything is read and compared beside the open watch.
//!
//! *Confirmed* is the moment of a question: of a reading, of a probe that found what is known, or of
//! one for the store's revision, once the cursor is there. What the watch says by itself confirms
//! nothing: events may have been on their way for long, and the member that sends them may be cut
//! off from the others without knowing it. Questions for the revision are answered by a quorum.
//!
//! A reading shows *another history* (a new epoch) where its revision is below one that is known
//! already, or where it contradicts what is known (see [`Input::Read`]).
//!
//! The cursor moves only by events, by progress that can be trusted, and by readings; the
//! revision in a header or in a probe never moves it.

mod backoff;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use crate::Revision;
use crate::store::{ErrorKind, Event, Probe, Reading, StoreError, WatchEvent};
use backoff::Backoff;

/// How long things may take.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    /// After that long without a confirmation the state counts as stale.
    pub(crate) staleness: Duration,
    /// How often everything is read and compared, ± 20 %.
    pub(crate) compare_every: Duration,
    /// When a reading or an opening counts as failed.
    pub(crate) read_limit: Duration,
    /// The shortest and the longest rest after a failure.
    pub(crate) backoff: (Duration, Duration),
    /// How long a watch must stand for failures to be forgotten.
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

/// What somebody who waits for a revision gives the events before progress is asked for.
const GRACE: Duration = Duration::from_millis(20);
/// How long until progress is asked for again while somebody waits, and a doubt looked into.
const AGAIN: Duration = Duration::from_secs(1);
/// How many moments are kept that are yet to be confirmed.
const MOST_MARKS: usize = 16;

/// What is done about a failure. See the table of the module.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    /// The way is broken; every other way has been tried.
    Elsewhere,
    /// The history between is not to be had: only a reading goes on.
    ReadAgain,
    /// A new login did not help.
    LogIn,
    /// It will not help to ask again; but somebody may change that.
    GiveUp,
    /// Whatever it is, it may pass.
    BackOff,
}

impl Class {
    pub(crate) fn of(kind: ErrorKind) -> Self {
        match kind {
            ErrorKind::Unreachable | ErrorKind::Timeout => Self::Elsewhere,
            ErrorKind::Compacted | ErrorKind::Cancelled | ErrorKind::TooBig => Self::ReadAgain,
            ErrorKind::Unauthenticated => Self::LogIn,
            ErrorKind::Denied | ErrorKind::Invalid => Self::GiveUp,
            ErrorKind::Refused | ErrorKind::Other => Self::BackOff,
        }
    }

    /// Whether a start need not wait for it to pass.
    pub(crate) fn ends_a_start(self) -> bool {
        matches!(self, Self::LogIn | Self::GiveUp)
    }
}

/// What can happen.
#[derive(Debug)]
pub(crate) enum Input<'a> {
    /// The reading that was asked for, and whether it contradicts what is known: a key whose
    /// `mod_revision` went back, say. That can't be in one history.
    Read(Result<Reading, StoreError>, bool),
    /// The watch that was asked for stands, or does not.
    Opened(Result<(), StoreError>),
    /// The watch says something.
    Heard(WatchEvent),
    /// This store's progress can't be trusted: none will come.
    NoProgress,
    /// The store's revision that was asked for.
    Latest(Result<Revision, StoreError>),
    /// The probe that was asked for, and what is known here, to compare it with.
    Probed(Result<Probe, StoreError>, &'a [Known]),
    /// Somebody waits for this revision; `None`: nobody any more.
    Want(Option<Revision>),
    /// The program changed how the store is asked: what failed before may succeed.
    Renewed,
    /// A timer ran out.
    Tick,
}

/// What is known of one range: how many keys, and their highest `mod_revision`.
pub(crate) type Known = (usize, Option<Revision>);

/// What follows.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Output {
    /// Read everything in the ranges.
    Read,
    /// Open the watch from this revision on.
    Open(Revision),
    /// Ask the watch for progress.
    AskProgress,
    /// Ask the store which revision it is at.
    AskLatest,
    /// Probe the ranges.
    Probe,
    /// Drop the watch and every question that is open.
    Close,
    /// Compare with this: it is everything there is. With a new epoch, nothing that is known of
    /// revisions counts any more.
    StageReading { reading: Reading, new_epoch: bool },
    /// All changes of one revision, with the range of each.
    StageRevision {
        revision: Revision,
        events: Vec<(usize, Event)>,
    },
}

#[derive(Debug)]
enum State {
    Reading { since: Duration },
    Opening { since: Duration },
    Watching(Watching),
    Resting { until: Duration },
}

/// The watch stands.
#[derive(Debug)]
struct Watching {
    /// For each range the revision up to which all its events are here.
    seen: Vec<Revision>,
    /// Revisions that some range may still have events of.
    waiting: BTreeMap<Revision, Vec<(usize, Event)>>,
    check: Check,
    /// Whether its progress can't be trusted.
    is_mute: bool,
    /// When the store was asked, and the revision that it was at: in order. With the cursor there,
    /// what was current then is known.
    marks: VecDeque<(Duration, Revision)>,
    /// Probes that found what is known at these revisions, beyond the cursor, and what was confirmed
    /// before each. An event up to there brings back what the store had once, and has no more.
    same_at: VecDeque<(Revision, Option<Duration>)>,
    /// Whether the store seems to be behind what is known: until a reading tells why, nothing
    /// that the watch says is handed out.
    doubted: bool,
    /// Whether anything has shown since it stands that it goes on from what is known. The store may
    /// have been restored between the reading and the opening, and have overtaken the cursor.
    proven: bool,
    /// A reading beside the watch: since when, and the newest revision that was known when it was
    /// asked for.
    comparing: Option<(Duration, Option<Revision>)>,
    compare_at: Duration,
}

/// What progress was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked {
    /// To hand out what waits for another range. The next look stays due then.
    HandOut { look_at: Duration },
    /// To confirm the moment of the question: with the store's revision, which is to come. The
    /// cursor was here then.
    Confirm {
        since: Duration,
        cursor: Option<Revision>,
    },
    /// The same, and the revision came.
    Reach(Revision),
}

/// Where looking for what no error tells stands.
#[derive(Debug, Clone, Copy)]
enum Check {
    /// The next look is due then.
    Idle { at: Duration },
    /// Progress was asked for; without an answer by `until`, a probe.
    Asked { until: Duration, what: Asked },
    /// A probe is under way.
    Probing {
        since: Duration,
        cursor: Option<Revision>,
        suspect: bool,
        looks: u32,
    },
    /// A probe found something else than is known, with the cursor here. Events may be on their
    /// way: a second look decides.
    Suspect {
        at: Duration,
        cursor: Option<Revision>,
        /// How often it did.
        looks: u32,
    },
}

impl Watching {
    /// The newest revision that is known to exist: also of what waits for another range.
    fn newest(&self, cursor: Option<Revision>) -> Option<Revision> {
        self.seen.iter().copied().max().max(cursor)
    }

    /// The store was at that revision when, or after, it was asked.
    fn mark(&mut self, since: Duration, revision: Revision) {
        if self.marks.len() >= MOST_MARKS {
            self.marks.pop_back();
        }
        self.marks.push_back((since, revision));
    }

    /// The newest moment that a cursor confirms.
    fn reached(&mut self, cursor: Option<Revision>) -> Option<Duration> {
        let mut newest = None;
        while let Some((since, revision)) = self.marks.front()
            && Some(*revision) <= cursor
        {
            newest = newest.max(Some(*since));
            self.marks.pop_front();
        }
        newest
    }

    fn probe(
        &mut self,
        now: Duration,
        cursor: Option<Revision>,
        suspect: bool,
        looks: u32,
        out: &mut Vec<Output>,
    ) {
        self.check = Check::Probing {
            since: now,
            cursor,
            suspect,
            looks,
        };
        out.push(Output::Probe);
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
    /// How often was looked for it in vain.
    in_vain: u32,
    backoff: Backoff,
    /// Whether the way to the store was changed since it was asked.
    renewed: bool,
    confirmed: Option<Duration>,
    failure: Option<StoreError>,
}

impl Sync {
    /// Begins with a reading, which the caller asks for (the first output).
    pub(crate) fn new(
        ranges: usize,
        settings: Settings,
        seed: u64,
        now: Duration,
    ) -> (Self, Vec<Output>) {
        let (least, most) = settings.backoff;
        let backoff = Backoff::new(least, most, settings.forget_after, seed);
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
        (sync, vec![Output::Read])
    }

    /// The revision up to which everything has been handed out for staging.
    pub(crate) fn cursor(&self) -> Option<Revision> {
        self.cursor
    }

    /// The number of the unbroken history, from 1.
    pub(crate) fn epoch(&self) -> u64 {
        self.epoch
    }

    /// When what is known was last confirmed to be current.
    pub(crate) fn confirmed(&self) -> Option<Duration> {
        self.confirmed
    }

    /// Whether a watch stands.
    pub(crate) fn is_watching(&self) -> bool {
        matches!(self.state, State::Watching(_))
    }

    /// The last failure, while it has not been overcome.
    pub(crate) fn failure(&self) -> Option<&StoreError> {
        self.failure.as_ref()
    }

    /// When [`Input::Tick`] is due. There is no state without it.
    pub(crate) fn deadline(&self) -> Duration {
        match &self.state {
            State::Reading { since } | State::Opening { since } => {
                *since + self.settings.read_limit
            }
            State::Resting { until } => *until,
            State::Watching(watching) => {
                let check = match watching.check {
                    Check::Idle { at } | Check::Suspect { at, .. } => at,
                    Check::Asked { until, .. } => until,
                    Check::Probing { since, .. } => since + self.settings.read_limit,
                };
                let compare = match watching.comparing {
                    Some((since, _)) => since + self.settings.read_limit,
                    None => watching.compare_at,
                };
                check.min(compare)
            }
        }
    }

    /// One step: what happened, and what follows.
    pub(crate) fn step(&mut self, now: Duration, input: Input<'_>) -> Vec<Output> {
        let mut out = Vec::new();
        match input {
            Input::Read(Ok(reading), contradicts) => self.read(now, reading, contradicts, &mut out),
            Input::Opened(Ok(())) => self.opened(now),
            Input::Heard(heard) => self.heard(now, heard, &mut out),
            Input::NoProgress => self.no_progress(now, &mut out),
            Input::Latest(Ok(revision)) => self.latest(now, revision, &mut out),
            // A store that is busy with itself may still send events: a probe will be asked.
            Input::Latest(Err(error)) if !Class::of(error.kind()).ends_a_start() => {}
            Input::Probed(Ok(probe), known) => self.probed(now, &probe, known, &mut out),
            Input::Want(revision) => self.want(now, revision),
            Input::Renewed => self.renewed(now, &mut out),
            Input::Tick => self.tick(now, &mut out),
            Input::Read(Err(error), _)
            | Input::Opened(Err(error))
            | Input::Latest(Err(error))
            | Input::Probed(Err(error), _) => self.fail(now, error, &mut out),
        }
        out
    }

    fn read(&mut self, now: Duration, reading: Reading, contradicts: bool, out: &mut Vec<Output>) {
        let (since, floor) = match &self.state {
            State::Reading { since } => (*since, self.cursor),
            State::Watching(Watching {
                comparing: Some((since, floor)),
                ..
            }) => (*since, *floor),
            // Nobody asked: a reading from before the last failure.
            _ => return,
        };
        let revision = reading.revision;
        let new_epoch = floor.is_some_and(|floor| revision < floor || contradicts);
        self.confirmed = if new_epoch {
            Some(since)
        } else {
            self.confirmed.max(Some(since))
        };
        out.push(Output::StageReading { reading, new_epoch });
        if new_epoch {
            self.epoch += 1;
            self.cursor = Some(revision);
        } else {
            self.cursor = self.cursor.max(Some(revision));
        }
        match &mut self.state {
            State::Watching(watching) if !new_epoch => {
                watching.comparing = None;
                (watching.doubted, watching.proven) = (false, true);
                watching.compare_at = now + self.backoff.around(self.settings.compare_every);
                watching.check = Check::Idle {
                    at: now + self.settings.staleness / 3,
                };
                for seen in &mut watching.seen {
                    *seen = (*seen).max(revision);
                }
                watching.waiting.retain(|waiting, _| *waiting > revision);
                self.release(now, out);
            }
            State::Watching(_) => {
                // The watch counts in the numbers of a history that is gone. A rest, since two
                // stores that answer in turns would bring us here again and again.
                let said = "the store's history is another one than before";
                self.fail(now, StoreError::new(ErrorKind::Other, said), out);
            }
            _ => self.open(now, revision, out),
        }
    }

    fn open(&mut self, now: Duration, read_at: Revision, out: &mut Vec<Output>) {
        self.state = State::Opening { since: now };
        out.push(Output::Open(read_at.next()));
    }

    fn opened(&mut self, now: Duration) {
        let (State::Opening { .. }, Some(cursor)) = (&self.state, self.cursor) else {
            return;
        };
        self.backoff.healthy(now);
        (self.failure, self.renewed) = (None, false);
        let at = self.next_check(now).min(now + AGAIN);
        // A reading that took long is old already.
        let idle = self.settings.staleness / 3;
        let due = self.confirmed.map_or(now, |confirmed| confirmed + idle);
        self.state = State::Watching(Watching {
            seen: vec![cursor; self.ranges],
            waiting: BTreeMap::new(),
            check: Check::Idle {
                at: at.min(due).max(now + GRACE),
            },
            is_mute: false,
            marks: VecDeque::new(),
            same_at: VecDeque::new(),
            doubted: false,
            proven: false,
            comparing: None,
            compare_at: now + self.backoff.around(self.settings.compare_every),
        });
    }

    /// Whether somebody waits for a revision that is yet to come.
    fn waits(&self) -> bool {
        self.wanted.is_some_and(|wanted| Some(wanted) > self.cursor)
    }

    /// When to look again: sooner where somebody waits.
    fn next_check(&mut self, now: Duration) -> Duration {
        let idle = self.settings.staleness / 3;
        if !self.waits() {
            return now + idle;
        }
        // Where progress can't be trusted each look is a reading of everything.
        let again = AGAIN.saturating_mul(1 << self.in_vain.min(10));
        self.in_vain += 1;
        now + again.min(idle.max(AGAIN))
    }

    fn heard(&mut self, now: Duration, heard: WatchEvent, out: &mut Vec<Output>) {
        let State::Watching(watching) = &mut self.state else {
            return;
        };
        // A beginning is told for each range; events of another may have come before it.
        let known = match heard {
            WatchEvent::Progress { .. } => watching.newest(self.cursor),
            _ => self.cursor,
        };
        match heard {
            // Another history, or a member that lags behind: a reading tells.
            WatchEvent::Created { revision, .. } | WatchEvent::Progress { revision }
                if Some(revision) < known =>
            {
                watching.doubted = true;
                self.compare(now, out);
            }
            // No barrier: events up to it may still come.
            WatchEvent::Created { .. } => {}
            WatchEvent::Events { range, events } => {
                let Some(seen) = watching.seen.get_mut(range) else {
                    return;
                };
                let before = *seen;
                for event in events {
                    // Servers repeat events, and deliver old ones on a watch of the future.
                    if event.revision <= before {
                        continue;
                    }
                    *seen = event.revision.max(*seen);
                    let mut same_at = watching.same_at.iter();
                    if let Some(first) = same_at.position(|(at, _)| event.revision <= *at) {
                        let undone = watching.same_at.drain(first..).next();
                        self.confirmed = undone.and_then(|(_, before)| before);
                    }
                    watching
                        .waiting
                        .entry(event.revision)
                        .or_default()
                        .push((range, event));
                }
                self.release(now, out);
            }
            WatchEvent::Progress { revision } => {
                for seen in &mut watching.seen {
                    *seen = revision.max(*seen);
                }
                if let Check::Asked { what, .. } = watching.check
                    && let Asked::HandOut { look_at } = what
                {
                    watching.check = Check::Idle { at: look_at };
                    self.hand_out(now, out);
                    if now >= look_at {
                        self.look(now, out);
                    }
                    return;
                }
                self.release(now, out);
            }
            WatchEvent::Lost(error) => self.fail(now, error, out),
        }
    }

    /// Which revision the store is at.
    fn latest(&mut self, now: Duration, revision: Revision, out: &mut Vec<Output>) {
        let State::Watching(watching) = &mut self.state else {
            return;
        };
        let Check::Asked { until, what } = watching.check else {
            return;
        };
        let Asked::Confirm { since, cursor } = what else {
            return;
        };
        if Some(revision) < cursor {
            watching.doubted = true;
            return self.compare(now, out);
        }
        watching.mark(since, revision);
        watching.check = Check::Asked {
            until,
            what: Asked::Reach(revision),
        };
        self.confirm(now);
    }

    /// The cursor may have reached what it was to.
    fn confirm(&mut self, now: Duration) {
        let cursor = self.cursor;
        let State::Watching(watching) = &mut self.state else {
            return;
        };
        if watching.doubted {
            return;
        }
        self.confirmed = self.confirmed.max(watching.reached(cursor));
        watching.same_at.retain(|(at, _)| Some(*at) > cursor);
        if let Check::Asked { what, .. } = watching.check
            && let Asked::Reach(revision) = what
            && Some(revision) <= cursor
        {
            let at = self.next_check(now);
            if let State::Watching(watching) = &mut self.state {
                watching.check = Check::Idle { at };
            }
        }
    }

    /// Hands out what can be, and asks for what more takes.
    fn release(&mut self, now: Duration, out: &mut Vec<Output>) {
        self.hand_out(now, out);
        // With several ranges only progress tells that a range has nothing of a revision.
        if let State::Watching(watching) = &self.state
            && !watching.waiting.is_empty()
            && !watching.doubted
            && let Check::Idle { at } = watching.check
        {
            self.ask(now, Asked::HandOut { look_at: at }, out);
        }
    }

    /// Hands out the revisions that every range has been seen up to.
    fn hand_out(&mut self, now: Duration, out: &mut Vec<Output>) {
        let State::Watching(watching) = &mut self.state else {
            return;
        };
        if watching.doubted {
            return;
        }
        let Some(frontier) = watching.seen.iter().min().copied() else {
            return;
        };
        while let Some(entry) = watching.waiting.first_entry()
            && *entry.key() <= frontier
        {
            let (revision, events) = entry.remove_entry();
            out.push(Output::StageRevision { revision, events });
        }
        self.cursor = self.cursor.max(Some(frontier));
        self.confirm(now);
    }

    /// Asks what confirms this moment.
    fn look(&mut self, now: Duration, out: &mut Vec<Output>) {
        let cursor = self.cursor;
        self.ask(now, Asked::Confirm { since: now, cursor }, out);
    }

    /// Asks for progress, and looks for itself where there is none to be trusted.
    fn ask(&mut self, now: Duration, what: Asked, out: &mut Vec<Output>) {
        // How long an answer may take.
        let until = now + self.settings.staleness / 6;
        let State::Watching(watching) = &mut self.state else {
            return;
        };
        watching.check = Check::Asked { until, what };
        if watching.is_mute {
            return self.no_progress(now, out);
        }
        out.push(Output::AskProgress);
        if let Asked::Confirm { .. } = what {
            out.push(Output::AskLatest);
        }
    }

    fn no_progress(&mut self, now: Duration, out: &mut Vec<Output>) {
        let waits = self.waits();
        let State::Watching(watching) = &mut self.state else {
            return;
        };
        watching.is_mute = true;
        let Check::Asked { .. } = watching.check else {
            return;
        };
        if waits || !watching.waiting.is_empty() {
            // Only a reading moves the cursor where no event comes.
            self.compare(now, out);
        } else {
            watching.probe(now, self.cursor, false, 0, out);
        }
    }

    /// Reads everything, beside the open watch.
    fn compare(&mut self, now: Duration, out: &mut Vec<Output>) {
        let at = self.next_check(now);
        let State::Watching(watching) = &mut self.state else {
            return;
        };
        watching.check = Check::Idle { at };
        if watching.comparing.is_none() {
            watching.comparing = Some((now, watching.newest(self.cursor)));
            out.push(Output::Read);
        }
    }

    fn probed(&mut self, now: Duration, probe: &Probe, known: &[Known], out: &mut Vec<Output>) {
        let next = self.next_check(now);
        let waits = self.waits();
        let State::Watching(watching) = &mut self.state else {
            return;
        };
        let Check::Probing {
            since,
            cursor,
            suspect,
            looks,
        } = watching.check
        else {
            return;
        };
        if cursor.is_some_and(|cursor| probe.revision < cursor) {
            // The store went back; the reading will show how far.
            watching.doubted = true;
            self.compare(now, out);
        } else if probe.ranges == known {
            if Some(probe.revision) > self.cursor {
                if watching.same_at.len() >= MOST_MARKS {
                    watching.same_at.pop_front();
                }
                let before = self.confirmed;
                watching.same_at.push_back((probe.revision, before));
            }
            self.confirmed = self.confirmed.max(Some(since));
            let at = match watching.proven {
                false if waits => now + GRACE,
                _ => next,
            };
            watching.proven = true;
            watching.check = Check::Idle { at };
        } else if suspect && (cursor == self.cursor || !watching.proven) {
            // Nothing came in all that time: an event was lost, or the watch is dead.
            self.compare(now, out);
        } else {
            // Else what differs should be known.
            if cursor < Some(probe.revision) {
                watching.mark(since, probe.revision);
            }
            // Where events come, they may be behind for long.
            let idle = self.settings.staleness / 3;
            let again = AGAIN.saturating_mul(1 << looks.min(10));
            watching.check = Check::Suspect {
                at: now + again.min(idle.max(AGAIN)),
                cursor: self.cursor,
                looks: looks.saturating_add(1),
            };
            self.confirm(now);
        }
    }

    fn want(&mut self, now: Duration, revision: Option<Revision>) {
        let sooner = revision.is_some() && revision > self.wanted;
        if revision != self.wanted {
            self.in_vain = 0;
        }
        self.wanted = revision;
        if let State::Watching(watching) = &mut self.state
            && let Check::Idle { at } = &mut watching.check
            && sooner
            && revision > self.cursor
        {
            *at = (*at).min(now + GRACE);
        }
    }

    fn renewed(&mut self, now: Duration, out: &mut Vec<Output>) {
        match self.state {
            State::Resting { .. } => self.rested(now, out),
            // What is on its way may have been asked in the old way, and fail.
            State::Reading { .. } | State::Opening { .. } => self.renewed = true,
            State::Watching(_) => {}
        }
    }

    fn rested(&mut self, now: Duration, out: &mut Vec<Output>) {
        self.renewed = false;
        self.state = State::Reading { since: now };
        out.push(Output::Read);
    }

    fn tick(&mut self, now: Duration, out: &mut Vec<Output>) {
        let limit = self.settings.read_limit;
        let cursor = self.cursor;
        let mut to_ask = false;
        match &mut self.state {
            State::Reading { since } | State::Opening { since } => {
                if now >= *since + limit {
                    self.out_of_time(now, out);
                }
            }
            State::Resting { until } => {
                if now >= *until {
                    self.rested(now, out);
                }
            }
            State::Watching(watching) => {
                let late = |since: Duration| now >= since + limit;
                if watching.comparing.is_some_and(|(since, _)| late(since)) {
                    return self.out_of_time(now, out);
                }
                match watching.check {
                    // Progress says nothing of what lies before the watch.
                    Check::Idle { at } if now >= at && !watching.proven => {
                        watching.probe(now, cursor, false, 0, out);
                    }
                    Check::Idle { at } if now >= at => to_ask = true,
                    Check::Asked { until, .. } if now >= until => {
                        watching.probe(now, cursor, false, 0, out);
                    }
                    Check::Suspect {
                        at,
                        cursor: then,
                        looks,
                    } if now >= at => watching.probe(now, cursor, then == cursor, looks, out),
                    Check::Probing { since, .. } if late(since) => {
                        return self.out_of_time(now, out);
                    }
                    _ => {}
                }
                if watching.comparing.is_none() && now >= watching.compare_at {
                    watching.comparing = Some((now, watching.newest(self.cursor)));
                    out.push(Output::Read);
                }
                if to_ask {
                    self.look(now, out);
                }
            }
        }
    }

    fn out_of_time(&mut self, now: Duration, out: &mut Vec<Output>) {
        let error = StoreError::new(ErrorKind::Timeout, "no answer to a reading or a watch");
        self.fail(now, error, out);
    }

    /// Whatever its class: rest, then read everything and compare.
    fn fail(&mut self, now: Duration, error: StoreError, out: &mut Vec<Output>) {
        if let State::Resting { .. } = self.state {
            return;
        }
        self.failure = Some(error);
        out.push(Output::Close);
        if self.renewed {
            return self.rested(now, out);
        }
        let rest = self.backoff.failed(now);
        self.state = State::Resting { until: now + rest };
    }
}
