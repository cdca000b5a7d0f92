//! The entries of maps, as far as keys name them.
//!
//! In: the maps of a schema, and keys below a prefix. Out: the entries that a key is in; and the
//! known entries, each with an id. It knows no layers and no bytes.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Slot;
use crate::prefix;
use crate::typed::id::{EntryId, MapId};
use crate::typed::tree::{ANY, Leaf, MapPattern};

/// A map of the schema, and the keys of its entries.
#[derive(Debug)]
pub(super) struct MapShape {
    /// Its first pattern.
    first: u32,
    /// Its key, below the prefix or below the entry that it is in.
    key: String,
    /// The leaves of an entry, each with its key below it, in the order of their patterns; an entry
    /// that is one key has the key `""`.
    leaves: Vec<(String, u32)>,
    /// The maps in an entry.
    maps: Vec<MapShape>,
}

/// The maps that a key is in with the names of their entries, the outermost first.
pub(super) type EntryNames<'s, 'k> = Vec<(&'s MapShape, &'k str)>;

impl MapShape {
    /// The outermost maps of a schema.
    pub(super) fn of_schema(leaves: &[Leaf]) -> Vec<Self> {
        Self::inside(leaves, None)
    }

    /// The maps in an entry of this one; the outermost ones without it.
    fn inside(leaves: &[Leaf], outer: Option<&MapPattern>) -> Vec<Self> {
        let mut found: Vec<&MapPattern> = Vec::new();
        for leaf in leaves {
            let mut map = leaf.map.as_deref();
            while let Some(pattern) = map {
                let is_known = found.iter().any(|known| known.key == pattern.key);
                if pattern.outer.as_deref() == outer && !is_known {
                    found.push(pattern);
                }
                map = pattern.outer.as_deref();
            }
        }
        let shapes = found.into_iter().map(|map| {
            let below = format!("{}/{ANY}", map.key);
            let own = leaves
                .iter()
                .filter(|leaf| leaf.map.as_deref() == Some(map));
            let leaves_of_entry = own.filter_map(|leaf| {
                let key = leaf.key.strip_prefix(&below)?;
                Some((key.trim_start_matches('/').to_owned(), leaf.pattern))
            });
            let above = outer.map(|outer| format!("{}/{ANY}/", outer.key));
            let above = above.unwrap_or_default();
            Self {
                first: map.first,
                key: map.key.strip_prefix(&above).unwrap_or_default().to_owned(),
                leaves: leaves_of_entry.collect(),
                maps: Self::inside(leaves, Some(map)),
            }
        });
        shapes.collect()
    }

    /// The entries that a key below the prefix is in, if it is that of one of their leaves.
    pub(super) fn find<'s, 'k>(maps: &'s [Self], key: &'k str) -> Option<EntryNames<'s, 'k>> {
        maps.iter().find_map(|map| {
            let below = key.strip_prefix(&map.key)?.strip_prefix('/')?;
            let (name, rest) = below.split_once('/').unwrap_or((below, ""));
            if prefix::illegal_segment(name).is_some() || below.ends_with('/') {
                return None;
            }
            let mut names = match map.leaves.iter().any(|(key, _)| key == rest) {
                true => Vec::new(),
                false => Self::find(&map.maps, rest)?,
            };
            names.insert(0, (map, name));
            Some(names)
        })
    }

    /// The key of an entry below the prefix; `above` is that of the entry that the map is in.
    pub(super) fn key_of_entry(&self, above: &str, name: &str) -> String {
        let slash = if above.is_empty() { "" } else { "/" };
        format!("{above}{slash}{}/{name}", self.key)
    }

    /// The map inside this entry.
    pub(super) fn id(&self, entry: EntryId) -> MapId {
        MapId {
            pattern: self.first,
            entry,
        }
    }

    /// The leaves of an entry, with their keys below it.
    pub(super) fn leaves(&self) -> impl Iterator<Item = (&str, u32)> {
        self.leaves
            .iter()
            .map(|(key, pattern)| (key.as_str(), *pattern))
    }
}

/// A leaf of an entry.
#[derive(Debug)]
pub(super) struct LeafSlots {
    pub(super) pattern: u32,
    /// Its slots, the one that wins first.
    pub(super) slots: Vec<Slot>,
}

