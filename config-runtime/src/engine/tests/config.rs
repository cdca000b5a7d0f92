//! The struct of these tests, and its rules over texts, written without the derive.

use std::collections::BTreeMap;

use crate::reference::holding::Words;
use crate::reference::map::Map;
use crate::typed::checks::Checks;
use crate::typed::config::Section;
use crate::typed::path::{Step, same_unknown};
use crate::typed::read::LeafReader;
use crate::typed::tree::{Absent, Field, Tree};
use crate::value::Secret;
use crate::{HotConfig, Invalid};

/// One field of each kind: with rules of its own, required, optional, with an old name, secret,
/// restart-only; rules between fields at two levels; and a map, whose entries have such rules, too.
#[derive(HotConfig, Clone, Debug, PartialEq)]
#[hot(prefix = "/p", validate = in_order)]
pub(super) struct Config {
    #[hot(default = 2, range(0..=9))]
    pub(super) min: u8,
    #[hot(default = 7, range(0..=9), alias = "maximum")]
    pub(super) max: u8,
    #[hot(range(0..=9))]
    pub(super) need: u8,
    pub(super) maybe: Option<u8>,
    #[hot(default = "calm", length(1..=8))]
    pub(super) name: String,
    #[hot(secret, default = "none", length(1..=8))]
    pub(super) token: Secret<String>,
    #[hot(restart, default = 1, range(0..=9))]
    pub(super) threads: u8,
    #[hot(nested)]
    pub(super) pair: Pair,
    #[hot(nested)]
    pub(super) tenants: Tenants,
}

#[derive(HotConfig, Clone, Debug, PartialEq)]
#[hot(validate = even)]
pub(super) struct Pair {
    #[hot(default = 1, range(0..=9))]
    pub(super) left: u8,
    #[hot(default = 1, range(0..=9))]
    pub(super) right: u8,
}

/// The section around the map, written by hand: the derive does not support maps.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Tenants {
    pub(super) of: Map<Pair>,
}

impl HotConfig for Tenants {
    const TREE: &'static Tree =
        &Tree::new("Tenants")
            .fields(&[Field::new(0, "of", "of", "Map<Pair>").map(<Map<Pair> as Section>::TREE)]);

    fn __build(reader: &mut LeafReader<'_>) -> Option<Self> {
        let of = reader.section("of", Map::__build, Map::__validate);
        Some(Self { of: of? })
    }

