//! Keys, their versions and the log of their changes: etcd's data model.
//!
//! In: writes, compactions, restores. Out: the current keys, and each revision since the last
//! compaction. It knows no watch, no fault and no clock.

use std::collections::{BTreeMap, VecDeque};
use std::ops::Bound;
use std::sync::Arc;

use crate::Revision;

/// etcd's revision before anything was written.
const FIRST: Revision = Revision::new(1);

/// The current version of a key.
#[derive(Clone)]
pub(super) struct KeyVersion {
    pub(super) value: Arc<[u8]>,
    pub(super) mod_revision: Revision,
}

/// One write of one key.
pub(super) enum Operation {
    Put { key: Arc<[u8]>, value: Arc<[u8]> },
    Delete { key: Arc<[u8]> },
}

/// The change of one key by one revision.
pub(super) struct KeyChange {
    pub(super) key: Arc<[u8]>,
    /// `None` if it was deleted.
    pub(super) after: Option<Arc<[u8]>>,
    /// The version that a restore puts back.
    before: Option<KeyVersion>,
}

/// All changes of one revision, in the order of its operations.
pub(super) struct Commit {
    pub(super) revision: Revision,
    pub(super) changes: Vec<KeyChange>,
}

/// The current state, and its history.
pub(super) struct History {
    revision: Revision,
    /// The oldest revision that can be watched from; 0 before the first compaction.
    compacted: Revision,
    live: BTreeMap<Arc<[u8]>, KeyVersion>,
    /// Every revision from `compacted` on, in order.
    log: VecDeque<Commit>,
}

impl History {
    pub(super) fn new() -> Self {
        Self {
            revision: FIRST,
            compacted: Revision::new(0),
            live: BTreeMap::new(),
            log: VecDeque::new(),
        }
    }

    pub(super) fn revision(&self) -> Revision {
        self.revision
    }

    pub(super) fn compacted(&self) -> Revision {
        self.compacted
    }

    /// The number of keys.
    pub(super) fn len(&self) -> usize {
        self.live.len()
    }

    pub(super) fn get(&self, key: &[u8]) -> Option<&KeyVersion> {
        self.live.get(key)
    }

    /// The keys that begin with these bytes, in order.
    pub(super) fn below<'a>(
        &'a self,
        prefix: &'a [u8],
    ) -> impl Iterator<Item = (&'a Arc<[u8]>, &'a KeyVersion)> {
        self.live
            .range::<[u8], _>((Bound::Included(prefix), Bound::Unbounded))
            .take_while(move |(key, _)| key.starts_with(prefix))
    }

    /// The revisions from this one on.
    pub(super) fn since(&self, from: Revision) -> impl Iterator<Item = &Commit> {
        let start = self.log.partition_point(|commit| commit.revision < from);
        self.log.range(start..)
    }

    /// Writes everything at one new revision. Deletes of missing keys alone make no revision.
    pub(super) fn write(&mut self, operations: Vec<Operation>) -> Option<Revision> {
        let revision = self.revision.next();
        let mut changes = Vec::with_capacity(operations.len());
        for operation in operations {
            match operation {
                Operation::Put { key, value } => {
                    let version = KeyVersion {
                        value: Arc::clone(&value),
                        mod_revision: revision,
                    };
                    let before = self.live.insert(Arc::clone(&key), version);
                    changes.push(KeyChange {
                        key,
                        after: Some(value),
                        before,
                    });
                }
                Operation::Delete { key } => {
                    if let Some(before) = self.live.remove(&key) {
                        changes.push(KeyChange {
                            key,
                            after: None,
                            before: Some(before),
                        });
                    }
                }
            }
        }
        if changes.is_empty() {
            return None;
        }
        self.revision = revision;
        self.log.push_back(Commit { revision, changes });
        Some(revision)
    }

    /// Forgets the changes before this revision, which is one between the last compaction and now.
    /// A watch can still start at the revision itself.
    pub(super) fn compact(&mut self, revision: Revision) {
        self.compacted = revision;
        let is_old = |commit: &Commit| commit.revision < revision;
        while self.log.front().is_some_and(is_old) {
            self.log.pop_front();
        }
    }

    /// Makes the state of this revision the current one, and forgets the changes since. The
    /// revision must not be before the last compaction.
    pub(super) fn restore(&mut self, to: Revision) {
        while let Some(commit) = self.log.pop_back() {
            if commit.revision <= to {
                self.log.push_back(commit);
                break;
            }
            for change in commit.changes.into_iter().rev() {
                match change.before {
                    Some(version) => self.live.insert(change.key, version),
                    None => self.live.remove(&change.key),
                };
            }
        }
        self.revision = to;
    }

    /// Whether [`restore`](Self::restore) can go back as far as this.
    pub(super) fn reaches(&self, revision: Revision) -> bool {
        revision >= self.compacted.max(FIRST)
    }
}
