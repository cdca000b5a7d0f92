//! A store that keeps every state that it ever had.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::config::{Key, Text};
use crate::Revision;
use crate::reference::holding::Written;
use crate::store::{Entry, Event, Probe, Reading};

use super::config::Spoken;

/// All keys, with the revisions that wrote them.
pub(super) type State = Written<Spoken>;

/// A key and its new value; `None`: it was deleted.
pub(super) type Change = (Key, Option<Text>);

#[derive(Debug, Clone)]
struct Commit {
    changes: Vec<Change>,
    /// The state after it.
    state: State,
}

#[derive(Debug, Clone)]
pub(super) struct Server {
    commits: BTreeMap<u64, Commit>,
    latest: u64,
    pub(super) compacted: u64,
}

impl Server {
    pub(super) fn new() -> Self {
        let nothing = Commit {
            changes: Vec::new(),
            state: State::new(),
        };
        Self {
            commits: BTreeMap::from([(1, nothing)]),
            latest: 1,
            compacted: 0,
        }
    }

    pub(super) fn latest(&self) -> u64 {
        self.latest
    }

    /// The state at a revision.
    pub(super) fn state(&self, revision: u64) -> &State {
        let (_, commit) = self.commits.range(..=revision).next_back().unwrap();
        &commit.state
    }

    /// The changes of a revision.
    pub(super) fn changes(&self, revision: u64) -> &[Change] {
        let commit = self.commits.get(&revision);
        commit.map_or(&[], |commit| &commit.changes)
    }

    /// Runs one transaction. The later of two changes of a key counts, and a transaction that
    /// deletes only missing keys makes no revision.
    pub(super) fn write(&mut self, changes: &[Change]) {
        let revision = self.latest + 1;
        let mut state = self.state(self.latest).clone();
        let changes: BTreeMap<Key, Option<Text>> = changes.iter().copied().collect();
        let mut done = Vec::new();
        for (key, text) in changes {
            match text {
                Some(text) => drop(state.insert(key, (text, revision))),
                None if state.remove(key).is_none() => continue,
                None => {}
            }
            done.push((key, text));
        }
        if !done.is_empty() {
            self.latest = revision;
            let commit = Commit {
                changes: done,
                state,
            };
            self.commits.insert(revision, commit);
        }
    }

    pub(super) fn compact(&mut self, back: u64) {
        self.compacted = self.compacted.max(self.latest.saturating_sub(back));
    }

    /// Restores the store as of `back` revisions ago. With `bump`, the revisions continue that far
    /// beyond the old ones, and everything before is compacted.
    pub(super) fn restore(&mut self, back: u64, bump: Option<u64>) {
        let old = self.latest;
        let keep = self.latest.saturating_sub(back).max(1);
        self.commits.retain(|revision, _| *revision <= keep);
        let (_, last) = self.commits.last_key_value().unwrap();
        self.latest = match bump {
            Some(bump) => {
                self.compacted = old + bump;
                old + bump
            }
            None => {
                self.compacted = self.compacted.min(keep);
                keep
            }
        };
        let again = Commit {
            changes: Vec::new(),
            state: last.state.clone(),
        };
        self.commits.entry(self.latest).or_insert(again);
    }

    fn below<'a>(
        &'a self,
        prefix: &'a str,
        revision: u64,
    ) -> impl Iterator<Item = (&'a Key, &'a (Text, u64))> {
        let state = self.state(revision).iter();
        state.filter(move |(key, _)| key.starts_with(prefix.as_bytes()))
    }

    pub(super) fn reading(&self, prefixes: &[&str], revision: u64) -> Reading {
        let entries = |prefix: &&str| {
            let entries = self.below(prefix, revision);
            let entries = entries.map(|(key, (text, at))| Entry {
                key,
                value: text,
                mod_revision: Revision::new(*at),
            });
            entries.collect()
        };
        Reading {
            revision: Revision::new(revision),
            entries: prefixes.iter().map(entries).collect(),
        }
    }

    /// Whether the ranges held the same at two revisions.
    pub(super) fn same(&self, prefixes: &[&str], one: u64, other: u64) -> bool {
        let mut prefixes = prefixes.iter();
        prefixes.all(|prefix| self.below(prefix, one.max(1)).eq(self.below(prefix, other)))
    }

    /// For each range the number of keys and the newest change.
    pub(super) fn counts(
        &self,
        prefixes: &[&str],
        revision: u64,
    ) -> Vec<(usize, Option<Revision>)> {
        let count = |prefix: &&str| {
            let keys = self.below(prefix, revision);
            keys.fold((0, None), |(count, newest), (_, (_, at))| {
                (count + 1, newest.max(Some(Revision::new(*at))))
            })
        };
        prefixes.iter().map(count).collect()
    }

    pub(super) fn probe(&self, prefixes: &[&str]) -> Probe {
        Probe {
            revision: Revision::new(self.latest),
            ranges: self.counts(prefixes, self.latest),
        }
    }

    /// The revisions after one, up to another, that changed a range.
    pub(super) fn revisions_of(&self, prefix: &str, after: u64, up_to: u64) -> Vec<u64> {
        if after >= up_to {
            return Vec::new();
        }
        let commits = self.commits.range(after + 1..=up_to);
        let of_it = commits.filter(|(_, commit)| {
            let mut changes = commit.changes.iter();
            changes.any(|(key, _)| key.starts_with(prefix.as_bytes()))
        });
        of_it.map(|(revision, _)| *revision).collect()
    }

    /// The events of a revision in a watch of the range.
    pub(super) fn events(&self, prefix: &str, revision: u64) -> Vec<Event> {
        let changes = self.changes(revision).iter();
        let of_it = changes.filter(|(key, _)| key.starts_with(prefix.as_bytes()));
        of_it
            .map(|(key, text)| Event {
                key: key.to_vec(),
                value: text.map(Arc::from),
                revision: Revision::new(revision),
            })
            .collect()
    }
}
