//! The configuration of the chaos program, and a second, slow reading of its keys.
//!
//! The fields come in families, so that it can be decided without the library what has to be
//! published at a revision, whatever came before it and however much of it was missed:
//!
//! - fields with rules of their own (`need`, `a0`, `text`, …): a change of theirs is held exactly
//!   while what the same revision wrote, and no later one has, contains something bad;
//! - `txn`: always written or deleted together, with one number: never seen in part;
//! - `pair`: valid only together (`min <= max`); its transactions touch nothing else, its
//!   values are never bad by themselves, and with either of the two absent it is valid.

use std::collections::BTreeMap;
use std::fmt;

use hotconfig::{HotConfig, Invalid};

/// What is below the prefix of all keys.
pub(crate) const PREFIX: &str = "/configs/app/all/";
/// A prefix whose name begins with ours, and that is none of ours.
pub(crate) const NEIGHBOUR: &str = "/configs/app2/all/";

#[derive(HotConfig, Clone, Debug, PartialEq)]
#[hot(prefix = "/configs/{app}")]
pub(crate) struct Service {
    #[hot(nested)]
    pub(crate) all: All,
}

#[derive(HotConfig, Clone, Debug, PartialEq)]
pub(crate) struct All {
    /// The only key without a default.
    #[hot(range(1..))]
    pub(crate) need: u64,
    #[hot(default = 1, range(1..=1_000_000_000_000))]
    pub(crate) a0: u64,
    #[hot(default = 1, range(1..=1_000_000_000_000))]
    pub(crate) a1: u64,
    #[hot(default = 1, range(1..=1_000_000_000_000))]
    pub(crate) a2: u64,
    pub(crate) maybe: Option<u64>,
    #[hot(default = "none", length(1..=40), pattern("^[a-z0-9 ]+$"))]
    pub(crate) text: String,
    #[hot(default, json)]
    pub(crate) list: Vec<u64>,
    /// Written on a lease, and gone with it.
    pub(crate) leased: Option<u64>,
    #[hot(nested)]
    pub(crate) txn: Txn,
    #[hot(nested)]
    pub(crate) pair: Pair,
}

/// All of them have the same value, always.
#[derive(HotConfig, Clone, Debug, PartialEq)]
#[hot(validate = whole)]
pub(crate) struct Txn {
    #[hot(default = 0)]
    pub(crate) t0: u64,
    #[hot(default = 0)]
    pub(crate) t1: u64,
    #[hot(default = 0)]
    pub(crate) t2: u64,
    #[hot(default = 0)]
    pub(crate) t3: u64,
}

#[derive(HotConfig, Clone, Debug, PartialEq)]
#[hot(validate = in_order)]
pub(crate) struct Pair {
    #[hot(default = 0)]
    pub(crate) min: u64,
    #[hot(default = 1_000_000)]
    pub(crate) max: u64,
}

fn whole(txn: &Txn) -> Result<(), Invalid> {
    if [txn.t1, txn.t2, txn.t3] == [txn.t0; 3] {
        Ok(())
    } else {
        Err("a part of a transaction".into())
    }
}

fn in_order(pair: &Pair) -> Result<(), Invalid> {
    if pair.min <= pair.max {
        Ok(())
    } else {
        Err("min is above max".into())
    }
}

/// The keys below [`PREFIX`], in the order of the struct.
pub(crate) const KEYS: [&str; 14] = [
    "need", "a0", "a1", "a2", "maybe", "text", "list", "leased", "txn/t0", "txn/t1", "txn/t2",
    "txn/t3", "pair/min", "pair/max",
];

/// The keys that are only written together.
pub(crate) const TXN: [&str; 4] = ["txn/t0", "txn/t1", "txn/t2", "txn/t3"];

/// What a key without a value stands for, as the struct has it; `need` has nothing.
pub(crate) fn default_of(key: &str) -> Option<Value> {
    match key {
        "need" => None,
        "a0" | "a1" | "a2" => Some(Value::Number(1)),
        "maybe" | "leased" => Some(Value::Nothing),
        "text" => Some(Value::Text("none".to_owned())),
        "list" => Some(Value::List(Vec::new())),
        "pair/max" => Some(Value::Number(1_000_000)),
        _ => Some(Value::Number(0)),
    }
}

/// A field's value, whatever its type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    Nothing,
    Number(u64),
    Text(String),
    List(Vec<u64>),
}

