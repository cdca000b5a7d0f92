//! A value that one key accepts and another refuses.
//!
//! In: two keys. Out: such a value, and why it is refused, where one is found among those that are
//! likely: the ends of ranges and of types, words, other ways to write the same. Both are asked
//! through [`Key::judge`], so what is found is so; that none is found says nothing.

use super::super::dynamic::MAX_PATTERN_SIZE;
use super::super::{Bound, Key, Rule, Scalar, Type};
use super::ends::{self, Whole};
use crate::value::Mode;
use regex::{Regex, RegexBuilder};
use std::collections::HashSet;

/// As deep as values are made up.
const DEEPEST: usize = 8;

/// As long a text or a list as is made up.
const LONGEST: u128 = 1024;

/// So many accepted values are tried with white space behind them.
const SPACED: usize = 8;

/// A value that is refused.
pub(super) struct Witness {
    pub(super) raw: String,
    pub(super) why: String,
    /// It is written in a way that nothing writes by itself: `+16`, `007`.
    pub(super) odd: bool,
}

pub(super) fn find(from: &Key, to: &Key) -> Option<Witness> {
    let hidden = from.secret || to.secret;
    if from.format.mode().is_none() || to.format.mode().is_none() {
        return None;
    }
    if from.secret && !to.secret && to.rules.iter().any(|rule| matches!(rule, Rule::OneOf(_))) {
        // The choices of a secret are in no schema.
        return None;
    }
    let mut plain = Vec::new();
    let mut odd = Vec::new();
    let json = from.format.mode() == Some(Mode::Json);
    for key in [from, to] {
        spell(&key.kind, json, &key.rules, DEEPEST, &mut plain, &mut odd);
    }
    let counts = counts(from, to);
    lengths(&from.kind, json, &counts, &mut plain);
    let (from, to) = (Reader::new(from), Reader::new(to));
    let find = |raws: Vec<String>, odd| -> Result<Vec<String>, Witness> {
        let mut seen = HashSet::new();
        let mut accepted = Vec::new();
        for raw in raws {
            if !seen.insert(raw.clone()) || from.judge(&raw) != Judged::Accepted {
                continue;
            }
            if let Judged::Refused(why) = to.judge(&raw) {
                let why = if hidden {
                    "a rule of it".to_owned()
                } else {
                    why
                };
                return Err(Witness { raw, why, odd });
            }
            accepted.push(raw);
        }
        Ok(accepted)
    };
    let search = || -> Result<(), Witness> {
        let accepted = find(plain, false)?;
        find(odd, true)?;
        let spaced = accepted.iter().take(SPACED);
        let spaced = spaced.flat_map(|raw| [format!("{raw}\n"), format!("{raw}{:300}", "")]);
        find(spaced.collect(), true)?;
        Ok(())
    };
    search().err()
}

/// What a key says of a value.
#[derive(PartialEq, Eq)]
enum Judged {
    Accepted,
    Refused(String),
    Unknown,
}

/// A key that is asked often: its patterns are compiled once.
struct Reader {
    key: Key,
    patterns: Vec<Option<Regex>>,
}

impl Reader {
    fn new(key: &Key) -> Self {
        let mut key = key.clone();
        let text = Type::Scalar(Scalar::Text);
        let is_text = key.kind == text || key.kind == Type::Optional(Box::new(text));
        let mut patterns = Vec::new();
        // Of a plain text it is known what the pattern is asked of; of the rest, by reading it.
        if is_text && matches!(key.format.mode(), Some(Mode::Auto | Mode::Text)) {
            key.rules.retain(|rule| match rule {
                Rule::Pattern(source) => {
                    patterns.push(pattern(source));
                    false
                }
                _ => true,
            });
        }
        Self { key, patterns }
    }

    fn judge(&self, raw: &str) -> Judged {
        let verdict = self.key.judge(raw.as_bytes());
        if let Some(reason) = verdict.refused.first() {
            return Judged::Refused(reason.to_string());
        }
        let mut unknown = !verdict.unjudged.is_empty();
        for pattern in &self.patterns {
            match pattern {
                Some(pattern) if !pattern.is_match(raw) => {
                    return Judged::Refused(format!("it does not match `{}`", pattern.as_str()));
                }
                Some(_) => {}
                None => unknown = true,
            }
        }
        if unknown {
            Judged::Unknown
        } else {
            Judged::Accepted
        }
    }
}

