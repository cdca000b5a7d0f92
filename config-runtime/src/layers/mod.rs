//! Which prefix wins: from the keys of several prefixes to one value a leaf.
//!
//! In: a schema and the ranges, the highest layer first. Out: the [`Table`] of slots (a slot is
//! one key that can give a leaf its value: in each layer the leaf's key, then its aliases) and,
//! for a leaf, the slot that wins. It knows no bytes and nothing of how they came.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::store::Range;
use crate::typed::id::{LeafId, place_of};
use crate::typed::tree::{ANY, Kind, Leaf, Tree, join};

/// One key that can give a leaf its value: a place in [`Table::slots`].
pub(crate) type Slot = usize;

/// What stands behind a [`Slot`].
#[derive(Debug)]
pub(crate) struct SlotInfo {
    /// The whole key.
    pub(crate) key: Arc<str>,
    /// The leaf.
    pub(crate) leaf: LeafId,
    /// Which range it is in; 0 is the highest layer.
    pub(crate) layer: usize,
    /// Whether it is an old name of the leaf.
    pub(crate) alias: bool,
}

/// Every key that the schema knows, in every layer.
#[derive(Debug)]
pub(crate) struct Table {
    /// The leaves of the schema, by pattern.
    pub(crate) leaves: Vec<Leaf>,
    pub(crate) slots: Vec<SlotInfo>,
    pub(crate) ranges: Arc<[Range]>,
    /// The leaves with an old key or a deprecation: those to be warned of where they are in use.
    pub(crate) to_warn_of: Vec<LeafId>,
    /// The restart-only leaves.
    pub(crate) restart: Vec<LeafId>,
    /// For each pattern whether a secret was found inside, which its field does not say.
    hides: Vec<AtomicBool>,
    /// For each leaf outside maps its slots, by pattern, the one that wins first.
    of_leaf: Vec<Vec<Slot>>,
    by_key: BTreeMap<Box<[u8]>, Slot>,
    /// For each section its path in Rust and its key below the prefix; also for each map, and for
    /// its entries together, `tenants[*]`.
    sections: HashMap<String, String>,
}

impl Table {
    /// The table of a schema below these ranges, the highest layer first.
    pub(crate) fn new(schema: &Tree, ranges: Arc<[Range]>) -> Self {
        let leaves = schema.leaves();
        let mut slots = Vec::new();
        let mut of_leaf = vec![Vec::new(); leaves.len()];
        let mut by_key = BTreeMap::new();
        for (layer, range) in ranges.iter().enumerate() {
            let patterns = leaves.iter().zip(&mut of_leaf);
            // A leaf in a map is known by the names of entries, which are in the store.
            for (leaf, own) in patterns.filter(|(leaf, _)| leaf.map.is_none()) {
                let names = std::iter::once((&leaf.key, false))
                    .chain(leaf.aliases.iter().map(|alias| (alias, true)));
                for (name, alias) in names {
                    let key: Arc<str> = format!("{}{name}", range.start()).into();
                    own.push(slots.len());
                    by_key.insert(key.as_bytes().into(), slots.len());
                    slots.push(SlotInfo {
                        key,
                        leaf: leaf.id(),
                        layer,
                        alias,
                    });
                }
            }
        }
        let mut sections = HashMap::new();
        walk_sections(schema, "", "", &mut sections);
        let places = |wanted: fn(&Leaf) -> bool| {
            let outside = leaves.iter().filter(|leaf| leaf.map.is_none());
            let wanted = outside.filter(|leaf| wanted(leaf));
            wanted.map(Leaf::id).collect()
        };
        Self {
            to_warn_of: places(|leaf| {
                !leaf.aliases.is_empty() || leaf.field.flags.deprecated.is_some()
            }),
            restart: places(|leaf| leaf.restart),
            hides: leaves.iter().map(|_| AtomicBool::new(false)).collect(),
            leaves,
            slots,
            ranges,
            of_leaf,
            by_key,
            sections,
        }
    }

    /// Where a section's keys live in the highest layer, for a message; `""` is the root.
    pub(crate) fn section_key(&self, section: &str) -> String {
        let prefix = self
            .ranges
            .first()
            .map_or("", |range| range.start().trim_end_matches('/'));
        match self.sections.get(section) {
            Some(key) => format!("{prefix}/{key}"),
            None => prefix.to_owned(),
        }
    }

    /// Notes that a secret was found inside a leaf.
    ///
    /// It hides the leaf in every entry.
    pub(crate) fn hide(&self, leaf: LeafId) {
        if let Some(hides) = self.hides.get(leaf.place()) {
            hides.store(true, Ordering::Relaxed);
        }
    }

    /// Whether the bytes of a leaf must not be printed.
    pub(crate) fn is_hidden(&self, leaf: &Leaf) -> bool {
        let inside = self.hides.get(place_of(leaf.pattern));
        leaf.secret || inside.is_some_and(|hides| hides.load(Ordering::Relaxed))
    }

