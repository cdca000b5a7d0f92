//! The subscribers of each leaf.
//!
//! In: spans with their subscribers, and the leaves that changed. Out: the subscribers whose span
//! holds a changed leaf, each once, at the cost of those alone. It knows no values.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use crate::typed::compile::lookup::Span;
use crate::typed::id::LeafId;
use crate::typed::tree::{Kind, Tree};

/// The subscribers `S` of each field and section.
pub(super) struct Registry<S> {
    nodes: Vec<Node<S>>,
    /// The node of each pattern.
    leaves: Vec<usize>,
    by_span: HashMap<(usize, usize), usize>,
    next_id: u64,
}

/// A pattern or a section. Sections of exactly the same patterns share one.
struct Node<S> {
    span: Span,
    /// The section around it; the root, which is node 0, has none.
    parent: Option<usize>,
    subscribers: BTreeMap<u64, Arc<S>>,
}

/// The place of a subscriber in the registry.
#[derive(Debug, Clone, Copy)]
pub(super) struct Registration {
    node: usize,
    id: u64,
}

impl<S> Registry<S> {
    pub(super) fn new(schema: &Tree) -> Self {
        let mut registry = Self {
            nodes: Vec::new(),
            leaves: Vec::new(),
            by_span: HashMap::new(),
            next_id: 0,
        };
        let root = registry.node(
            Span {
                first: 0,
                len: schema.len(),
            },
            None,
        );
        registry.grow(schema, root);
        registry
    }

    fn grow(&mut self, schema: &Tree, parent: usize) {
        for field in schema.fields {
            let first = self.leaves.len();
            match field.kind {
                Kind::Leaf(_) => {
                    let node = self.node(Span { first, len: 1 }, Some(parent));
                    self.leaves.push(node);
                }
                // A change in an entry is a change of the map, which is a section of patterns.
                Kind::Section(section) | Kind::Map(section) => {
                    let node = self.node(
                        Span {
                            first,
                            len: section.len(),
                        },
                        Some(parent),
                    );
                    self.grow(section, node);
                }
                Kind::Skipped => {}
            }
        }
    }

    fn node(&mut self, span: Span, parent: Option<usize>) -> usize {
        let next = self.nodes.len();
        let node = *self.by_span.entry((span.first, span.len)).or_insert(next);
        if node == next {
            self.nodes.push(Node {
                span,
                parent,
                subscribers: BTreeMap::new(),
            });
        }
        node
    }

    /// Adds a subscriber of these leaves. If they are neither a field nor a section, it is notified
    /// of every leaf: more often than necessary, never less.
    pub(super) fn add(&mut self, span: Span, subscriber: Arc<S>) -> Registration {
        let node = self
            .by_span
            .get(&(span.first, span.len))
            .copied()
            .unwrap_or(0);
        let id = self.next_id;
        self.next_id += 1;
        if let Some(node) = self.nodes.get_mut(node) {
            node.subscribers.insert(id, subscriber);
        }
        Registration { node, id }
    }

    /// Removes a subscriber, if it is still there.
    pub(super) fn remove(&mut self, registration: Registration) -> Option<Arc<S>> {
        self.nodes
            .get_mut(registration.node)?
            .subscribers
            .remove(&registration.id)
    }

    /// The subscribers of these leaves, which are sorted; each subscriber once.
    pub(super) fn subscribers_of(&self, changed: &[LeafId]) -> Vec<Arc<S>> {
        debug_assert!(changed.is_sorted(), "the changed leaves are sorted");
        let mut found = Vec::new();
        let mut before = None;
        for place in changed.iter().map(|leaf| leaf.place()) {
            let mut at = self.leaves.get(place).copied();
            while let Some(node) = at.and_then(|at| self.nodes.get(at)) {
                // It and all above it were visited for the leaf before: spans nest.
                if before.is_some_and(|before| node.span.holds(before)) {
                    break;
                }
                found.extend(node.subscribers.values().cloned());
                at = node.parent;
            }
            before = Some(place);
        }
        found
    }

    /// All subscribers.
    pub(super) fn all(&self) -> Vec<Arc<S>> {
        self.nodes
            .iter()
            .flat_map(|node| node.subscribers.values().cloned())
            .collect()
    }

    /// The number of subscribers.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.nodes.iter().map(|node| node.subscribers.len()).sum()
    }
}

impl Span {
    /// Whether the pattern at this place is in the span.
    fn holds(self, place: usize) -> bool {
        place
            .checked_sub(self.first)
            .is_some_and(|at| at < self.len)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::typed::id::EntryId;
    use crate::typed::tree::Field;

    #[test]
    fn an_entry_notifies_the_map_and_all_above_it_once() {
        const TENANT: &Tree = &Tree::new("Tenant").fields(&[
            Field::new(0, "left", "left", "u32"),
            Field::new(1, "right", "right", "u32"),
        ]);
        const SERVICE: &Tree = &Tree::new("Service").fields(&[
            Field::new(0, "first", "first", "u32"),
            Field::new(1, "tenants", "tenants", "Map<Tenant>").map(TENANT),
        ]);
        let mut registry = Registry::new(SERVICE);
        for (name, first, len) in [("first", 0, 1), ("map", 1, 2), ("whole", 0, 3)] {
            registry.add(Span { first, len }, Arc::new(name));
        }
        let leaf = |pattern, entry| LeafId {
            pattern,
            entry: EntryId::new(entry).unwrap(),
        };
        let changed = [leaf(1, 0), leaf(1, 7), leaf(2, 0), leaf(2, 3)];
        let found: Vec<_> = registry
            .subscribers_of(&changed)
            .iter()
            .map(|name| **name)
            .collect();
        assert_eq!(found, ["map", "whole"]);
        assert_eq!(registry.subscribers_of(&[LeafId::fixed(0)]).len(), 2);
    }
}
