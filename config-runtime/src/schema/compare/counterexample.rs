//! A value that one key accepts and another rejects.
//!
//! In: two keys. Out: such a value and the reason, if one is found among likely values: the ends of
//! ranges and of types, words, values of some lengths, a few unusual spellings. [`Key::judge`]
//! decides on both sides, so a found value is a proof; the absence of one proves nothing.

use std::collections::HashSet;

use super::super::whole::{Limits, Whole};
use super::super::{Bound, Key, Rule, Scalar, Type};
use super::containment::judged;
use super::ends;
use crate::value::Mode;

/// The maximum nesting of a tried value.
const MAX_DEPTH: usize = 8;

/// The maximum length of a tried value.
const MAX_LENGTH: u128 = 1024;

/// The maximum number of entries of a tried map.
const MAX_ENTRIES: usize = 64;

/// A rejected value.
pub(super) struct Counterexample {
    pub(super) raw: String,
    pub(super) why: String,
    /// Whether it is an unusual spelling: `+16`.
    pub(super) odd: bool,
}

pub(super) fn find(from: &Key, to: &Key) -> Option<Counterexample> {
    if from.format.mode().is_none() || to.format.mode().is_none() {
        return None;
    }
    if from.secret && !to.secret && to.rules.iter().any(|rule| matches!(rule, Rule::OneOf(_))) {
        // No schema contains the choices of a secret.
        return None;
    }
    let json = from.format.mode() == Some(Mode::Json);
    let mut values = Values::default();
    for key in [from, to] {
        values.add(&key.kind, json, &key.rules, MAX_DEPTH);
    }
    values.add_lengths(from, to, json);
    let refused = |odd: bool| {
        move |raw: &String| {
            if judged(from, raw) != Some(true) {
                return None;
            }
            let verdict = to.judge(raw.as_bytes());
            let reason = verdict.refused.first()?;
            let why = match from.secret || to.secret {
                true => "it breaks a rule".to_owned(),
                false => reason.to_string(),
            };
            let raw = raw.clone();
            Some(Counterexample { raw, why, odd })
        }
    };
    let usual = values.usual.iter().find_map(refused(false));
    usual.or_else(|| values.odd.iter().find_map(refused(true)))
}

/// Texts that are values of many types.
const WORDS: [&str; 31] = [
    "16",
    "0",
    "1",
    "-1",
    "300",
    "true",
    "info",
    "x",
    "hello world",
    "",
    "10.0.0.1",
    "::1",
    "10.0.0.1:80",
    "[::1]:80",
    "30s",
    "1h 30m",
    "64MiB",
    "1KiB",
    "0.5",
    "1.0",
    "1e300",
    "-0.5",
    "null",
    "[]",
    "{}",
    "https://example.org/",
    "/tmp/x",
    "é",
    "a",
    "[1]",
    "aB 9",
];

/// Whether JSON writes a scalar in quotes.
fn is_quoted(scalar: Scalar) -> bool {
    Limits::of_numbers(scalar).is_none()
        && !matches!(scalar, Scalar::F32 | Scalar::F64 | Scalar::Bool)
}

fn quote(text: &str) -> String {
    serde_json::to_string(text).unwrap_or_default()
}

/// The values to try.
#[derive(Default)]
struct Values {
    usual: Vec<String>,
    odd: Vec<String>,
}

impl Values {
    /// Adds values of a type, and values near its limits.
    fn add(&mut self, kind: &Type, json: bool, rules: &[Rule], depth: usize) {
        let Some(depth) = depth.checked_sub(1) else {
            return;
        };
        match kind {
            Type::Scalar(scalar) => self.add_scalar(*scalar, json, rules),
            Type::Words(words) => {
                for word in words {
                    let quoted = quote(word);
                    self.odd.push(format!("{{{quoted}:null}}"));
                    let (usual, odd) = match json {
                        true => (quoted, word.clone()),
                        false => (word.clone(), quoted),
                    };
                    self.usual.push(usual);
                    self.odd.push(odd);
                }
            }
            Type::Optional(inner) => {
                self.usual.push("null".to_owned());
                self.add(inner, json, rules, depth);
            }
            Type::List(inner) => self.add_inside(inner, depth, "[]", |value| format!("[{value}]")),
            Type::Map(inner) => {
                self.add_inside(inner, depth, "{}", |value| format!("{{\"a\":{value}}}"));
            }
            Type::Rust(_) => {}
        }
    }

