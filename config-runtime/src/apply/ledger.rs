//! The ledger: for each slot the bytes in the store, the bytes that the published configuration was
//! decoded from, and, if they differ, the group.
//!
//! In: the changes of single slots, with their groups, and the groups that are accepted. Out: the
//! bytes of a slot, and the groups that wait. It knows no values, no leaves and no keys.
//!
//! Invariant: a slot is in the group that `group_of` names, and in no other; no group is empty; and
//! a slot in no group has the same bytes staged and good.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::hold::GroupId;
use crate::Revision;
use crate::layers::Slot;
use crate::problem::Problem;

/// The bytes of one key, and the revision that wrote them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Raw {
    pub(crate) value: Arc<[u8]>,
    pub(crate) revision: Revision,
}

/// The store's content in one slot, as far as it is known.
#[derive(Debug, Clone, Default)]
pub(super) struct StagedState {
    pub(super) raw: Option<Raw>,
    /// The revision that wrote or deleted it; for a key found missing, the revision that was read
    /// at.
    pub(super) since: Revision,
}

/// A group that is not accepted.
#[derive(Debug, Default)]
struct PendingGroup {
    slots: BTreeSet<Slot>,
    /// If a reading found keys of it missing: the revisions after the first and up to the second
    /// may have deleted them, or written and deleted them again.
    unseen: Option<(Revision, Revision)>,
}

/// See the module's text.
#[derive(Debug)]
pub(super) struct Ledger {
    staged: Vec<StagedState>,
    good: Vec<Option<Raw>>,
    group_of: Vec<Option<GroupId>>,
    groups: BTreeMap<GroupId, PendingGroup>,
    /// The reasons of each group that was tried and not accepted.
    held: BTreeMap<GroupId, Vec<Problem>>,
    /// Whether a slot was staged since the last trial.
    fresh: bool,
    /// The newest revision that something was staged from.
    staged_to: Revision,
    epoch: u64,
}

impl Ledger {
    pub(super) fn new(slots: usize) -> Self {
        Self {
            staged: vec![StagedState::default(); slots],
            good: vec![None; slots],
            group_of: vec![None; slots],
            groups: BTreeMap::new(),
            held: BTreeMap::new(),
            fresh: false,
            staged_to: Revision::default(),
            epoch: 1,
        }
    }

    /// Makes room for this many slots. The new ones are empty.
    pub(super) fn grow(&mut self, slots: usize) {
        if slots > self.staged.len() {
            self.staged.resize_with(slots, StagedState::default);
            self.good.resize(slots, None);
            self.group_of.resize(slots, None);
        }
    }

    /// Whether a slot has no staged bytes, no good bytes and no group.
    pub(super) fn is_empty(&self, slot: Slot) -> bool {
        let staged = self.staged(slot).and_then(|staged| staged.raw.as_ref());
        staged.is_none() && self.good(slot).is_none() && self.group_of(slot).is_none()
    }

    /// Forgets everything about a slot if it is empty.
    pub(super) fn clear(&mut self, slot: Slot) {
        if self.is_empty(slot)
            && let Some(staged) = self.staged.get_mut(slot)
        {
            *staged = StagedState::default();
        }
    }

    pub(super) fn epoch(&self) -> u64 {
        self.epoch
    }

    /// Begins an epoch: revisions count in another history from now on.
    pub(super) fn begin_epoch(&mut self) {
        self.epoch += 1;
        self.staged_to = Revision::default();
    }

    /// Raises the newest revision that something was staged from to this one, if it is newer, and
    /// returns the previous value.
    pub(super) fn reach(&mut self, revision: Revision) -> Revision {
        let before = self.staged_to;
        self.staged_to = before.max(revision);
        before
    }

    /// The group of a revision's changes.
    pub(super) fn group(&self, revision: Revision) -> GroupId {
        GroupId {
            epoch: self.epoch,
            revision,
            missing: false,
        }
    }

    /// The group of the keys that a reading at that revision found missing.
    pub(super) fn missing_group(&self, revision: Revision) -> GroupId {
        GroupId {
            missing: true,
            ..self.group(revision)
        }
    }

    /// The store's bytes, as far as they are known.
    pub(super) fn staged(&self, slot: Slot) -> Option<&StagedState> {
        self.staged.get(slot)
    }

    /// The bytes that the published configuration was decoded from.
    pub(super) fn good(&self, slot: Slot) -> Option<&Raw> {
        self.good.get(slot).and_then(Option::as_ref)
    }

    pub(super) fn group_of(&self, slot: Slot) -> Option<GroupId> {
        self.group_of.get(slot).copied().flatten()
    }

    /// The slots of a group.
    pub(super) fn slots(&self, group: GroupId) -> impl Iterator<Item = Slot> {
        let group = self.groups.get(&group).into_iter();
        group.flat_map(|group| group.slots.iter().copied())
    }

    /// Every group that is not accepted.
    pub(super) fn groups(&self) -> BTreeSet<GroupId> {
        super::set_of(self.groups.keys().copied())
    }

    /// The held groups with their reasons.
    pub(super) fn held(&self) -> &BTreeMap<GroupId, Vec<Problem>> {
        &self.held
    }

