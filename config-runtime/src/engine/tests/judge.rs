//! The judge of a history: compares the engine's publications and status with the world's.
//!
//! In an honest world everything is exact: the staged state is the store's state at the cursor, and
//! the published and held changes are those of the model of holding. In a lying one each
//! publication must be valid by itself, and the end must be right.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use super::config::{
    ABSENT, Config, Key, LEAVES, NAMES, PREFIXES, Spoken, THREADS, Texts, intended, is_valid,
    keys_around, leaf, shown,
};
use super::steps::Nature;
use super::world::World;
use crate::Revision;
use crate::apply::{BadKeys, Publication};
use crate::problem::Problem;
use crate::reference::holding::{Words, texts};
use crate::snapshot::{Origin, Snapshot};
use crate::status::Status;
use crate::sync::{RangeCount, Settings};

/// A result whose error describes the fault: a panic for each try of the shrinking would bury it.
pub(super) type JudgeResult<V = ()> = Result<V, String>;

macro_rules! ensure {
    ($holds:expr, $($wrong:tt)+) => {
        if !$holds {
            return Err(format!($($wrong)+));
        }
    };
}
pub(super) use ensure;

const MINUTE: Duration = Duration::from_secs(60);

/// The state that the judgements need.
pub(super) struct Judgement {
    /// The last moment at which the engine's known state was current, as far as the world knows.
    truth: Option<Duration>,
    /// The revisions beyond the cursor that changed something, with their times; and the revision
    /// up to which this list is complete.
    ahead: (VecDeque<(u64, Duration)>, u64),
    /// The times at which the store reached its revisions.
    was: Vec<(Duration, u64)>,
    /// The requests, the ticks, and the disturbances that the engine did not cause, of the last
    /// minute.
    requests: VecDeque<Duration>,
    ticks: VecDeque<Duration>,
    stirs: VecDeque<Duration>,
    /// The maximum number of requests in a minute.
    max_requests: usize,
    /// The epoch and the revision of the last publication, and of the last cursor.
    published: Option<(u64, Option<Revision>)>,
    cursor: (u64, Option<Revision>),
    pub(super) publications: usize,
    /// Whether the batch that ends has staged something.
    pub(super) stages: bool,
    /// The cursor at which the last settling was judged; `None` if something was staged since, or
    /// is reported otherwise.
    pub(super) settled_at: Option<Revision>,
    /// The paths of the leaves that the last publication changed.
    pub(super) told: BTreeSet<String>,
}

impl Judgement {
    pub(super) fn new(settings: &Settings) -> Self {
        let checks = MINUTE.as_secs() / (settings.staleness.as_secs() / 3).max(1);
        Self {
            truth: None,
            ahead: (VecDeque::new(), 0),
            was: Vec::new(),
            requests: VecDeque::new(),
            ticks: VecDeque::new(),
            stirs: VecDeque::new(),
            // A check requests progress, probes twice and reads; a failure, of which there are not
            // many in a minute, reads and opens.
            max_requests: 4 * usize::try_from(checks).unwrap() + 80,
            published: None,
            cursor: (1, None),
            publications: 0,
            stages: false,
            settled_at: None,
            told: BTreeSet::new(),
        }
    }

    /// Notes that the known state was current at that time.
    pub(super) fn confirmed(&mut self, at: Duration) {
        self.truth = self.truth.max(Some(at));
    }

    /// The first time after `after` at which the store was beyond a revision.
    pub(super) fn beyond(&self, revision: u64, after: Duration) -> Option<Duration> {
        let mut was = self.was.iter();
        let beyond = was.find(|(at, was)| *at > after && *was > revision);
        beyond.map(|(at, _)| *at)
    }

    /// Notes a disturbance: something arrived that was not requested.
    pub(super) fn stirred(&mut self, now: Duration) {
        count(&mut self.stirs, now);
    }

    pub(super) fn asked(&mut self, now: Duration) -> JudgeResult {
        let requests = count(&mut self.requests, now);
        self.is_calm(requests, "requests")
    }

    pub(super) fn ticked(&mut self, now: Duration) -> JudgeResult {
        let ticks = count(&mut self.ticks, now);
        self.is_calm(ticks, "ticks")
    }