    fn add_inside(&mut self, inner: &Type, depth: usize, none: &str, wrap: fn(String) -> String) {
        let mut inside = Self::default();
        inside.add(inner, true, &[], depth);
        self.usual.extend(inside.usual.into_iter().map(wrap));
        self.usual.push(none.to_owned());
        self.odd.extend(inside.odd.into_iter().map(wrap));
    }

    fn add_scalar(&mut self, scalar: Scalar, json: bool, rules: &[Rule]) {
        let mut texts: Vec<String> = WORDS.iter().map(|&word| word.to_owned()).collect();
        for rule in rules {
            match rule {
                Rule::OneOf(choices) => texts.extend(choices.iter().cloned()),
                Rule::Range(interval) => {
                    let ends = [&interval.low, &interval.high].into_iter();
                    texts.extend(ends.filter_map(|end| match end {
                        Bound::At(text) => Some(text.clone()),
                        Bound::Open | Bound::Unknown(_) => None,
                    }));
                }
                _ => {}
            }
        }
        for left in [ends::left(scalar, rules), ends::left(scalar, &[])] {
            let ends = left.into_iter().flat_map(|left| [left.low, left.high]);
            let near = ends.flat_map(|end| [end.next(false), Some(end), end.next(true)]);
            texts.extend(near.flatten().filter_map(|end| ends::shown(scalar, end)));
        }
        for text in texts {
            let digits = text.strip_prefix('-').unwrap_or(&text);
            if digits.len() == text.len() && digits.bytes().all(|byte| byte.is_ascii_digit()) {
                self.odd.push(format!("+{text}"));
            }
            if scalar == Scalar::Bytes {
                // A size may also be a number in JSON, and in quotes as plain text.
                let (usual, odd) = match json {
                    true => (quote(&text), text),
                    false => (text.clone(), quote(&text)),
                };
                self.usual.push(usual);
                self.odd.push(odd);
            } else if json && is_quoted(scalar) {
                self.usual.push(quote(&text));
            } else {
                self.usual.push(text);
            }
        }
        self.odd.push("-0".to_owned());
    }

    /// Adds texts, lists and maps whose length is at, just below or just above a limit.
    fn add_lengths(&mut self, from: &Key, to: &Key, json: bool) {
        let mut kind = &from.kind;
        while let Type::Optional(inner) = kind {
            kind = inner;
        }
        let (begin, end) = match kind {
            Type::List(_) => ('[', ']'),
            Type::Map(_) => ('{', '}'),
            Type::Scalar(_) => {
                for count in counts(from, to) {
                    let text = "a".repeat(count);
                    self.usual.push(if json { quote(&text) } else { text });
                }
                return;
            }
            Type::Words(_) | Type::Rust(_) | Type::Optional(_) => return,
        };
        let mut any = from.clone();
        any.rules.clear();
        // Entries of collections with one entry. A list may be a set, so they must differ.
        let single = |raw: &String| {
            let entry = raw.strip_prefix(begin)?.strip_suffix(end)?;
            (!entry.is_empty() && judged(&any, raw) == Some(true)).then(|| entry.to_owned())
        };
        let mut entries: Vec<String> = self.usual.iter().filter_map(single).collect();
        if begin == '{' {
            let value = entries.first().and_then(|one| one.strip_prefix("\"a\":"));
            let Some(value) = value.map(ToOwned::to_owned) else {
                return;
            };
            let names = 0..MAX_ENTRIES;
            entries = names.map(|name| format!("\"{name}\":{value}")).collect();
        }
        let mut seen = HashSet::new();
        entries.retain(|entry| seen.insert(entry.clone()));
        for count in counts(from, to) {
            if let Some(entries) = entries.get(..count) {
                self.usual
                    .push(format!("{begin}{}{end}", entries.join(",")));
            }
        }
    }
}

/// The lengths at and next to the limits of either key.
fn counts(from: &Key, to: &Key) -> Vec<usize> {
    let mut counts = vec![0, 1, 2, 3];
    for key in [from, to] {
        let (min, max) = ends::lengths(&key.rules, 0);
        let near = [min, max].into_iter();
        let near = near.flat_map(|end| [end.next(false), Some(end), end.next(true)]);
        let near = near
            .flatten()
            .filter(|count| *count >= Whole::ZERO && count.size <= MAX_LENGTH);
        counts.extend(near.filter_map(|count| usize::try_from(count.size).ok()));
    }
    counts.sort_unstable();
    counts.dedup();
    counts
}
