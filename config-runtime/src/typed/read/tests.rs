//! Tests of reading maps: all entries at once, and one that is created, changed or removed.

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::HotConfig;
use crate::reason::Invalid;
use crate::reference::map::Map;
use crate::typed::config::Section;
use crate::typed::id::EntryId;
use crate::typed::tree::{Absent, Field};
use crate::value::Secret;
use crate::value::codec::Auto;

fn not_backwards(limits: &Limits) -> Result<(), Invalid> {
    match limits.low <= limits.high {
        true => Ok(()),
        false => Err(Invalid::new("backwards")),
    }
}

#[derive(HotConfig, Clone, Debug, PartialEq)]
#[hot(validate = not_backwards)]
struct Limits {
    #[hot(default = 0)]
    low: u32,
    #[hot(default = 9)]
    high: u32,
}

#[derive(HotConfig, Clone, Debug, PartialEq)]
struct Tenant {
    /// Required.
    left: u32,
    #[hot(nested)]
    limits: Limits,
    #[hot(default = 5)]
    right: u32,
}

/// A tenant with a map of its own.
#[derive(Clone, Debug, PartialEq)]
struct Plan {
    tenants: Map<Tenant>,
    price: u32,
}

const PLAN: &Tree = &Tree::new("Plan").fields(&[
    Field::new(0, "tenants", "tenants", "Map<Tenant>").map(<Map<Tenant> as Section>::TREE),
    Field::new(1, "price", "price", "u32"),
]);

impl HotConfig for Plan {
    const TREE: &'static Tree = PLAN;

    fn __build(reader: &mut LeafReader<'_>) -> Option<Self> {
        let tenants = reader.section("tenants", Map::__build, Map::__validate);
        let price = reader.leaf(&LeafDecoder::of::<Auto>());
        Some(Self {
            tenants: tenants?,
            price: price?,
        })
    }

