//! Decodes, validates and holds: from staged changes to a configuration that breaks no rule.
//!
//! In: readings and whole revisions, as the [`Replica`] that `sync` keeps up to date. Out: on
//! [`Apply::settle`] the next configuration, if it differs, and the held groups, with the reasons.
//! It knows the schema and the user's types; it knows no connection, no time and no subscriber.
//!
//! A slot (one key in one layer) has a *staged* state, the store's content as of the cursor, and a
//! *good* one, the bytes that the published configuration was decoded from. If they differ, the
//! slot is in a group: accepted or held as a unit, by the rule of `apply::hold`.
//!
//! | part | holds |
//! | --- | --- |
//! | `slots` | the known keys, and the leaf of each |
//! | `ledger` | the bytes of each slot, staged and good, and the groups |
//! | `unknown` | the keys that the schema doesn't know |
//! | `published` | the snapshot, and the ground for the next one |
//! | `from_fallback` | the slots whose good bytes are the fallback's |
//! | `deleted`, `unreported` | the entries that may be forgotten, and the flag for unreported changes |

mod candidate;
mod hold;
mod ledger;
mod merge_join;
mod published;
mod report;
#[cfg(test)]
mod tests;
mod trial;
mod unknown;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::guard::guard;
use crate::layers::{Layout, Slot, Slots};
use crate::problem::Problem;
use crate::snapshot::{Draft, Origin, Snapshot};
use crate::store::{Entries, Entry, Event, Reading};
use crate::sync::{RangeCount, Replica};
use crate::typed::id::{EntryId, LeafId};
use crate::typed::tree::Leaf;
use crate::{HotConfig, Revision};
use candidate::Candidate;
use hold::{GroupId, Judge as _, Settlement};
use ledger::{Ledger, StagedState};
use merge_join::MergeJoin;
use published::{Basis, PublishedState};
use trial::{Ground, TrialConfig, ValidConfig};
use unknown::UnknownKeys;

pub(crate) use ledger::Raw;
pub use report::{Held, Pending, Unknown, Warning};

/// The result of settling the staged changes.
#[derive(Debug)]
pub(crate) struct Publication<T> {
    /// The next configuration.
    pub(crate) snapshot: Snapshot<T>,
    /// The leaves whose value changed, in order.
    pub(crate) changed: Vec<LeafId>,
}

/// The treatment of bad keys at a start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BadKeys {
    /// Fail the start.
    Refuse,
    /// Hold them, and start with the defaults in their place.
    Default,
}

/// The state. See the module's text.
#[derive(Debug)]
pub(crate) struct Apply<T> {
    slots: Slots,
    ledger: Ledger,
    unknown: UnknownKeys,
    published: PublishedState<T>,
    /// The slots whose good bytes are the fallback's, and were not found in the store since. `None`
    /// without a fallback that can stand in for bad keys at the start.
    from_fallback: Option<BTreeSet<Slot>>,
    /// The entries that may be forgotten, since a key of theirs was deleted.
    deleted: BTreeSet<EntryId>,
    /// Whether anything was staged since the last report.
    unreported: bool,
}

impl<T: HotConfig> Replica for Apply<T> {
    fn contradicts(&self, reading: &Reading) -> bool {
        let at = reading.revision;
        let mut ranges = reading.entries.iter().enumerate();
        ranges.any(|(range, entries)| {
            let mut slots = MergeJoin::new(self.slots.in_order());
            let mut unknown = MergeJoin::new(self.unknown.of_range(range));
            entries.iter().any(|entry| match slots.find(entry.key) {
                Some(slot) => self.slot_contradicts(slot, &entry, at),
                None => unknown
                    .find(entry.key)
                    .is_some_and(|known| known <= at && entry.mod_revision < known),
            })
        })
    }

    fn counts(&self) -> Vec<RangeCount> {
        let mut counts = self.unknown.counts();
        for (slot, info) in self.slots.iter() {
            let staged = self.ledger.staged(slot);
            let raw = staged.and_then(|staged| staged.raw.as_ref());
            if let (Some(raw), Some((count, newest))) = (raw, counts.get_mut(info.layer)) {
                *count += 1;
                *newest = (*newest).max(Some(raw.revision));
            }
        }
        counts
    }

    fn expect_reading(&mut self) {
        self.unknown.expect_reading();
    }