    /// The held group in which a reading found keys missing that this revision may have deleted.
    pub(super) fn unseen_at(&self, revision: Revision) -> Option<GroupId> {
        let may_be = |group: &&GroupId| {
            let unseen = self.groups.get(*group).and_then(|group| group.unseen);
            unseen.is_some_and(|(after, up_to)| after < revision && revision <= up_to)
        };
        self.held.keys().find(may_be).copied()
    }

    /// Whether the slot's staged state is newer than that reading.
    pub(super) fn is_newer(&self, slot: Slot, at: Revision) -> bool {
        self.staged(slot).is_some_and(|staged| staged.since > at)
    }

    /// Takes the bytes of a fallback: they are good, and any reading is newer, regardless of the
    /// history that its revisions count in.
    pub(super) fn seed(&mut self, slot: Slot, raw: Option<Raw>) {
        if let (Some(staged), Some(good)) = (self.staged.get_mut(slot), self.good.get_mut(slot)) {
            staged.raw.clone_from(&raw);
            *good = raw;
        }
    }

    /// Notes the bytes that a reading found in a slot, written by that revision; see
    /// [`Ledger::stage`].
    pub(super) fn stage_found(&mut self, slot: Slot, value: &[u8], revision: Revision) -> bool {
        let known = self.staged(slot).and_then(|staged| staged.raw.as_ref());
        let raw = match known {
            Some(raw) if raw.revision == revision && *raw.value == *value => raw.clone(),
            _ => Raw {
                value: value.into(),
                revision,
            },
        };
        let staged = StagedState {
            raw: Some(raw),
            since: revision,
        };
        self.stage(slot, staged, self.group(revision))
    }

    /// Notes a slot's new content. Returns whether the slot joins the group: a slot whose bytes are
    /// known already stays in its own.
    pub(super) fn stage(&mut self, slot: Slot, new: StagedState, group: GroupId) -> bool {
        let (Some(staged), Some(group_of)) =
            (self.staged.get_mut(slot), self.group_of.get_mut(slot))
        else {
            return false;
        };
        let same = staged.raw == new.raw;
        *staged = new;
        let waits = |old: &GroupId| old.epoch < group.epoch;
        if same && !group_of.as_ref().is_some_and(waits) {
            // Only in a new epoch does it join the slots that were written with it in the current
            // history.
            return false;
        }
        self.fresh = true;
        if let Some(old) = group_of.replace(group)
            && let Some(pending) = self.groups.get_mut(&old)
        {
            pending.slots.remove(&slot);
            if pending.slots.is_empty() {
                self.groups.remove(&old);
                self.held.remove(&old);
            }
        }
        self.groups.entry(group).or_default().slots.insert(slot);
        true
    }

    /// Notes that a reading at `at` found this slot's key missing; everything up to `seen` is
    /// known.
    pub(super) fn note_unseen(&mut self, slot: Slot, seen: Revision, at: Revision) {
        if seen < at
            && let Some(group) = self.group_of(slot)
            && let Some(group) = self.groups.get_mut(&group)
        {
            let (_, up_to) = group.unseen.get_or_insert((seen, at));
            *up_to = at.max(*up_to);
        }
    }

    /// Whether there is anything new to try since the last trial. Resets the answer to `false`.
    pub(super) fn take_fresh(&mut self) -> bool {
        std::mem::take(&mut self.fresh) && !self.groups.is_empty()
    }

    /// Notes the outcome of a trial: these groups are accepted, the others wait for these reasons.
    /// Returns the slots whose good bytes changed.
    pub(super) fn accept(
        &mut self,
        accepted: &BTreeSet<GroupId>,
        held: BTreeMap<GroupId, Vec<Problem>>,
    ) -> Vec<Slot> {
        self.fresh = false;
        let mut slots = Vec::new();
        for group in accepted {
            for slot in self.groups.remove(group).unwrap_or_default().slots {
                if let (Some(good), Some(staged), Some(group_of)) = (
                    self.good.get_mut(slot),
                    self.staged.get(slot),
                    self.group_of.get_mut(slot),
                ) {
                    good.clone_from(&staged.raw);
                    *group_of = None;
                    slots.push(slot);
                }
            }
        }
        self.held = held;
        slots
    }

    /// Checks the invariant of the module's text. The error describes the breach.
    #[cfg(test)]
    pub(super) fn check(&self) -> Result<(), String> {
        // As many as are named, and each of them by its group: so none is in two.
        let named = self.group_of.iter().filter(|group| group.is_some()).count();
        let grouped: usize = self.groups.values().map(|group| group.slots.len()).sum();
        if named != grouped {
            return Err(format!(
                "{named} slots name a group, and {grouped} are in one"
            ));
        }
        for (group, PendingGroup { slots, .. }) in &self.groups {
            let misnames = |slot: &&Slot| self.group_of.get(**slot) != Some(&Some(*group));
            if let Some(slot) = slots.iter().find(misnames) {
                return Err(format!("slot {slot} is in {group:?}, and does not name it"));
            }
        }
        for (slot, group) in self.group_of.iter().enumerate() {
            let staged = self.staged(slot).and_then(|staged| staged.raw.as_ref());
            if group.is_none() && staged != self.good(slot) {
                return Err(format!("slot {slot} differs, and is in no group"));
            }
        }
        match self.groups.iter().find(|(_, group)| group.slots.is_empty()) {
            Some((group, _)) => Err(format!("{group:?} is empty")),
            None => Ok(()),
        }
    }
}