    fn is_calm(&self, count: usize, what: &str) -> JudgeResult {
        let max = self.max_requests + self.stirs.len();
        ensure!(count <= max, "P10: {count} {what} within a minute");
        Ok(())
    }
}

/// Adds one, and returns the number within the last minute.
fn count(times: &mut VecDeque<Duration>, now: Duration) -> usize {
    times.push_back(now);
    while times.front().is_some_and(|first| *first + MINUTE < now) {
        times.pop_front();
    }
    times.len()
}

impl World {
    fn is_followed(&self, key: &[u8]) -> bool {
        let mut prefixes = self.prefixes.iter();
        prefixes.any(|prefix| key.starts_with(prefix.as_bytes()))
    }

    fn cursor(&self) -> u64 {
        self.engine.cursor().map_or(0, Revision::get)
    }

    pub(super) fn counts_at_the_cursor(&self) -> Vec<RangeCount> {
        self.server.counts(self.prefixes, self.cursor().max(1))
    }

    /// The texts that a program would start with at a revision.
    fn texts_at(&self, revision: u64) -> Texts {
        let mut texts = texts(self.server.state(revision));
        texts.retain(|key, _| self.own.contains(key));
        texts
    }

    fn unknown_at(&self, revision: u64) -> usize {
        let keys = self.server.state(revision).keys();
        keys.filter(|key| self.is_followed(key) && !self.own.contains(key))
            .count()
    }

    /// Follows the engine from a cursor, perhaps by a reading: the model does the same, from the
    /// store's own history.
    pub(super) fn staged(&mut self, before: Option<u64>, read: Option<u64>) -> JudgeResult {
        let (epoch, cursor) = (self.engine.epoch(), self.engine.cursor());
        ensure!(
            (epoch, cursor) >= self.judgement.cursor,
            "P1: the cursor went back, to {cursor:?}"
        );
        self.judgement.cursor = (epoch, cursor);
        if self.nature == Nature::Lying {
            return Ok(());
        }
        ensure!(epoch == 1, "P1: a new epoch, but the history is the same");
        let after = self.cursor();
        ensure!(
            after <= self.server.latest(),
            "P12: the cursor is ahead of the store"
        );
        let mut from = before.unwrap_or(0);
        if let Some(read) = read.filter(|read| *read >= from) {
            self.model.read(&self.own, self.server.state(read), read);
            // Keys of the copy that were found are the store's, even if they change before this is
            // settled.
            self.compare_with_the_copy();
            from = read;
        }
        for revision in from + 1..=after {
            for (key, text) in self.server.changes(revision) {
                if self.own.contains(key) {
                    let new = text.map(|text| (text, revision));
                    self.model.change(*key, new, (1, revision, false));
                }
            }
        }
        Ok(())
    }

    /// Judges the guarantees of every publication, in any world.
    pub(super) fn judge_publication(&mut self, snapshot: &Snapshot<Config>) -> JudgeResult {
        ensure!(
            is_valid(snapshot),
            "P7: published, but it breaks a rule: {snapshot:?}"
        );
        let published = (snapshot.epoch(), snapshot.revision());
        ensure!(
            published == (self.engine.epoch(), self.engine.cursor()),
            "P2: published as of {published:?}, with the cursor at {:?}",
            self.engine.cursor()
        );
        ensure!(
            self.judgement.published <= Some(published),
            "P1: published {published:?} after {:?}",
            self.judgement.published
        );
        self.judgement.published = Some(published);
        self.judgement.publications += 1;
        Ok(())
    }