    /// State from a later revision than the reading's stays. With a new epoch none of it does: its
    /// revisions count in a history that is gone.
    fn stage_reading(&mut self, reading: &Reading, new_epoch: bool) {
        self.unreported = true;
        if new_epoch {
            self.ledger.begin_epoch();
        }
        if self.published.basis != Basis::Store {
            self.published.basis = Basis::NewReading;
        }
        let there = self.compare(reading, new_epoch);
        self.stage_missing(&there, reading.revision, new_epoch);
        self.compare_fallback();
    }

    fn stage_revision(&mut self, revision: Revision, events: Vec<(usize, Event)>) {
        self.unreported = true;
        let group = self.ledger.group(revision);
        self.ledger.reach(revision);
        for (range, Event { key, value, .. }) in events {
            // A delete must be remembered while a reading may still have the key.
            let matters = value.is_some() || self.unknown.expects_reading();
            let known = self.slots.find(&key);
            match known.or_else(|| self.intern(range, &key, matters)) {
                Some(slot) => {
                    let raw = value.map(|value| Raw { value, revision });
                    let since = revision;
                    self.stage(slot, StagedState { raw, since }, group);
                }
                None => self.unknown.stage(range, key, revision, value.is_some()),
            }
        }
    }
}

/// Staging.
impl<T: HotConfig> Apply<T> {
    pub(crate) fn new(layout: Arc<Layout>) -> Self {
        let ranges = layout.ranges.len();
        let slots = Slots::new(layout);
        Self {
            ledger: Ledger::new(slots.len()),
            unknown: UnknownKeys::new(ranges),
            published: PublishedState::nothing(),
            from_fallback: None,
            deleted: BTreeSet::new(),
            unreported: false,
            slots,
        }
    }

    /// Begins with the content of a fallback, before anything is staged: it is good until the
    /// store's keys replace it. Returns the problems of one that is invalid, which is then ignored
    /// as a whole.
    pub(crate) fn seed(
        &mut self,
        entries: impl IntoIterator<Item = (String, Raw)>,
    ) -> Result<(), Vec<Problem>> {
        let mut seeded = BTreeSet::new();
        for (key, raw) in entries {
            let key = key.as_bytes();
            let slot = self.slots.find(key).or_else(|| {
                let ranges = &self.slots.layout().ranges;
                let range = ranges.iter().position(|range| range.holds(key))?;
                self.intern(range, key, true)
            });
            if let Some(slot) = slot {
                self.ledger.seed(slot, Some(raw));
                seeded.insert(slot);
            }
        }
        match self.with(&Candidate::nothing(), &BTreeSet::new()) {
            Ok(_) => {
                self.from_fallback = Some(seeded);
                self.published.basis = Basis::Fallback;
                Ok(())
            }
            Err(rejection) => {
                for slot in seeded {
                    self.ledger.seed(slot, None);
                    self.note_deleted(slot);
                }
                Err(rejection.problems())
            }
        }
    }

    /// Whether the fallback serves: no reading has been staged.
    pub(crate) fn is_fallback(&self) -> bool {
        self.published.basis == Basis::Fallback
    }

    /// Whether a reading was staged, so that there is something to begin with.
    pub(crate) fn has_read(&self) -> bool {
        matches!(self.published.basis, Basis::NewReading | Basis::Store)
    }

    /// Stages the keys of a reading. Returns for each slot whether the reading has its key.
    fn compare(&mut self, reading: &Reading, new_epoch: bool) -> Vec<bool> {
        let at = reading.revision;
        let mut there = vec![false; self.slots.len()];
        let mut moved = Vec::new();
        // Keys of entries that are not known yet.
        let mut new = Vec::new();
        let Self {
            slots,
            ledger,
            unknown,
            ..
        } = self;
        unknown.compare(at, new_epoch, |range, unknown| {
            let mut known = MergeJoin::new(slots.in_order());
            let entries = reading.entries.get(range).into_iter();
            for entry in entries.flat_map(Entries::iter) {
                match known.find(entry.key) {
                    Some(slot) => {
                        if let Some(there) = there.get_mut(slot) {
                            *there = true;
                        }
                        let stays = !new_epoch && ledger.is_newer(slot, at);
                        if !stays && ledger.stage_found(slot, entry.value, entry.mod_revision) {
                            moved.push(slot);
                        }
                    }
                    None if slots.is_in_map(range, entry.key) => new.push((range, entry)),
                    None => unknown.found(entry.key, entry.mod_revision),
                }
            }
        });
        for (range, entry) in new {
            if let Some(slot) = self.intern(range, entry.key, true) {
                there.resize(self.slots.len(), false);
                if let Some(there) = there.get_mut(slot) {
                    *there = true;
                }
                let revision = entry.mod_revision;
                if self.ledger.stage_found(slot, entry.value, revision) {
                    moved.push(slot);
                }
            }
        }
        for slot in moved {
            self.move_origin(slot);
        }
        there
    }

