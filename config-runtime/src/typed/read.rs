//! Reads a struct, leaf by leaf.
//!
//! In: for each leaf the bytes in the store, if there are any, and the names of entries ([`Raws`]).
//! Out: the values, on request of the expansion, and the mistakes. It knows no keys, no revisions
//! and no store.

mod raws;
#[cfg(test)]
mod tests;

use std::fmt;

use super::checks::{BrokenRule, Checks};
use super::id::{EntryId, LeafId, MapId, pattern_at};
use super::leaf::LeafDecoder;
use super::path::{Step, names_entry};
use super::tree::Tree;
use crate::guard::guard;
use crate::reason::Reason;
use crate::value;
pub(crate) use raws::{Nothing, Specimen};
pub use raws::{RawEntries, Raws};

/// The mistake in one leaf.
#[doc(hidden)]
#[derive(Debug)]
pub struct FieldError {
    /// The leaf.
    pub leaf: LeafId,
    /// The mistake, and the expected form.
    pub reason: Reason,
    /// Whether the reason is about the value itself, and so may contain a part of it.
    pub about_value: bool,
}

/// Reads the fields from the store's bytes and collects the mistakes in them.
#[doc(hidden)]
pub struct LeafReader<'a> {
    raws: &'a dyn Raws,
    /// The leaf that is read next.
    next: LeafId,
    findings: Vec<FieldError>,
    /// The leaves with a secret inside.
    secrets: Vec<LeafId>,
    checks: Checks,
    changed: Vec<LeafId>,
    /// Whether an entry is built, so that all of its leaves are new.
    builds: bool,
}

impl<'a> LeafReader<'a> {
    /// Creates a reader for [`HotConfig::__build`]: every leaf, in the order of [`Tree::leaves`],
    /// the leaves of a map for each entry.
    ///
    /// [`HotConfig::__build`]: super::config::HotConfig::__build
    pub fn all(raws: &'a dyn Raws) -> Self {
        Self::one(LeafId::fixed(0), raws)
    }

    /// Creates a reader for [`HotConfig::__set`]: that leaf, or the whole entry if it is new.
    ///
    /// [`HotConfig::__set`]: super::config::HotConfig::__set
    pub fn one(leaf: LeafId, raws: &'a dyn Raws) -> Self {
        Self {
            raws,
            next: leaf,
            findings: Vec::new(),
            secrets: Vec::new(),
            checks: Checks::default(),
            changed: Vec::new(),
            builds: false,
        }
    }

    /// The next leaf's value, or `None` and a finding. For the expansion of `__build`.
    pub fn leaf<V>(&mut self, leaf: &LeafDecoder<V>) -> Option<V> {
        let id = self.advance(1);
        let raw = self.raws.raw(id);
        if self.builds {
            self.changed.push(id);
        }
        let mut findings = Vec::new();
        value::secret_was_read();
        let value = guard(|| leaf.read(raw, &mut |reason| findings.push(reason)));
        if value::secret_was_read() {
            self.secrets.push(id);
        }
        let about_value = raw.is_some();
        self.findings
            .extend(findings.into_iter().map(|reason| FieldError {
                leaf: id,
                reason,
                about_value,
            }));
        match value {
            Ok(value) => value,
            Err(panic) => {
                let wrong = format!("the field's codec or rule panicked: {panic}");
                self.refuse(id, wrong, about_value);
                None
            }
        }
    }