    fn __set(&mut self, path: &[Step<'_>], reader: &mut LeafReader<'_>) {
        match path {
            [Step::Field(0), rest @ ..] => self.tenants.__set(rest, reader),
            [Step::Field(1)] => reader.replace(&mut self.price, &LeafDecoder::of::<Auto>()),
            _ => reader.unknown(path),
        }
    }

    fn __same(&self, other: &Self, path: &[Step<'_>]) -> bool {
        match path {
            [Step::Field(0), rest @ ..] => self.tenants.__same(&other.tenants, rest),
            [Step::Field(1)] => self.price == other.price,
            _ => crate::__::same_unknown(path),
        }
    }

    fn __show(&self, path: &[Step<'_>]) -> Option<String> {
        match path {
            [Step::Field(0), rest @ ..] => self.tenants.__show(rest),
            [Step::Field(1)] => Some(self.price.to_string()),
            _ => None,
        }
    }

    fn __validate(&self, checks: &mut Checks) {
        checks.section("tenants", |checks| self.tenants.__validate(checks));
    }

    fn __default(path: &[Step<'_>]) -> Option<Absent> {
        match path {
            [Step::Field(0), rest @ ..] => Map::<Tenant>::__default(rest),
            _ => None,
        }
    }
}

/// A store in miniature: bytes by key, below no prefix.
///
/// It knows the schema's patterns, gives each new entry an id, and finds the key of a leaf by the
/// names of its entries.
struct Keys {
    leaves: Vec<crate::typed::tree::Leaf>,
    raws: BTreeMap<String, Vec<u8>>,
    /// For each entry the map's pattern, the entry around it, and its name.
    entries: Vec<(u32, EntryId, String)>,
}

impl Keys {
    fn new(tree: &Tree, keys: &[(&str, &str)]) -> Self {
        let mut store = Self {
            leaves: tree.leaves(),
            raws: BTreeMap::new(),
            entries: Vec::new(),
        };
        for (key, raw) in keys {
            store.put(key, raw);
        }
        store
    }

    fn put(&mut self, key: &str, raw: &str) -> LeafId {
        self.raws.insert(key.to_owned(), raw.as_bytes().to_vec());
        self.id(key)
    }

    fn delete(&mut self, key: &str) -> LeafId {
        self.raws.remove(key);
        self.id(key)
    }

    /// The leaf of a key; its entries get their ids.
    fn id(&mut self, key: &str) -> LeafId {
        let names = |leaf: &&crate::typed::tree::Leaf| names(&leaf.key, key).is_some();
        let leaf = self.leaves.iter().find(names).expect("a known key").clone();
        let names = names_of(&leaf.key, key);
        let mut maps = Vec::new();
        let mut map = leaf.map.as_deref();
        while let Some(at) = map {
            maps.insert(0, at.first);
            map = at.outer.as_deref();
        }
        assert_eq!(maps.len(), names.len());
        let mut entry = EntryId::NONE;
        for (pattern, name) in maps.into_iter().zip(names) {
            let wanted = (pattern, entry, name);
            let at = self.entries.iter().position(|known| *known == wanted);
            let at = at.unwrap_or_else(|| {
                self.entries.push(wanted);
                self.entries.len() - 1
            });
            entry = EntryId::new(at).unwrap();
        }
        LeafId {
            pattern: leaf.pattern,
            entry,
        }
    }

    /// The names of an entry and of those around it, the outermost first.
    fn names(&self, entry: EntryId) -> Vec<&str> {
        match entry.number() {
            None => Vec::new(),
            Some(number) => {
                let (_, outer, name) = &self.entries[number];
                let mut names = self.names(*outer);
                names.push(name);
                names
            }
        }
    }

    fn key(&self, leaf: LeafId) -> Option<String> {
        let mut names = self.names(leaf.entry).into_iter();
        let pattern = &self.leaves.get(leaf.place())?.key;
        let segments = pattern.split('/');
        let segments = segments.map(|segment| match segment {
            "*" => names.next().unwrap_or("*"),
            segment => segment,
        });
        Some(segments.collect::<Vec<_>>().join("/"))
    }

    /// The steps to a leaf.
    fn path(&self, leaf: LeafId) -> Vec<Step<'_>> {
        let path = &self.leaves[leaf.place()].path;
        path.within(&self.names(leaf.entry)).expect("the names")
    }
}

impl Raws for Keys {
    fn raw(&self, leaf: LeafId) -> Option<&[u8]> {
        self.raws.get(&self.key(leaf)?).map(Vec::as_slice)
    }

    fn entries(&self, map: MapId) -> RawEntries<'_> {
        let ids = (0..self.entries.len()).filter_map(EntryId::new);
        let known = self.entries.iter().zip(ids);
        let known = known.filter(|((pattern, outer, _), entry)| {
            (*pattern, *outer) == (map.pattern, map.entry) && self.has_entry(*entry)
        });
        let mut entries: Vec<_> = known
            .map(|((_, _, name), id)| (name.as_str(), id))
            .collect();
        entries.sort_unstable();
        Box::new(entries.into_iter())
    }

    fn has_entry(&self, entry: EntryId) -> bool {
        let is_in = |leaf: LeafId| {
            self.key(leaf)
                .is_some_and(|key| self.raws.contains_key(&key))
        };
        let here = (0..self.leaves.len()).map(|at| LeafId {
            pattern: pattern_at(at),
            entry,
        });
        let depth = self.names(entry).len();
        let mut here = here.filter(|leaf| self.leaves[leaf.place()].path.maps() == depth);
        let ids = (0..self.entries.len()).filter_map(EntryId::new);
        here.any(is_in)
            || ids
                .filter(|id| id.number().is_some_and(|at| self.entries[at].1 == entry))
                .any(|inner| self.has_entry(inner))
    }

    fn outer(&self, entry: EntryId) -> EntryId {
        entry
            .number()
            .map_or(EntryId::NONE, |at| self.entries[at].1)
    }
}

fn names(pattern: &str, key: &str) -> Option<Vec<String>> {
    let (patterns, segments) = (pattern.split('/'), key.split('/'));
    if patterns.clone().count() != segments.clone().count() {
        return None;
    }
    let mut names = Vec::new();
    for (pattern, segment) in patterns.zip(segments) {
        match pattern {
            "*" => names.push(segment.to_owned()),
            pattern if pattern == segment => {}
            _ => return None,
        }
    }
    Some(names)
}

fn names_of(pattern: &str, key: &str) -> Vec<String> {
    names(pattern, key).expect("the pattern of the key")
}

/// The service: a map of tenants between two keys.
#[derive(Clone, Debug, PartialEq)]
struct Service {
    first: u32,
    tenants: Map<Tenant>,
    last: u32,
}

const SERVICE: &Tree = &Tree::new("Service").fields(&[
    Field::new(0, "first", "first", "u32"),
    Field::new(1, "tenants", "tenants", "Map<Tenant>").map(<Map<Tenant> as Section>::TREE),
    Field::new(2, "last", "last", "u32"),
]);

fn build(keys: &Keys) -> (Option<Service>, Vec<String>, Vec<BrokenRule>) {
    let mut reader = LeafReader::all(keys);
    let first = reader.leaf(&LeafDecoder::of::<Auto>());
    let tenants = reader.section("tenants", Map::__build, Map::__validate);
    let last = reader.leaf(&LeafDecoder::of::<Auto>());
    let built = match (first, tenants, last) {
        (Some(first), Some(tenants), Some(last)) => Some(Service {
            first,
            tenants,
            last,
        }),
        _ => None,
    };
    let broken = reader.take_broken();
    (built, refused(keys, reader), broken)
}

fn refused(keys: &Keys, reader: LeafReader<'_>) -> Vec<String> {
    let findings = reader.into_findings().into_iter();
    findings
        .map(|finding| keys.key(finding.leaf).unwrap())
        .collect()
}

const KEYS: [(&str, &str); 6] = [
    ("first", "1"),
    ("last", "2"),
    ("tenants/b/left", "3"),
    ("tenants/b/limits/low", "4"),
    ("tenants/a/left", "5"),
    ("tenants/a/right", "6"),
];

fn tenant(left: u32, low: u32, right: u32) -> Tenant {
    Tenant {
        left,
        limits: Limits { low, high: 9 },
        right,
    }
}

/// The keys whose leaves changed, and those that were rejected.
fn set(map: &mut Map<Tenant>, keys: &Keys, leaf: LeafId) -> (Vec<String>, Vec<String>) {
    let mut reader = LeafReader::one(leaf, keys);
    let path = keys.path(leaf);
    let [Step::Field(1), rest @ ..] = &path[..] else {
        panic!("the path of the map: {path:?}");
    };
    map.__set(rest, &mut reader);
    let changed = reader.changed().iter();
    let changed = changed.map(|leaf| keys.key(*leaf).unwrap()).collect();
    (changed, refused(keys, reader))
}

#[test]
fn a_map_is_built_from_all_of_its_entries_in_the_order_of_their_names() {
    let keys = Keys::new(SERVICE, &KEYS);
    let (service, refused, broken) = build(&keys);
    assert!(refused.is_empty() && broken.is_empty());
    let service = service.unwrap();
    assert_eq!((service.first, service.last), (1, 2));
    let entries: Vec<_> = service.tenants.iter().collect();
    let expected = [("a", &tenant(5, 0, 6)), ("b", &tenant(3, 4, 5))];
    assert_eq!(entries, expected);
    // Without entries, the leaf after the map is still found.
    let (service, ..) = build(&Keys::new(SERVICE, &KEYS[..2]));
    let service = service.unwrap();
    assert_eq!((service.tenants.iter().count(), service.last), (0, 2));
}

#[test]
fn all_problems_of_all_entries_are_found() {
    let mut keys = Keys::new(SERVICE, &KEYS);
    keys.put("tenants/b/right", "many");
    keys.put("tenants/c/right", "7");
    keys.put("last", "none");
    let (service, refused, _) = build(&keys);
    assert_eq!(service, None);
    assert_eq!(refused, ["tenants/b/right", "tenants/c/left", "last"]);
}

#[test]
fn a_rule_that_an_entry_breaks_carries_its_name() {
    let mut keys = Keys::new(SERVICE, &KEYS);
    keys.put("tenants/b/limits/low", "10");
    let (service, _, broken) = build(&keys);
    let sections: Vec<_> = broken.iter().map(|broken| &*broken.section).collect();
    assert_eq!(sections, ["tenants[b].limits"]);
    let mut checks = Checks::default();
    let service = service.unwrap();
    checks.section("tenants", |checks| service.tenants.__validate(checks));
    let broken = checks.into_broken();
    assert_eq!(broken[0].section, "tenants[b].limits");
}

#[test]
fn a_leaf_of_an_entry_is_replaced_alone() {
    let mut keys = Keys::new(SERVICE, &KEYS);
    let mut map = build(&keys).0.unwrap().tenants;
    let leaf = keys.put("tenants/a/limits/high", "8");
    let done = set(&mut map, &keys, leaf);
    assert_eq!(done, (vec!["tenants/a/limits/high".to_owned()], vec![]));
    assert_eq!(map.get("a").unwrap().limits.high, 8);
    // The same again.
    assert_eq!(set(&mut map, &keys, leaf), (vec![], vec![]));
    // An existing entry keeps its required keys.
    let leaf = keys.delete("tenants/a/left");
    let done = set(&mut map, &keys, leaf);
    assert_eq!(done, (vec![], vec!["tenants/a/left".to_owned()]));
    assert_eq!(map.get("a").unwrap().left, 5);
}

#[test]
fn a_new_entry_is_built_whole_whichever_of_its_leaves_came() {
    for key in ["tenants/c/left", "tenants/c/limits/high", "tenants/c/right"] {
        let mut keys = Keys::new(SERVICE, &KEYS);
        let mut map = build(&keys).0.unwrap().tenants;
        keys.put("tenants/c/left", "1");
        let leaf = keys.put(key, "7");
        let (changed, refused) = set(&mut map, &keys, leaf);
        assert!(refused.is_empty(), "{refused:?}");
        let all = ["left", "limits/low", "limits/high", "right"];
        assert_eq!(
            changed,
            all.map(|leaf| format!("tenants/c/{leaf}")),
            "{key}"
        );
        assert_eq!(map, build(&keys).0.unwrap().tenants, "{key}");
        // The entry's other leaves are known by now.
        let leaf = keys.id("tenants/c/right");
        assert_eq!(set(&mut map, &keys, leaf), (vec![], vec![]));
    }
}

#[test]
fn an_entry_that_is_not_complete_is_no_entry() {
    let mut keys = Keys::new(SERVICE, &KEYS);
    let mut map = build(&keys).0.unwrap().tenants;
    let leaf = keys.put("tenants/c/right", "1");
    let done = set(&mut map, &keys, leaf);
    assert_eq!(done, (vec![], vec!["tenants/c/left".to_owned()]));
    assert_eq!(map.iter().count(), 2);
}

#[test]
fn an_entry_goes_with_its_last_key() {
    let mut keys = Keys::new(SERVICE, &KEYS);
    let mut map = build(&keys).0.unwrap().tenants;
    let before = map.clone();
    keys.delete("tenants/b/left");
    let leaf = keys.delete("tenants/b/limits/low");
    let (changed, refused) = set(&mut map, &keys, leaf);
    assert!(refused.is_empty());
    let all = ["left", "limits/low", "limits/high", "right"];
    assert_eq!(changed, all.map(|leaf| format!("tenants/b/{leaf}")));
    assert_eq!(map.iter().map(|(name, _)| name).collect::<Vec<_>>(), ["a"]);
    assert!(!map.__same(&before, &[]));
    let other = keys.id("tenants/b/left");
    assert_eq!(set(&mut map, &keys, other), (vec![], vec![]));
}

#[test]
fn a_map_is_compared_as_a_whole_and_by_entry() {
    let mut keys = Keys::new(SERVICE, &KEYS);
    let map = build(&keys).0.unwrap().tenants;
    assert!(map.__same(&map.clone(), &[]));
    keys.put("tenants/a/limits/high", "7");
    let other = build(&keys).0.unwrap().tenants;
    assert!(!map.__same(&other, &[]));
    let (a, b) = (Step::Entry("a"), Step::Entry("b"));
    assert!(!map.__same(&other, &[a]));
    assert!(!map.__same(&other, &[a, Step::Field(1), Step::Field(1)]));
    assert!(map.__same(&other, &[a, Step::Field(0)]));
    assert!(map.__same(&other, &[b]));
    assert!(map.__same(&other, &[Step::Entry("c")]));
    assert_eq!(map.__show(&[a, Step::Field(0)]).as_deref(), Some("5"));
}

#[test]
fn maps_nest() {
    type Plans = Map<Plan>;
    const PLANS: &Tree =
        &Tree::new("Plans")
            .fields(&[Field::new(0, "plans", "plans", "Map<Plan>").map(<Plans as Section>::TREE)]);
    let keys = [
        ("plans/gold/price", "9"),
        ("plans/gold/tenants/a/left", "1"),
        ("plans/gold/tenants/b/left", "2"),
        ("plans/free/price", "0"),
        ("plans/free/tenants/a/left", "3"),
    ];
    let mut keys = Keys::new(PLANS, &keys);
    let plans = |keys: &Keys| Plans::__build(&mut LeafReader::all(keys)).unwrap();
    let mut now = plans(&keys);
    let left = |plan, tenant| Some(now.get(plan)?.tenants.get(tenant)?.left);
    assert_eq!((left("gold", "b"), left("free", "a")), (Some(2), Some(3)));
    let mut set = |keys: &Keys, leaf: LeafId| -> BTreeSet<String> {
        let mut reader = LeafReader::one(leaf, keys);
        now.__set(&keys.path(leaf)[1..], &mut reader);
        assert_eq!(now, plans(keys));
        let changed = reader.changed().iter();
        let changed = changed.map(|leaf| keys.key(*leaf).unwrap());
        let changed = changed.collect();
        assert!(reader.into_findings().is_empty());
        changed
    };
    // A new entry of an inner map, and a new plan with an entry inside.
    let leaf = keys.put("plans/free/tenants/b/left", "4");
    assert_eq!(set(&keys, leaf).len(), 4);
    keys.put("plans/new/tenants/z/left", "5");
    let leaf = keys.put("plans/new/price", "1");
    let changed = set(&keys, leaf);
    assert!(changed.contains("plans/new/price") && changed.contains("plans/new/tenants/z/left"));
    assert_eq!(changed.len(), 5);
    // The other way around: the new plan is found by a leaf of an entry in it.
    keys.put("plans/old/price", "1");
    keys.put("plans/old/tenants/y/left", "5");
    let leaf = keys.put("plans/old/tenants/z/left", "5");
    assert_eq!(set(&keys, leaf).len(), 9);
    keys.delete("plans/old/price");
    keys.delete("plans/old/tenants/y/left");
    let leaf = keys.delete("plans/old/tenants/z/left");
    assert_eq!(set(&keys, leaf).len(), 5);
    let leaf = keys.put("plans/gold/tenants/a/left", "6");
    assert_eq!(set(&keys, leaf).len(), 1);
    let leaf = keys.delete("plans/gold/tenants/b/left");
    assert_eq!(set(&keys, leaf).len(), 4);
}

#[test]
fn a_path_through_an_entry_that_gets_to_a_struct_is_refused() {
    let keys = Keys::new(SERVICE, &KEYS);
    let mut limits = Limits { low: 1, high: 2 };
    let raws = vec![Some(b"7".as_slice())];
    for (path, refused) in [
        (&[Step::Entry("a"), Step::Field(0)][..], 1),
        (&[Step::Field(0), Step::Entry("a")], 1),
        (&[Step::Field(0), Step::Field(1)], 0),
        (&[Step::Field(7)], 0),
        (&[], 0),
    ] {
        let mut reader = LeafReader::one(LeafId::fixed(0), &raws);
        HotConfig::__set(&mut limits, path, &mut reader);
        assert!(reader.changed().is_empty());
        assert_eq!(reader.into_findings().len(), refused, "{path:?}");
        assert_eq!(
            HotConfig::__same(&limits, &limits, path),
            refused == 0,
            "{path:?}"
        );
    }
    // The same through a section.
    let mut tenant = Tenant {
        left: 1,
        limits,
        right: 3,
    };
    for (path, changed, refused) in [
        (&[Step::Field(1), Step::Field(0)][..], 1, 0),
        (&[Step::Field(1), Step::Entry("a")], 0, 1),
        (&[Step::Field(1), Step::Field(0), Step::Entry("a")], 0, 1),
    ] {
        let mut reader = LeafReader::one(LeafId::fixed(0), &raws);
        HotConfig::__set(&mut tenant, path, &mut reader);
        assert_eq!(reader.changed().len(), changed, "{path:?}");
        assert_eq!(reader.into_findings().len(), refused, "{path:?}");
    }
    // Steps that do not lead from the entry to the leaf.
    let mut reader = LeafReader::one(LeafId::fixed(1), &keys);
    let entry = reader.new_entry(
        "a",
        &[Step::Field(9)],
        <Tenant as HotConfig>::TREE,
        |_| Some(()),
        |(), _| (),
    );
    assert_eq!((entry, reader.into_findings().len()), (None, 1));
}

#[test]
fn a_specimen_says_what_any_entry_lacks() {
    #[derive(HotConfig, Clone, Debug)]
    struct Login {
        name: String,
        #[hot(secret, default = "x")]
        token: Secret<String>,
    }
    let mut reader = LeafReader::all(&Specimen);
    assert!(Map::<Login>::__build(&mut reader).is_none());
    let secrets: Vec<_> = reader.secrets().iter().map(|leaf| leaf.pattern).collect();
    assert_eq!(secrets, [1]);
    let findings = reader.into_findings();
    assert_eq!(findings.len(), 1);
    assert_eq!(findings[0].leaf.pattern, 0);
    assert!(Map::<Login>::__build(&mut LeafReader::all(&Nothing)).is_some());
}