    /// The slot of a key of an entry that is not known yet; `None` unless it `matters`, in which
    /// case the entry is known from now on.
    fn intern(&mut self, range: usize, key: &[u8], matters: bool) -> Option<Slot> {
        let slot = matters.then(|| self.slots.intern(range, key)).flatten()?;
        self.ledger.grow(self.slots.len());
        Some(slot)
    }

    /// Stages the keys that are not in a reading as deleted. It is not known which revision deleted
    /// them.
    fn stage_missing(&mut self, there: &[bool], at: Revision, new_epoch: bool) {
        let missing = self.ledger.missing_group(at);
        let seen = self.ledger.reach(at);
        let slots = there.iter().enumerate().filter(|(_, there)| !**there);
        for (slot, _) in slots {
            if new_epoch || !self.ledger.is_newer(slot, at) {
                let staged = StagedState {
                    raw: None,
                    since: at,
                };
                self.stage(slot, staged, missing);
                self.ledger.note_unseen(slot, seen, at);
            }
        }
    }

    /// Notes the fallback's bytes that a reading found in the store: they are the store's from now
    /// on.
    fn compare_fallback(&mut self) {
        let Some(from_fallback) = &mut self.from_fallback else {
            return;
        };
        let (found, differ): (BTreeSet<_>, _) = std::mem::take(from_fallback)
            .into_iter()
            .partition(|slot| self.ledger.group_of(*slot).is_none());
        *from_fallback = differ;
        for slot in found {
            self.move_origin(slot);
        }
    }

    /// Whether an entry contradicts the known history. Within one history, a key has the same value
    /// at the same `mod_revision`, never returns to an older one, and never has one from before it
    /// was known to be absent.
    fn slot_contradicts(&self, slot: Slot, entry: &Entry<'_>, at: Revision) -> bool {
        let Some(staged) = self.ledger.staged(slot) else {
            return false;
        };
        staged.since <= at
            && match &staged.raw {
                Some(raw) if raw.revision == entry.mod_revision => *raw.value != *entry.value,
                Some(raw) => entry.mod_revision < raw.revision,
                None => entry.mod_revision <= staged.since,
            }
    }

    fn stage(&mut self, slot: Slot, new: StagedState, group: GroupId) {
        if new.raw.is_none() {
            self.note_deleted(slot);
        }
        if self.ledger.stage(slot, new, group) {
            self.move_origin(slot);
        }
    }

    /// Notes that the entry of a slot may be forgotten.
    fn note_deleted(&mut self, slot: Slot) {
        let leaf = self.leaf_of(slot);
        let entry = leaf.filter(|leaf| leaf.outside_maps().is_none());
        self.deleted.extend(entry.map(|leaf| leaf.entry));
    }

    /// Forgets the entries that have no staged or good bytes and no group left. While a reading is
    /// under way they are kept: it may still have their keys.
    fn forget_entries(&mut self) {
        if self.unknown.expects_reading() {
            return;
        }
        while let Some(entry) = self.deleted.pop_first() {
            let slots: Vec<_> = self.slots.of_entry(entry).collect();
            let is_empty = slots.iter().all(|slot| self.ledger.is_empty(*slot));
            if !is_empty || self.slots.has_inner(entry) {
                continue;
            }
            for slot in slots {
                self.ledger.clear(slot);
            }
            // The entry may have been the last content of the entry around it.
            let outer = self.slots.outer(entry);
            self.slots.release(entry);
            self.deleted
                .extend((outer != EntryId::NONE).then_some(outer));
        }
    }

    /// Notes that the origin of the slot's leaf may have changed.
    fn move_origin(&mut self, slot: Slot) {
        if let Some(leaf) = self.leaf_of(slot) {
            self.published.move_origin(leaf);
        }
    }

    fn leaf_of(&self, slot: Slot) -> Option<LeafId> {
        self.slots.info(slot).map(|info| info.leaf)
    }
}