    fn __set(&mut self, path: &[Step<'_>], reader: &mut LeafReader<'_>) {
        match path {
            [Step::Field(0), rest @ ..] => self.of.__set(rest, reader),
            _ => reader.unknown(path),
        }
    }

    fn __same(&self, other: &Self, path: &[Step<'_>]) -> bool {
        match path {
            [Step::Field(0), rest @ ..] => self.of.__same(&other.of, rest),
            _ => same_unknown(path),
        }
    }

    fn __show(&self, path: &[Step<'_>]) -> Option<String> {
        match path {
            [Step::Field(0), rest @ ..] => self.of.__show(rest),
            _ => None,
        }
    }

    fn __validate(&self, checks: &mut Checks) {
        checks.section("of", |checks| self.of.__validate(checks));
    }

    fn __default(path: &[Step<'_>]) -> Option<Absent> {
        match path {
            [Step::Field(0), rest @ ..] => Map::<Pair>::__default(rest),
            _ => None,
        }
    }
}

fn in_order(config: &Config) -> Result<(), Invalid> {
    if config.min <= config.max && config.threads <= config.max {
        Ok(())
    } else {
        Err("min or threads is above max".into())
    }
}

fn even(pair: &Pair) -> Result<(), Invalid> {
    if (pair.left + pair.right).is_multiple_of(2) {
        Ok(())
    } else {
        Err("the sum is odd".into())
    }
}

pub(super) type Key = &'static [u8];
pub(super) type Text = &'static [u8];
pub(super) type Texts = BTreeMap<Key, Text>;

/// The layer above and the one below.
pub(super) const PREFIXES: [&str; 2] = ["/p@1/", "/p/"];

/// The keys of each leaf, the strongest first: in the layer above, then below; the old name after
/// the new one. Leaves of entries come last.
pub(super) const LEAVES: [&[Key]; 13] = [
    &[b"/p@1/min", b"/p/min"],
    &[b"/p@1/max", b"/p@1/maximum", b"/p/max", b"/p/maximum"],
    &[b"/p@1/need", b"/p/need"],
    &[b"/p@1/maybe", b"/p/maybe"],
    &[b"/p@1/name", b"/p/name"],
    &[b"/p@1/token", b"/p/token"],
    &[b"/p@1/threads", b"/p/threads"],
    &[b"/p@1/pair/left", b"/p/pair/left"],
    &[b"/p@1/pair/right", b"/p/pair/right"],
    &[b"/p@1/tenants/of/a/left", b"/p/tenants/of/a/left"],
    &[b"/p@1/tenants/of/a/right", b"/p/tenants/of/a/right"],
    &[b"/p@1/tenants/of/b/left", b"/p/tenants/of/b/left"],
    &[b"/p@1/tenants/of/b/right", b"/p/tenants/of/b/right"],
];

/// The path of each leaf.
pub(super) const NAMES: [&str; LEAVES.len()] = [
    "min",
    "max",
    "need",
    "maybe",
    "name",
    "token",
    "threads",
    "pair.left",
    "pair.right",
    "tenants.of[a].left",
    "tenants.of[a].right",
    "tenants.of[b].left",
    "tenants.of[b].right",
];

/// The leaf that is only read when the program starts.
pub(super) const THREADS: usize = 6;

/// The first leaf of the map, which has two patterns.
pub(super) const MAP: usize = 9;

/// The possible entries, each with its first leaf.
const ENTRIES: [(&str, usize); 2] = [("a", MAP), ("b", MAP + 2)];

/// The shown value of a leaf whose entry does not exist.
pub(super) const ABSENT: &str = "absent";

/// Keys below the prefixes that the schema doesn't know. Those in the map make no entry.
pub(super) const UNKNOWN: [Key; 8] = [
    b"/p/nim",
    b"/p/\xff\xfe",
    b"/p@1/pair",
    b"/p/tenants/of/a",
    b"/p/tenants/of/a/nope",
    b"/p/tenants/of//left",
    b"/p/tenants/of/./left",
    b"/p/tenants/of/a/left/x",
];

/// Keys of other programs, next to the prefixes.
pub(super) const FOREIGN: [Key; 4] = [b"/p", b"/p2/min", b"/p@11/max", b"/q/need"];

/// The values that are written: good for some fields and bad for others.
pub(super) const TEXTS: [Text; 18] = [
    b"0",
    b"1",
    b"2",
    b"3",
    b"4",
    b"5",
    b"6",
    b"7",
    b"8",
    b"9",
    b"12",
    b"x",
    b"",
    b"\xff\xfe",
    b"hush-1",
    b"hush-2",
    b"hush-much-too-long",
    b"260",
];

/// The keys of the schema below these prefixes.
pub(super) fn keys_below(prefixes: &[&str]) -> Vec<Key> {
    let below = |key: &Key| {
        let mut prefixes = prefixes.iter();
        prefixes.any(|prefix| key.starts_with(prefix.as_bytes()))
    };
    let keys = LEAVES.iter().copied().flatten().copied();
    keys.filter(below).collect()
}

/// The pattern of a leaf.
pub(super) fn pattern(leaf: usize) -> usize {
    entry_of(leaf).map_or(leaf, |(_, first)| MAP + leaf - first)
}

/// The entry that a leaf is in.
fn entry_of(leaf: usize) -> Option<(&'static str, usize)> {
    let mut entries = ENTRIES.into_iter().rev();
    entries.find(|(_, first)| *first <= leaf)
}

/// The keys that a leaf depends on: its own, or, in an entry, those of all of its leaves, since any
/// of them makes the entry exist.
pub(super) fn keys_around(leaf: usize) -> Vec<Key> {
    match entry_of(leaf) {
        Some((_, first)) => LEAVES[first..first + 2].concat(),
        None => LEAVES[leaf].to_vec(),
    }
}

/// The keys of all entries, one list for each entry.
pub(super) fn keys_of_entries() -> Vec<Vec<Key>> {
    let entries = ENTRIES.iter();
    entries.map(|(_, first)| keys_around(*first)).collect()
}

/// Whether the leaf is in an entry that does not exist.
fn is_absent(texts: &Texts, leaf: usize) -> bool {
    let mut keys = keys_around(leaf).into_iter();
    entry_of(leaf).is_some() && !keys.any(|key| texts.contains_key(key))
}

/// The keys of a leaf up to the one that gives the value, and that value.
fn effective(texts: &Texts, leaf: usize) -> (&'static [Key], Option<Text>) {
    let keys = LEAVES[leaf];
    match keys.iter().position(|key| texts.contains_key(key)) {
        Some(at) => (&keys[..=at], Some(texts[keys[at]])),
        None => (keys, None),
    }
}

fn utf8(text: Text) -> Result<&'static str, ()> {
    std::str::from_utf8(text).map_err(|_| ())
}

fn digit(text: Text) -> Result<u8, ()> {
    let digit = utf8(text)?.parse().map_err(|_| ())?;
    if digit <= 9 { Ok(digit) } else { Err(()) }
}

fn word(text: Text) -> Result<String, ()> {
    let word = utf8(text)?;
    let fits = (1..=8).contains(&word.chars().count());
    if fits { Ok(word.to_owned()) } else { Err(()) }
}

/// Reads one leaf, alone.
fn read<V>(
    texts: &Texts,
    leaf: usize,
    absent: Result<V, ()>,
    read: fn(Text) -> Result<V, ()>,
) -> Result<V, ()> {
    effective(texts, leaf).1.map_or(absent, read)
}

/// The value of a leaf, as text; an error if it is bad by itself.
pub(super) fn leaf(texts: &Texts, at: usize) -> Result<String, ()> {
    let number = |default| read(texts, at, default, digit).map(|digit| digit.to_string());
    match at {
        0 => number(Ok(2)),
        1 => number(Ok(7)),
        2 => number(Err(())),
        3 => read(texts, at, Ok(None), |text| {
            Ok(Some(utf8(text)?.parse::<u8>().map_err(|_| ())?))
        })
        .map(|maybe| maybe.map_or_else(String::new, |maybe| maybe.to_string())),
        4 => read(texts, at, Ok("calm".to_owned()), word),
        5 => read(texts, at, Ok("none".to_owned()), word),
        _ if is_absent(texts, at) => Ok(ABSENT.to_owned()),
        _ => number(Ok(1)),
    }
}

/// The value of a leaf of a configuration, in the same form.
pub(super) fn shown(config: &Config, at: usize) -> String {
    match at {
        0 => config.min.to_string(),
        1 => config.max.to_string(),
        2 => config.need.to_string(),
        3 => config.maybe.map_or_else(String::new, |it| it.to_string()),
        4 => config.name.clone(),
        5 => config.token.expose().clone(),
        6 => config.threads.to_string(),
        7 => config.pair.left.to_string(),
        8 => config.pair.right.to_string(),
        _ => shown_in_entry(config, at).unwrap_or_else(|| ABSENT.to_owned()),
    }
}

fn shown_in_entry(config: &Config, at: usize) -> Option<String> {
    let (name, first) = entry_of(at)?;
    let Pair { left, right } = config.tenants.of.get(name)?;
    Some(if at == first { left } else { right }.to_string())
}

/// Whether a configuration breaks none of its rules.
pub(super) fn is_valid(config: &Config) -> bool {
    let Config { min, max, need, .. } = config;
    let digits = [*min, *max, *need, config.threads];
    let words = [&config.name, config.token.expose()];
    digits.iter().all(|digit| *digit <= 9)
        && words
            .iter()
            .all(|word| (1..=8).contains(&word.chars().count()))
        && min <= max
        && config.threads <= *max
        && is_valid_pair(&config.pair)
        && config.tenants.of.iter().all(|(name, pair)| {
            let is_known = ENTRIES.iter().any(|(known, _)| *known == name);
            is_known && is_valid_pair(pair)
        })
}

fn is_valid_pair(Pair { left, right }: &Pair) -> bool {
    *left <= 9 && *right <= 9 && (left + right).is_multiple_of(2)
}

/// The configuration of a program that starts now.
pub(super) fn intended(texts: &Texts) -> Option<Config> {
    let mut leaves = Vec::new();
    for at in 0..LEAVES.len() {
        leaves.push(leaf(texts, at).ok()?);
    }
    let number = |at: usize| leaves[at].parse().ok();
    let pair = |left: usize| {
        let (left, right) = (number(left)?, number(left + 1)?);
        Some(Pair { left, right })
    };
    let there = ENTRIES.iter().filter(|(_, first)| leaves[*first] != ABSENT);
    let entry = |(name, first): &(&str, usize)| Some(((*name).to_owned(), pair(*first)?));
    let of = there.map(entry).collect::<Option<_>>()?;
    let config = Config {
        min: number(0)?,
        max: number(1)?,
        need: number(2)?,
        maybe: number(3),
        name: leaves[4].clone(),
        token: Secret::new(leaves[5].clone()),
        threads: number(6)?,
        pair: pair(7)?,
        tenants: Tenants { of },
    };
    is_valid(&config).then_some(config)
}

/// The struct, in the terms of the model of holding.
#[derive(Debug, Default)]
pub(super) struct Spoken {
    /// The first value of `threads`: it stays until a restart.
    pub(super) running: Option<u8>,
}

impl Words for Spoken {
    type Key = Key;
    type Text = Text;
    type Config = Config;

    /// Both must be valid: the published configuration, and the one after a restart.
    fn decode(&self, texts: &Texts) -> Option<Config> {
        let mut config = intended(texts)?;
        config.threads = self.running.unwrap_or(config.threads);
        is_valid(&config).then_some(config)
    }

    fn bad(&self, texts: &Texts) -> Vec<Vec<Key>> {
        let bad = (0..LEAVES.len()).filter(|at| leaf(texts, *at).is_err());
        bad.map(|at| effective(texts, at).0.to_vec()).collect()
    }
}

#[test]
fn the_leaves_are_those_of_the_schema() {
    let patterns = <Config as HotConfig>::TREE.leaves();
    for (leaf, (keys, path)) in LEAVES.iter().zip(NAMES).enumerate() {
        let declared = &patterns[pattern(leaf)];
        let name = entry_of(leaf).map_or("", |(name, _)| name);
        assert_eq!(declared.name.replace('*', name), path);
        let key = declared.key.replace('*', name);
        for prefix in PREFIXES {
            let key = format!("{prefix}{key}");
            assert!(keys.contains(&key.as_bytes()), "{key}");
        }
    }
    assert_eq!(pattern(LEAVES.len() - 1), patterns.len() - 1);
}
