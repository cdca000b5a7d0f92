//! Candidates: configurations that may be published next.
//!
//! In: the configuration so far, and groups to put on top of it. Out: a candidate that breaks no
//! rule, or the groups that are to blame. This is the [`Judge`] that `apply::hold` calls; it
//! accepts nothing itself.

use std::collections::BTreeSet;

use super::Apply;
use super::hold::{GroupId, Judge, Rejection};
use super::trial::{self, EffectiveRaw, TrialFailure, ValidConfig};
use crate::HotConfig;
use crate::layers::Slot;
use crate::typed::id::LeafId;

/// A configuration with the slots of some groups on top of the good ones.
#[derive(Debug)]
pub(crate) struct Candidate<T> {
    /// `None` before the first configuration.
    pub(super) valid: Option<ValidConfig<T>>,
    /// The slots that are taken from what is staged.
    on_top: BTreeSet<Slot>,
    /// The leaves that were replaced.
    pub(super) changed: BTreeSet<LeafId>,
}

impl<T> Candidate<T> {
    /// The configuration so far, with nothing on top.
    pub(super) fn published(valid: ValidConfig<T>) -> Self {
        Self {
            valid: Some(valid),
            ..Self::nothing()
        }
    }

    pub(super) fn nothing() -> Self {
        Self {
            valid: None,
            on_top: BTreeSet::new(),
            changed: BTreeSet::new(),
        }
    }
}

impl<T: HotConfig> Apply<T> {
    /// The bytes of a leaf, with those slots taken from what is staged.
    fn effective<'a>(&'a self, leaf: LeafId, on_top: &BTreeSet<Slot>) -> EffectiveRaw<'a> {
        let raw = |slot: Slot| {
            if on_top.contains(&slot) {
                let staged = self.ledger.staged(slot);
                staged.and_then(|staged| staged.raw.as_ref())
            } else {
                self.ledger.good(slot)
            }
        };
        let slot = self.slots.winner(leaf, |slot| raw(slot).is_some())?;
        raw(slot).map(|raw| (slot, raw))
    }

    /// The groups, among these, whose change determined the leaf's value: the one that wrote it, or
    /// otherwise those that deleted the keys above it.
    fn blamed(&self, leaf: LeafId, on_top: &BTreeSet<Slot>) -> BTreeSet<GroupId> {
        let group = |slot: &Slot| {
            let group = self.ledger.group_of(*slot);
            group.filter(|_| on_top.contains(slot))
        };
        let wrote = self.effective(leaf, on_top).map(|(slot, _)| slot);
        match wrote.as_ref().and_then(group) {
            Some(writer) => BTreeSet::from([writer]),
            None => {
                let slots = self.slots.of_leaf(leaf).iter();
                let above = slots.take_while(|slot| Some(**slot) != wrote);
                super::set_of(above.filter_map(group))
            }
        }
    }

    fn rejection(&self, refused: TrialFailure, on_top: &BTreeSet<Slot>) -> Rejection {
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
            .flat_map(|group| self.ledger.slots(*group))
            .collect();
        let mut on_top = candidate.on_top.clone();
        on_top.extend(&slots);
        let effective = |leaf: LeafId| self.effective(leaf, &on_top);
        let (valid, changed) = match &candidate.valid {
            Some(base) => {
                let leaves = slots.iter().filter_map(|slot| self.leaf_of(*slot));
                let leaves = super::set_of(leaves);
                trial::replace(self.ground(), base, &leaves, effective)
            }
            None => trial::build(self.ground(), effective).map(|valid| (valid, BTreeSet::new())),
        }
        .map_err(|refused| self.rejection(refused, &on_top))?;
        let changed = super::set_of(candidate.changed.union(&changed).copied());
        Ok(Candidate {
            valid: Some(valid),
            on_top,
            changed,
        })
    }
}
