//! The search for losses that raise no error.
//!
//! In: an open watch, the time, and the answers to this file's requests: progress of the watch, the
//! store's revision, a probe. Out: the moment as of which the state is confirmed to be current, and
//! a reading beside the watch if anything contradicts the state. It knows no keys and no values.
//!
//! | check | when its time comes | ended by |
//! | --- | --- | --- |
//! | idle | proven: progress and the store's revision are requested; otherwise a probe | |
//! | asked | a probe | the answer |
//! | probing | the connection failed | the answer: confirmed, suspect, or doubted |
//! | suspect | the second probe | the answer: confirmed, or a reading |
//!
//! | trust | meaning | ended by |
//! | --- | --- | --- |
//! | unproven | the watch is open, but nothing has shown that it continues the known state: the store may have been restored between the reading and the opening, and have overtaken the cursor | a probe that finds the known state, or a reading |
//! | proven | the watch continues the known state | a revision of the store below the cursor |
//! | doubted | the store seems to be behind the known state: no event of the watch is handed out | a reading |

use std::collections::VecDeque;
use std::time::Duration;

use super::{RangeCount, Request, State, Sync, Turn};
use crate::Revision;
use crate::store::Probe;

/// The time that a `wait_for` lets events arrive before progress is requested.
const GRACE: Duration = Duration::from_millis(20);
/// The interval of progress requests while a `wait_for` is pending, and the minimum interval of
/// checks at a suspicion.
pub(super) const AGAIN: Duration = Duration::from_secs(1);
/// The maximum number of moments that are kept until they are confirmed.
const MAX_MARKS: usize = 16;

/// The state of the checks of the open watch.
#[derive(Debug)]
pub(super) struct Liveness {
    check: LivenessCheck,
    trust: Trust,
    progress: ProgressTrust,
    /// The times of requests to the store, and its revisions then, in order: once the cursor
    /// reaches a revision, the state was current at that time.
    marks: VecDeque<(Duration, Revision)>,
    /// The revisions, beyond the cursor, at which probes found the known state, and the
    /// confirmation before each. An event up to there brings back state that the store no longer
    /// has.
    same_at: VecDeque<(Revision, Option<Duration>)>,
}

/// Whether the watch continues the known state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trust {
    Unproven,
    Proven,
    Doubted,
}

/// Whether the store's progress messages can be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ProgressTrust {
    /// They can, as far as is known.
    Trusted,
    /// They can't: the store has a version that skips events.
    Untrusted,
}

/// The state of the check.
#[derive(Debug, Clone, Copy)]
enum LivenessCheck {
    /// The next check is due at `at`.
    Idle { at: Duration },
    /// Progress was requested; without an answer by `until`, a probe.
    AwaitingProgress {
        until: Duration,
        why: ProgressPurpose,
    },
    /// A probe is under way.
    Probing {
        since: Duration,
        cursor: Option<Revision>,
        /// Whether it is a second check: the first one found a difference.
        again: bool,
        attempts: u32,
    },
    /// A probe found a difference from the known state, with the cursor here. Events may be on
    /// their way: a second check decides.
    Suspect {
        at: Duration,
        cursor: Option<Revision>,
        /// The number of checks that found a difference.
        attempts: u32,
    },
}

/// The purpose of a progress request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ProgressPurpose {
    /// To hand out revisions that wait for another range. The next check stays due at `check_at`.
    HandOut { check_at: Duration },
    /// To confirm the moment of the request, together with the store's revision, which has not
    /// arrived yet. `cursor` is the cursor at the request.
    Confirm {
        since: Duration,
        cursor: Option<Revision>,
    },
    /// The same, after the revision arrived.
    Reach(Revision),
}

impl Liveness {
    pub(super) fn new(at: Duration) -> Self {
        Self {
            check: LivenessCheck::Idle { at },
            trust: Trust::Unproven,
            progress: ProgressTrust::Trusted,
            marks: VecDeque::new(),
            same_at: VecDeque::new(),
        }
    }

    /// Doubts the watch: none of its events is handed out until a reading.
    pub(super) fn doubt(&mut self) {
        self.trust = Trust::Doubted;
    }

    pub(super) fn is_doubted(&self) -> bool {
        self.trust == Trust::Doubted
    }

    /// Notes that a reading showed that the watch continues the known state.
    pub(super) fn prove(&mut self, next_check: Duration) {
        self.trust = Trust::Proven;
        self.check = LivenessCheck::Idle { at: next_check };
    }

    pub(super) fn idle_at(&mut self, at: Duration) {
        self.check = LivenessCheck::Idle { at };
    }

    /// The time of the next check, while none is under way.
    pub(super) fn idle_until(&self) -> Option<Duration> {
        match self.check {
            LivenessCheck::Idle { at } => Some(at),
            _ => None,
        }
    }

    /// Brings the next check forward.
    pub(super) fn hurry(&mut self, now: Duration) {
        if let LivenessCheck::Idle { at } = &mut self.check {
            *at = (*at).min(now + GRACE);
        }
    }