fn pattern(source: &str) -> Option<Regex> {
    RegexBuilder::new(source)
        .size_limit(MAX_PATTERN_SIZE)
        .build()
        .ok()
}

/// What is likely to be accepted by something.
const WORDS: [&str; 34] = [
    "16",
    "0",
    "1",
    "-1",
    "300",
    "70000",
    "true",
    "false",
    "info",
    "x",
    "hello world",
    "",
    "5",
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

/// Whether a scalar stands in quotes in JSON.
fn is_quoted(scalar: Scalar) -> bool {
    ends::whole_number(scalar).is_none()
        && !matches!(scalar, Scalar::F32 | Scalar::F64 | Scalar::Bool)
}

fn quote(text: &str) -> String {
    serde_json::to_string(text).unwrap_or_default()
}

fn spell(
    kind: &Type,
    json: bool,
    rules: &[Rule],
    depth: usize,
    plain: &mut Vec<String>,
    odd: &mut Vec<String>,
) {
    let Some(depth) = depth.checked_sub(1) else {
        return;
    };
    let mut inside = |kind: &Type, wrap: fn(String) -> String| {
        let (mut values, mut unusual) = (Vec::new(), Vec::new());
        spell(kind, true, &[], depth, &mut values, &mut unusual);
        plain.extend(values.into_iter().map(wrap));
        odd.extend(unusual.into_iter().map(wrap));
    };
    match kind {
        Type::Scalar(scalar) => self::scalar(*scalar, json, rules, plain, odd),
        Type::Words(words) => {
            for word in words {
                plain.push(if json { quote(word) } else { word.clone() });
                odd.push(format!("{{{}:null}}", quote(word)));
                odd.push(quote(word));
            }
        }
        Type::Optional(inner) => {
            plain.push("null".to_owned());
            spell(inner, json, rules, depth, plain, odd);
        }
        Type::List(inner) => {
            inside(inner, |value| format!("[{value}]"));
            plain.push("[]".to_owned());
        }
        Type::Map(inner) => {
            inside(inner, |value| format!("{{\"a\":{value}}}"));
            plain.push("{}".to_owned());
        }
        Type::Rust(_) => {}
    }
}

fn scalar(
    scalar: Scalar,
    json: bool,
    rules: &[Rule],
    plain: &mut Vec<String>,
    odd: &mut Vec<String>,
) {
    let mut texts: Vec<String> = WORDS.iter().map(|&word| word.to_owned()).collect();
    for rule in rules {
        match rule {
            Rule::OneOf(choices) => texts.extend(choices.iter().cloned()),
            Rule::Range(interval) => {
                for bound in [&interval.low, &interval.high] {
                    let Bound::At(text) = bound else { continue };
                    texts.push(text.clone());
                    around_real(text, &mut texts);
                }
            }
            _ => {}
        }
    }
    // The ends of every type, since it may be the other's that are crossed.
    let of_types = [
        Scalar::U8,
        Scalar::I8,
        Scalar::U16,
        Scalar::I16,
        Scalar::U32,
        Scalar::I32,
        Scalar::U64,
        Scalar::I64,
        Scalar::U128,
        Scalar::I128,
    ];
    for limits in of_types.into_iter().filter_map(ends::whole_number) {
        texts.extend([limits.low, limits.high].map(|end| end.to_string()));
        texts.extend(limits.high.next(true).map(|end| end.to_string()));
    }
    texts.extend(["3e38", "3.5e38", "1e308", "-3.5e38"].map(str::to_owned));
    if let Some(left) = ends::left(scalar, rules) {
        let ends = [left.low, left.high];
        let beside = ends
            .into_iter()
            .flat_map(|end| [end.next(false), Some(end), end.next(true)]);
        texts.extend(beside.flatten().filter_map(|end| ends::shown(scalar, end)));
    }
    for text in &texts {
        if json {
            // The other key may take what this one does not.
            plain.push(if is_quoted(scalar) {
                quote(text)
            } else {
                text.clone()
            });
        } else {
            plain.push(text.clone());
        }
        if json && scalar == Scalar::Bytes {
            // A size in JSON may be a number, too.
            plain.push(text.clone());
        }
        let digits = text.strip_prefix('-').unwrap_or(text);
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            continue;
        }
        let sign = if digits.len() < text.len() { "-" } else { "" };
        odd.push(format!("{sign}0{digits}"));
        odd.push(format!("{text}.0"));
        odd.push(format!("{text}e0"));
        if sign.is_empty() {
            odd.push(format!("+{text}"));
        }
    }
    odd.push("-0".to_owned());
    odd.extend([".5", "+0.5", "00.5"].map(str::to_owned));
    match scalar {
        Scalar::Period => {
            odd.push("{\"secs\":30,\"nanos\":0}".to_owned());
            if let Some(left) = ends::left(scalar, rules) {
                for end in [left.low, left.high] {
                    let nanos = format!("{end}ns");
                    odd.push(if json { quote(&nanos) } else { nanos });
                }
            }
        }
        Scalar::Bytes => {
            let quoted: Vec<String> = texts.iter().map(|text| quote(text)).collect();
            odd.extend(quoted);
            if let Some(left) = ends::left(scalar, rules) {
                odd.push(format!("{}B", left.low));
                odd.push(quote(&format!("{}B", left.low)));
            }
        }
        _ => {}
    }
}