    /// The slot of a whole key, if the schema knows it.
    pub(crate) fn slot(&self, key: &[u8]) -> Option<Slot> {
        self.by_key.get(key).copied()
    }

    /// All slots, in the order of their keys.
    pub(crate) fn in_order(&self) -> impl Iterator<Item = (&[u8], Slot)> {
        self.by_key.iter().map(|(key, slot)| (&**key, *slot))
    }

    /// The leaves outside maps.
    pub(crate) fn fixed(&self) -> impl Iterator<Item = &Leaf> {
        self.leaves.iter().filter(|leaf| leaf.map.is_none())
    }

    /// What the schema declares of a leaf.
    pub(crate) fn leaf(&self, leaf: LeafId) -> Option<&Leaf> {
        self.leaves.get(leaf.place())
    }

    /// The slots of a leaf, the one that wins first.
    pub(crate) fn slots_of(&self, leaf: LeafId) -> &[Slot] {
        let leaf = leaf.outside_maps();
        let slots = leaf.and_then(|leaf| self.of_leaf.get(leaf.place()));
        slots.map_or(&[], Vec::as_slice)
    }

    /// The slot that gives a leaf its value: the first that is there.
    pub(crate) fn winner(&self, leaf: LeafId, there: impl Fn(Slot) -> bool) -> Option<Slot> {
        self.slots_of(leaf)
            .iter()
            .copied()
            .find(|slot| there(*slot))
    }

    /// The known key that is most like this one, which is unknown, for a message.
    pub(crate) fn nearest(&self, key: &[u8]) -> Option<&str> {
        let key = String::from_utf8_lossy(key);
        let range = self
            .ranges
            .iter()
            .find(|range| range.holds(key.as_bytes()))?;
        let name = key.strip_prefix(range.start())?;
        crate::wording::nearest(name, self.leaves.iter().map(|leaf| leaf.key.as_str()))
    }
}

fn walk_sections(schema: &Tree, name: &str, key: &str, sections: &mut HashMap<String, String>) {
    for field in schema.fields {
        let (below, inner_name, inner_key) = match field.kind {
            Kind::Section(section) => (section, String::new(), String::new()),
            Kind::Map(element) => (element, "[*]".to_owned(), format!("/{ANY}")),
            Kind::Leaf(_) | Kind::Skipped => continue,
        };
        let name = join(name, '.', field.name);
        let key = join(key, '/', field.key);
        let (entry_name, entry_key) = (name.clone() + &inner_name, key.clone() + &inner_key);
        walk_sections(below, &entry_name, &entry_key, sections);
        sections.insert(entry_name, entry_key);
        sections.insert(name, key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::typed::tree::Field;

    const LIMITS: &Tree = &Tree::new("Limits").fields(&[Field::new(0, "low", "low", "u32")]);
    const TENANT: &Tree = &Tree::new("Tenant").fields(&[
        Field::new(0, "left", "left", "u32").aliases(&["l"]),
        Field::new(1, "limits", "limits", "Limits").section(LIMITS),
    ]);
    const SERVICE: &Tree = &Tree::new("Service").fields(&[
        Field::new(0, "first", "first", "u32"),
        Field::new(1, "tenants", "of/tenants", "Map<Tenant>").map(TENANT),
        Field::new(2, "last", "last", "u32").restart(),
    ]);

    #[test]
    fn the_patterns_of_a_map_have_no_slots() {
        let table = Table::new(SERVICE, vec![Range::below("/p")].into());
        let keys: Vec<_> = table.slots.iter().map(|slot| &*slot.key).collect();
        assert_eq!(keys, ["/p/first", "/p/last"]);
        let leaves: Vec<_> = table.slots.iter().map(|slot| slot.leaf).collect();
        assert_eq!(leaves, [LeafId::fixed(0), LeafId::fixed(3)]);
        assert_eq!(table.slots_of(LeafId::fixed(3)), [1]);
        assert!(table.slots_of(LeafId::fixed(1)).is_empty());
        assert_eq!(table.slot(b"/p/of/tenants/*/left"), None);
        assert_eq!(table.restart, [LeafId::fixed(3)]);
        assert!(table.to_warn_of.is_empty());
        assert_eq!(table.leaves.len(), 4);
        let name = |leaf| table.leaf(leaf).map(|leaf| &*leaf.name);
        assert_eq!(name(LeafId::fixed(2)), Some("tenants[*].limits.low"));
    }

    #[test]
    fn a_map_and_the_sections_of_its_entries_have_keys() {
        let table = Table::new(SERVICE, vec![Range::below("/p")].into());
        let cases = [
            ("", "/p"),
            ("tenants", "/p/of/tenants"),
            ("tenants[*]", "/p/of/tenants/*"),
            ("tenants[*].limits", "/p/of/tenants/*/limits"),
        ];
        for (section, key) in cases {
            assert_eq!(table.section_key(section), key, "{section}");
        }
    }
}
