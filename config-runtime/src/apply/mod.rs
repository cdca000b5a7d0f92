//! Decode, validate, hold: from staged changes to a configuration that breaks no rule.
//!
//! In: readings and whole revisions ([`Apply::stage_reading`], [`Apply::stage_revision`]). Out: on
//! [`Apply::settle`] the next configuration, if it differs, and what is held, with the reasons. It
//! knows the schema and the user's types; it knows no store, no time and no subscriber.
//!
//! A slot (one key in one layer) has a *staged* state, which is what the store holds as far as
//! the cursor, and a *good* one, which is what the published configuration was decoded from.
//! Where they differ, the slot is in a group: accepted or held as a unit, by the rule of
//! `apply::hold`.

mod abreast;
mod hold;
#[cfg(test)]
pub(crate) mod model;
mod report;
mod trial;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use crate::guard::guard;
use crate::layers::{Slot, Table};
use crate::problem::Problem;
use crate::snapshot::{Draft, Origin, Snapshot};
use crate::store::{Entry, Event, Reading};
use crate::sync::Known;
use crate::typed::id::LeafId;
use crate::typed::tree::Leaf;
use crate::wording::shown_key;
use crate::{HotConfig, Revision};
use abreast::{Abreast, Renewal};
use hold::{GroupId, Judge, Rejection, Settled};
pub use report::{Held, Pending, Unknown, Warning};
use trial::{Config, Effective, Ground, Refused, Valid};

/// The bytes of one key, and the revision that wrote them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Raw {
    pub(crate) value: Arc<[u8]>,
    pub(crate) revision: Revision,
}

/// What the store holds in one slot, as far as is known.
#[derive(Debug, Clone, Default)]
struct Staged {
    raw: Option<Raw>,
    /// The revision that made it so; of a key found missing, the revision that was read at.
    since: Revision,
}

/// What `settle` made of the staged changes.
#[derive(Debug)]
pub(crate) struct Publication<T> {
    /// The next configuration.
    pub(crate) snapshot: Snapshot<T>,
    /// The leaves whose value changed, in order.
    pub(crate) changed: Vec<LeafId>,
}

/// What a start is to do with keys that are bad.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BadKeys {
    /// No start.
    Refuse,
    /// Hold them, and start with the defaults in their place.
    Default,
}

/// What it is that is published rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Basis {
    /// The defaults: neither a fallback nor a reading is here.
    Nothing,
    /// A fallback, and no reading has been staged.
    Fallback,
    /// A reading has been staged, and what is published does not know its revision yet.
    NewReading,
    /// The store.
    Store,
}

/// The state. See the module's text.
#[derive(Debug)]
pub(crate) struct Apply<T> {
    table: Arc<Table>,
    staged: Vec<Staged>,
    good: Vec<Option<Raw>>,
    /// The slots whose good bytes are the fallback's, and were not found in the store since.
    of_fallback: BTreeSet<Slot>,
    /// Whether a fallback can stand in for what is bad at the start.
    seeded: bool,
    groups: BTreeMap<GroupId, BTreeSet<Slot>>,
    group_of: Vec<Option<GroupId>>,
    /// For each group that was tried and not let in, why.
    held: BTreeMap<GroupId, Vec<Problem>>,
    /// Whether something was staged since the last trial.
    fresh: bool,
    published: Option<Snapshot<T>>,
    basis: Basis,
    /// A copy of it for the next trial, if there was time to make one.
    copy: Option<Draft<T>>,
    /// The leaves whose origin may be another than the published one.
    moved: BTreeSet<LeafId>,
    /// What a restart would give, where that differs from what is published.
    intended: Option<Box<T>>,
    /// The origins of the restart-only leaves: they keep their first value.
    first_origins: HashMap<LeafId, Origin>,
    /// The bytes of those of them that are secret.
    running_secrets: Vec<Arc<[u8]>>,
    /// The newest revision that something was staged from.
    staged_to: Revision,
    /// For each group in which a reading found keys missing: after which revision, and up to which one,
    /// they may have been deleted, or written and deleted again.
    unseen: BTreeMap<GroupId, (Revision, Revision)>,
    /// For each range the keys that the schema doesn't know.
    unknown: Vec<BTreeMap<Vec<u8>, Revision>>,
    unknown_changed: bool,
    /// Which of them were deleted since the reading that is under way was asked for: it may still
    /// have them.
    gone: Option<HashMap<Vec<u8>, Revision>>,
    /// The known keys that those of the report are most like: looking is not cheap.
    nearest: HashMap<Vec<u8>, Option<String>>,
    epoch: u64,
}

