//! The entries of one range, in a few large pieces of memory.
//!
//! In: keys and values, page by page. Out: the same, borrowed, in their order. A reading moves from
//! the store's thread to the loop's. If each of 100,000 keys had its own allocation, freeing them
//! would cost as much as decoding.

use std::fmt;

use crate::Revision;

/// A key with its value, as a reading found it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry<'a> {
    /// The whole key; not always UTF-8.
    pub key: &'a [u8],
    /// The value.
    pub value: &'a [u8],
    /// The revision that wrote it last.
    pub mod_revision: Revision,
}

/// The entries of one range, in the order of their keys, without duplicates.
#[derive(Clone, Default)]
pub struct Entries {
    pages: Vec<Page>,
}

#[derive(Clone, Default)]
struct Page {
    /// Each key and its value, one after the other.
    bytes: Vec<u8>,
    spans: Vec<EntrySpan>,
}

#[derive(Clone, Copy)]
struct EntrySpan {
    start: usize,
    key: usize,
    value: usize,
    mod_revision: Revision,
}

impl Page {
    fn iter(&self) -> impl DoubleEndedIterator<Item = Entry<'_>> {
        self.spans.iter().filter_map(|span| {
            let value = span.start.checked_add(span.key)?;
            Some(Entry {
                key: self.bytes.get(span.start..value)?,
                value: self.bytes.get(value..value.checked_add(span.value)?)?,
                mod_revision: span.mod_revision,
            })
        })
    }
}

impl Entries {
    /// Adds a page of entries, which must come after the existing ones.
    pub fn add<'a, I>(&mut self, page: I)
    where
        I: IntoIterator<Item = Entry<'a>>,
        I::IntoIter: Clone,
    {
        let page = page.into_iter();
        let sizes = page
            .clone()
            .map(|entry| (1, entry.key.len() + entry.value.len()));
        let (count, size) = sizes.fold((0, 0), |(a, b), (c, d)| (a + c, b + d));
        let mut added = Page {
            bytes: Vec::with_capacity(size),
            spans: Vec::with_capacity(count),
        };
        for entry in page {
            added.spans.push(EntrySpan {
                start: added.bytes.len(),
                key: entry.key.len(),
                value: entry.value.len(),
                mod_revision: entry.mod_revision,
            });
            added.bytes.extend_from_slice(entry.key);
            added.bytes.extend_from_slice(entry.value);
        }
        self.pages.push(added);
    }

    /// All entries, in order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = Entry<'_>> {
        self.pages.iter().flat_map(Page::iter)
    }

    /// The number of entries.
    pub fn len(&self) -> usize {
        self.pages.iter().map(|page| page.spans.len()).sum()
    }

    /// Whether there are no entries.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl<'a> FromIterator<Entry<'a>> for Entries {
    fn from_iter<I: IntoIterator<Item = Entry<'a>>>(entries: I) -> Self {
        let page: Vec<_> = entries.into_iter().collect();
        let mut all = Self::default();
        all.add(page.iter().copied());
        all
    }
}

/// Compares the entries, regardless of their pages.
impl PartialEq for Entries {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Entries {}

impl fmt::Debug for Entries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(key: &'static str, value: &'static str, revision: u64) -> Entry<'static> {
        Entry {
            key: key.as_bytes(),
            value: value.as_bytes(),
            mod_revision: Revision::new(revision),
        }
    }

    #[test]
    fn entries_are_the_same_in_one_page_and_in_many() {
        let all = [entry("a", "1", 3), entry("b", "", 2), entry("bc", "22", 9)];
        let one: Entries = all.into_iter().collect();
        let mut many = Entries::default();
        assert!(many.is_empty());
        many.add(all[..1].iter().copied());
        many.add([]);
        many.add(all[1..].iter().copied());
        assert_eq!((many.len(), &many), (3, &one));
        assert!(many.iter().eq(all));
        assert_eq!(many.iter().next_back(), Some(all[2]));
        many.add([entry("c", "1", 3)]);
        assert_ne!(many, one);
    }
}
