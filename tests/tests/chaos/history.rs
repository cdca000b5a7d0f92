//! What etcd held, at every revision: the ground that everything is judged on.
//!
//! In: a full reading, and the events after it. Out: the state of any key at any revision since
//! then, and which revision changed it last. It knows no configuration and no library.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Instant;

/// The bytes of a key.
pub(crate) type Bytes = Arc<[u8]>;

/// One change: the revision, and the bytes; `None` where it was deleted.
type Version = (u64, Option<Bytes>);

/// What a key is at a revision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// `None`: absent.
    pub(crate) bytes: Option<Bytes>,
    /// The revision that changed it last; 0 where it was absent from the beginning.
    pub(crate) changed: u64,
}

/// One unbroken history of the store, from a revision on. A wipe and a restore begin another.
#[derive(Clone, Debug)]
pub(crate) struct Branch {
    /// No instance can have seen it before.
    pub(crate) since: Instant,
    /// The first revision that is known, and the last.
    pub(crate) base: u64,
    pub(crate) last: u64,
    keys: BTreeMap<String, Vec<Version>>,
}

/// What is wrong with what was recorded: the judge's own fault, or etcd's.
pub(crate) type Gap = String;

impl Branch {
    /// Begins with everything there was at a revision: the keys, their bytes, and the revisions
    /// that wrote them.
    pub(crate) fn new(since: Instant, base: u64, state: Vec<(String, Bytes, u64)>) -> Self {
        let keys = state
            .into_iter()
            .map(|(key, bytes, revision)| (key, vec![(revision, Some(bytes))]))
            .collect();
        Self {
            since,
            base,
            last: base,
            keys,
        }
    }

    /// With what an earlier recording knows and a reading does not tell: which revision deleted
    /// what is absent. One who heard of it as part of a transaction may hold it with the rest.
    pub(crate) fn with_deletions_of(mut self, earlier: &Self) -> Self {
        for key in earlier.keys.keys() {
            let was = earlier.at(key, self.base);
            if was.changed > 0 && was.bytes.is_none() && !self.keys.contains_key(key) {
                self.keys.insert(key.clone(), vec![(was.changed, None)]);
            }
        }
        self
    }

    /// Adds all changes of some revisions, in order. Repeats are left out; every revision changes
    /// something, so a number that is missing is a gap.
    pub(crate) fn add(&mut self, events: Vec<(String, Option<Bytes>, u64)>) -> Result<(), Gap> {
        let before = self.last;
        for (key, bytes, revision) in events {
            if revision <= before {
                continue;
            }
            if revision > self.last + 1 {
                return Err(format!(
                    "after revision {} comes {revision} ({key})",
                    self.last
                ));
            }
            if revision < self.last {
                return Err(format!("after revision {} comes {revision}", self.last));
            }
            self.last = revision;
            let versions = self.keys.entry(key).or_default();
            versions.push((revision, bytes));
        }
        Ok(())
    }

    /// Whether the state at that revision is known.
    pub(crate) fn knows(&self, revision: u64) -> bool {
        (self.base..=self.last).contains(&revision)
    }

    /// What a key was at a revision.
    pub(crate) fn at(&self, key: &str, revision: u64) -> Entry {
        let versions = self.keys.get(key).map_or(&[][..], Vec::as_slice);
        let later = versions.partition_point(|(at, _)| *at <= revision);
        match later.checked_sub(1).and_then(|index| versions.get(index)) {
            Some((changed, bytes)) => Entry {
                bytes: bytes.clone(),
                changed: *changed,
            },
            None => Entry {
                bytes: None,
                changed: 0,
            },
        }
    }

    /// What a key was made at a revision and by all later changes.
    pub(crate) fn changes(&self, key: &str, from: u64) -> Vec<Entry> {
        let versions = self.keys.get(key).into_iter().flatten();
        let later = versions.filter(|(changed, _)| *changed > from);
        let later = later.map(|(changed, bytes)| Entry {
            bytes: bytes.clone(),
            changed: *changed,
        });
        std::iter::once(self.at(key, from)).chain(later).collect()
    }

    /// Everything that there was at a revision, as a reading gives it.
    pub(crate) fn state(&self, revision: u64) -> BTreeMap<String, (Bytes, u64)> {
        self.keys
            .keys()
            .filter_map(|key| {
                let entry = self.at(key, revision);
                Some((key.clone(), (entry.bytes?, entry.changed)))
            })
            .collect()
    }

    /// The changes of some keys between two revisions, for people.
    pub(crate) fn story(&self, keys: &[String], from: u64, to: u64) -> String {
        let mut lines = BTreeSet::new();
        for key in keys {
            for (revision, bytes) in self.keys.get(key).into_iter().flatten() {
                if (from..=to).contains(revision) {
                    let what = match bytes {
                        Some(bytes) => format!("= {:?}", String::from_utf8_lossy(bytes)),
                        None => "deleted".to_owned(),
                    };
                    lines.insert((*revision, format!("    {revision}: {key} {what}")));
                }
            }
        }
        let skip = lines.len().saturating_sub(40);
        let lines: Vec<_> = lines.into_iter().skip(skip).map(|(_, line)| line).collect();
        lines.join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(text: &str) -> Bytes {
        Arc::from(text.as_bytes())
    }

    #[test]
    fn a_key_is_what_its_last_change_made_it() {
        let mut branch = Branch::new(Instant::now(), 5, vec![("a".into(), bytes("1"), 3)]);
        branch
            .add(vec![
                ("a".into(), Some(bytes("2")), 6),
                ("b".into(), Some(bytes("x")), 6),
                ("a".into(), None, 7),
            ])
            .unwrap();
        let at = |key, revision| {
            let entry = branch.at(key, revision);
            (entry.bytes, entry.changed)
        };
        assert_eq!(at("a", 5), (Some(bytes("1")), 3));
        assert_eq!(at("a", 6), (Some(bytes("2")), 6));
        assert_eq!(at("a", 7), (None, 7));
        assert_eq!(at("b", 5), (None, 0));
        assert_eq!(branch.state(6).len(), 2);
        assert!(branch.knows(7) && !branch.knows(8) && !branch.knows(4));
    }

    #[test]
    fn what_a_reading_does_not_tell_of_deletions_is_known_from_the_recording() {
        let mut branch = Branch::new(Instant::now(), 5, vec![("a".into(), bytes("1"), 3)]);
        branch
            .add(vec![
                ("a".into(), None, 6),
                ("b".into(), Some(bytes("x")), 6),
                ("b".into(), None, 7),
            ])
            .unwrap();
        let read = |base| Branch::new(Instant::now(), base, Vec::new()).with_deletions_of(&branch);
        assert_eq!(read(7).at("a", 7).changed, 6);
        assert_eq!(read(7).at("b", 7).changed, 7);
        // Of what was not yet done then, nothing.
        assert_eq!(read(5).at("a", 5).changed, 0);
        // What is there again is what was read.
        let there = Branch::new(Instant::now(), 8, vec![("a".into(), bytes("2"), 8)]);
        assert_eq!(there.with_deletions_of(&branch).at("a", 8).changed, 8);
    }

    #[test]
    fn a_revision_that_is_missing_is_noticed_and_a_repeat_is_not() {
        let mut branch = Branch::new(Instant::now(), 5, Vec::new());
        branch.add(vec![("a".into(), None, 6)]).unwrap();
        branch.add(vec![("a".into(), None, 6)]).unwrap();
        assert!(branch.add(vec![("a".into(), None, 8)]).is_err());
    }
}