impl<T: HotConfig> Apply<T> {
    pub(crate) fn new(table: Arc<Table>) -> Self {
        let slots = table.slots.len();
        Self {
            staged: vec![Staged::default(); slots],
            good: vec![None; slots],
            of_fallback: BTreeSet::new(),
            seeded: false,
            groups: BTreeMap::new(),
            group_of: vec![None; slots],
            held: BTreeMap::new(),
            fresh: false,
            published: None,
            basis: Basis::Nothing,
            copy: None,
            moved: BTreeSet::new(),
            intended: None,
            first_origins: HashMap::new(),
            running_secrets: Vec::new(),
            staged_to: Revision::default(),
            unseen: BTreeMap::new(),
            unknown: vec![BTreeMap::new(); table.ranges.len()],
            unknown_changed: false,
            gone: None,
            nearest: HashMap::new(),
            epoch: 1,
            table,
        }
    }

    /// Begins with what a fallback holds, before anything is staged: it is what is good until
    /// the store says otherwise. The answer is what of it is not valid; then it is as if there
    /// had been none.
    pub(crate) fn seed(
        &mut self,
        entries: impl IntoIterator<Item = (String, Raw)>,
    ) -> Result<(), Vec<Problem>> {
        for (key, raw) in entries {
            let Some(slot) = self.table.slot(key.as_bytes()) else {
                continue;
            };
            if let (Some(staged), Some(good)) = (self.staged.get_mut(slot), self.good.get_mut(slot))
            {
                // Any reading is newer, whatever history its revisions count in.
                staged.raw = Some(raw.clone());
                *good = Some(raw);
                self.of_fallback.insert(slot);
            }
        }
        let whole = self.with(&Candidate::nothing(), &BTreeSet::new());
        let problems = match whole {
            Ok(_) => {
                (self.seeded, self.basis) = (true, Basis::Fallback);
                return Ok(());
            }
            Err(rejection) => rejection.problems(),
        };
        for slot in std::mem::take(&mut self.of_fallback) {
            if let (Some(staged), Some(good)) = (self.staged.get_mut(slot), self.good.get_mut(slot))
            {
                (staged.raw, *good) = (None, None);
            }
        }
        Err(problems)
    }

    /// Whether the fallback serves: no reading has been staged.
    pub(crate) fn is_fallback(&self) -> bool {
        self.basis == Basis::Fallback
    }

    /// Stages all changes of one revision.
    pub(crate) fn stage_revision(&mut self, revision: Revision, events: Vec<(usize, Event)>) {
        let group = GroupId {
            epoch: self.epoch,
            revision,
            missing: false,
        };
        self.staged_to = self.staged_to.max(revision);
        for (range, Event { key, value, .. }) in events {
            match self.table.slot(&key) {
                Some(slot) => {
                    let raw = value.map(|value| Raw { value, revision });
                    self.stage(
                        slot,
                        Staged {
                            raw,
                            since: revision,
                        },
                        group,
                    );
                }
                None => self.stage_unknown(range, key, revision, value.is_some()),
            }
        }
    }