    /// Reads the next leaves as a section. For the expansion of `__build`.
    ///
    /// The section's own rule is called here too: if the whole can't be built, nothing else calls
    /// it.
    pub fn section<V>(
        &mut self,
        name: &'static str,
        build: fn(&mut LeafReader<'_>) -> Option<V>,
        validate: fn(&V, &mut Checks),
    ) -> Option<V> {
        self.checks.enter(name);
        let section = build(self);
        if let Some(section) = &section {
            validate(section, &mut self.checks);
        }
        self.checks.leave();
        section
    }

    /// Reads the next leaves as a map: its entries with their names, in the order of the names. For
    /// the `__build` of a map, which is called as that of a section.
    ///
    /// `element` is the tree of an entry. `build` and `validate` are called for each entry, with
    /// the leaves of that entry as the next ones. Returns `None` if an entry can't be built, after
    /// a visit to all of them.
    pub fn entries<V>(
        &mut self,
        element: &Tree,
        mut build: impl FnMut(&mut Self) -> Option<V>,
        validate: impl Fn(&V, &mut Checks),
    ) -> Option<Vec<(&'a str, V)>> {
        let map = self.advance(element.len());
        let after = self.next;
        let raws = self.raws;
        let mut entries = Some(Vec::new());
        let id = MapId {
            pattern: map.pattern,
            entry: map.entry,
        };
        for (name, entry) in raws.entries(id) {
            self.next = LeafId { entry, ..map };
            match (self.entry(name, &mut build, &validate), &mut entries) {
                (Some(value), Some(entries)) => entries.push((name, value)),
                (None, _) => entries = None,
                (Some(_), None) => {}
            }
        }
        self.next = after;
        entries
    }

    fn entry<V>(
        &mut self,
        name: &str,
        build: impl FnOnce(&mut Self) -> Option<V>,
        validate: impl Fn(&V, &mut Checks),
    ) -> Option<V> {
        self.checks.enter_entry(name);
        let entry = build(self);
        if let Some(entry) = &entry {
            validate(entry, &mut self.checks);
        }
        self.checks.leave();
        entry
    }

    /// Whether the entry to which the leaf belongs exists in this map. For the `__set` of a map.
    ///
    /// `rest` are the steps from the entry to the leaf.
    pub fn has_entry(&self, rest: &[Step<'_>]) -> bool {
        self.raws.has_entry(self.entry_above(rest))
    }

    /// The entry from which these steps lead to the leaf.
    fn entry_above(&self, rest: &[Step<'_>]) -> EntryId {
        let inner = rest.iter().filter(|step| matches!(step, Step::Entry(_)));
        inner.fold(self.next.entry, |entry, _| self.raws.outer(entry))
    }

    /// A new entry, built from all of its leaves, which count as changed; `None` if it can't be
    /// built. For the `__set` of a map that lacks the entry.
    ///
    /// `rest` are the steps from the entry to the leaf, and `element` is the tree of an entry.
    pub fn new_entry<V>(
        &mut self,
        name: &str,
        rest: &[Step<'_>],
        element: &Tree,
        build: impl FnOnce(&mut Self) -> Option<V>,
        validate: impl Fn(&V, &mut Checks),
    ) -> Option<V> {
        let leaf = self.rewind(rest, element)?;
        let outer = std::mem::replace(&mut self.builds, true);
        let changed = self.changed.len();
        let entry = self.entry(name, build, validate);
        if entry.is_none() {
            self.changed.truncate(changed);
        }
        self.builds = outer;
        self.next = leaf;
        entry
    }

    /// Reports all leaves of the entry as changed, because it is removed. For the `__set` of a map.
    ///
    /// `rest` are the steps from the entry to the leaf, and `element` is the tree of an entry.
    /// Inside the entry, a map's patterns are reported as leaves of the entry itself: the entries
    /// of that map are unknown by now.
    pub fn removed_entry(&mut self, rest: &[Step<'_>], element: &Tree) {
        if let Some(leaf) = self.rewind(rest, element) {
            for _ in 0..element.len() {
                let id = self.advance(1);
                self.changed.push(id);
            }
            self.next = leaf;
        }
    }

    /// Goes back to the first leaf of the entry, and returns the leaf that was next; `None`, and a
    /// problem, if the steps do not lead from the entry to that leaf.
    fn rewind(&mut self, rest: &[Step<'_>], element: &Tree) -> Option<LeafId> {
        let leaf = self.next;
        let before = element.before(rest);
        let first = before.and_then(|before| leaf.pattern.checked_sub(before));
        match first {
            Some(pattern) => {
                let entry = self.entry_above(rest);
                self.next = LeafId { pattern, entry };
            }
            None => self.unknown_leaf(),
        }
        first.map(|_| leaf)
    }

    /// Goes on by as many patterns, and returns the leaf that was next.
    fn advance(&mut self, patterns: usize) -> LeafId {
        let leaf = self.next;
        self.next.pattern = leaf.pattern.saturating_add(pattern_at(patterns));
        leaf
    }

    /// The broken rules of sections, collected while the whole was built.
    pub fn take_broken(&mut self) -> Vec<BrokenRule> {
        let mut broken = self.checks.take_broken();
        // A section inside a section is checked by both.
        let mut seen = std::collections::HashSet::new();
        broken.retain(|broken| seen.insert((broken.section.clone(), broken.rule)));
        broken
    }

    /// Replaces a field if its new value is valid and differs. For the expansion of `__set`.
    pub fn replace<V>(&mut self, field: &mut V, leaf: &LeafDecoder<V>) {
        let id = self.next;
        let Some(new) = self.leaf(leaf) else { return };
        match guard(|| (leaf.same)(field, &new)) {
            Ok(true) => {}
            Ok(false) => {
                *field = new;
                self.changed.push(id);
            }
            Err(panic) => self.refuse(id, format!("comparing the field panicked: {panic}"), true),
        }
    }

    /// Visits a path that the struct does not have. For the expansion of `__set`.
    ///
    /// It changes nothing. A path with the name of an entry is a problem of the leaf: only a
    /// mistake of the caller leads here with one, and the change must not be lost silently.
    pub fn unknown(&mut self, path: &[Step<'_>]) {
        if names_entry(path) {
            self.unknown_leaf();
        }
    }

    fn unknown_leaf(&mut self) {
        let wrong = "the configuration has no such leaf".to_owned();
        self.refuse(self.next, wrong, false);
    }

    fn refuse(&mut self, leaf: LeafId, wrong: String, about_value: bool) {
        self.findings.push(FieldError {
            leaf,
            reason: Reason::new(wrong),
            about_value,
        });
    }

    /// The leaves whose value was replaced, those of new and of removed entries included.
    pub fn changed(&self) -> &[LeafId] {
        &self.changed
    }

    /// The leaves, among those that were read, with a secret inside.
    pub fn secrets(&self) -> &[LeafId] {
        &self.secrets
    }

    /// The mistakes.
    pub fn into_findings(self) -> Vec<FieldError> {
        self.findings
    }
}

impl fmt::Debug for LeafReader<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The bytes may be secret.
        f.debug_struct("LeafReader")
            .field("next", &self.next)
            .finish_non_exhaustive()
    }
}