impl Value {
    pub(crate) fn number(&self) -> Option<u64> {
        match self {
            Self::Number(number) => Some(*number),
            _ => None,
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => f.write_str("None"),
            Self::Number(number) => number.fmt(f),
            Self::Text(text) => write!(f, "{text:?}"),
            Self::List(list) => write!(f, "{list:?}"),
        }
    }
}

/// A configuration as a table: what the checker compares.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Row(BTreeMap<&'static str, Value>);

impl Row {
    pub(crate) fn get(&self, key: &str) -> &Value {
        self.0.get(key).unwrap_or(&Value::Nothing)
    }

    pub(crate) fn set(&mut self, key: &'static str, value: Value) {
        self.0.insert(key, value);
    }

    /// What an instance has before it has read anything.
    pub(crate) fn defaults() -> Self {
        let values = KEYS.map(|key| (key, default_of(key).unwrap_or(Value::Nothing)));
        Self(BTreeMap::from(values))
    }

    /// What differs, for people.
    pub(crate) fn differences(&self, other: &Self) -> String {
        let differ = KEYS.iter().filter(|key| self.get(key) != other.get(key));
        let shown: Vec<_> = differ
            .map(|key| format!("{key}: {} / {}", self.get(key), other.get(key)))
            .collect();
        shown.join(", ")
    }
}

impl fmt::Debug for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown: Vec<_> = self
            .0
            .iter()
            .map(|(key, value)| format!("{key}={value}"))
            .collect();
        f.write_str(&shown.join(" "))
    }
}

impl From<&All> for Row {
    fn from(all: &All) -> Self {
        let maybe = |value: Option<u64>| value.map_or(Value::Nothing, Value::Number);
        Self(BTreeMap::from([
            ("need", Value::Number(all.need)),
            ("a0", Value::Number(all.a0)),
            ("a1", Value::Number(all.a1)),
            ("a2", Value::Number(all.a2)),
            ("maybe", maybe(all.maybe)),
            ("text", Value::Text(all.text.clone())),
            ("list", Value::List(all.list.clone())),
            ("leased", maybe(all.leased)),
            ("txn/t0", Value::Number(all.txn.t0)),
            ("txn/t1", Value::Number(all.txn.t1)),
            ("txn/t2", Value::Number(all.txn.t2)),
            ("txn/t3", Value::Number(all.txn.t3)),
            ("pair/min", Value::Number(all.pair.min)),
            ("pair/max", Value::Number(all.pair.max)),
        ]))
    }
}

/// Reads the bytes of a key by the words of the documentation, or says that they are bad.
pub(crate) fn read(key: &str, bytes: &[u8]) -> Option<Value> {
    let text = std::str::from_utf8(bytes).ok()?;
    let number = |text: &str| -> Option<u64> {
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| text.parse().ok()).flatten()
    };
    match key {
        "need" => number(text)
            .filter(|number| *number >= 1)
            .map(Value::Number),
        "a0" | "a1" | "a2" => number(text)
            .filter(|number| (1..=1_000_000_000_000).contains(number))
            .map(Value::Number),
        "text" => {
            let fine = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == ' ';
            let fits = (1..=40).contains(&text.len()) && text.chars().all(fine);
            fits.then(|| Value::Text(text.to_owned()))
        }
        "list" => {
            let inner = text.strip_prefix('[')?.strip_suffix(']')?;
            let entries = inner.split(',').filter(|entry| !entry.is_empty());
            entries
                .map(number)
                .collect::<Option<Vec<_>>>()
                .map(Value::List)
        }
        _ => number(text).map(Value::Number),
    }
}

/// Which rules a configuration breaks: P7 says none.
pub(crate) fn broken(row: &Row) -> Vec<String> {
    let mut broken = Vec::new();
    let number = |key: &str| row.get(key).number().unwrap_or_default();
    for key in ["need", "a0", "a1", "a2"] {
        if !(1..=u64::MAX).contains(&number(key))
            || (key != "need" && number(key) > 1_000_000_000_000)
        {
            broken.push(format!("{key} is {}", row.get(key)));
        }
    }
    if let Value::Text(text) = row.get("text")
        && read("text", text.as_bytes()).is_none()
    {
        broken.push(format!("text is {text:?}"));
    }
    if number("pair/min") > number("pair/max") {
        broken.push("min is above max".to_owned());
    }
    broken
}