    /// Compares with a reading of everything, and stages what differs.
    ///
    /// What is known from a later revision than the reading's stays. With a new epoch nothing
    /// does: its revisions count in a history that is gone.
    pub(crate) fn stage_reading(&mut self, reading: &Reading, new_epoch: bool) {
        if new_epoch {
            self.epoch += 1;
            self.staged_to = Revision::default();
        }
        if self.basis != Basis::Store {
            self.basis = Basis::NewReading;
        }
        let (epoch, at) = (self.epoch, reading.revision);
        let mut there = vec![false; self.table.slots.len()];
        let gone = self.gone.take().unwrap_or_default();
        // What came after the reading is not in it.
        let newest = if new_epoch { u64::MAX.into() } else { at };
        let table = Arc::clone(&self.table);
        for (range, entries) in reading.entries.iter().enumerate() {
            let unknown = self.unknown.get_mut(range);
            let mut unknown = unknown.map(std::mem::take).unwrap_or_default();
            let mut renewal = Renewal::of(&unknown, newest);
            let mut slots = Abreast::of(table.in_order());
            for entry in entries.iter() {
                match slots.at(entry.key) {
                    Some(slot) => {
                        if let Some(there) = there.get_mut(slot) {
                            *there = true;
                        }
                        self.stage_entry(slot, entry, at, new_epoch);
                    }
                    None => {
                        let is_gone = |gone: &Revision| *gone > at && !new_epoch;
                        if gone.is_empty() || !gone.get(entry.key).is_some_and(is_gone) {
                            renewal.found(entry.key, entry.mod_revision);
                        }
                    }
                }
            }
            self.unknown_changed |= renewal.end().apply(&mut unknown);
            if let Some(known) = self.unknown.get_mut(range) {
                *known = unknown;
            }
        }
        let missing = GroupId {
            epoch,
            revision: at,
            missing: true,
        };
        let seen = self.staged_to;
        self.staged_to = seen.max(at);
        for slot in there
            .iter()
            .enumerate()
            .filter(|(_, there)| !**there)
            .map(|(slot, _)| slot)
        {
            if !self.is_newer(slot, at, new_epoch) {
                self.stage(
                    slot,
                    Staged {
                        raw: None,
                        since: at,
                    },
                    missing,
                );
                if let Some(Some(group)) = self.group_of.get(slot)
                    && seen < at
                {
                    let (_, up_to) = self.unseen.entry(*group).or_insert((seen, at));
                    *up_to = at.max(*up_to);
                }
            }
        }
        let (found, differ) = std::mem::take(&mut self.of_fallback)
            .into_iter()
            .partition(|slot| self.group_of.get(*slot).is_some_and(Option::is_none));
        let found: BTreeSet<Slot> = found;
        self.of_fallback = differ;
        let leaves = found.iter().filter_map(|slot| self.table.slots.get(*slot));
        self.moved.extend(leaves.map(|info| info.leaf));
    }

    fn stage_entry(&mut self, slot: Slot, entry: Entry<'_>, at: Revision, new_epoch: bool) {
        if self.is_newer(slot, at, new_epoch) {
            return;
        }
        let revision = entry.mod_revision;
        let group = GroupId {
            epoch: self.epoch,
            revision,
            missing: false,
        };
        let known = self.staged.get(slot).and_then(|staged| staged.raw.as_ref());
        let raw = match known {
            Some(raw) if raw.revision == revision && *raw.value == *entry.value => raw.clone(),
            _ => Raw {
                value: entry.value.into(),
                revision,
            },
        };
        let staged = Staged {
            raw: Some(raw),
            since: revision,
        };
        self.stage(slot, staged, group);
    }

    /// Whether this reading can't be of the history that is known: in one, a key that was
    /// written at a revision has that value there, is never of an older revision again, and is
    /// not there earlier than it was known to be absent.
    pub(crate) fn contradicts(&self, reading: &Reading) -> bool {
        let at = reading.revision;
        let mut ranges = reading.entries.iter().enumerate();
        ranges.any(|(range, entries)| {
            let mut slots = Abreast::of(self.table.in_order());
            let unknown = self.unknown.get(range).into_iter();
            let mut unknown = Abreast::of(unknown.flat_map(abreast::by_bytes));
            entries.iter().any(|entry| match slots.at(entry.key) {
                Some(slot) => self.staged.get(slot).is_some_and(|staged| {
                    let known_then = staged.since <= at;
                    known_then
                        && match &staged.raw {
                            Some(raw) if raw.revision == entry.mod_revision => {
                                *raw.value != *entry.value
                            }
                            Some(raw) => entry.mod_revision < raw.revision,
                            None => entry.mod_revision <= staged.since,
                        }
                }),
                None => unknown
                    .at(entry.key)
                    .is_some_and(|known| known <= at && entry.mod_revision < known),
            })
        })
    }