/// One entry.
#[derive(Debug)]
pub(super) struct MapEntry {
    map: MapId,
    pub(super) name: Arc<str>,
    /// The slots of each of its leaves, in the order of their patterns.
    pub(super) slots: Vec<LeafSlots>,
    /// The number of entries inside.
    inner: usize,
}

/// The known entries, each with an id for as long as it is known.
#[derive(Debug, Default)]
pub(super) struct EntryTable {
    by_name: BTreeMap<(MapId, Arc<str>), EntryId>,
    entries: Vec<Option<MapEntry>>,
    /// Ids without a known entry.
    vacant: Vec<EntryId>,
}

impl EntryTable {
    pub(super) fn get(&self, entry: EntryId) -> Option<&MapEntry> {
        self.entries.get(entry.number()?)?.as_ref()
    }

    fn get_mut(&mut self, entry: EntryId) -> Option<&mut MapEntry> {
        self.entries.get_mut(entry.number()?)?.as_mut()
    }

    /// The entry of that name.
    pub(super) fn find(&self, map: MapId, name: &str) -> Option<EntryId> {
        self.by_name.get(&(map, Arc::from(name))).copied()
    }

    /// Adds an entry; `None` if there are too many.
    pub(super) fn add(
        &mut self,
        map: MapId,
        name: &str,
        slots: impl FnOnce(EntryId) -> Vec<LeafSlots>,
    ) -> Option<EntryId> {
        let id = match self.vacant.pop() {
            Some(id) => id,
            None => {
                let id = EntryId::new(self.entries.len())?;
                self.entries.push(None);
                id
            }
        };
        let name: Arc<str> = Arc::from(name);
        let entry = MapEntry {
            map,
            name: Arc::clone(&name),
            slots: slots(id),
            inner: 0,
        };
        *self.entries.get_mut(id.number()?)? = Some(entry);
        self.by_name.insert((map, name), id);
        if let Some(outer) = self.get_mut(map.entry) {
            outer.inner += 1;
        }
        Some(id)
    }

    /// Forgets an entry. Its id may be reused from now on.
    pub(super) fn remove(&mut self, id: EntryId) -> Option<MapEntry> {
        let entry = self.entries.get_mut(id.number()?)?.take()?;
        self.by_name.remove(&(entry.map, Arc::clone(&entry.name)));
        self.vacant.push(id);
        if let Some(outer) = self.get_mut(entry.map.entry) {
            outer.inner = outer.inner.saturating_sub(1);
        }
        Some(entry)
    }

    /// Whether entries inside this one are known.
    pub(super) fn has_inner(&self, entry: EntryId) -> bool {
        self.get(entry).is_some_and(|entry| entry.inner > 0)
    }

    /// The entry that an entry is in.
    pub(super) fn outer(&self, entry: EntryId) -> EntryId {
        self.get(entry)
            .map_or(EntryId::NONE, |entry| entry.map.entry)
    }

    /// The names of an entry and of those that it is in, the outermost first.
    pub(super) fn names(&self, entry: EntryId) -> Vec<&str> {
        let mut names = Vec::new();
        let mut at = self.get(entry);
        while let Some(entry) = at {
            names.insert(0, &*entry.name);
            at = self.get(entry.map.entry);
        }
        names
    }

    /// The entries of a map, in the order of their names.
    pub(super) fn of_map(&self, map: MapId) -> impl Iterator<Item = (&str, EntryId)> {
        let entries = self.by_name.range((map, Arc::from(""))..);
        entries
            .take_while(move |((of, _), _)| *of == map)
            .map(|((_, name), id)| (&**name, *id))
    }

    /// The entries directly inside this one, in any of its maps.
    pub(super) fn inside(&self, entry: EntryId) -> impl Iterator<Item = EntryId> {
        let maps = self.by_name.iter();
        maps.filter(move |((map, _), _)| map.entry == entry)
            .map(|(_, id)| *id)
    }

    /// All entries.
    pub(super) fn all(&self) -> impl Iterator<Item = (EntryId, &MapEntry)> {
        let entries = self.entries.iter().enumerate();
        entries.filter_map(|(number, entry)| Some((EntryId::new(number)?, entry.as_ref()?)))
    }
}
