//! DESIGN.md's rule of holding, slow and obvious.
//!
//! It keeps whole maps of texts, decodes everything for each trial, and follows the words of the
//! rule one after the other. What a struct says of texts is left to [`Words`].

use std::collections::{BTreeMap, BTreeSet};

/// What a struct says of texts, without the code that is tested.
pub(crate) trait Words {
    type Key: Copy + Ord;
    type Text: Clone + PartialEq;
    type Config: Clone;

    /// What is published where the store holds these; `None` where some rule is broken.
    fn decode(&self, texts: &BTreeMap<Self::Key, Self::Text>) -> Option<Self::Config>;

    /// For each field that is bad by itself the keys that could have given it its value, the
    /// strongest first, as far as the one that did.
    fn bad(&self, texts: &BTreeMap<Self::Key, Self::Text>) -> Vec<Vec<Self::Key>>;
}

/// Texts with the revisions that wrote them.
pub(crate) type Written<W> = BTreeMap<<W as Words>::Key, (<W as Words>::Text, u64)>;

/// `(epoch, revision, found missing)`, in the order in which it happened.
pub(crate) type Id = (u64, u64, bool);

pub(crate) struct Model<W: Words> {
    pub(crate) words: W,
    pub(crate) epoch: u64,
    /// What the store holds.
    pub(crate) staged: Written<W>,
    /// What the published configuration was decoded from.
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

    /// A key of the schema is this from now on.
    pub(crate) fn change(&mut self, key: W::Key, new: Option<(W::Text, u64)>, id: Id) {
        if self.staged.get(&key) == new.as_ref() {
            // Known already. What waits from a history that is gone joins those that were written
            // with it in the one that counts now.
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

    /// Everything was read at this revision: what is there was written by its own revision, and
    /// of the rest nobody knows which one deleted it.
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

    /// For each bad field the groups, among these, that made it so: the one that wrote the value,
    /// or else those that deleted what stood above it.
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

    /// Tries everything that waits.
    pub(crate) fn settle(&mut self) {
        let mut rest: BTreeSet<Id> = self.groups.keys().copied().collect();
        let mut accepted = BTreeSet::new();
        let mut only_together = BTreeSet::new();
        // (1) everything together; (2) without what is bad by itself. To set it aside may uncover
        // another bad value, behind it.
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
        // (3) one after the other, in passes; also what is bad only together.
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

/// Without the revisions.
pub(crate) fn texts<K: Copy + Ord, V: Clone>(written: &BTreeMap<K, (V, u64)>) -> BTreeMap<K, V> {
    let written = written.iter();
    written
        .map(|(key, (text, _))| (*key, text.clone()))
        .collect()
}
