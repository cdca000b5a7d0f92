//! A model of the rule of holding, slow and obvious.
//!
//! It keeps whole maps of texts, decodes everything for each trial, and follows the words of the
//! rule one after the other. The meaning of texts is left to [`Words`].

use std::collections::{BTreeMap, BTreeSet};

/// A struct's meaning of texts, without the code that is tested.
pub(crate) trait Words {
    type Key: Copy + Ord;
    type Text: Clone + PartialEq;
    type Config: Clone;

    /// The configuration of these texts; `None` if a rule is broken.
    fn decode(&self, texts: &BTreeMap<Self::Key, Self::Text>) -> Option<Self::Config>;

    /// For each field that is bad by itself, the keys that could have given it its value, the
    /// strongest first, up to the key that did.
    fn bad(&self, texts: &BTreeMap<Self::Key, Self::Text>) -> Vec<Vec<Self::Key>>;
}

/// Texts with the revisions that wrote them.
pub(crate) type Written<W> = BTreeMap<<W as Words>::Key, (<W as Words>::Text, u64)>;

/// `(epoch, revision, found missing)`, in the order of the changes.
pub(crate) type Id = (u64, u64, bool);

pub(crate) struct Model<W: Words> {
    pub(crate) words: W,
    pub(crate) epoch: u64,
    /// The content of the store.
    pub(crate) staged: Written<W>,
    /// The texts of the published configuration.
    pub(crate) good: Written<W>,
    pub(crate) groups: BTreeMap<Id, BTreeSet<W::Key>>,
    pub(crate) published: Option<W::Config>,
}

impl<W: Words> Model<W> {
    pub(crate) fn new(words: W) -> Self {
        Self {
            words,
            epoch: 1,
            staged: BTreeMap::new(),
            good: BTreeMap::new(),
            groups: BTreeMap::new(),
            published: None,
        }
    }

    /// Records the new text of a key of the schema.
    pub(crate) fn change(&mut self, key: W::Key, new: Option<(W::Text, u64)>, id: Id) {
        if self.staged.get(&key) == new.as_ref() {
            // The text is known already. A key that waits in a group of an older epoch moves to the
            // group of this epoch.
            let waits = |(old, keys): (&Id, &BTreeSet<_>)| old.0 < id.0 && keys.contains(&key);
            if !self.groups.iter().any(waits) {
                return;
            }
        }
        match new {
            Some(new) => drop(self.staged.insert(key, new)),
            None => drop(self.staged.remove(&key)),
        }
        // A later change of a key takes it out of the older group.
        for keys in self.groups.values_mut() {
            keys.remove(&key);
        }
        self.groups.retain(|_, keys| !keys.is_empty());
        self.groups.entry(id).or_default().insert(key);
    }

    /// Records a complete read at this revision. A present key was written by its own revision; the
    /// revision that deleted an absent key is unknown.
    pub(crate) fn read(&mut self, keys: &[W::Key], store: &Written<W>, revision: u64) {
        for key in keys {
            match store.get(key).cloned() {
                Some((text, at)) => self.change(*key, Some((text, at)), (self.epoch, at, false)),
                None => self.change(*key, None, (self.epoch, revision, true)),
            }
        }
    }

    fn with(&self, groups: &BTreeSet<Id>) -> Written<W> {
        let mut texts = self.good.clone();
        for key in groups.iter().flat_map(|id| &self.groups[id]) {
            match self.staged.get(key) {
                Some(written) => drop(texts.insert(*key, written.clone())),
                None => drop(texts.remove(key)),
            }
        }
        texts
    }

    fn decode(&self, written: &Written<W>) -> Option<W::Config> {
        self.words.decode(&texts(written))
    }

    /// For each bad field, the groups among these that caused it: the one that wrote the value,
    /// otherwise those that deleted a stronger key.
    fn blamed(&self, groups: &BTreeSet<Id>) -> Vec<BTreeSet<Id>> {
        let of = |key: &W::Key| {
            let mut groups = groups.iter();
            groups.find(|id| self.groups[id].contains(key)).copied()
        };
        let texts = texts(&self.with(groups));
        let bad = self.words.bad(&texts).into_iter();
        let blamed = bad.map(|keys| {
            let wrote = keys.last().filter(|key| texts.contains_key(key));
            match wrote.and_then(of) {
                Some(writer) => BTreeSet::from([writer]),
                None => keys.iter().filter_map(of).collect(),
            }
        });
        blamed.collect()
    }

    /// Tries all waiting groups.
    pub(crate) fn settle(&mut self) {
        let mut rest: BTreeSet<Id> = self.groups.keys().copied().collect();
        let mut accepted = BTreeSet::new();
        let mut only_together = BTreeSet::new();
        // (1) everything together; (2) without the groups that are bad by themselves. Setting one
        // aside may uncover another bad value behind it.
        loop {
            if self.decode(&self.with(&rest)).is_some() {
                accepted = std::mem::take(&mut rest);
                break;
            }
            let blamed = self.blamed(&rest);
            if blamed.iter().all(BTreeSet::is_empty) {
                break;
            }
            for groups in blamed {
                if groups.len() > 1 {
                    only_together.extend(groups.clone());
                }
                rest.retain(|id| !groups.contains(id));
            }
        }
        // (3) one after the other, in passes, including groups that are bad only together.
        rest.append(&mut only_together);
        loop {
            let before = accepted.len();
            for id in &rest {
                let mut more = accepted.clone();
                more.insert(*id);
                if self.decode(&self.with(&more)).is_some() {
                    accepted = more;
                }
            }
            if accepted.len() == before {
                break;
            }
        }
        self.good = self.with(&accepted);
        self.groups.retain(|id, _| !accepted.contains(id));
        if let Some(config) = self.decode(&self.good) {
            self.published = Some(config);
        }
    }
}

/// The texts without the revisions.
pub(crate) fn texts<K: Copy + Ord, V: Clone>(written: &BTreeMap<K, (V, u64)>) -> BTreeMap<K, V> {
    let written = written.iter();
    written
        .map(|(key, (text, _))| (*key, text.clone()))
        .collect()
}