    /// Whether what is known of the slot is from after that reading.
    fn is_newer(&self, slot: Slot, at: Revision, new_epoch: bool) -> bool {
        !new_epoch
            && self
                .staged
                .get(slot)
                .is_some_and(|staged| staged.since > at)
    }

    fn stage(&mut self, slot: Slot, new: Staged, group: GroupId) {
        let (Some(staged), Some(group_of)) =
            (self.staged.get_mut(slot), self.group_of.get_mut(slot))
        else {
            return;
        };
        let same = staged.raw == new.raw;
        *staged = new;
        let waits = |old: &GroupId| old.epoch < group.epoch;
        if same && !group_of.as_ref().is_some_and(waits) {
            // Known already: it stays in the group that it is in. In a new epoch it joins those
            // that were written with it in the history that counts now.
            return;
        }
        self.fresh = true;
        self.moved
            .extend(self.table.slots.get(slot).map(|info| info.leaf));
        if let Some(old) = group_of.replace(group)
            && let Some(slots) = self.groups.get_mut(&old)
        {
            slots.remove(&slot);
            if slots.is_empty() {
                self.groups.remove(&old);
                self.held.remove(&old);
            }
        }
        self.groups.entry(group).or_default().insert(slot);
    }

    fn stage_unknown(&mut self, range: usize, key: Vec<u8>, revision: Revision, there: bool) {
        let Some(known) = self.unknown.get_mut(range) else {
            return;
        };
        self.unknown_changed = true;
        if there {
            known.insert(key, revision);
            return;
        }
        known.remove(&key);
        if let Some(gone) = &mut self.gone {
            gone.insert(key, revision);
        }
    }

    /// A reading is asked for: what happens from now on may not be in it.
    pub(crate) fn expect_reading(&mut self) {
        self.gone = Some(HashMap::new());
    }

    /// The first configuration: from what was staged, or the problems, all of them.
    pub(crate) fn begin(
        &mut self,
        cursor: Option<Revision>,
        bad_keys: BadKeys,
    ) -> Result<Publication<T>, Vec<Problem>> {
        let all: BTreeSet<_> = self.groups.keys().copied().collect();
        let nothing = Candidate::nothing();
        let rejection = match self.with(&nothing, &all) {
            Ok(candidate) => {
                let settled = Settled {
                    candidate,
                    accepted: all,
                    held: BTreeMap::new(),
                };
                return self.accept(cursor, settled).ok_or_else(Vec::new);
            }
            Err(rejection) => rejection,
        };
        let bad: BTreeSet<_> = rejection.bad.keys().copied().collect();
        let refused = rejection.problems();
        if self.seeded
            && let Ok(fallback) = self.with(&nothing, &BTreeSet::new())
        {
            // Its last good values stand in for what is bad.
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
        // One by one nothing gets in where several fields are required: they are the ground that
        // the others are tried on.
        let required = self.required();
        let needed: BTreeSet<_> = all.difference(&bad).copied().collect();
        let needed = needed.into_iter().filter(|group| {
            let mut slots = self.groups.get(group).into_iter().flatten();
            slots.any(|slot| {
                self.leaf_of(*slot)
                    .is_some_and(|leaf| required.contains(&leaf))
            })
        });
        let needed: BTreeSet<_> = needed.collect();
        let Ok(ground) = self.with(&Candidate::nothing(), &needed) else {
            return Err(refused);
        };
        let rest = all.difference(&needed).copied().collect();
        let mut settled = hold::settle(self, ground, rest);
        settled.accepted.extend(needed);
        self.accept(cursor, settled).ok_or(refused)
    }

    /// The leaves that have no default.
    fn required(&self) -> BTreeSet<LeafId> {
        match trial::build::<T>(self.ground(), |_| None) {
            Ok(_) => BTreeSet::new(),
            Err(refused) => refused.leaves.into_iter().map(|(leaf, _)| leaf).collect(),
        }
    }

    /// The paths of these leaves.
    pub(crate) fn fields(&self, leaves: &[LeafId]) -> Vec<&str> {
        let leaves = leaves.iter().filter_map(|leaf| self.table.leaf(*leaf));
        leaves.map(|leaf| leaf.name.as_str()).collect()
    }

    fn leaf_of(&self, slot: Slot) -> Option<LeafId> {
        self.table.slots.get(slot).map(|info| info.leaf)
    }

    fn ground(&self) -> Ground<'_> {
        Ground {
            table: &self.table,
            running: &self.running_secrets,
            starting: self.published.is_none(),
        }
    }

