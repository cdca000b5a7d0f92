//! The judge. It knows what etcd held, and what the library promises; nothing of how it does it.
//!
//! In: the branches of etcd's history, and what one instance was seen to say ([`Seen`]). Out: the
//! promises that it broke, each with what is needed to understand it.
//!
//! **Which branch.** A wipe or a restore begins a branch, and an instance need not notice it. So a
//! publication is judged by the first branch, from that of the publication before it on, that
//! explains it.
//!
//! **What holding makes of a revision** is decided by the families of `config.rs`. Of a key that
//! was deleted it can't be known from outside whether an event or a full read told of it; the
//! second puts it into the group of all that was found missing, which is held while `need` is
//! missing. So a deleted key may show its last good value then. Nothing else is left open.
//!
//! **What can't be asked for.** A store that is restored between a reading and the watch that goes
//! on from it, and has outrun the reading by then, gives no hint: until the next comparison a
//! publication may be of neither branch. Such ones are counted ([`Verdict::mixed`]), and each of
//! their keys must be what one of the branches had, or what was there before.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::time::{Duration, Instant};

use crate::config::{KEYS, PREFIX, Row, TXN, Value, broken, default_of, read};
use crate::history::{Branch, Entry};

/// What was on its way when an instance was cut off, and the time that a leader's loss takes to
/// be noticed.
pub(crate) const SLACK: Duration = Duration::from_millis(2_500);

/// One publication, as a queue of changes gave it.
#[derive(Clone, Debug)]
pub(crate) struct Publication {
    pub(crate) at: Instant,
    pub(crate) epoch: u64,
    pub(crate) revision: u64,
    pub(crate) row: Row,
}

/// Where a snapshot says that a value is from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Origin {
    /// Whether it stands in for a change that is held.
    pub(crate) held: bool,
    /// The revision that wrote it; `None`: the default.
    pub(crate) revision: Option<u64>,
}

/// A configuration that a reader had, with the origins of its keys if it looked.
#[derive(Clone, Debug)]
pub(crate) struct Sample {
    pub(crate) epoch: u64,
    pub(crate) revision: u64,
    pub(crate) row: Row,
    pub(crate) origins: BTreeMap<&'static str, Origin>,
}

/// What a subscriber was given.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    pub(crate) previous: String,
    pub(crate) current: String,
    pub(crate) epoch: u64,
    pub(crate) revision: u64,
}

/// How a subscriber is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// The latest value.
    Latest,
    /// One item for each publication in which the value differs.
    Each,
}

/// A subscriber, and all that it was given.
#[derive(Clone, Debug)]
pub(crate) struct Subscriber {
    pub(crate) name: String,
    pub(crate) way: Way,
    /// What the value is of a whole configuration.
    pub(crate) part: fn(&Row) -> String,
    /// What it had at the beginning; without a name of its own, a value after its first look.
    pub(crate) baseline: String,
    pub(crate) named: bool,
    pub(crate) told: Vec<Told>,
    pub(crate) missed: u64,
}

/// What a status said.
#[derive(Clone, Debug)]
pub(crate) struct Poll {
    /// Before and after it was asked for.
    pub(crate) asked: Instant,
    pub(crate) answered: Instant,
    pub(crate) fresh: bool,
    pub(crate) confirmed: Option<Instant>,
    pub(crate) epoch: u64,
    pub(crate) revision: u64,
}

/// What a status said to be held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Held {
    pub(crate) revision: u64,
    pub(crate) missing: bool,
    /// Below the prefix.
    pub(crate) keys: BTreeSet<String>,
    /// For each reason the key it names, the revision, and the words.
    pub(crate) problems: Vec<(String, Option<u64>, String)>,
}

/// Somebody waited for a revision that wrote one good value to one key.
#[derive(Clone, Debug)]
pub(crate) struct Waited {
    pub(crate) key: &'static str,
    pub(crate) revision: u64,
    /// The branch of the write, by its place.
    pub(crate) branch: usize,
    /// Whether it was said to be held, and if so whether among keys found missing.
    pub(crate) held: Option<bool>,
    /// The key's value after the answer.
    pub(crate) value: Value,
}

