//! The identity of a leaf.
//!
//! In: the place of a leaf in the schema, and the entry that it is in. Out: a [`LeafId`], the
//! leaf's name everywhere in the runtime. It knows no schema and no names.

/// A leaf of a configuration. Ids are ordered by the schema, then by the entry.
#[doc(hidden)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LeafId {
    /// The pattern: the place of a leaf of the schema in
    /// [`Tree::leaves`](super::tree::Tree::leaves).
    pub pattern: u32,
    /// The entry, if the pattern is in a map.
    pub entry: EntryId,
}

/// An entry of a map. The owner of the entries assigns the ids, which are unique among all maps of
/// a configuration.
#[doc(hidden)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntryId(u32);

/// A map of a configuration.
#[doc(hidden)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MapId {
    /// The first pattern of the map.
    pub pattern: u32,
    /// The entry that the map itself is in.
    pub entry: EntryId,
}

impl EntryId {
    /// No entry: for a leaf outside maps.
    pub const NONE: Self = Self(u32::MAX);

    /// The only entry of every map, for questions to a schema about its defaults.
    pub(crate) const SPECIMEN: Self = Self(0);

    /// The entry with this number; `None` if the number is too high.
    pub fn new(number: usize) -> Option<Self> {
        let entry = u32::try_from(number).ok().map(Self);
        entry.filter(|entry| *entry != Self::NONE)
    }

    /// The number of the entry.
    pub fn number(self) -> Option<usize> {
        let number = usize::try_from(self.0).ok();
        number.filter(|_| self != Self::NONE)
    }
}

impl LeafId {
    /// The leaf with this pattern, which is outside maps.
    pub const fn fixed(pattern: u32) -> Self {
        Self {
            pattern,
            entry: EntryId::NONE,
        }
    }

    /// The place of the pattern in [`Tree::leaves`](super::tree::Tree::leaves).
    pub fn place(self) -> usize {
        place_of(self.pattern)
    }

    /// The leaf, if it is outside maps.
    pub(crate) fn outside_maps(self) -> Option<Self> {
        (self.entry == EntryId::NONE).then_some(self)
    }
}

/// The pattern of the leaf at this place. For a place that is too high, the highest pattern, which
/// no schema reaches.
pub(crate) fn pattern_at(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX)
}

/// The place of a pattern; a pattern that is too high for this machine has a place that is in no
/// list.
pub(crate) fn place_of(pattern: u32) -> usize {
    usize::try_from(pattern).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_ordered_by_the_schema_then_by_the_entry() {
        let leaf = |pattern, entry| LeafId {
            pattern,
            entry: EntryId::new(entry).unwrap(),
        };
        assert!(leaf(0, 9) < leaf(1, 2));
        assert!(leaf(1, 2) < leaf(1, 3));
        assert!(LeafId::fixed(0) < LeafId::fixed(1));
    }

    #[test]
    fn conversions_do_not_wrap() {
        assert_eq!(EntryId::new(7).and_then(EntryId::number), Some(7));
        assert_eq!(EntryId::NONE.number(), None);
        assert_eq!(EntryId::new(usize::MAX), None);
        assert_eq!(EntryId::new(place_of(u32::MAX)), None);
        assert_eq!(pattern_at(7), 7);
        assert_eq!(pattern_at(usize::MAX), u32::MAX);
        assert_eq!(LeafId::fixed(7).place(), 7);
    }
}