    /// Tries everything that is held and everything new; `None` where nothing changed.
    pub(crate) fn settle(&mut self, cursor: Option<Revision>) -> Option<Publication<T>> {
        let something = std::mem::take(&mut self.fresh) && !self.groups.is_empty();
        if !something && !self.may_anchor() {
            return None;
        }
        let published = self.published.clone()?;
        let base = Candidate {
            valid: Some(Valid {
                value: Config::Published {
                    snapshot: published,
                    copy: RefCell::new(self.copy.take()),
                },
                intended: self.intended.clone(),
            }),
            ..Candidate::nothing()
        };
        let groups = self.groups.keys().copied().collect();
        let settled = hold::settle(self, base, groups);
        self.accept(cursor, settled)
    }

    /// Whether the first reading since a start without the store is here: then what is published
    /// gets its revision and its origins, also where no value changes.
    fn may_anchor(&self) -> bool {
        self.basis == Basis::NewReading
    }

    /// Takes in what got in, and publishes if a value changed.
    fn accept(
        &mut self,
        cursor: Option<Revision>,
        settled: Settled<Candidate<T>>,
    ) -> Option<Publication<T>> {
        self.fresh = false;
        for group in &settled.accepted {
            for slot in self.groups.remove(group).unwrap_or_default() {
                if let (Some(good), Some(staged), Some(group_of)) = (
                    self.good.get_mut(slot),
                    self.staged.get(slot),
                    self.group_of.get_mut(slot),
                ) {
                    good.clone_from(&staged.raw);
                    *group_of = None;
                    self.of_fallback.remove(&slot);
                    self.moved
                        .extend(self.table.slots.get(slot).map(|info| info.leaf));
                }
            }
        }
        self.held = settled.held;
        let groups = &self.groups;
        self.unseen.retain(|group, _| groups.contains_key(group));
        let Valid { value, intended } = settled.candidate.valid?;
        self.intended = intended;
        let anchors = self.may_anchor();
        let mut draft = match value {
            Config::Next(draft) => draft,
            published @ Config::Published { .. } if anchors => published.draft(),
            // Nothing got in.
            Config::Published { .. } => return None,
        };
        let changed: Vec<_> = match &self.published {
            Some(before) => settled
                .candidate
                .changed
                .into_iter()
                // A chain of trials may have come back to where it began.
                .filter(|leaf| {
                    let leaf = self.table.leaf(*leaf);
                    // Where comparing panics, telling once too often is the lesser evil.
                    leaf.is_some_and(|leaf| {
                        !guard(|| draft.__same(before, leaf.path.fixed())).unwrap_or(false)
                    })
                })
                .collect(),
            None => self.table.fixed().map(Leaf::id).collect(),
        };
        if changed.is_empty() && self.published.is_some() && !anchors {
            return None;
        }
        if anchors {
            self.basis = Basis::Store;
        }
        self.give_origins(&mut draft);
        if self.published.is_none() {
            let origins = Arc::clone(draft.all_origins());
            self.remember_restart(&origins);
        }
        let snapshot = draft.finish(cursor, self.epoch);
        self.published = Some(snapshot.clone());
        Some(Publication { snapshot, changed })
    }

    /// Keeps what is to be known of the fields that stay as they are until a restart.
    fn remember_restart(&mut self, origins: &[Origin]) {
        for leaf in &self.table.restart {
            if let Some(origin) = origins.get(leaf.place()) {
                self.first_origins.insert(*leaf, origin.clone());
            }
            let good = |slot: Slot| self.good.get(slot).and_then(Option::as_ref);
            let slot = self.table.winner(*leaf, |slot| good(slot).is_some());
            let hidden = self
                .table
                .leaf(*leaf)
                .filter(|leaf| self.table.is_hidden(leaf));
            if let (Some(raw), Some(_)) = (slot.and_then(good), hidden) {
                self.running_secrets.push(Arc::clone(&raw.value));
            }
        }
    }