/// A time in which no way led to the store.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CutOff {
    pub(crate) from: Instant,
    pub(crate) to: Instant,
}

/// All that was seen of one instance in one round.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) name: String,
    /// What it had at the beginning: judged, too, where it was started in this round.
    pub(crate) first: Publication,
    pub(crate) is_new: bool,
    pub(crate) publications: Vec<Publication>,
    /// For each reader what it had, one after the other.
    pub(crate) readers: Vec<Vec<Sample>>,
    pub(crate) subscribers: Vec<Subscriber>,
    pub(crate) polls: Vec<Poll>,
    pub(crate) staleness: Duration,
    pub(crate) cut_off: Vec<CutOff>,
    pub(crate) waited: Vec<Waited>,
    /// At the end, when everything has come to rest.
    pub(crate) held: Vec<Held>,
    pub(crate) end: Publication,
}

/// A promise that was broken.
#[derive(Clone, Debug)]
pub(crate) struct Violation {
    pub(crate) promise: &'static str,
    pub(crate) instance: String,
    pub(crate) what: String,
}

/// What the judge says of an instance.
#[derive(Debug, Default)]
pub(crate) struct Verdict {
    pub(crate) violations: Vec<Violation>,
    /// How many publications, samples and so on were judged.
    pub(crate) judged: usize,
    /// How many publications were of neither branch around a restore.
    pub(crate) mixed: usize,
}

/// What a revision's keys say, and what holding may make of it.
struct State<'a> {
    branch: &'a Branch,
    revision: u64,
    /// The revisions whose group has something bad.
    bad: BTreeSet<u64>,
    needs: bool,
}

impl<'a> State<'a> {
    fn new(branch: &'a Branch, revision: u64) -> Self {
        let mut state = Self {
            branch,
            revision,
            bad: BTreeSet::new(),
            needs: false,
        };
        for key in KEYS {
            let entry = state.at(key);
            let is_bad = state.value(key).is_none();
            if is_bad && entry.changed > 0 {
                state.bad.insert(entry.changed);
            }
            state.needs |= is_bad && entry.bytes.is_none();
        }
        state
    }

    fn at(&self, key: &str) -> Entry {
        self.branch.at(&format!("{PREFIX}{key}"), self.revision)
    }

    /// What the store says; `None` where that is bad.
    fn value(&self, key: &str) -> Option<Value> {
        match self.at(key).bytes {
            Some(bytes) => read(key, &bytes),
            None => default_of(key),
        }
    }

    fn number(&self, key: &str) -> u64 {
        let value = self.value(key);
        value.and_then(|value| value.number()).unwrap_or_default()
    }

    /// Whether a key is held by a rule of its own or of one that was written with it: must it be,
    /// and may it be.
    fn holds(&self, key: &str) -> (bool, bool) {
        let entry = self.at(key);
        let with_bad = self.bad.contains(&entry.changed);
        if entry.bytes.is_some() {
            (with_bad, with_bad)
        } else {
            (key == "need", with_bad || self.needs)
        }
    }

    /// Whether this configuration is what comes of it after that one.
    fn explains(&self, before: &Row, now: &Row, is_first: bool) -> Result<(), String> {
        for key in KEYS.iter().filter(|key| !key.starts_with("pair/")) {
            let (must, may) = self.holds(key);
            let accepted = !must && self.value(key).as_ref() == Some(now.get(key));
            // What the last good one was before anybody looked is not known.
            let stands_in = may && (is_first || now.get(key) == before.get(key));
            if !accepted && !stands_in {
                let entry = self.at(key);
                return Err(format!(
                    "{key} is {} after {}; at revision {} etcd has {} of revision {}{}",
                    now.get(key),
                    before.get(key),
                    self.revision,
                    shown(&entry),
                    entry.changed,
                    if must { ", which is to be held" } else { "" },
                ));
            }
        }
        let pair = |row: &Row| ["pair/min", "pair/max"].map(|key| number(row, key));
        let (was, is) = (pair(before), pair(now));
        let possible = self.pairs(was);
        let is_held = self.number("pair/min") > self.number("pair/max");
        if possible.contains(&is) || (is_first && is_held && is[0] <= is[1]) {
            return Ok(());
        }
        Err(format!(
            "pair is {is:?} after {was:?}; at revision {} etcd has {} of {} and {} of {}, \
             which makes {possible:?}",
            self.revision,
            shown(&self.at("pair/min")),
            self.at("pair/min").changed,
            shown(&self.at("pair/max")),
            self.at("pair/max").changed,
        ))
    }