    /// The time of the check that waits for revisions of another range, if progress was requested
    /// for it. The request is answered by this.
    pub(super) fn take_hand_out(&mut self) -> Option<Duration> {
        let LivenessCheck::AwaitingProgress {
            why: ProgressPurpose::HandOut { check_at },
            ..
        } = self.check
        else {
            return None;
        };
        self.check = LivenessCheck::Idle { at: check_at };
        Some(check_at)
    }

    /// The time at which something is due.
    pub(super) fn deadline(&self, read_limit: Duration) -> Duration {
        match self.check {
            LivenessCheck::Idle { at } | LivenessCheck::Suspect { at, .. } => at,
            LivenessCheck::AwaitingProgress { until, .. } => until,
            LivenessCheck::Probing { since, .. } => since + read_limit,
        }
    }

    /// Notes that an event of this revision arrived. If a probe has vouched for the state beyond
    /// it, the confirmation goes back to the one before the probe.
    pub(super) fn undo(&mut self, revision: Revision, confirmed: &mut Option<Duration>) {
        let mut same_at = self.same_at.iter();
        if let Some(first) = same_at.position(|(at, _)| revision <= *at)
            && let Some((_, before)) = self.same_at.drain(first..).next()
        {
            *confirmed = before;
        }
    }

    /// Notes that the store was at that revision when the request was made, or later.
    fn mark(&mut self, since: Duration, revision: Revision) {
        if self.marks.len() >= MAX_MARKS {
            self.marks.pop_back();
        }
        self.marks.push_back((since, revision));
    }

    /// Notes that a probe found the known state, at a revision beyond the cursor.
    fn vouch(&mut self, revision: Revision, confirmed: Option<Duration>) {
        if self.same_at.len() >= MAX_MARKS {
            self.same_at.pop_front();
        }
        self.same_at.push_back((revision, confirmed));
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

    fn probe(&mut self, turn: &mut Turn<'_>, cursor: Option<Revision>, again: bool, attempts: u32) {
        self.check = LivenessCheck::Probing {
            since: turn.now,
            cursor,
            again,
            attempts,
        };
        turn.requests.push(Request::Probe);
    }
}

impl Sync {
    /// Whether a `wait_for` is pending for a revision that is yet to come.
    fn waits(&self) -> bool {
        self.wanted.is_some_and(|wanted| Some(wanted) > self.cursor)
    }

    /// The time between two checks if nothing happens.
    pub(super) fn idle(&self) -> Duration {
        self.settings.staleness / 3
    }

    /// The time of the next check: sooner while a `wait_for` is pending.
    pub(super) fn next_check(&mut self, now: Duration) -> Duration {
        let idle = self.idle();
        if !self.waits() {
            return now + idle;
        }
        // Back off: if progress can't be trusted, each check is a reading of everything.
        let again = AGAIN.saturating_mul(1 << self.in_vain.min(10));
        self.in_vain += 1;
        now + again.min(idle.max(AGAIN))
    }

    /// The first check after the watch was opened.
    pub(super) fn first_check(&mut self, now: Duration) -> Duration {
        let at = self.next_check(now).min(now + AGAIN);
        // A reading that took long is already old.
        let due = self
            .confirmed
            .map_or(now, |confirmed| confirmed + self.idle());
        at.min(due).max(now + GRACE)
    }

    /// Takes in the store's revision.
    pub(super) fn latest(&mut self, turn: &mut Turn<'_>, revision: Revision) {
        let State::Watching(watching) = &mut self.state else {
            return;
        };
        let liveness = &mut watching.liveness;
        let LivenessCheck::AwaitingProgress {
            until,
            why: ProgressPurpose::Confirm { since, cursor },
        } = liveness.check
        else {
            return;
        };
        if Some(revision) < cursor {
            liveness.doubt();
            return self.compare(turn);
        }
        liveness.mark(since, revision);
        liveness.check = LivenessCheck::AwaitingProgress {
            until,
            why: ProgressPurpose::Reach(revision),
        };
        self.confirm(turn.now);
    }

    /// Confirms the moments whose revisions the cursor has reached.
    pub(super) fn confirm(&mut self, now: Duration) {
        let cursor = self.cursor;
        let State::Watching(watching) = &mut self.state else {
            return;
        };
        let liveness = &mut watching.liveness;
        if liveness.is_doubted() {
            return;
        }
        self.confirmed = self.confirmed.max(liveness.reached(cursor));
        liveness.same_at.retain(|(at, _)| Some(*at) > cursor);
        if let LivenessCheck::AwaitingProgress {
            why: ProgressPurpose::Reach(revision),
            ..
        } = liveness.check
            && Some(revision) <= cursor
        {
            let at = self.next_check(now);
            if let State::Watching(watching) = &mut self.state {
                watching.liveness.idle_at(at);
            }
        }
    }