    /// Makes a copy of what is published for the next trial, so that then it need not be waited
    /// for. It costs what the configuration does in memory, once.
    pub(crate) fn prepare(&mut self) {
        if self.copy.is_none()
            && let Some(published) = &self.published
        {
            // Where its `Clone` panics, the trial says so.
            self.copy = guard(|| {
                let mut copy = published.draft();
                // Its own ones, too.
                let _ = Arc::make_mut(copy.origins());
                copy
            })
            .ok();
        }
    }

    /// Says in the draft where its values come from: only what may have changed is looked at.
    fn give_origins(&mut self, draft: &mut Draft<T>) {
        let mut moved = std::mem::take(&mut self.moved);
        if self.published.is_none() {
            *draft.origins() = self
                .table
                .leaves
                .iter()
                .map(|leaf| self.origin(leaf))
                .collect();
            return;
        }
        moved.extend(&self.table.restart);
        let origins = Arc::make_mut(draft.origins());
        for id in moved {
            if let (Some(origin), Some(leaf)) = (origins.get_mut(id.place()), self.table.leaf(id)) {
                *origin = self.origin(leaf);
            }
        }
    }

    /// Where the published value of a leaf comes from.
    fn origin(&self, leaf: &Leaf) -> Origin {
        let good = |slot: Slot| self.good.get(slot).and_then(Option::as_ref);
        if self.is_pending(leaf)
            && let Some(first) = self.first_origins.get(&leaf.id())
        {
            return first.clone();
        }
        let slot = self.table.winner(leaf.id(), |slot| good(slot).is_some());
        let info = slot.and_then(|slot| self.table.slots.get(slot));
        let origin = match (slot.and_then(good), info) {
            (Some(raw), Some(info)) => {
                // People count layers from the lowest.
                let layer = self.table.ranges.len() - 1 - info.layer;
                let text = (!self.table.is_hidden(leaf)).then(|| Arc::clone(&raw.value));
                let key = Arc::clone(&info.key);
                match slot.is_some_and(|slot| self.of_fallback.contains(&slot)) {
                    true => Origin::fallback(key, raw.revision, text),
                    false => Origin::key(key, raw.revision, layer, text),
                }
            }
            _ => Origin::Default,
        };
        let held = self.table.slots_of(leaf.id()).iter().any(|slot| {
            let group = self.group_of.get(*slot);
            group.is_some_and(Option::is_some)
        });
        origin.standing_in(held)
    }

    /// The bytes that the published configuration was decoded from: each whole key, and whether
    /// it is secret.
    pub(crate) fn kept(&self) -> impl Iterator<Item = (&Arc<str>, &Raw, bool)> {
        let slots = self.table.slots.iter().zip(&self.good);
        slots.filter_map(|(info, good)| {
            let hidden = |leaf: &Leaf| self.table.is_hidden(leaf);
            let secret = self.table.leaf(info.leaf).is_none_or(hidden);
            good.as_ref().map(|raw| (&info.key, raw, secret))
        })
    }

    /// Whether a restart-only leaf has a new value that waits for a restart.
    fn is_pending(&self, leaf: &Leaf) -> bool {
        let (Some(intended), Some(published)) = (&self.intended, &self.published) else {
            return false;
        };
        leaf.restart && !guard(|| intended.__same(published, leaf.path.fixed())).unwrap_or(true)
    }

    /// For each range the number of keys and their highest `mod_revision`, as a probe counts them.
    pub(crate) fn known(&self) -> Vec<Known> {
        let mut known: Vec<Known> = self
            .unknown
            .iter()
            .map(|unknown| (unknown.len(), unknown.values().max().copied()))
            .collect();
        for (info, staged) in self.table.slots.iter().zip(&self.staged) {
            if let (Some(raw), Some((count, newest))) = (&staged.raw, known.get_mut(info.layer)) {
                *count += 1;
                *newest = (*newest).max(Some(raw.revision));
            }
        }
        known
    }

    /// The groups that are held, and why.
    pub(crate) fn held(&self) -> Vec<Held> {
        let held = self.held.iter();
        held.filter_map(|(group, problems)| self.held_group(group, problems))
            .collect()
    }

