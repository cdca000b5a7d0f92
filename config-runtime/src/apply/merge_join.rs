//! Two lists in the order of their keys, walked side by side: each step costs one comparison,
//! however long they are.

use std::cmp::Ordering;
use std::collections::{BTreeMap, btree_map};
use std::iter::Peekable;

use crate::Revision;

/// Looks up the keys of one sorted list in another, in order.
pub(super) struct MergeJoin<I: Iterator> {
    rest: Peekable<I>,
}

impl<'a, V: Copy, I: Iterator<Item = (&'a [u8], V)>> MergeJoin<I> {
    /// Walks through a sorted list.
    pub(super) fn new(list: impl IntoIterator<IntoIter = I>) -> Self {
        Self {
            rest: list.into_iter().peekable(),
        }
    }

    /// The list's value for this key, which must not be below the previous one.
    pub(super) fn find(&mut self, key: &[u8]) -> Option<V> {
        while let Some((next, value)) = self.rest.peek() {
            match next.cmp(&key) {
                Ordering::Less => drop(self.rest.next()),
                Ordering::Equal => return Some(*value),
                Ordering::Greater => return None,
            }
        }
        None
    }
}

/// The keys as bytes, in the order of comparison.
pub(super) fn by_bytes<V: Copy>(known: &BTreeMap<Vec<u8>, V>) -> impl Iterator<Item = (&[u8], V)> {
    known.iter().map(|(key, value)| (key.as_slice(), *value))
}

/// The difference between the known keys and those that were found. Equal keys are not copied.
pub(super) struct Renewal<'a> {
    known: Peekable<btree_map::Iter<'a, Vec<u8>, Revision>>,
    at: Revision,
    gone: Vec<Vec<u8>>,
    new: Vec<(Vec<u8>, Revision)>,
}

impl<'a> Renewal<'a> {
    /// Begins a comparison. Known keys that are newer than `at` will stay.
    pub(super) fn new(known: &'a BTreeMap<Vec<u8>, Revision>, at: Revision) -> Self {
        Self {
            known: known.iter().peekable(),
            at,
            gone: Vec::new(),
            new: Vec::new(),
        }
    }

    /// Adds the next key that was found, in order.
    pub(super) fn found(&mut self, key: &[u8], since: Revision) {
        while let Some((known, _)) = self.known.peek() {
            match known.as_slice().cmp(key) {
                Ordering::Less => self.was_not_found(),
                Ordering::Equal => {
                    if let Some((_, then)) = self.known.next()
                        && *then != since
                        && *then <= self.at
                    {
                        self.new.push((key.to_vec(), since));
                    }
                    return;
                }
                Ordering::Greater => break,
            }
        }
        self.new.push((key.to_vec(), since));
    }

    fn was_not_found(&mut self) {
        if let Some((key, since)) = self.known.next()
            && *since <= self.at
        {
            self.gone.push(key.clone());
        }
    }

    /// Ends the list of found keys, and returns the difference.
    pub(super) fn end(mut self) -> KeyDifference {
        while self.known.peek().is_some() {
            self.was_not_found();
        }
        KeyDifference {
            gone: self.gone,
            new: self.new,
        }
    }
}

#[derive(Debug)]
pub(super) struct KeyDifference {
    gone: Vec<Vec<u8>>,
    new: Vec<(Vec<u8>, Revision)>,
}

impl KeyDifference {
    /// Applies the difference. Returns whether there was one.
    pub(super) fn apply(self, known: &mut BTreeMap<Vec<u8>, Revision>) -> bool {
        let differs = !self.gone.is_empty() || !self.new.is_empty();
        for key in &self.gone {
            known.remove(key);
        }
        if known.is_empty() {
            // Building from a sorted list costs no search.
            *known = self.new.into_iter().collect();
        } else {
            known.extend(self.new);
        }
        differs
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    type Keys = BTreeMap<Vec<u8>, Revision>;

    fn keys() -> impl Strategy<Value = Keys> {
        let key = prop::collection::vec(0..3_u8, 0..3);
        prop::collection::btree_map(key, (1..9_u64).prop_map(Revision::new), 0..12)
    }

    proptest! {
        #[test]
        fn a_merge_join_is_a_lookup_for_each_key(list in keys(), asked in keys()) {
            let mut join = MergeJoin::new(by_bytes(&list));
            for key in asked.keys() {
                prop_assert_eq!(join.find(key), list.get(key).copied());
            }
        }

        #[test]
        fn what_is_found_replaces_all_but_what_is_newer(known in keys(), found in keys(), at in 0..10_u64) {
            let at = Revision::new(at);
            let mut should = found.clone();
            should.extend(known.clone().into_iter().filter(|(_, since)| *since > at));
            let mut now = known.clone();
            let mut renewal = Renewal::new(&known, at);
            for (key, since) in &found {
                renewal.found(key, *since);
            }
            let changed = renewal.end().apply(&mut now);
            prop_assert_eq!(changed, now != known);
            prop_assert_eq!(now, should);
        }
    }
}