/// Settling.
impl<T: HotConfig> Apply<T> {
    /// Builds the first configuration from the staged keys, or returns all problems.
    pub(crate) fn begin(
        &mut self,
        cursor: Option<Revision>,
        bad_keys: BadKeys,
    ) -> Result<Publication<T>, Vec<Problem>> {
        self.unreported = true;
        let all = self.ledger.groups();
        let nothing = Candidate::nothing();
        let rejection = match self.with(&nothing, &all) {
            Ok(candidate) => {
                let settled = Settlement {
                    candidate,
                    accepted: all,
                    held: BTreeMap::new(),
                };
                return self.accept(cursor, settled).ok_or_else(Vec::new);
            }
            Err(rejection) => rejection,
        };
        let bad = set_of(rejection.bad.keys().copied());
        let refused = rejection.problems();
        if self.from_fallback.is_some()
            && let Ok(fallback) = self.with(&nothing, &BTreeSet::new())
        {
            // Its last good values stand in for bad keys.
            let settled = hold::settle(self, fallback, all);
            return self.accept(cursor, settled).ok_or(refused);
        }
        if bad_keys == BadKeys::Refuse {
            return Err(refused);
        }
        let settled = hold::settle(self, nothing, all.clone());
        if settled.candidate.valid.is_some() {
            return self.accept(cursor, settled).ok_or(refused);
        }
        // One by one, no group is accepted if several fields are required: those are the ground
        // that the others are tried on.
        let required = self.required();
        let needed = all.difference(&bad).copied().filter(|group| {
            let mut leaves = self
                .ledger
                .slots(*group)
                .filter_map(|slot| self.leaf_of(slot));
            leaves.any(|leaf| required.contains(&leaf))
        });
        let needed = set_of(needed);
        let Ok(ground) = self.with(&Candidate::nothing(), &needed) else {
            return Err(refused);
        };
        let rest = set_of(all.difference(&needed).copied());
        let mut settled = hold::settle(self, ground, rest);
        settled.accepted.extend(needed);
        self.accept(cursor, settled).ok_or(refused)
    }

    /// The leaves that have no default.
    fn required(&self) -> BTreeSet<LeafId> {
        match trial::build::<T>(self.ground(), |_| None) {
            Ok(_) => BTreeSet::new(),
            Err(refused) => set_of(refused.leaves.into_iter().map(|(leaf, _)| leaf)),
        }
    }