    /// What is held of a revision. Where a reading found keys missing, any revision that was not seen
    /// may have deleted them: it can't be said that all of it is visible.
    pub(crate) fn held_of(&self, revision: Revision) -> Option<Held> {
        let mut held = self.held.iter();
        let its_own = held.find(|(group, _)| !group.missing && group.revision == revision);
        let may_be = |(group, _): &(&GroupId, _)| {
            let unseen = self.unseen.get(*group);
            unseen.is_some_and(|(after, up_to)| *after < revision && revision <= *up_to)
        };
        let (group, problems) = its_own.or_else(|| self.held.iter().find(may_be))?;
        self.held_group(group, problems)
    }

    fn held_group(&self, group: &GroupId, problems: &[Problem]) -> Option<Held> {
        let slots = self.groups.get(group)?;
        let infos = || slots.iter().filter_map(|slot| self.table.slots.get(*slot));
        Some(Held {
            revision: group.revision,
            epoch: group.epoch,
            missing: group.missing,
            keys: infos().map(|info| info.key.to_string()).collect(),
            fields: infos()
                .filter_map(|info| self.table.leaf(info.leaf))
                .map(|leaf| leaf.name.clone())
                .collect(),
            problems: problems.to_vec(),
        })
    }

    /// Restart-only fields whose new value waits for a restart.
    pub(crate) fn pending(&self) -> Vec<Pending> {
        let (Some(intended), Some(published)) = (&self.intended, &self.published) else {
            return Vec::new();
        };
        let restart = self.table.restart.iter();
        restart
            .filter_map(|leaf| self.table.leaf(*leaf))
            .filter(|leaf| self.is_pending(leaf))
            .map(|leaf| {
                let good = |slot: Slot| self.good.get(slot).and_then(Option::as_ref);
                let slot = self.table.winner(leaf.id(), |slot| good(slot).is_some());
                let shown = |config: &T| match leaf.secret {
                    true => Some("***".to_owned()),
                    false => guard(|| config.__show(leaf.path.fixed())).ok().flatten(),
                };
                Pending {
                    field: leaf.name.clone(),
                    key: slot
                        .or(self.table.slots_of(leaf.id()).first().copied())
                        .and_then(|slot| self.table.slots.get(slot))
                        .map_or_else(String::new, |info| info.key.to_string()),
                    revision: slot.and_then(good).map(|raw| raw.revision),
                    running: shown(published),
                    pending: shown(intended),
                }
            })
            .collect()
    }