    /// What the pair may be after that one.
    fn pairs(&self, was: [u64; 2]) -> BTreeSet<[u64; 2]> {
        let keys = ["pair/min", "pair/max"];
        let entries = keys.map(|key| self.at(key));
        let new = keys.map(|key| self.number(key));
        let absent = entries.clone().map(|entry| entry.bytes.is_none());
        let mut possible = BTreeSet::new();
        // Which of the absent ones wait among those that were found missing.
        for waiting in [[false, false], [true, false], [false, true], [true, true]] {
            let may = (0..2).all(|side| !waiting[side] || (absent[side] && self.needs));
            if !may {
                continue;
            }
            let mut groups: Vec<(u64, Vec<usize>)> = Vec::new();
            for side in (0..2).filter(|side| !waiting[*side]) {
                match groups
                    .iter_mut()
                    .find(|(at, _)| *at == entries[side].changed)
                {
                    Some((_, sides)) => sides.push(side),
                    None => groups.push((entries[side].changed, vec![side])),
                }
            }
            groups.sort();
            let all = groups.iter().flat_map(|(_, sides)| sides);
            let together = all.fold(was, |pair, side| with(pair, *side, new[*side]));
            if together[0] <= together[1] {
                possible.insert(together);
                continue;
            }
            possible.insert(passes(was, &groups, new));
            if absent.contains(&true) {
                groups.reverse();
                possible.insert(passes(was, &groups, new));
            }
        }
        possible
    }
}

fn with(mut pair: [u64; 2], side: usize, value: u64) -> [u64; 2] {
    pair[side] = value;
    pair
}

/// Each group enters if it leaves the whole valid, in passes.
fn passes(was: [u64; 2], groups: &[(u64, Vec<usize>)], new: [u64; 2]) -> [u64; 2] {
    let mut pair = was;
    loop {
        let before = pair;
        for (_, sides) in groups {
            let tried = sides
                .iter()
                .fold(pair, |pair, side| with(pair, *side, new[*side]));
            if tried[0] <= tried[1] {
                pair = tried;
            }
        }
        if pair == before {
            return pair;
        }
    }
}

fn number(row: &Row, key: &str) -> u64 {
    row.get(key).number().unwrap_or_default()
}

fn shown(entry: &Entry) -> String {
    match &entry.bytes {
        Some(bytes) => format!("{:?}", String::from_utf8_lossy(bytes)),
        None => "nothing".to_owned(),
    }
}

/// What was published, and the place of the branch that explains it, if one does.
type Named = (Row, Option<usize>);

/// Judges one instance.
pub(crate) fn judge(branches: &[Branch], seen: &Seen) -> Verdict {
    let mut judging = Judging {
        branches,
        seen,
        verdict: Verdict::default(),
        named: BTreeMap::new(),
    };
    judging.publications();
    judging.readers();
    seen.subscribers
        .iter()
        .for_each(|one| judging.subscriber(one));
    judging.polls();
    judging.waited();
    judging.end();
    judging.verdict
}

struct Judging<'a> {
    branches: &'a [Branch],
    seen: &'a Seen,
    verdict: Verdict,
    /// For each epoch and revision what was published, and by which branch it is explained.
    named: BTreeMap<(u64, u64), Vec<Named>>,
}