    fn ground(&self) -> Ground<'_> {
        Ground {
            slots: &self.slots,
            running: self.published.running_secrets(),
            starting: self.published.snapshot.is_none(),
        }
    }

    /// Tries all held and all new groups; `None` if nothing changed.
    pub(crate) fn settle(&mut self, cursor: Option<Revision>) -> Option<Publication<T>> {
        self.forget_entries();
        let something = self.ledger.take_fresh();
        if !something && !self.published.may_anchor() {
            return None;
        }
        let base = Candidate::published(self.published.ground()?);
        let settled = hold::settle(self, base, self.ledger.groups());
        self.accept(cursor, settled)
    }

    /// Takes over the accepted groups, and publishes if a value changed.
    fn accept(
        &mut self,
        cursor: Option<Revision>,
        settled: Settlement<Candidate<T>>,
    ) -> Option<Publication<T>> {
        for slot in self.ledger.accept(&settled.accepted, settled.held) {
            if let Some(from_fallback) = &mut self.from_fallback {
                from_fallback.remove(&slot);
            }
            if self.ledger.good(slot).is_none() {
                self.note_deleted(slot);
            }
            self.move_origin(slot);
        }
        let ValidConfig { value, intended } = settled.candidate.valid?;
        self.published.intended = intended;
        let anchors = self.published.may_anchor();
        let mut draft = match value {
            TrialConfig::Next(draft) => draft,
            published @ TrialConfig::PublishedState { .. } if anchors => published.draft(),
            // Nothing was accepted.
            TrialConfig::PublishedState { .. } => return None,
        };
        let changed = self.differing(&draft, settled.candidate.changed);
        let first = self.published.snapshot.is_none();
        if changed.is_empty() && !first && !anchors {
            return None;
        }
        if anchors {
            self.published.basis = Basis::Store;
        }
        self.give_origins(&mut draft);
        if first {
            let origins = Arc::clone(draft.all_origins());
            self.remember_restart(&origins);
        }
        let snapshot = draft.finish(cursor, self.ledger.epoch());
        self.published.snapshot = Some(snapshot.clone());
        Some(Publication { snapshot, changed })
    }

    /// The leaves, among these, whose value differs from the published one; all of them the first
    /// time.
    fn differing(&self, next: &T, changed: BTreeSet<LeafId>) -> Vec<LeafId> {
        let Some(before) = &self.published.snapshot else {
            return self.slots.leaves().map(|(leaf, _)| leaf).collect();
        };
        let leaves = changed.into_iter();
        // A chain of trials may have come back to where it began.
        let differ = leaves.filter(|leaf| {
            let path = self.slots.path(*leaf);
            // If comparing panics, notifying once too often is the lesser evil.
            path.is_some_and(|path| !guard(|| next.__same(before, &path)).unwrap_or(false))
        });
        differ.collect()
    }

    /// Keeps the first values of the fields that stay as they are until a restart.
    fn remember_restart(&mut self, origins: &[Origin]) {
        let layout = self.slots.layout();
        let first = layout.restart.iter().filter_map(|id| {
            let (origin, leaf) = (origins.get(id.place())?, layout.leaf(*id)?);
            let raw = self.good_of(*id).map(|(_, raw)| Arc::clone(&raw.value));
            let secret = raw.filter(|_| layout.is_hidden(leaf));
            Some((*id, origin.clone(), secret))
        });
        let first: Vec<_> = first.collect();
        for (leaf, origin, secret) in first {
            self.published.remember_first(leaf, origin, secret);
        }
    }

    /// See [`PublishedState::prepare`].
    pub(crate) fn prepare(&mut self) {
        self.published.prepare();
    }

    /// Writes the origins of the values into the draft: only those that may have changed.
    fn give_origins(&mut self, draft: &mut Draft<T>) {
        let mut moved = self.published.take_moved();
        let layout = self.slots.layout();
        if self.published.snapshot.is_none() {
            *draft.origins() = layout.leaves.iter().map(|_| Origin::Default).collect();
            moved = self.slots.leaves().map(|(leaf, _)| leaf).collect();
        }
        moved.extend(&layout.restart);
        let (fixed, in_entries): (Vec<_>, Vec<_>) = moved
            .into_iter()
            .partition(|leaf| leaf.outside_maps().is_some());
        let origins = Arc::make_mut(draft.origins());
        for id in fixed {
            if let (Some(origin), Some(leaf)) = (origins.get_mut(id.place()), layout.leaf(id)) {
                *origin = self.origin(id, leaf);
            }
        }
        // An entry appears and disappears with all of its leaves.
        for entry in set_of(in_entries.into_iter().map(|leaf| leaf.entry)) {
            let is_there = self.is_published(entry);
            for id in self.slots.leaves_of_entry(entry) {
                let origins = draft.entry_origins();
                let name = self.slots.name(id);
                match layout.leaf(id).filter(|_| is_there) {
                    Some(leaf) => drop(origins.insert(name, self.origin(id, leaf))),
                    None => drop(origins.remove(&name)),
                }
            }
        }
    }

    /// Whether the published configuration has this entry.
    fn is_published(&self, entry: EntryId) -> bool {
        let mut slots = self.slots.of_entry(entry);
        slots.any(|slot| self.ledger.good(slot).is_some())
            || self
                .slots
                .inside(entry)
                .any(|entry| self.is_published(entry))
    }

    /// The origin of a leaf's published value.
    fn origin(&self, id: LeafId, leaf: &Leaf) -> Origin {
        if let Some(first) = self.published.first_origin(leaf) {
            return first.clone();
        }
        let layout = self.slots.layout();
        let good = self.good_of(id);
        let info = good.and_then(|(slot, _)| self.slots.info(slot));
        let origin = match (good, info) {
            (Some((slot, raw)), Some(info)) => {
                let text = (!layout.is_hidden(leaf)).then(|| Arc::clone(&raw.value));
                let key = Arc::clone(&info.key);
                let from_fallback = self.from_fallback.as_ref();
                match from_fallback.is_some_and(|slots| slots.contains(&slot)) {
                    true => Origin::fallback(key, raw.revision, text),
                    false => Origin::key(key, raw.revision, info.layer, text),
                }
            }
            _ => Origin::Default,
        };
        let mut slots = self.slots.of_leaf(id).iter();
        origin.standing_in(slots.any(|slot| self.ledger.group_of(*slot).is_some()))
    }

    /// The slot that gives a leaf its published value, with its bytes.
    fn good_of(&self, leaf: LeafId) -> Option<(Slot, &Raw)> {
        let there = |slot: Slot| self.ledger.good(slot).is_some();
        let slot = self.slots.winner(leaf, there)?;
        Some((slot, self.ledger.good(slot)?))
    }
}

/// A set of these, inserted one by one: `collect` would compile a sort for each type.
fn set_of<V: Ord>(values: impl IntoIterator<Item = V>) -> BTreeSet<V> {
    let mut set = BTreeSet::new();
    set.extend(values);
    set
}