/// The neighbours of a number with a fraction.
fn around_real(text: &str, texts: &mut Vec<String>) {
    if let Ok(number) = text.parse::<f64>() {
        for near in [number.next_down(), number.next_up()] {
            texts.push(format!("{near:?}"));
        }
        texts.push(format!("{:?}", f64::midpoint(number, 0.0)));
    }
    if let Ok(number) = text.parse::<f32>() {
        for near in [number.next_down(), number.next_up()] {
            let wide = f64::from(near);
            texts.push(format!("{wide:?}"));
            texts.push(format!("{:?}", f64::midpoint(wide, f64::from(number))));
        }
    }
}

/// How long a text or a collection may be that just is, or just is not, of a length.
fn counts(from: &Key, to: &Key) -> Vec<u128> {
    let mut counts = vec![0, 1, 2, 3];
    for key in [from, to] {
        let (least, most) = ends::lengths(&key.rules, 0);
        for end in [least, most] {
            let near = [end.next(false), Some(end), end.next(true)];
            let near = near.into_iter().flatten();
            counts.extend(
                near.filter_map(Whole::count)
                    .filter(|count| *count <= LONGEST),
            );
        }
    }
    counts.sort_unstable();
    counts.dedup();
    counts
}

fn lengths(kind: &Type, json: bool, counts: &[u128], plain: &mut Vec<String>) {
    let entries = |inner: &Type, count: u128| -> Vec<String> {
        let number = |kind| matches!(kind, &Type::Scalar(scalar) if !is_quoted(scalar));
        (1..=count)
            .map(|entry| match inner {
                Type::Scalar(Scalar::Period) => quote(&format!("{entry}s")),
                Type::Scalar(Scalar::Ipv6) => quote(&format!("::{entry}")),
                Type::Scalar(Scalar::Ip | Scalar::Ipv4) => {
                    quote(&format!("10.0.{}.{}", entry / 256, entry % 256))
                }
                Type::Scalar(Scalar::Bool) => {
                    (if entry == 1 { "true" } else { "false" }).to_owned()
                }
                inner if number(inner) => entry.to_string(),
                Type::Optional(inner) if number(inner) => entry.to_string(),
                Type::Words(words) => usize::try_from(entry - 1)
                    .ok()
                    .and_then(|at| words.get(at))
                    .map(|word| quote(word))
                    .unwrap_or_default(),
                Type::List(_) => "[]".to_owned(),
                Type::Map(_) => "{}".to_owned(),
                _ => quote(&entry.to_string()),
            })
            .collect()
    };
    match kind {
        Type::Optional(inner) => lengths(inner, json, counts, plain),
        Type::Scalar(_) => {
            let texts = counts
                .iter()
                .filter_map(|count| usize::try_from(*count).ok());
            for count in texts {
                for letter in ["a", "7"] {
                    let text = letter.repeat(count);
                    plain.push(if json { quote(&text) } else { text });
                }
            }
        }
        Type::List(inner) => {
            for count in counts {
                plain.push(format!("[{}]", entries(inner, *count).join(",")));
            }
        }
        Type::Map(inner) => {
            for count in counts {
                let members: Vec<String> = entries(inner, *count)
                    .iter()
                    .enumerate()
                    .map(|(at, value)| format!("\"k{at}\":{value}"))
                    .collect();
                plain.push(format!("{{{}}}", members.join(",")));
            }
        }
        Type::Words(_) | Type::Rust(_) => {}
    }
}
