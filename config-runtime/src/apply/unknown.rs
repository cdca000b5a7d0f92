//! The keys below the prefixes that the schema doesn't know.
//!
//! In: events and readings, range by range. Out: their number, their newest revisions, and a report
//! of the first ones. It knows no values.
//!
//! Invariant: the keys are those of the store at the revision up to which everything is staged.

use std::collections::{BTreeMap, HashMap};

use super::merge_join::Renewal;
use super::report::Unknown;
use crate::Revision;
use crate::sync::RangeCount;
use crate::wording::shown_key;

/// See the module's text.
#[derive(Debug, Default)]
pub(super) struct UnknownKeys {
    /// The keys of each range.
    ranges: Vec<BTreeMap<Vec<u8>, Revision>>,
    /// Whether they differ from those of the last report.
    changed: bool,
    /// The keys that were deleted since the reading that is under way was requested: it may still
    /// have them.
    deleted: Option<HashMap<Vec<u8>, Revision>>,
    /// The most similar known key of each key in the report: the search is not cheap.
    nearest: HashMap<Vec<u8>, Option<String>>,
}

/// One range, while a reading of it is compared.
pub(super) struct RangeComparison<'a> {
    renewal: Renewal<'a>,
    deleted: &'a HashMap<Vec<u8>, Revision>,
    at: Revision,
    new_epoch: bool,
}

impl UnknownKeys {
    pub(super) fn new(ranges: usize) -> Self {
        Self {
            ranges: vec![BTreeMap::new(); ranges],
            ..Self::default()
        }
    }

    /// Notes that a reading is requested: changes from now on may not be in it.
    pub(super) fn expect_reading(&mut self) {
        self.deleted = Some(HashMap::new());
    }

    /// Whether a reading is under way.
    pub(super) fn expects_reading(&self) -> bool {
        self.deleted.is_some()
    }

    /// Stages the write or the delete of a key.
    pub(super) fn stage(&mut self, range: usize, key: Vec<u8>, revision: Revision, there: bool) {
        let Some(known) = self.ranges.get_mut(range) else {
            return;
        };
        self.changed = true;
        if there {
            known.insert(key, revision);
            return;
        }
        known.remove(&key);
        if let Some(deleted) = &mut self.deleted {
            deleted.insert(key, revision);
        }
    }

    /// Compares all ranges with a reading at that revision. `range` returns the unknown keys of a
    /// range, in order.
    pub(super) fn compare(
        &mut self,
        at: Revision,
        new_epoch: bool,
        mut range: impl FnMut(usize, &mut RangeComparison<'_>),
    ) {
        let deleted = self.deleted.take().unwrap_or_default();
        // Changes after the reading are not in it.
        let newest = if new_epoch { u64::MAX.into() } else { at };
        for (number, known) in self.ranges.iter_mut().enumerate() {
            let mut comparison = RangeComparison {
                renewal: Renewal::new(known, newest),
                deleted: &deleted,
                at,
                new_epoch,
            };
            range(number, &mut comparison);
            let difference = comparison.renewal.end();
            self.changed |= difference.apply(known);
        }
    }

    /// The keys of a range, in order.
    pub(super) fn of_range(&self, range: usize) -> impl Iterator<Item = (&[u8], Revision)> {
        let known = self.ranges.get(range).into_iter();
        known.flat_map(super::merge_join::by_bytes)
    }

    /// For each range the number of keys and their highest `mod_revision`.
    pub(super) fn counts(&self) -> Vec<RangeCount> {
        let counts = self.ranges.iter();
        let counts = counts.map(|known| (known.len(), known.values().max().copied()));
        counts.collect()
    }

    /// The number of keys, and the first of them. `None` if they have not changed since the last
    /// report. `nearest` searches for the known key that is most like one.
    pub(super) fn report<'a>(
        &mut self,
        max: usize,
        nearest: impl Fn(&[u8]) -> Option<&'a str>,
    ) -> Option<(usize, Vec<Unknown>)> {
        if !std::mem::take(&mut self.changed) {
            return None;
        }
        let count = self.ranges.iter().map(BTreeMap::len).sum();
        let mut before = std::mem::take(&mut self.nearest);
        let first = self.ranges.iter().flatten().take(max);
        let unknown = first.map(|(key, revision)| {
            let nearest = match before.remove(key) {
                Some(known) => known,
                None => nearest(key).map(str::to_owned),
            };
            self.nearest.insert(key.clone(), nearest.clone());
            Unknown {
                key: shown_key(key),
                revision: *revision,
                nearest,
            }
        });
        Some((count, unknown.collect()))
    }
}

impl RangeComparison<'_> {
    /// Adds the next unknown key of the reading.
    pub(super) fn found(&mut self, key: &[u8], revision: Revision) {
        let is_gone = |gone: &Revision| *gone > self.at && !self.new_epoch;
        if self.deleted.is_empty() || !self.deleted.get(key).is_some_and(is_gone) {
            self.renewal.found(key, revision);
        }
    }
}
