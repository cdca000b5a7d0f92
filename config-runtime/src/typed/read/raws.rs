//! The bytes that a configuration is read from, by leaf.
//!
//! In: bytes by leaf, and the entries of maps. Out: [`Raws`], from which the
//! [`LeafReader`](super::LeafReader) reads. It knows no keys and no store.

use std::iter;

use crate::typed::id::{EntryId, LeafId, MapId};
use crate::typed::tree::ANY;

/// The bytes of the leaves of a configuration, and the entries of its maps.
#[doc(hidden)]
pub trait Raws {
    /// The bytes of a leaf; `None` if its key is absent.
    fn raw(&self, leaf: LeafId) -> Option<&[u8]>;

    /// The entries of a map, with their names, in the order of the names.
    fn entries(&self, map: MapId) -> RawEntries<'_>;

    /// Whether there is an entry with this id.
    fn has_entry(&self, entry: EntryId) -> bool;

    /// The entry that an entry is in; [`EntryId::NONE`] if its map is in none.
    fn outer(&self, entry: EntryId) -> EntryId;
}

/// The entries of a map.
#[doc(hidden)]
pub type RawEntries<'r> = Box<dyn Iterator<Item = (&'r str, EntryId)> + 'r>;

/// The bytes of leaves outside maps, by pattern; no map has an entry.
impl Raws for Vec<Option<&[u8]>> {
    fn raw(&self, leaf: LeafId) -> Option<&[u8]> {
        let leaf = leaf.outside_maps()?;
        self.get(leaf.place()).copied().flatten()
    }

    fn entries(&self, _: MapId) -> RawEntries<'_> {
        Box::new(iter::empty())
    }

    fn has_entry(&self, _: EntryId) -> bool {
        false
    }

    fn outer(&self, _: EntryId) -> EntryId {
        EntryId::NONE
    }
}

/// No key at all: every leaf has its default, and no map has an entry.
#[derive(Debug)]
pub(crate) struct Nothing;

impl Raws for Nothing {
    fn raw(&self, _: LeafId) -> Option<&[u8]> {
        None
    }

    fn entries(&self, _: MapId) -> RawEntries<'_> {
        Box::new(iter::empty())
    }

    fn has_entry(&self, _: EntryId) -> bool {
        false
    }

    fn outer(&self, _: EntryId) -> EntryId {
        EntryId::NONE
    }
}

/// No key at all, but one entry in each map, to examine any entry.
#[derive(Debug)]
pub(crate) struct Specimen;

impl Raws for Specimen {
    fn raw(&self, _: LeafId) -> Option<&[u8]> {
        None
    }

    fn entries(&self, _: MapId) -> RawEntries<'_> {
        Box::new(iter::once((ANY, EntryId::SPECIMEN)))
    }

    fn has_entry(&self, entry: EntryId) -> bool {
        entry == EntryId::SPECIMEN
    }

    // A specimen is only built, which needs no outer entry.
    fn outer(&self, _: EntryId) -> EntryId {
        EntryId::NONE
    }
}
