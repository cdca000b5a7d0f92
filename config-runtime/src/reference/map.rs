//! A handwritten map for tests: its entries are sections.
//!
//! In: the requests of the reader and the checks about a section. Out: the entries, by name.

use std::collections::BTreeMap;

use crate::HotConfig;
use crate::typed::checks::Checks;
use crate::typed::config::Section;
use crate::typed::path::Step;
use crate::typed::read::LeafReader;
use crate::typed::tree::{Absent, Tree};

#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Map<V>(BTreeMap<String, V>);

impl<V> Map<V> {
    /// The entry with this name.
    pub(crate) fn get(&self, name: &str) -> Option<&V> {
        self.0.get(name)
    }

    /// The entries with their names, in the order of the names.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &V)> {
        self.0.iter().map(|(name, entry)| (name.as_str(), entry))
    }
}

impl<V> FromIterator<(String, V)> for Map<V> {
    fn from_iter<I: IntoIterator<Item = (String, V)>>(entries: I) -> Self {
        Self(entries.into_iter().collect())
    }
}

impl<V: HotConfig> Section for Map<V> {
    const TREE: &'static Tree = <V as HotConfig>::TREE;

    fn __build(reader: &mut LeafReader<'_>) -> Option<Self> {
        let entries = reader.entries(V::TREE, V::__build, V::__validate)?;
        let owned = |(name, entry): (&str, V)| (name.to_owned(), entry);
        Some(Self(entries.into_iter().map(owned).collect()))
    }

    fn __set(&mut self, path: &[Step<'_>], reader: &mut LeafReader<'_>) {
        let [Step::Entry(name), rest @ ..] = path else {
            return reader.unknown(path);
        };
        match (self.0.get_mut(*name), reader.has_entry(rest)) {
            (Some(entry), true) => entry.__set(rest, reader),
            (None, true) => {
                let entry = reader.new_entry(name, rest, V::TREE, V::__build, V::__validate);
                self.0
                    .extend(entry.map(|entry| ((*name).to_owned(), entry)));
            }
            (Some(_), false) => {
                self.0.remove(*name);
                reader.removed_entry(rest, V::TREE);
            }
            (None, false) => {}
        }
    }

    fn __same(&self, other: &Self, path: &[Step<'_>]) -> bool {
        match path {
            [] => {
                let names = self.0.keys().eq(other.0.keys());
                let mut entries = self.0.values().zip(other.0.values());
                names && entries.all(|(one, other)| same_whole(one, other))
            }
            [Step::Entry(name), rest @ ..] => match (self.0.get(*name), other.0.get(*name)) {
                (Some(one), Some(other)) if rest.is_empty() => same_whole(one, other),
                (Some(one), Some(other)) => one.__same(other, rest),
                (None, None) => true,
                _ => false,
            },
            [Step::Field(_), ..] => true,
        }
    }

    fn __show(&self, path: &[Step<'_>]) -> Option<String> {
        match path {
            [Step::Entry(name), rest @ ..] => self.0.get(*name)?.__show(rest),
            _ => None,
        }
    }

    fn __validate(&self, checks: &mut Checks) {
        for (name, entry) in &self.0 {
            checks.entry(name, |checks| entry.__validate(checks));
        }
    }

    fn __default(path: &[Step<'_>]) -> Option<Absent> {
        match path {
            [Step::Entry(_), rest @ ..] => V::__default(rest),
            _ => None,
        }
    }
}

fn same_whole<V: HotConfig>(one: &V, other: &V) -> bool {
    V::TREE.every(&mut |path| one.__same(other, path))
}