    pub(super) fn judge_begun(
        &mut self,
        begun: &Result<Snapshot<Config>, Vec<Problem>>,
    ) -> JudgeResult {
        let read = self.texts_at(self.cursor());
        let whole = intended(&read);
        let first = match begun {
            Err(problems) => {
                ensure!(!problems.is_empty(), "starting: refused without a reason");
                ensure!(
                    !self.copy.serves,
                    "starting: refused, but there is a copy: {problems:?}"
                );
                ensure!(
                    whole.is_none() || self.nature == Nature::Lying,
                    "starting: refused, but everything is valid: {problems:?}"
                );
                return Ok(());
            }
            Ok(first) => first,
        };
        self.judge_publication(first)?;
        if self.nature == Nature::Lying {
            self.model.words.running = Some(first.threads);
            return Ok(());
        }
        match whole {
            Some(whole) => {
                ensure!(**first == whole, "P2: begun with {first:?}");
                self.model.settle();
            }
            None if self.copy.serves => {
                // The last good values stand in for bad keys.
                self.model.settle();
                let should = self.model.published.as_ref();
                ensure!(
                    should == Some(&**first),
                    "P2, P3: begun with {first:?}, but it should be {should:?}"
                );
            }
            None => {
                ensure!(
                    self.bad_keys() == BadKeys::Default,
                    "starting: bad keys were not to be accepted"
                );
                self.adopt(first)?;
            }
        }
        self.model.words.running = Some(first.threads);
        self.compare_with_the_copy();
        self.judge_kept()?;
        self.judge_origins(first)?;
        self.judge_held(first)
    }

    /// Takes over the keys that a start with bad keys accepted. The selection is the engine's, but
    /// it must match the reported held keys.
    fn adopt(&mut self, first: &Config) -> JudgeResult {
        let held = self.held_keys();
        ensure!(!held.is_empty(), "starting: bad keys, yet nothing is held");
        self.model.good = self.model.staged.clone();
        self.model
            .good
            .retain(|key, _| !held.contains(&key.escape_ascii().to_string()));
        for keys in self.model.groups.values_mut() {
            keys.retain(|key| held.contains(&key.escape_ascii().to_string()));
        }
        self.model.groups.retain(|_, keys| !keys.is_empty());
        let published = intended(&texts(&self.model.good));
        ensure!(
            published.as_ref() == Some(first),
            "P2: begun with {first:?}, but what is not held gives {published:?}"
        );
        self.model.published = published;
        Ok(())
    }

    fn held_keys(&self) -> BTreeSet<String> {
        let held = self.status.held.iter();
        held.flat_map(|held| held.keys.iter().cloned()).collect()
    }

    /// Judges a settled batch.
    pub(super) fn judge_settled(&mut self, published: Option<&Publication<Config>>) -> JudgeResult {
        let Some(hub) = self.hub.clone() else {
            return Ok(());
        };
        let before = hub.snapshot();
        if self.engine.cursor().is_none() {
            ensure!(
                published.is_none(),
                "published without the store: {published:?}"
            );
            return Ok(());
        }
        let anchors = self.anchors(published)?;
        if let Some(Publication { snapshot, changed }) = published {
            self.judge_publication(snapshot)?;
            let differ = (0..LEAVES.len()).filter(|at| shown(&before, *at) != shown(snapshot, *at));
            let differ: BTreeSet<_> = differ.map(|at| NAMES[at].to_owned()).collect();
            // The paths of an entry's leaves are still known when it is gone.
            let told: BTreeSet<_> = self.engine.fields(changed).into_iter().collect();
            ensure!(
                anchors || !differ.is_empty(),
                "P6: swapped, although nothing changed: {snapshot:?}"
            );
            ensure!(
                told == differ,
                "P6: leaves {differ:?} changed, and {told:?} are told"
            );
            ensure!(
                snapshot.threads == before.threads,
                "restart: {snapshot:?} took effect"
            );
            self.judgement.told = told;
        }
        let at = self.engine.cursor();
        let is_quiet = published.is_none() && self.judgement.settled_at == at;
        if self.nature == Nature::Honest && !is_quiet {
            self.judgement.settled_at = at;
            let now = published.map_or(&before, |published| &published.snapshot);
            let known = self.engine.counts();
            let there = self.counts_at_the_cursor();
            ensure!(
                known == there,
                "P12: known at {at:?} is {known:?}, the store has {there:?}"
            );
            self.model.settle();
            let should = self.model.published.as_ref();
            ensure!(
                should == Some(&**now),
                "P2, P3, P4: published at {at:?} is {now:?}, but should be {should:?}"
            );
            self.judge_held(now)?;
            self.compare_with_the_copy();
            self.judge_kept()?;
            if let Some(Publication { snapshot, .. }) = published {
                self.judge_origins(snapshot)?;
            }
        }
        Ok(())
    }