    /// Requests progress and the store's revision, which together confirm this moment.
    pub(super) fn request_confirmation(&mut self, turn: &mut Turn<'_>) {
        let (since, cursor) = (turn.now, self.cursor);
        self.ask(turn, ProgressPurpose::Confirm { since, cursor });
    }

    /// Requests progress, to hand out revisions that wait for another range.
    pub(super) fn ask_to_hand_out(&mut self, turn: &mut Turn<'_>, check_at: Duration) {
        self.ask(turn, ProgressPurpose::HandOut { check_at });
    }

    /// Requests progress; if it can't be trusted, checks without it.
    fn ask(&mut self, turn: &mut Turn<'_>, why: ProgressPurpose) {
        // The time limit for the answer.
        let until = turn.now + self.settings.staleness / 6;
        let State::Watching(watching) = &mut self.state else {
            return;
        };
        watching.liveness.check = LivenessCheck::AwaitingProgress { until, why };
        if watching.liveness.progress == ProgressTrust::Untrusted {
            return self.no_progress(turn);
        }
        turn.requests.push(Request::Progress);
        if let ProgressPurpose::Confirm { .. } = why {
            turn.requests.push(Request::Latest);
        }
    }

    /// Notes that the store's progress can't be trusted: none will come.
    pub(super) fn no_progress(&mut self, turn: &mut Turn<'_>) {
        let waits = self.waits();
        let cursor = self.cursor;
        let State::Watching(watching) = &mut self.state else {
            return;
        };
        watching.liveness.progress = ProgressTrust::Untrusted;
        let LivenessCheck::AwaitingProgress { .. } = watching.liveness.check else {
            return;
        };
        if waits || !watching.waiting.is_empty() {
            // If no event comes, only a reading moves the cursor.
            self.compare(turn);
        } else {
            watching.liveness.probe(turn, cursor, false, 0);
        }
    }

    /// Takes in the answer to a probe.
    pub(super) fn probed(&mut self, turn: &mut Turn<'_>, probe: &Probe) {
        let (now, next, waits) = (turn.now, self.next_check(turn.now), self.waits());
        let idle = self.idle();
        let State::Watching(watching) = &mut self.state else {
            return;
        };
        let liveness = &mut watching.liveness;
        let LivenessCheck::Probing {
            since,
            cursor,
            again,
            attempts,
        } = liveness.check
        else {
            return;
        };
        if cursor.is_some_and(|cursor| probe.revision < cursor) {
            // The store's revision went back; the reading will show how far.
            liveness.doubt();
            return self.compare(turn);
        }
        let known: Vec<RangeCount> = turn.replica.counts();
        if probe.ranges == known {
            if Some(probe.revision) > self.cursor {
                liveness.vouch(probe.revision, self.confirmed);
            }
            self.confirmed = self.confirmed.max(Some(since));
            let first = liveness.trust == Trust::Unproven;
            let at = if first && waits { now + GRACE } else { next };
            if first {
                liveness.trust = Trust::Proven;
            }
            liveness.idle_at(at);
        } else if again && (cursor == self.cursor || liveness.trust != Trust::Proven) {
            // Nothing arrived in all that time: an event was lost, or the watch is dead.
            self.compare(turn);
        } else {
            // If the revision is not beyond the cursor, the difference should be known already.
            if cursor < Some(probe.revision) {
                liveness.mark(since, probe.revision);
            }
            // If events keep arriving, they may lag behind for long.
            let wait = AGAIN.saturating_mul(1 << attempts.min(10));
            liveness.check = LivenessCheck::Suspect {
                at: now + wait.min(idle.max(AGAIN)),
                cursor: self.cursor,
                attempts: attempts.saturating_add(1),
            };
            self.confirm(now);
        }
    }

    /// Runs the check whose time has come, if any. Returns whether to give up the watch, and
    /// whether to begin a check.
    pub(super) fn check_time(&mut self, turn: &mut Turn<'_>) -> Due {
        let (now, limit, cursor) = (turn.now, self.settings.read_limit, self.cursor);
        let State::Watching(watching) = &mut self.state else {
            return Due::Nothing;
        };
        let liveness = &mut watching.liveness;
        match liveness.check {
            // Progress proves nothing about revisions before the watch.
            LivenessCheck::Idle { at } if now >= at && liveness.trust != Trust::Proven => {
                liveness.probe(turn, cursor, false, 0);
            }
            LivenessCheck::Idle { at } if now >= at => return Due::Check,
            LivenessCheck::AwaitingProgress { until, .. } if now >= until => {
                liveness.probe(turn, cursor, false, 0);
            }
            LivenessCheck::Suspect {
                at,
                cursor: then,
                attempts,
            } if now >= at => liveness.probe(turn, cursor, then == cursor, attempts),
            LivenessCheck::Probing { since, .. } if now >= since + limit => return Due::Failure,
            _ => {}
        }
        Due::Nothing
    }
}

/// The result of [`Sync::check_time`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Due {
    Nothing,
    /// The state is to be confirmed.
    Check,
    /// A probe was not answered in time.
    Failure,
}
