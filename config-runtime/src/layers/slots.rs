//! The slots: every key that can give a leaf its value.
//!
//! In: a layout, and the keys of entries as they become known. Out: the slot of a key, and the
//! slots of a leaf, the one that wins first. It knows no bytes: its owner decides when an entry is
//! no longer needed.
//!
//! The slots of leaves outside maps exist from the beginning, and stay. An entry of a map gets a
//! slot for each of its leaves in each layer when its first key becomes known, and returns them
//! when it is released.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::Layout;
use super::entries::{EntryTable, LeafSlots, MapShape};
use crate::typed::id::{EntryId, LeafId, MapId};
use crate::typed::path::Step;
use crate::typed::tree::Leaf;

/// The number of one key that can give a leaf its value; see [`Slots::info`].
pub(crate) type Slot = usize;

/// The key behind a [`Slot`].
#[derive(Debug)]
pub(crate) struct SlotInfo {
    /// The whole key.
    pub(crate) key: Arc<str>,
    /// The leaf.
    pub(crate) leaf: LeafId,
    /// The range that it is in; 0 is the highest layer.
    pub(crate) layer: usize,
    /// Whether the key is an old name of the leaf.
    pub(crate) alias: bool,
}

/// See the module's text.
#[derive(Debug)]
pub(crate) struct Slots {
    layout: Arc<Layout>,
    infos: Vec<Option<SlotInfo>>,
    /// Slots without a key.
    vacant: Vec<Slot>,
    /// The slots of each leaf outside maps, by pattern, the one that wins first.
    of_pattern: Vec<Vec<Slot>>,
    by_key: BTreeMap<Box<[u8]>, Slot>,
    entries: EntryTable,
}

impl Slots {
    pub(crate) fn new(layout: Arc<Layout>) -> Self {
        let mut slots = Self {
            infos: Vec::new(),
            vacant: Vec::new(),
            of_pattern: vec![Vec::new(); layout.leaves.len()],
            by_key: BTreeMap::new(),
            entries: EntryTable::default(),
            layout,
        };
        let layout = Arc::clone(&slots.layout);
        for (layer, range) in layout.ranges.iter().enumerate() {
            for leaf in layout.fixed() {
                let aliases = leaf.aliases.iter().map(|alias| (alias, true));
                for (name, alias) in std::iter::once((&leaf.key, false)).chain(aliases) {
                    let slot = slots.add(SlotInfo {
                        key: format!("{}{name}", range.start()).into(),
                        leaf: leaf.id(),
                        layer,
                        alias,
                    });
                    if let Some(own) = slots.of_pattern.get_mut(leaf.id().place()) {
                        own.push(slot);
                    }
                }
            }
        }
        slots
    }

    fn add(&mut self, info: SlotInfo) -> Slot {
        let slot = self.vacant.pop().unwrap_or_else(|| {
            self.infos.push(None);
            self.infos.len() - 1
        });
        self.by_key.insert(info.key.as_bytes().into(), slot);
        if let Some(place) = self.infos.get_mut(slot) {
            *place = Some(info);
        }
        slot
    }

    pub(crate) fn layout(&self) -> &Layout {
        &self.layout
    }

    /// One more than the highest slot.
    pub(crate) fn len(&self) -> usize {
        self.infos.len()
    }