    /// Keys that the schema doesn't know: how many, and the first of them. `None` where they are
    /// those of the last time.
    pub(crate) fn unknown(&mut self, most: usize) -> Option<(usize, Vec<Unknown>)> {
        if !std::mem::take(&mut self.unknown_changed) {
            return None;
        }
        let count = self.unknown.iter().map(BTreeMap::len).sum();
        let mut before = std::mem::take(&mut self.nearest);
        let first = self.unknown.iter().flatten().take(most);
        let unknown = first.map(|(key, revision)| {
            let nearest = match before.remove(key) {
                Some(nearest) => nearest,
                None => self.table.nearest(key).map(str::to_owned),
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

    /// Old names and deprecated fields that are in use.
    pub(crate) fn warnings(&self) -> Vec<Warning> {
        let good = |slot: Slot| self.good.get(slot).is_some_and(Option::is_some);
        let mut warnings = Vec::new();
        let to_warn_of = self.table.to_warn_of.iter();
        for leaf in to_warn_of.filter_map(|leaf| self.table.leaf(*leaf)) {
            let Some(slot) = self.table.winner(leaf.id(), good) else {
                continue;
            };
            let Some(info) = self.table.slots.get(slot) else {
                continue;
            };
            if info.alias {
                let now = self.table.slots_of(leaf.id()).first();
                let now = now.and_then(|slot| self.table.slots.get(*slot));
                warnings.push(Warning {
                    key: info.key.to_string(),
                    message: match now {
                        Some(now) => format!("an old key of `{}`: write {}", leaf.name, now.key),
                        None => format!("an old key of `{}`", leaf.name),
                    },
                });
            }
            if let Some(note) = leaf.field.flags.deprecated {
                let note = if note.is_empty() {
                    String::new()
                } else {
                    format!(": {note}")
                };
                warnings.push(Warning {
                    key: info.key.to_string(),
                    message: format!("`{}` is deprecated{note}", leaf.name),
                });
            }
        }
        warnings
    }
}

/// A configuration with the slots of some groups on top of the good ones.
#[derive(Debug)]
pub(crate) struct Candidate<T> {
    /// `None` before the first.
    valid: Option<Valid<T>>,
    /// The slots that are taken from what is staged.
    on_top: BTreeSet<Slot>,
    /// The leaves that were replaced.
    changed: BTreeSet<LeafId>,
}

impl<T> Candidate<T> {
    fn nothing() -> Self {
        Self {
            valid: None,
            on_top: BTreeSet::new(),
            changed: BTreeSet::new(),
        }
    }
}

impl<T: HotConfig> Apply<T> {
    /// The bytes of a leaf, with those slots taken from what is staged.
    fn effective<'a>(&'a self, leaf: LeafId, on_top: &BTreeSet<Slot>) -> Effective<'a> {
        let raw = |slot: Slot| {
            if on_top.contains(&slot) {
                self.staged.get(slot).and_then(|staged| staged.raw.as_ref())
            } else {
                self.good.get(slot).and_then(Option::as_ref)
            }
        };
        let slot = self.table.winner(leaf, |slot| raw(slot).is_some())?;
        raw(slot).map(|raw| (slot, raw))
    }

    /// The groups, among these, whose change made the leaf's value what it is: the one that
    /// wrote it, or else those that deleted what stood above it.
    fn blamed(&self, leaf: LeafId, on_top: &BTreeSet<Slot>) -> BTreeSet<GroupId> {
        let group = |slot: &Slot| {
            self.group_of
                .get(*slot)
                .copied()
                .flatten()
                .filter(|_| on_top.contains(slot))
        };
        let wrote = self.effective(leaf, on_top).map(|(slot, _)| slot);
        match wrote.as_ref().and_then(group) {
            Some(writer) => BTreeSet::from([writer]),
            None => self
                .table
                .slots_of(leaf)
                .iter()
                .take_while(|slot| Some(**slot) != wrote)
                .filter_map(group)
                .collect(),
        }
    }

    fn rejection(&self, refused: Refused, on_top: &BTreeSet<Slot>) -> Rejection {
        let mut rejection = Rejection {
            whole: refused.whole,
            ..Rejection::default()
        };
        for (leaf, problem) in refused.leaves {
            let blamed = self.blamed(leaf, on_top);
            if blamed.is_empty() {
                rejection.whole.push(problem);
                continue;
            }
            if blamed.len() > 1 {
                rejection.shared.extend(&blamed);
            }
            for group in blamed {
                rejection
                    .bad
                    .entry(group)
                    .or_default()
                    .push(problem.clone());
            }
        }
        rejection
    }
}

impl<T: HotConfig> Judge for Apply<T> {
    type Candidate = Candidate<T>;

    fn with(
        &self,
        candidate: &Candidate<T>,
        groups: &BTreeSet<GroupId>,
    ) -> Result<Candidate<T>, Rejection> {
        let slots: Vec<_> = groups
            .iter()
            .filter_map(|group| self.groups.get(group))
            .flatten()
            .copied()
            .collect();
        let mut on_top = candidate.on_top.clone();
        on_top.extend(&slots);
        let effective = |leaf: LeafId| self.effective(leaf, &on_top);
        let (valid, changed) = match &candidate.valid {
            Some(base) => {
                let leaves = slots
                    .iter()
                    .filter_map(|slot| self.table.slots.get(*slot))
                    .map(|info| info.leaf)
                    .collect();
                trial::replace(self.ground(), base, &leaves, effective)
            }
            None => trial::build(self.ground(), effective).map(|valid| (valid, BTreeSet::new())),
        }
        .map_err(|refused| self.rejection(refused, &on_top))?;
        let changed = candidate.changed.union(&changed).copied().collect();
        Ok(Candidate {
            valid: Some(valid),
            on_top,
            changed,
        })
    }
}
