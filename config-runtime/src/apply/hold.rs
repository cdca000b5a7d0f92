//! Holding: decides which groups are accepted, and which are held.
//!
//! In: the groups that are not accepted, and a [`Judge`] that can try them. Out: the accepted
//! groups, and the reasons for the held ones. It knows no keys and no values, only which groups are
//! valid together.

use std::collections::{BTreeMap, BTreeSet};

use crate::Revision;
use crate::problem::Problem;

/// A group: the changes that one revision made to keys that no later revision has changed.
///
/// Groups are ordered as they happened. The keys that a full read found missing make one group,
/// after the group of the revision that was read at: it is not known which revision deleted them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct GroupId {
    pub(crate) epoch: u64,
    pub(crate) revision: Revision,
    pub(crate) missing: bool,
}

/// The reasons why a trial failed.
#[derive(Debug, Default)]
pub(crate) struct Rejection {
    /// The groups with a field that does not decode or breaks its own rule.
    pub(crate) bad: BTreeMap<GroupId, Vec<Problem>>,
    /// The bad groups that share the blame for a field with another group: alone they may be valid.
    pub(crate) shared: BTreeSet<GroupId>,
    /// Problems that belong to no single group: rules over whole structs, and missing keys.
    pub(crate) whole: Vec<Problem>,
}

impl Rejection {
    /// All problems.
    pub(crate) fn problems(self) -> Vec<Problem> {
        self.bad.into_values().flatten().chain(self.whole).collect()
    }
}

/// Tries groups.
pub(crate) trait Judge {
    /// A valid configuration, and the state to continue from it.
    type Candidate;

    /// Returns the candidate with these groups on top, if that is valid.
    fn with(
        &self,
        candidate: &Self::Candidate,
        groups: &BTreeSet<GroupId>,
    ) -> Result<Self::Candidate, Rejection>;
}

/// The outcome of settling.
#[derive(Debug)]
pub(crate) struct Settlement<C> {
    /// The configuration with all accepted groups.
    pub(crate) candidate: C,
    /// The accepted groups.
    pub(crate) accepted: BTreeSet<GroupId>,
    /// The held groups, each with its reasons.
    pub(crate) held: BTreeMap<GroupId, Vec<Problem>>,
}

/// Accepts the valid groups. It tries all together, then all without the groups that have a bad
/// field, then the remaining groups one by one, in passes.
pub(crate) fn settle<J: Judge>(
    judge: &J,
    base: J::Candidate,
    groups: BTreeSet<GroupId>,
) -> Settlement<J::Candidate> {
    let mut held = BTreeMap::new();
    let mut rest = groups;
    let mut together = BTreeSet::new();
    // (1) All groups, and (2) all but the bad ones. Setting a group aside can uncover another bad
    // value (of a lower layer, or behind an alias), so repeat until none is left.
    let (mut candidate, mut accepted, mut why) = loop {
        match judge.with(&base, &rest) {
            Ok(candidate) => break (candidate, std::mem::take(&mut rest), Vec::new()),
            Err(Rejection { bad, whole, .. }) if bad.is_empty() => {
                break (base, BTreeSet::new(), whole);
            }
            Err(Rejection { bad, shared, .. }) => {
                let before = rest.len();
                for (group, problems) in bad {
                    if rest.remove(&group) {
                        held.insert(group, problems);
                    }
                }
                together.extend(shared);
                // A judge that blames groups that were not in the trial would loop forever.
                if rest.len() == before {
                    break (base, BTreeSet::new(), Vec::new());
                }
            }
        }
    };
    // (3) Passes, in the order of revisions.
    together.retain(|group| held.contains_key(group));
    rest.append(&mut together);
    loop {
        let mut entered = false;
        for group in rest.clone() {
            match judge.with(&candidate, &BTreeSet::from([group])) {
                Ok(better) => {
                    candidate = better;
                    rest.remove(&group);
                    held.remove(&group);
                    accepted.insert(group);
                    entered = true;
                }
                Err(rejection) => drop(held.insert(group, rejection.problems())),
            }
        }
        if !entered {
            break;
        }
    }
    // A group whose own trial gives no reason is held for the reasons of the whole configuration.
    for (_, problems) in held.iter_mut().filter(|(_, problems)| problems.is_empty()) {
        problems.append(&mut std::mem::take(&mut why));
    }
    Settlement {
        candidate,
        accepted,
        held,
    }
}