    /// The slots with a key, and the data of each.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (Slot, &SlotInfo)> {
        let slots = self.infos.iter().enumerate();
        slots.filter_map(|(slot, info)| Some((slot, info.as_ref()?)))
    }

    /// The data of a slot; `None` if it has no key.
    pub(crate) fn info(&self, slot: Slot) -> Option<&SlotInfo> {
        self.infos.get(slot)?.as_ref()
    }

    /// The slot of a whole key, if it is known.
    pub(crate) fn find(&self, key: &[u8]) -> Option<Slot> {
        self.by_key.get(key).copied()
    }

    /// All slots, in the order of their keys.
    pub(crate) fn in_order(&self) -> impl Iterator<Item = (&[u8], Slot)> {
        self.by_key.iter().map(|(key, slot)| (&**key, *slot))
    }

    /// Whether the key, in this range, is that of an entry of a map.
    pub(crate) fn is_in_map(&self, range: usize, key: &[u8]) -> bool {
        let below = self.below(range, key);
        below.is_some_and(|below| MapShape::find(&self.layout.maps, below).is_some())
    }

    /// The slot of a key of an entry, in this range. The entry becomes known. `None` if no map has
    /// such a key.
    pub(crate) fn intern(&mut self, range: usize, key: &[u8]) -> Option<Slot> {
        let layout = Arc::clone(&self.layout);
        let below = self.below(range, key)?;
        let names = MapShape::find(&layout.maps, below)?;
        let mut entry = EntryId::NONE;
        // The key of the entry, below a prefix.
        let mut above = String::new();
        for (map, name) in names {
            let own = map.key_of_entry(&above, name);
            let id = map.id(entry);
            entry = match self.entries.find(id, name) {
                Some(entry) => entry,
                None => self.add_entry(map, id, name, &own)?,
            };
            above = own;
        }
        self.find(key)
    }

    fn add_entry(&mut self, map: &MapShape, id: MapId, name: &str, own: &str) -> Option<EntryId> {
        let ranges = Arc::clone(&self.layout.ranges);
        let mut entries = std::mem::take(&mut self.entries);
        let added = entries.add(id, name, |entry| {
            let mut leaves: Vec<LeafSlots> = Vec::new();
            for (layer, range) in ranges.iter().enumerate() {
                for (place, (key, pattern)) in map.leaves().enumerate() {
                    let slash = if key.is_empty() { "" } else { "/" };
                    let slot = self.add(SlotInfo {
                        key: format!("{}{own}{slash}{key}", range.start()).into(),
                        leaf: LeafId { pattern, entry },
                        layer,
                        alias: false,
                    });
                    match leaves.get_mut(place) {
                        Some(leaf) => leaf.slots.push(slot),
                        None => leaves.push(LeafSlots {
                            pattern,
                            slots: vec![slot],
                        }),
                    }
                }
            }
            leaves
        });
        self.entries = entries;
        added
    }

    /// The key below the prefix of this range.
    fn below<'k>(&self, range: usize, key: &'k [u8]) -> Option<&'k str> {
        let range = self.layout.ranges.get(range)?;
        std::str::from_utf8(key).ok()?.strip_prefix(range.start())
    }

    /// The slots of an entry.
    pub(crate) fn of_entry(&self, entry: EntryId) -> impl Iterator<Item = Slot> {
        let entry = self.entries.get(entry).into_iter();
        let leaves = entry.flat_map(|entry| &entry.slots);
        leaves.flat_map(|leaf| leaf.slots.iter().copied())
    }

    /// Whether entries inside this one are known.
    pub(crate) fn has_inner(&self, entry: EntryId) -> bool {
        self.entries.has_inner(entry)
    }

    /// Forgets an entry. Its slots and its id may be reused from now on.
    pub(crate) fn release(&mut self, entry: EntryId) {
        let released = self.entries.remove(entry);
        for leaf in released.into_iter().flat_map(|entry| entry.slots) {
            for slot in leaf.slots {
                if let Some(info) = self.infos.get_mut(slot).and_then(Option::take) {
                    self.by_key.remove(info.key.as_bytes());
                    self.vacant.push(slot);
                }
            }
        }
    }

    /// The slots of a leaf, the one that wins first.
    pub(crate) fn of_leaf(&self, leaf: LeafId) -> &[Slot] {
        let slots = match leaf.outside_maps() {
            Some(leaf) => self.of_pattern.get(leaf.place()),
            None => {
                let entry = self.entries.get(leaf.entry);
                let mut leaves = entry.into_iter().flat_map(|entry| &entry.slots);
                let found = leaves.find(|known| known.pattern == leaf.pattern);
                found.map(|leaf| &leaf.slots)
            }
        };
        slots.map_or(&[], Vec::as_slice)
    }

    /// The slot that gives a leaf its value: the first for which `there` holds.
    pub(crate) fn winner(&self, leaf: LeafId, there: impl Fn(Slot) -> bool) -> Option<Slot> {
        let mut slots = self.of_leaf(leaf).iter().copied();
        slots.find(|slot| there(*slot))
    }

    /// Every leaf: those outside maps, and those of the known entries.
    pub(crate) fn leaves(&self) -> impl Iterator<Item = (LeafId, &Leaf)> {
        let fixed = self.layout.fixed().map(Leaf::id);
        let entries = self.entries.all().flat_map(|(entry, known)| {
            let leaves = known.slots.iter();
            leaves.map(move |leaf| LeafId {
                pattern: leaf.pattern,
                entry,
            })
        });
        fixed
            .chain(entries)
            .filter_map(|id| Some((id, self.layout.leaf(id)?)))
    }

    /// The leaves of an entry, those of the entries inside left out.
    pub(crate) fn leaves_of_entry(&self, entry: EntryId) -> impl Iterator<Item = LeafId> {
        let known = self.entries.get(entry).into_iter();
        let leaves = known.flat_map(|entry| &entry.slots);
        leaves.map(move |leaf| LeafId {
            pattern: leaf.pattern,
            entry,
        })
    }

    /// The known entries of a map, in the order of their names.
    pub(crate) fn entries(&self, map: MapId) -> impl Iterator<Item = (&str, EntryId)> {
        self.entries.of_map(map)
    }

    /// The known entries directly inside this one.
    pub(crate) fn inside(&self, entry: EntryId) -> impl Iterator<Item = EntryId> {
        let entry = self.has_inner(entry).then_some(entry);
        entry
            .into_iter()
            .flat_map(|entry| self.entries.inside(entry))
    }

    /// The entry that an entry is in.
    pub(crate) fn outer(&self, entry: EntryId) -> EntryId {
        self.entries.outer(entry)
    }

    /// The steps to a leaf; `None` if its entry is not known.
    pub(crate) fn path(&self, leaf: LeafId) -> Option<Cow<'_, [Step<'_>]>> {
        let path = &self.layout.leaf(leaf)?.path;
        if path.maps() == 0 {
            return Some(Cow::Borrowed(path.fixed()));
        }
        let names = self.entries.names(leaf.entry);
        path.within(&names).map(Cow::Owned)
    }

    /// The path of a leaf as Rust writes it, `tenants[acme].dsn`.
    pub(crate) fn name(&self, leaf: LeafId) -> String {
        let Some(declared) = self.layout.leaf(leaf) else {
            return String::new();
        };
        fill(
            &declared.name,
            "[*]",
            self.entries.names(leaf.entry),
            |name| format!("[{name}]"),
        )
    }
}

/// The text with its gaps filled, one after the other.
pub(super) fn fill<'n>(
    text: &str,
    gap: &str,
    names: impl IntoIterator<Item = &'n str>,
    shown: impl Fn(&str) -> String,
) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    for name in names {
        let Some((before, after)) = rest.split_once(gap) else {
            break;
        };
        filled.push_str(before);
        filled.push_str(&shown(name));
        rest = after;
    }
    filled + rest
}
