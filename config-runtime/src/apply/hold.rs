//! Holding: which groups get in, and which wait.
//!
//! In: the groups that are not in, and a [`Judge`] that can try them. Out: what got in, and for
//! the rest the reasons. It knows no keys and no values: only which groups are valid together.

use std::collections::{BTreeMap, BTreeSet};

use crate::Revision;
use crate::problem::Problem;

/// A group: the changes that one revision made to keys that no later revision has changed.
///
/// Ordered as they happened. Keys that a full read found missing make one group, after the
/// group of the revision that was read at: it is not known which revision deleted them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct GroupId {
    pub(crate) epoch: u64,
    pub(crate) revision: Revision,
    pub(crate) missing: bool,
}

/// Why a trial failed.
#[derive(Debug, Default)]
pub(crate) struct Rejection {
    /// The groups with a field that does not decode or breaks its own rule.
    pub(crate) bad: BTreeMap<GroupId, Vec<Problem>>,
    /// Those of them that share the blame for a field with another: alone they may be valid.
    pub(crate) shared: BTreeSet<GroupId>,
    /// Problems that are no single group's: rules over whole structs, and missing keys.
    pub(crate) whole: Vec<Problem>,
}

impl Rejection {
    /// All of it.
    pub(crate) fn problems(self) -> Vec<Problem> {
        self.bad.into_values().flatten().chain(self.whole).collect()
    }
}

/// Can try groups.
pub(crate) trait Judge {
    /// A valid whole, and how to go on from it.
    type Candidate;

    /// The candidate with these groups on top, if that is valid.
    fn with(
        &self,
        candidate: &Self::Candidate,
        groups: &BTreeSet<GroupId>,
    ) -> Result<Self::Candidate, Rejection>;
}

/// What came of it.
#[derive(Debug)]
pub(crate) struct Settlement<C> {
    /// The whole with everything that got in.
    pub(crate) candidate: C,
    /// What got in.
    pub(crate) accepted: BTreeSet<GroupId>,
    /// What waits, and why.
    pub(crate) held: BTreeMap<GroupId, Vec<Problem>>,
}

/// Lets in what is valid: first everything together; then without the groups that have a bad
/// field; then the rest one by one, in passes, with those that are bad only together.
pub(crate) fn settle<J: Judge>(
    judge: &J,
    base: J::Candidate,
    groups: BTreeSet<GroupId>,
) -> Settlement<J::Candidate> {
    let mut held = BTreeMap::new();
    let mut rest = groups;
    let mut together = BTreeSet::new();
    // (1) everything, and (2) everything but the bad. Setting a group aside can uncover another
    // bad value (of a lower layer, or behind an alias): until none is left.
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
                // A judge that blames groups it was not asked about would keep us here.
                if rest.len() == before {
                    break (base, BTreeSet::new(), Vec::new());
                }
            }
        }
    };
    // (3) passes, in the order of revisions.
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
    // A group whose own trial gives no reason is held for that of the whole.
    for (_, problems) in held.iter_mut().filter(|(_, problems)| problems.is_empty()) {
        problems.append(&mut std::mem::take(&mut why));
    }
    Settlement {
        candidate,
        accepted,
        held,
    }
}