    /// Judges the reported held, pending and unknown keys.
    fn judge_held(&self, published: &Config) -> JudgeResult {
        let held = self.status.held.iter().map(|held| {
            let id = (held.epoch, held.revision.get(), held.missing);
            (id, held.keys.iter().cloned().collect())
        });
        let held: Vec<(_, BTreeSet<String>)> = held.collect();
        let should = self.model.groups.iter().map(|(id, keys)| {
            let keys = keys.iter().map(|key| key.escape_ascii().to_string());
            (*id, keys.collect())
        });
        let should: Vec<(_, BTreeSet<String>)> = should.collect();
        ensure!(
            held == should,
            "holding: {held:?} is held, but should be {should:?}"
        );
        for held in self.status.held.iter() {
            ensure!(
                !held.problems.is_empty(),
                "P7: held without a reason: {held}"
            );
            let is_in = |key: &Key| held.keys.contains(&key.escape_ascii().to_string());
            let should = LEAVES.iter().zip(NAMES);
            let should = should.filter(|(keys, _)| keys.iter().any(&is_in));
            let should: BTreeSet<_> = should.map(|(_, name)| name).collect();
            let said: BTreeSet<_> = held.fields.iter().map(String::as_str).collect();
            ensure!(
                said == should,
                "holding: {said:?} are said to be held, but {should:?} are"
            );
            let said = format!("{held} {held:?}");
            ensure!(!said.contains("hush"), "a secret is told: {said}");
        }
        let next = intended(&texts(&self.model.good)).map(|next| next.threads);
        let pending = self.status.pending_restart.len();
        ensure!(
            pending == usize::from(next != Some(published.threads)),
            "restart: {pending} fields are pending, {} runs, {next:?} would be next",
            published.threads
        );
        let unknown = self.unknown_at(self.cursor());
        ensure!(
            self.status.unknown_count == unknown,
            "{} keys are said to be unknown, there are {unknown}",
            self.status.unknown_count
        );
        Ok(())
    }

    /// Judges that each leaf that exists has its origin, and that a leaf of a missing entry has
    /// none.
    pub(super) fn judge_origins(&self, snapshot: &Snapshot<Config>) -> JudgeResult {
        let Spoken { running } = self.model.words;
        let next = intended(&texts(&self.model.good)).map(|next| next.threads);
        let is_judged = |at: &usize| {
            // A value that waits for a restart hides the origin of the running one.
            (*at != THREADS || next == running) && shown(snapshot, *at) != ABSENT
        };
        let should = (0..LEAVES.len()).filter(is_judged);
        let should: BTreeMap<_, _> = should
            .map(|at| (NAMES[at].to_owned(), self.origin(at)))
            .collect();
        let said = snapshot.origins();
        let said = said.filter(|(name, _)| name != NAMES[THREADS] || next == running);
        let said: BTreeMap<_, _> = said.map(|(name, it)| (name, it.clone())).collect();
        for name in said.keys().chain(should.keys()) {
            let (said, should) = (said.get(name), should.get(name));
            ensure!(
                said == should,
                "the origin of {name} is {said:?}, but should be {should:?}"
            );
        }
        Ok(())
    }

    /// The origin of the published value of a leaf.
    fn origin(&self, at: usize) -> Origin {
        let own = LEAVES[at];
        let good = &self.model.good;
        let origin = match own.iter().find(|key| good.contains_key(*key)) {
            None => Origin::Default,
            Some(key) => {
                let (text, revision) = good[key];
                let below = self.prefixes.len() > 1 && !key.starts_with(PREFIXES[0].as_bytes());
                let shown = (at != 5).then(|| text.into());
                let (said, revision) = (key.escape_ascii().to_string(), Revision::new(revision));
                match self.copy.keys.contains(key) {
                    true => Origin::fallback(said, revision, shown),
                    false => Origin::key(said, revision, usize::from(below), shown),
                }
            }
        };
        let mut groups = self.model.groups.values().flatten();
        origin.standing_in(groups.any(|key| own.contains(key)))
    }