impl Judging<'_> {
    fn broken(&mut self, promise: &'static str, what: impl Into<String>) {
        let violations = &mut self.verdict.violations;
        // One cause often has many signs.
        if violations
            .iter()
            .filter(|one| one.promise == promise)
            .count()
            < 5
        {
            violations.push(Violation {
                promise,
                instance: self.seen.name.clone(),
                what: what.into(),
            });
        }
    }

    /// P1: never back.
    fn order(&mut self, who: &str, before: (u64, u64), now: (u64, u64)) {
        if now < before {
            self.broken(
                "P1",
                format!(
                    "{who}: epoch {} revision {} after epoch {} revision {}",
                    now.0, now.1, before.0, before.1
                ),
            );
        }
    }

    fn whole(&mut self, who: &str, row: &Row, at: (u64, u64)) {
        self.verdict.judged += 1;
        let rules = broken(row);
        if !rules.is_empty() {
            self.broken("P7", format!("{who} at {at:?}: {}", rules.join(", ")));
        }
        if TXN.iter().any(|key| row.get(key) != row.get("txn/t0")) {
            let parts: Vec<_> = TXN.iter().map(|key| row.get(key).to_string()).collect();
            self.broken(
                "P3",
                format!(
                    "{who} at {at:?}: a part of a transaction: {}",
                    parts.join(" ")
                ),
            );
        }
    }

    fn publications(&mut self) {
        let seen = self.seen;
        let mut branch = 0;
        let mut before = &seen.first;
        if seen.is_new {
            self.whole("the first", &before.row, (before.epoch, before.revision));
            match self.explaining(branch, &Row::defaults(), before, true) {
                Ok(found) => branch = found,
                Err(why) => self.unexplained("the first configuration", before, &why),
            }
        }
        let first = (before.row.clone(), Some(branch));
        self.named
            .insert((before.epoch, before.revision), vec![first]);
        for now in &seen.publications {
            let at = (now.epoch, now.revision);
            self.order("publications", (before.epoch, before.revision), at);
            self.whole("a publication", &now.row, at);
            if now.row == before.row {
                self.broken(
                    "P6",
                    format!("published again at {at:?}, and nothing changed"),
                );
            }
            let explained = match self.explaining(branch, &before.row, now, false) {
                Ok(found) => {
                    branch = found;
                    Some(found)
                }
                Err(_) if self.is_mixed(&before.row, now) => {
                    self.verdict.mixed += 1;
                    None
                }
                Err(why) => {
                    let what = format!("after {:?}", (before.epoch, before.revision));
                    self.unexplained(&what, now, &why);
                    None
                }
            };
            let named = self.named.entry(at).or_default();
            named.push((now.row.clone(), explained));
            before = now;
        }
    }

    /// The first branch, from that one on, that explains a publication.
    fn explaining(
        &self,
        from: usize,
        before: &Row,
        now: &Publication,
        is_first: bool,
    ) -> Result<usize, String> {
        let mut why = String::new();
        for (place, branch) in self.branches.iter().enumerate().skip(from) {
            if !branch.knows(now.revision) {
                let _ = write!(
                    why,
                    "\n  branch {place} has revisions {} to {} only",
                    branch.base, branch.last
                );
            } else if now.at < branch.since {
                let _ = write!(why, "\n  branch {place} began after it");
            } else {
                match State::new(branch, now.revision).explains(before, &now.row, is_first) {
                    Ok(()) => return Ok(place),
                    Err(reason) => {
                        let _ = write!(why, "\n  branch {place}: {reason}");
                    }
                }
            }
        }
        Err(why)
    }

    /// Whether it was published after a restore, and each key is what some branch had at a time.
    fn is_mixed(&self, before: &Row, now: &Publication) -> bool {
        let restored = self
            .branches
            .get(1)
            .is_some_and(|second| now.at >= second.since);
        restored
            && KEYS.iter().all(|key| {
                now.row.get(key) == before.get(key)
                    || self.branches.iter().any(|branch| {
                        let at = now.revision.clamp(branch.base, branch.last);
                        State::new(branch, at).value(key).as_ref() == Some(now.row.get(key))
                    })
            })
    }

    fn unexplained(&mut self, after: &str, now: &Publication, why: &str) {
        let keys: Vec<_> = KEYS.iter().map(|key| format!("{PREFIX}{key}")).collect();
        let from = now.revision.saturating_sub(12);
        let stories: Vec<_> = self
            .branches
            .iter()
            .enumerate()
            .map(|(place, branch)| {
                format!(
                    "  branch {place}:\n{}",
                    branch.story(&keys, from, now.revision + 3)
                )
            })
            .collect();
        let at = (now.epoch, now.revision);
        let what = format!(
            "published at {at:?}, {after}: {:?}{why}\n{}",
            now.row,
            stories.join("\n")
        );
        self.broken("P2", what);
    }

    /// What was published under that name, if it is this.
    fn published(&self, at: (u64, u64), row: &Row) -> Option<Named> {
        let mut named = self.named.get(&at)?.iter();
        named.find(|(published, _)| published == row).cloned()
    }

    fn readers(&mut self) {
        let seen = self.seen;
        for (number, samples) in seen.readers.iter().enumerate() {
            let who = format!("reader {number}");
            let mut before = (0, 0);
            for sample in samples {
                let at = (sample.epoch, sample.revision);
                self.order(&who, before, at);
                before = at;
                self.whole(&who, &sample.row, at);
                match self.published(at, &sample.row) {
                    None => self.broken(
                        "P6",
                        format!(
                            "{who} had a configuration at {at:?} that no change told of: {:?}",
                            sample.row
                        ),
                    ),
                    Some((_, Some(place))) => self.origins(&who, sample, place),
                    Some((_, None)) => {}
                }
            }
            let end = (seen.end.epoch, seen.end.revision);
            if let Some(last) = samples.last()
                && last.row != seen.end.row
            {
                let differences = last.row.differences(&seen.end.row);
                self.broken(
                    "P4",
                    format!("{who} ended at {before:?}, not {end:?}: {differences}"),
                );
            }
        }
    }

    /// Origins say which revision wrote a value, and whether it stands in for another.
    fn origins(&mut self, who: &str, sample: &Sample, place: usize) {
        let Some(branch) = self.branches.get(place) else {
            return;
        };
        if sample.origins.is_empty() || !branch.knows(sample.revision) {
            return;
        }
        let state = State::new(branch, sample.revision);
        for (key, origin) in &sample.origins {
            let entry = state.at(key);
            if origin.held {
                let pair = key.starts_with("pair/");
                if !pair && !state.holds(key).1 {
                    let what = format!("{who} at {}: {key} is said to be held", sample.revision);
                    self.broken("P7", what);
                }
            } else {
                let wrote = entry.bytes.is_some().then_some(entry.changed);
                if origin.revision != wrote {
                    self.broken(
                        "P2",
                        format!(
                            "{who} at {}: {key} is said to be of {:?}, but is of {wrote:?}",
                            sample.revision, origin.revision
                        ),
                    );
                }
            }
        }
    }

    fn subscriber(&mut self, one: &Subscriber) {
        let seen = self.seen;
        let (name, part) = (&one.name, one.part);
        // Where it could not name its baseline, that is what its first change was from.
        let first = one.told.first().map(|told| &told.previous);
        let mut last = match first {
            Some(first) if !one.named => first,
            _ => &one.baseline,
        };
        let mut before = (0, 0);
        for told in &one.told {
            self.verdict.judged += 1;
            let at = (told.epoch, told.revision);
            self.order(name, before, at);
            before = at;
            if told.previous == told.current {
                self.broken(
                    "P6",
                    format!("{name} was told at {at:?} of no change: {}", told.current),
                );
            }
            if told.previous != *last {
                self.broken(
                    "P5",
                    format!(
                        "{name} at {at:?}: before is {}, but it had {last}",
                        told.previous
                    ),
                );
            }
            let named = self.named.get(&at);
            if !named.is_some_and(|named| named.iter().any(|(row, _)| part(row) == told.current)) {
                self.broken(
                    "P2",
                    format!(
                        "{name} was told at {at:?} of what was not published: {}",
                        told.current
                    ),
                );
            }
            last = &told.current;
        }
        let end = part(&seen.end.row);
        if *last != end {
            self.broken(
                "P5",
                format!("{name} was left with {last}, and the last is {end}"),
            );
        }
        // Since its baseline; publications before that were none of its business.
        let values = std::iter::once(&seen.first).chain(&seen.publications);
        let values: Vec<_> = values
            .map(|one| (part(&one.row), (one.epoch, one.revision)))
            .collect();
        let changes = values.windows(2).filter(|two| two[0].0 != two[1].0);
        let changes: Vec<_> = changes.map(|two| two[1].1).collect();
        // In a new instance the queue that records publications subscribes first. All that is
        // published before this one subscribes is one change for it.
        let first = one.told.first().map(|told| (told.epoch, told.revision));
        let until_first = changes.iter().filter(|at| Some(**at) <= first).count();
        let merged = if seen.is_new {
            until_first.saturating_sub(1)
        } else {
            0
        };
        let changes = changes.len();
        let given = one.told.len() + usize::try_from(one.missed).unwrap_or(usize::MAX);
        if given > changes {
            self.broken(
                "P6",
                format!("{name} was told {given} times of {changes} changes"),
            );
        }
        if one.way == Way::Each && one.missed == 0 && given + merged < changes {
            self.broken(
                "P5",
                format!("{name} was told {given} times of {changes} changes, and of none missed"),
            );
        }
    }

    fn polls(&mut self) {
        let seen = self.seen;
        let mut before = (0, 0);
        for poll in &seen.polls {
            self.verdict.judged += 1;
            let at = (poll.epoch, poll.revision);
            self.order("status", before, at);
            before = at;
            let restored = self.branches.get(1);
            if poll.epoch != seen.first.epoch
                && restored.is_none_or(|second| poll.answered < second.since)
            {
                self.broken(
                    "P13",
                    format!(
                        "epoch {} after {}, and the store has one history",
                        poll.epoch, seen.first.epoch
                    ),
                );
            }
            let age = poll
                .confirmed
                .map(|at| poll.asked.saturating_duration_since(at));
            if poll.fresh && age.is_none_or(|age| age > seen.staleness) {
                self.broken(
                    "P9",
                    format!(
                        "fresh, {age:?} after the last confirmation; the limit is {:?}",
                        seen.staleness
                    ),
                );
            }
            for cut in &seen.cut_off {
                let within = poll.asked > cut.from + SLACK && poll.answered < cut.to;
                let confirmed = poll.confirmed.filter(|at| *at > cut.from + SLACK);
                if within && let Some(confirmed) = confirmed {
                    self.broken(
                        "P9",
                        format!(
                            "confirmed {:?} after it was cut off for {:?}",
                            confirmed - cut.from,
                            cut.to - cut.from
                        ),
                    );
                }
                if within && poll.fresh && poll.asked > cut.from + SLACK + seen.staleness {
                    self.broken(
                        "P9",
                        format!(
                            "fresh {:?} after it was cut off; the limit is {:?}",
                            poll.asked - cut.from,
                            seen.staleness
                        ),
                    );
                }
            }
        }
    }

    fn waited(&mut self) {
        let seen = self.seen;
        // What a restore did to the numbers can't always be seen.
        let [branch] = self.branches else {
            return;
        };
        for waited in seen.waited.iter().filter(|waited| waited.branch == 0) {
            self.verdict.judged += 1;
            let key = format!("{PREFIX}{}", waited.key);
            match waited.held {
                Some(true) => {}
                Some(false) => self.broken(
                    "P12",
                    format!("{key}: revision {} is said to be held", waited.revision),
                ),
                None => {
                    let changes = branch.changes(&key, waited.revision);
                    let visible = changes.iter().any(|entry| match &entry.bytes {
                        Some(bytes) => read(waited.key, bytes).as_ref() == Some(&waited.value),
                        None => default_of(waited.key).as_ref() == Some(&waited.value),
                    });
                    // Overwritten at once by what is held, it may never have been published.
                    let overwritten = changes.iter().any(|entry| {
                        entry.changed > waited.revision
                            && State::new(branch, entry.changed).holds(waited.key).1
                    });
                    if !visible && !overwritten {
                        let story =
                            branch.story(std::slice::from_ref(&key), waited.revision, branch.last);
                        self.broken(
                            "P12",
                            format!(
                                "{key}: revision {} is said to be visible, and the value is {}:\n{story}",
                                waited.revision, waited.value
                            ),
                        );
                    }
                }
            }
        }
    }

    fn end(&mut self) {
        let seen = self.seen;
        let Some(branch) = self.branches.last() else {
            return;
        };
        let state = State::new(branch, branch.last);
        let last = seen.publications.last().unwrap_or(&seen.first);
        if last.row != seen.end.row {
            let differences = last.row.differences(&seen.end.row);
            self.broken(
                "P5",
                format!("the last publication told of is not the last: {differences}"),
            );
        }
        if let Err(why) = state.explains(&seen.end.row, &seen.end.row, false) {
            let keys: Vec<_> = KEYS.iter().map(|key| format!("{PREFIX}{key}")).collect();
            let story = branch.story(&keys, branch.last.saturating_sub(200), branch.last);
            let gone = why.contains("etcd has nothing");
            self.broken(
                if gone { "P8" } else { "P4" },
                format!(
                    "the last configuration is not that of revision {}: {why}\n{story}",
                    branch.last
                ),
            );
        }
        self.held(&state);
        self.epoch(branch);
    }

    /// P7: what is refused is reported, with key, revision and reason; and nothing else is.
    fn held(&mut self, state: &State<'_>) {
        let seen = self.seen;
        let end = &seen.end.row;
        for held in &seen.held {
            let shown = format!(
                "revision {} of {:?} is reported as held",
                held.revision, held.keys
            );
            if held.problems.is_empty() {
                self.broken("P7", format!("{shown} without a reason"));
            }
            for (key, revision, why) in &held.problems {
                let names = held.keys.iter().any(|held| {
                    let held = format!("{PREFIX}{held}");
                    held == *key || held.starts_with(&format!("{key}/"))
                });
                if !names || revision.is_some_and(|at| at != held.revision) || why.is_empty() {
                    self.broken(
                        "P7",
                        format!("{shown} because of {key} ({revision:?}): {why}"),
                    );
                }
            }
            for key in &held.keys {
                let entry = state.at(key);
                let of_its_revision = entry.changed == held.revision;
                let fits = if held.missing {
                    entry.bytes.is_none()
                } else {
                    of_its_revision
                };
                if !fits {
                    self.broken("P7", format!("{shown}, but {key} is of {}", entry.changed));
                }
                let pair = key.starts_with("pair/");
                if !pair && !state.holds(key).1 {
                    self.broken("P7", format!("{shown}, and nothing is wrong with it"));
                }
                let [min, max] = ["pair/min", "pair/max"].map(|key| state.number(key));
                if pair && min <= max && !state.needs {
                    self.broken("P7", format!("{shown}, and the pair is valid"));
                }
            }
        }
        for key in KEYS {
            let shows = state.value(key).as_ref() == Some(end.get(key));
            let reported = seen.held.iter().any(|held| held.keys.contains(key));
            if !shows && !reported {
                self.broken(
                    "P7",
                    format!(
                        "{key} shows {}, and nothing says that its change is held",
                        end.get(key)
                    ),
                );
            }
        }
    }

    /// P13: a history that ended below what an instance had seen is noticed.
    fn epoch(&mut self, branch: &Branch) {
        let seen = self.seen;
        if self.branches.len() < 2 {
            return;
        }
        let before = seen
            .polls
            .iter()
            .rev()
            .find(|poll| poll.answered < branch.since);
        if let Some(before) = before
            && before.revision > branch.last
            && seen.end.epoch <= before.epoch
        {
            self.broken(
                "P13",
                format!(
                    "it had seen revision {}, the restored store ended at {}, and the epoch is still {}",
                    before.revision, branch.last, seen.end.epoch
                ),
            );
        }
        if seen.end.revision > branch.last {
            self.broken(
                "P13",
                format!(
                    "it ended at revision {}, the store at {}",
                    seen.end.revision, branch.last
                ),
            );
        }
    }
}

/// Whether a configuration is what etcd holds at the end, with last good values for what is held.
pub(crate) fn is_settled(branch: &Branch, row: &Row) -> Result<(), String> {
    State::new(branch, branch.last).explains(row, row, false)
}
