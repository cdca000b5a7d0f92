//! Layers: from the keys of several prefixes to one value per leaf.
//!
//! In: a schema and the ranges, the highest layer first. Out: the [`Layout`], which is fixed, and
//! the [`Slots`], which grow and shrink with the entries of maps (a slot is one key that can give a
//! leaf its value: in each layer the leaf's key, then its aliases). It knows no bytes.

mod entries;
mod slots;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::store::Range;
use crate::typed::id::{LeafId, place_of};
use crate::typed::tree::{ANY, Kind, Leaf, Tree, join};
use entries::MapShape;

use slots::fill;
pub(crate) use slots::{Slot, Slots};

/// The parts of a schema below its prefixes that never change.
#[derive(Debug)]
pub(crate) struct Layout {
    /// The leaves of the schema, by pattern.
    pub(crate) leaves: Vec<Leaf>,
    pub(crate) ranges: Arc<[Range]>,
    /// The leaves outside maps with an old key or a deprecation: warnings name those in use.
    pub(crate) to_warn_of: Vec<LeafId>,
    /// The restart-only leaves.
    pub(crate) restart: Vec<LeafId>,
    /// For each pattern whether a secret was found inside that its field does not declare.
    hides: Vec<AtomicBool>,
    /// The key below the prefix of each section, by its path in Rust; also of each map, and of its
    /// entries together, `tenants[*]`.
    sections: HashMap<String, String>,
    /// The maps of the schema that are in no entry.
    maps: Vec<MapShape>,
}

impl Layout {
    /// The layout of a schema below these ranges, the highest layer first.
    pub(crate) fn new(schema: &Tree, ranges: Arc<[Range]>) -> Self {
        let leaves = schema.leaves();
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
            maps: MapShape::of_schema(&leaves),
            leaves,
            ranges,
            sections,
        }
    }

    /// The whole key of a leaf outside maps, in the highest layer.
    pub(crate) fn key(&self, leaf: &Leaf) -> String {
        let prefix = self.ranges.first().map_or("", |range| range.start());
        format!("{prefix}{}", leaf.key)
    }

    /// The place of a section's keys in the highest layer, for a message; `""` is the root. A
    /// section in an entry has its name, `tenants[acme].limits`.
    pub(crate) fn section_key(&self, section: &str) -> String {
        let prefix = self
            .ranges
            .first()
            .map_or("", |range| range.start().trim_end_matches('/'));
        let known = self.sections.get(section).cloned();
        match known.or_else(|| self.entry_section_key(section)) {
            Some(key) => format!("{prefix}/{key}"),
            None => prefix.to_owned(),
        }
    }

    fn entry_section_key(&self, section: &str) -> Option<String> {
        let mut sections = self.sections.iter();
        sections.find_map(|(pattern, key)| {
            let names = names_in(section, pattern)?;
            Some(fill(key, ANY, names, str::to_owned))
        })
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

    /// The leaves outside maps.
    pub(crate) fn fixed(&self) -> impl Iterator<Item = &Leaf> {
        self.leaves.iter().filter(|leaf| leaf.map.is_none())
    }

    /// The schema's declaration of a leaf.
    pub(crate) fn leaf(&self, leaf: LeafId) -> Option<&Leaf> {
        self.leaves.get(leaf.place())
    }

    /// The known key that is most like this unknown one, for a message.
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

/// The names in a section's path at the places where the pattern has `[*]`.
fn names_in<'t>(section: &'t str, pattern: &str) -> Option<Vec<&'t str>> {
    let mut parts = pattern.split("[*]");
    let mut rest = section.strip_prefix(parts.next()?)?;
    let mut names = Vec::new();
    for part in parts {
        let (name, after) = rest.strip_prefix('[')?.split_once(']')?;
        names.push(name);
        rest = after.strip_prefix(part)?;
    }
    (rest.is_empty() && !names.is_empty()).then_some(names)
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