    /// The time until which the engine's known state was complete.
    fn current_until(&mut self) -> Duration {
        let (cursor, latest) = (self.cursor(), self.server.latest());
        let (ahead, known) = &mut self.judgement.ahead;
        let changed = self.prefixes.iter();
        let changed = changed.flat_map(|prefix| self.server.revisions_of(prefix, *known, latest));
        let changed: BTreeSet<u64> = changed.collect();
        ahead.extend(changed.into_iter().map(|revision| (revision, self.now)));
        *known = latest;
        while ahead
            .front()
            .is_some_and(|(revision, _)| *revision <= cursor)
        {
            ahead.pop_front();
        }
        // A key may have been written and deleted again.
        let mut until = self.now;
        for (revision, at) in ahead.iter().rev() {
            if self.server.same(self.prefixes, cursor, *revision) {
                return until;
            }
            until = *at;
        }
        until
    }

    /// Judges the guarantees that hold at every moment.
    pub(super) fn judge_time(&mut self) -> JudgeResult {
        let deadline = self.engine.deadline();
        ensure!(
            self.hub.is_none() || deadline > self.now,
            "P10: due already, after everything was done"
        );
        let until_comparison = self.settings.compare_every.mul_f64(1.2);
        ensure!(
            deadline <= self.now + until_comparison.max(self.settings.read_limit),
            "P10: no timer within reach"
        );
        let latest = self.server.latest();
        if self
            .judgement
            .was
            .last()
            .is_none_or(|(_, was)| *was != latest)
        {
            self.judgement.was.push((self.now, latest));
        }
        let truth = match self.nature {
            Nature::Honest => Some(self.current_until()),
            Nature::Lying => self.judgement.truth,
        };
        let confirmed = self.status.confirmed.map(|at| at - self.base);
        ensure!(
            confirmed <= truth,
            "P9: said to be confirmed at {confirmed:?}, but it was not since {truth:?}"
        );
        let age = truth.map(|truth| self.now.saturating_sub(truth));
        ensure!(
            !self.is_fresh() || age.is_some_and(|age| age <= self.settings.staleness),
            "P9: said to be fresh, although it was current {age:?} ago"
        );
        Ok(())
    }

    /// Whether the status is fresh.
    fn is_fresh(&self) -> bool {
        let mut status = Status::new(self.settings.staleness);
        status.confirmed = self.status.confirmed;
        status.at(self.base + self.now).is_fresh()
    }

    /// Judges that everything is as it must be once there were no faults for long enough.
    pub(super) fn judge_rest(&self) -> JudgeResult {
        let Some(hub) = &self.hub else {
            return Err("not begun".to_owned());
        };
        let latest = self.server.latest();
        let (known, there) = (
            self.engine.counts(),
            self.server.counts(self.prefixes, latest),
        );
        ensure!(known == there, "{known:?} is known, there is {there:?}");
        ensure!(
            self.status.unknown_count == self.unknown_at(latest),
            "the unknown keys are others"
        );
        ensure!(
            self.cursor() <= latest,
            "the cursor is ahead: {}",
            self.cursor()
        );
        ensure!(self.is_fresh(), "not fresh");
        ensure!(self.status.connected, "not connected");
        ensure!(
            self.status.failure.is_none(),
            "it says {:?}",
            self.status.failure
        );
        let (now, texts) = (hub.snapshot(), self.texts_at(latest));
        let held = self.held_keys();
        if let Some(whole) = self.model.words.decode(&texts) {
            ensure!(*now == whole, "published is {now:?}, there is {whole:?}");
            ensure!(held.is_empty(), "{held:?} is held without need");
            return Ok(());
        }
        ensure!(!held.is_empty(), "nothing is held, but something is bad");
        for (at, name) in NAMES.into_iter().enumerate() {
            let is_held = |key: Key| held.contains(&key.escape_ascii().to_string());
            if at == THREADS || keys_around(at).into_iter().any(is_held) {
                continue;
            }
            let (shown, there) = (shown(&now, at), leaf(&texts, at));
            ensure!(
                Ok(&shown) == there.as_ref(),
                "{name} is {shown}, and in the store {there:?}"
            );
        }
        Ok(())
    }
}
