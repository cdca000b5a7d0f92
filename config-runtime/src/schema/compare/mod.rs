//! The effects of a schema change on stored values and on running programs.
//!
//! In: two schemas. Out: a [`Comparison`]: each [`Difference`], whether it is compatible, for whom,
//! and why. It reads no store: it covers all values that the old schema allows, and all that the
//! new one allows.
//!
//! Each difference has two effects:
//!
//! * *stored values*: whether a program of the new version accepts everything that a program of the
//!   old version accepts today, including absent keys.
//! * *old programs*: whether a running program of the old version accepts every write and deletion
//!   that the new version allows.
//!
//! Several changes of the values of one key, such as its type and a rule, are judged together.
//!
//! The grades [`Compatible`](Grade::Compatible) and [`Notice`](Grade::Notice) are proved. The grade
//! [`Incompatible`](Grade::Incompatible) has an example: a value that one version accepts and the
//! other rejects. Everything else is [`Unknown`](Grade::Unknown).
//!
//! # Compatibility
//!
//! | difference | stored values | old programs | why |
//! | --- | --- | --- | --- |
//! | a key with a default, or an optional one, is removed | compatible | notice | the key stays in the store as an unknown key; once it is deleted, old programs use their default |
//! | a required key is removed | compatible | incompatible | old programs reject the deletion of the key |
//! | a key with a default, or an optional one, is added | compatible | compatible | old programs report it as an unknown key |
//! | a required key is added | incompatible | compatible | the key is not in the store yet |
//! | a key is added that was an alias of another | unknown; incompatible if it is required | notice | its stored value belonged to the other key; old programs still read it as that key |
//! | a key is renamed, and the old name is an alias | compatible | incompatible if it was required; otherwise notice | stored values are read through the alias; old programs don't read the new name |
//! | a key is renamed to a name that was its alias | incompatible; compatible if the old name is now an alias | notice | old programs read the new name only while the old one is absent |
//! | a key is removed, and a similar one is added | incompatible if the new key is required; otherwise unknown | incompatible if the old key was required; otherwise notice | without an alias, the stored values are lost |
//! | an alias is added | compatible | compatible | values under the alias are now read; old programs still read the key itself |
//! | an alias is added that was a key or an alias of another | unknown | compatible; notice or incompatible if the other key is removed | its stored value belonged to the other key |
//! | an alias is removed | incompatible | compatible | values under the alias are no longer read |
//! | the order of aliases changed | notice | compatible | if two of them are in the store, a different one wins |
//! | a range or a length is wider | compatible | incompatible | values that old programs reject may be written |
//! | a range or a length is narrower | incompatible | compatible | values that were accepted are rejected |
//! | a range or a length is shifted | incompatible | incompatible | each version accepts values that the other rejects |
//! | the same range or length is written differently: `1..65`, `1..=64` | compatible | compatible | both versions accept the same values |
//! | a bound is an expression that changed | unknown | unknown | only the program knows the bound |
//! | choices are added | compatible | incompatible | values that old programs reject may be written |
//! | choices are removed | incompatible | compatible | values that were accepted are rejected |
//! | a rule is added | incompatible; unknown if no rejected value is found | compatible | values that were accepted may be rejected |
//! | a rule is removed | compatible | incompatible or unknown | values that old programs reject may be written |
//! | a rule is replaced by one that allows each of the few old values | compatible | incompatible | each of the old values was tried |
//! | a `pattern` changed | incompatible if an example is found; otherwise unknown | incompatible if an example is found; otherwise unknown | patterns cannot be compared in general |
//! | a `validate` of the field is added | unknown | compatible | only the program knows which values it rejects |
//! | a `validate` of the field is removed | compatible | unknown | only the program knows which values it rejects |
//! | a whole number becomes one that holds all values left by the range: `u8` to `u16`, `u32` in `0..=200` to `u8` | compatible | incompatible if the new type holds more values; otherwise compatible | the values are written in the same way |
//! | a whole number becomes one that does not hold all values: `u16` to `u8`, `i64` to `u64` | incompatible | compatible if the old type holds all new values; otherwise incompatible | `300` is not a `u8`; `-0` is an `i64`, but not a `u64` |
//! | a whole number becomes `NonZero…` | incompatible; compatible if the range excludes zero | compatible | `0` is rejected |
//! | a whole number becomes `f64` or `f32` | compatible; notice if numbers are rounded | incompatible | `16` is read; `0.5` is not a whole number |
//! | `f32` becomes `f64` | compatible | incompatible | `1e300` is too big for 32 bits |
//! | `f64` becomes `f32` | incompatible; notice if the range excludes numbers that are too big | compatible; unknown if a rounded number may leave the range of old programs | numbers are rounded |
//! | a whole number that is not negative becomes `Size` | compatible | incompatible | a number without a unit is bytes; `64MiB` is not a number |
//! | a plain type becomes a `String` or `PathBuf` without rules | notice | incompatible | the stored text becomes the value, with its white space |
//! | `String` becomes `PathBuf`, or the reverse | compatible | compatible | both types accept the same texts |
//! | `String` becomes another type | incompatible; notice if it had choices that are all read | notice if `String` had no rules; otherwise incompatible or unknown | the new type does not read every text |
//! | `Ipv4Addr` or `Ipv6Addr` becomes `IpAddr`; `SocketAddrV4` or `SocketAddrV6` becomes `SocketAddr` | compatible | incompatible | the wider type reads every address of the narrower one |
//! | a scalar becomes another: `bool` a number, a number a `Duration` | incompatible | incompatible | the two types are written differently |
//! | words of an enum are added | compatible | incompatible | words that old programs reject may be written |
//! | words of an enum are removed | incompatible | compatible | words that were accepted are rejected |
//! | `V` becomes `Option<V>` | compatible | incompatible, unless `V` is a text | `null` may be written, and the key may be deleted |
//! | `Option<V>` becomes `V` | incompatible; compatible if `V` is a text with a default | compatible | `null` is rejected, and so is the absence of a required key |
//! | entries of a list or a map change their type | compatible to incompatible: the grade for a `json` key of the entry's type | compatible to incompatible: the grade for a `json` key of the entry's type | each entry is read as JSON |
//! | a list becomes a map, or either becomes a scalar | incompatible | incompatible | the two types are written differently |
//! | a type known only by its name changes | unknown | unknown | only the program knows the type |
//! | `json` is added or removed | compatible for `bool`, lists and maps; notice for a text that was JSON; incompatible for words and for a text that is now JSON; for a number, incompatible if `json` is added, otherwise compatible, or unknown with a fraction | compatible to incompatible: the grade of the opposite change for stored values | `info` is not JSON, and `"info"` is not a word; plain text allows `+` before a number, and may round a fraction differently; a text that was JSON is read with its quotes |
//! | `text` is added or removed | compatible; incompatible if it is added to a `Size` or to words | compatible; incompatible if it is removed from a `Size` or from words | plain text has fewer spellings: no `"1KiB"` for a `Size`, no `{"info":null}` for a word |
//! | `with` is added, removed or changed | unknown | unknown | only the program knows the values that a codec reads |
//! | a required key gets a default, or becomes optional | compatible | incompatible | programs of the new version allow the key to be deleted |
//! | a key with a default, or an optional one, becomes required | incompatible | compatible | the key may be absent |
//! | the default changed | notice | notice | an absent key has another meaning in each version |
//! | the same default is written differently: `60s`, `1m` | compatible | compatible | both versions use the same value |
//! | `restart` is added or removed | notice | compatible | a change now waits for a restart, or no longer does |
//! | `secret` is added | notice | notice | the fallback now leaves the value out; old programs still print it |
//! | `secret` is removed | notice | compatible | the value is now printed |
//! | a secret gets or loses choices | unknown | unknown | no schema contains the choices of a secret |
//! | `deprecated` is added or removed | compatible | compatible | a deprecation is only a warning |
//! | `compare` changed | compatible | compatible | it only decides which changes are reported |
//! | a description, the struct's name or a field's path in Rust changed | compatible | compatible | stored values contain none of them |
//! | a rule over a struct is added | unknown | compatible | only the program knows which values it rejects |
//! | a rule over a struct is removed | compatible | unknown | only the program knows which values it rejects |
//! | the prefix changed | incompatible | incompatible | the two versions read different keys |
//! | only the names of the prefix's variables changed | notice | compatible | the builder must use the new names |
//!
//! # Assumptions
//!
//! Functions, codecs, expressions and types known only by name are the same if their names are.
//! Facts that no schema contains have not changed: whether a list is a `Vec` or a set, the choices
//! of a secret. `usize` has the size that it has on the machine that compares.

mod containment;
mod counterexample;
mod ends;
mod words;

#[cfg(test)]
mod tests;

use std::fmt;
use std::mem::{Discriminant, discriminant};

use super::{Absent, Format, Key, Rule, Schema, StructRule, Type};
use crate::wording::nearest;
use crate::wording::printable;

/// Compares two schemas: reports for every difference whether it is compatible, for whom, and why.
///
/// [The table](mod@crate::schema::compare) lists the grades.
///
/// ```
/// use hotconfig::{HotConfig, schema::{Grade, compare}};
///
/// mod old {
///     # use hotconfig::HotConfig;
///     #[derive(HotConfig, Clone, Debug)]
///     pub struct Service {
///         #[hot(default = 8, range(1..=64))]
///         pub pool_size: u32,
///     }
/// }
/// mod new {
///     # use hotconfig::HotConfig;
///     #[derive(HotConfig, Clone, Debug)]
///     pub struct Service {
///         #[hot(default = 8, range(1..=32))]
///         pub pool_size: u32,
///     }
/// }
///
/// let comparison = compare(
///     &hotconfig::schema::<old::Service>(),
///     &hotconfig::schema::<new::Service>(),
/// );
/// assert_eq!(comparison.stored(), Grade::Incompatible);
/// assert_eq!(comparison.running(), Grade::Compatible);
/// assert_eq!(
///     comparison.to_string(),
///     "\
/// `pool_size`: the rule range(1..=64) is now range(1..=32)
///   stored values: incompatible: `64` is rejected: out of range; expected a value in 1..=32
///   old programs: compatible: every accepted value is accepted by the other version too
/// "
/// );
/// ```
pub fn compare(old: &Schema, new: &Schema) -> Comparison {
    let mut differences = Vec::new();
    heads(old, new, &mut differences);
    let mut added: Vec<&Key> = Vec::new();
    let mut removed: Vec<&Key> = old.keys.iter().collect();
    // The same name has the first claim.
    let mut pairs: Vec<(&Key, &Key)> = Vec::new();
    let mut left: Vec<&Key> = new.keys.iter().collect();
    let claims: [fn(&Key, &Key) -> bool; 3] = [
        |old, new| old.key == new.key,
        |old, new| new.aliases.contains(&old.key),
        |old, new| old.aliases.contains(&new.key),
    ];
    for claim in claims {
        for new in std::mem::take(&mut left) {
            match removed.iter().position(|old| claim(old, new)) {
                Some(at) => pairs.push((removed.remove(at), new)),
                None => left.push(new),
            }
        }
    }
    for new in left {
        let probably = removed.iter().position(|old| probably_renamed(old, new));
        match probably {
            Some(at) => differences.push(replaced(removed.remove(at), new)),
            None => added.push(new),
        }
    }
    for (before, after) in pairs {
        names(before, after, old, &mut differences);
        values(before, after, &mut differences);
        absence(before, after, &mut differences);
        flags(before, after, &mut differences);
    }
    differences.extend(removed.into_iter().map(|key| self::removed(key, new)));
    differences.extend(added.into_iter().map(|key| self::added(key, old)));
    differences.sort_by(|one, other| one.sort_key().cmp(&other.sort_key()));
    Comparison { differences }
}

/// The compatibility of two schemas.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Grade {
    /// Everything is accepted, and has the same meaning.
    Compatible,
    /// Everything is accepted, but something has another meaning, or is worth knowing.
    Notice,
    /// The schemas alone can't show it.
    Unknown,
    /// Something is rejected, or is no longer read.
    Incompatible,
}

/// The effect of a difference on one side.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Effect {
    /// The grade of the effect.
    pub grade: Grade,
    /// The reason, in lower case and without a full stop.
    pub why: String,
}

/// One difference between two schemas.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Difference {
    /// The key in the old schema; none if it is new, or if the difference is not about a key.
    pub old: Option<String>,
    /// The key in the new schema.
    pub new: Option<String>,
    /// The change.
    pub change: Change,
    /// The effect on stored values, as read by programs of the new version.
    pub stored: Effect,
    /// The effect on running programs of the old version, when programs of the new version write.
    pub running: Effect,
}

/// The kind of a [`Difference`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Change {
    /// The key was removed.
    Removed,
    /// The key was added.
    Added,
    /// The key has another name, and one of the names is an alias of the other key.
    Renamed,
    /// A key was removed, and a similar one was added.
    Replaced,
    /// Old names that are still read.
    Aliases {
        /// The aliases in the old schema.
        old: Vec<String>,
        /// The aliases in the new schema.
        new: Vec<String>,
    },
    /// The path in Rust.
    Path {
        /// The path in the old schema.
        old: String,
        /// The path in the new schema.
        new: String,
    },
    /// The type of the values.
    Kind {
        /// The type in the old schema.
        old: Type,
        /// The type in the new schema.
        new: Type,
    },
    /// The format of the bytes.
    Reading {
        /// The format in the old schema.
        old: Format,
        /// The format in the new schema.
        new: Format,
    },
    /// A rule of the key.
    Rule {
        /// The rule in the old schema; none if it was added.
        old: Option<Rule>,
        /// The rule in the new schema; none if it was removed.
        new: Option<Rule>,
    },
    /// The meaning of an absent key.
    Absent {
        /// The meaning in the old schema.
        old: Absent,
        /// The meaning in the new schema.
        new: Absent,
    },
    /// Whether a change waits for a restart, in the new schema.
    Restart(bool),
    /// Whether the value is never printed, in the new schema.
    Hidden(bool),
    /// The deprecation: the note, if the key is deprecated in the new schema.
    Deprecated(Option<String>),
    /// The function that compares two values, if the new schema has one.
    Comparing(Option<String>),
    /// The description of a key, of a section or of the whole.
    Doc,
    /// The struct's name.
    Name {
        /// The name in the old schema.
        old: String,
        /// The name in the new schema.
        new: String,
    },
    /// The template of the prefix.
    Prefix {
        /// The template in the old schema.
        old: Option<String>,
        /// The template in the new schema.
        new: Option<String>,
    },
    /// A rule over a struct was added.
    StructRuleAdded(StructRule),
    /// A rule over a struct was removed.
    StructRuleRemoved(StructRule),
}

/// All differences between two schemas: from [`compare`]. `{}` prints a list.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Comparison {
    /// The differences, in the order of their keys; those about no key are first.
    pub differences: Vec<Difference>,
}

impl Comparison {
    /// The worst effect on stored values.
    pub fn stored(&self) -> Grade {
        self.worst(|difference| &difference.stored)
    }

    /// The worst effect on running programs of the old version.
    pub fn running(&self) -> Grade {
        self.worst(|difference| &difference.running)
    }

    /// Whether both sides certainly accept everything.
    pub fn is_compatible(&self) -> bool {
        self.stored().max(self.running()) <= Grade::Notice
    }

    /// The differences that certainly cause something to be rejected or lost.
    pub fn incompatible(&self) -> impl Iterator<Item = &Difference> {
        self.differences
            .iter()
            .filter(|difference| difference.grade() == Grade::Incompatible)
    }

    fn worst(&self, side: fn(&Difference) -> &Effect) -> Grade {
        let grades = self.differences.iter().map(|one| side(one).grade);
        grades.max().unwrap_or(Grade::Compatible)
    }
}

impl Difference {
    /// The worse of the two.
    pub fn grade(&self) -> Grade {
        self.stored.grade.max(self.running.grade)
    }

    fn between(old: &Key, new: &Key, change: Change, stored: Effect, running: Effect) -> Self {
        Self {
            old: Some(old.key.clone()),
            new: Some(new.key.clone()),
            change,
            stored,
            running,
        }
    }

    /// The key that differences are sorted by.
    fn sort_key(&self) -> Option<&str> {
        self.new.as_deref().or(self.old.as_deref())
    }
}

impl Effect {
    fn new(grade: Grade, why: impl Into<String>) -> Self {
        Self {
            grade,
            why: printable(&why.into()),
        }
    }
}

fn fine(why: impl Into<String>) -> Effect {
    Effect::new(Grade::Compatible, why)
}

fn notice(why: impl Into<String>) -> Effect {
    Effect::new(Grade::Notice, why)
}

fn unknown(why: impl Into<String>) -> Effect {
    Effect::new(Grade::Unknown, why)
}

fn bad(why: impl Into<String>) -> Effect {
    Effect::new(Grade::Incompatible, why)
}

/// Compares the parts that are not about a key.
fn heads(old: &Schema, new: &Schema, out: &mut Vec<Difference>) {
    let mut push = |change, stored, running| {
        out.push(Difference {
            old: None,
            new: None,
            change,
            stored,
            running,
        });
    };
    if old.name != new.name {
        let change = Change::Name {
            old: old.name.clone(),
            new: new.name.clone(),
        };
        push(change, fine(NOT_STORED), fine(NOT_STORED));
    }
    if old.doc != new.doc || old.sections != new.sections {
        push(Change::Doc, fine(NOT_STORED), fine(NOT_STORED));
    }
    if old.prefix != new.prefix {
        let change = Change::Prefix {
            old: old.prefix.clone(),
            new: new.prefix.clone(),
        };
        let places = |prefix: &Option<String>| prefix.as_deref().map(without_names);
        match (places(&old.prefix), places(&new.prefix)) {
            (Some(old), Some(new)) if old == new => push(
                change,
                notice("the keys are the same if the renamed variables get the same values"),
                fine("old programs set the variables by their old names"),
            ),
            _ => push(
                change,
                bad("values below the old prefix are no longer read"),
                bad("old programs read below the old prefix, and miss every new value"),
            ),
        }
    }
    for rule in new.rules.iter().filter(|rule| !old.rules.contains(rule)) {
        push(
            Change::StructRuleAdded(rule.clone()),
            unknown(format!(
                "only the program knows which values `{}` rejects",
                rule.rule
            )),
            fine("old programs don't have this rule"),
        );
    }
    for rule in old.rules.iter().filter(|rule| !new.rules.contains(rule)) {
        push(
            Change::StructRuleRemoved(rule.clone()),
            fine("programs of the new version don't have this rule"),
            unknown(format!(
                "only old programs know which values `{}` rejects",
                rule.rule
            )),
        );
    }
}

const NOT_STORED: &str = "it is not part of any stored value";

/// A prefix with the names of its variables left out.
fn without_names(prefix: &str) -> String {
    let mut inside = false;
    let keep = |letter: &char| {
        match letter {
            '{' => inside = true,
            '}' => inside = false,
            _ => return !inside,
        }
        true
    };
    prefix.chars().filter(keep).collect()
}

fn probably_renamed(old: &Key, new: &Key) -> bool {
    let last = |key: &str| key.rsplit('/').next().map(str::to_owned);
    old.kind == new.kind
        && (old.field == new.field
            || last(&old.key) == last(&new.key)
            || nearest(&old.key, [new.key.as_str()]).is_some())
}

fn required(key: &Key) -> bool {
    key.absent == Absent::Required
}

fn removed(old: &Key, new: &Schema) -> Difference {
    let heir = new.keys.iter().find(|new| new.aliases.contains(&old.key));
    Difference {
        old: Some(old.key.clone()),
        new: None,
        change: Change::Removed,
        stored: match heir {
            Some(heir) => unknown(format!("the stored value is now read as `{}`", heir.key)),
            None => fine("the stored value is no longer read, and its key is reported as unknown"),
        },
        running: match required(old) {
            true => bad("old programs require the key, and reject its deletion"),
            false => notice("once the key is deleted, old programs use its default, or `None`"),
        },
    }
}

fn added(new: &Key, old: &Schema) -> Difference {
    let of_another = old.keys.iter().find(|old| old.aliases.contains(&new.key));
    let beside = old.keys.iter().find(|old| {
        let below = |one: &str, other: &str| {
            one.strip_prefix(other)
                .is_some_and(|rest| rest.starts_with('/'))
        };
        below(&old.key, &new.key) || below(&new.key, &old.key)
    });
    let stored = match (of_another, beside) {
        _ if required(new) => bad("the key is required, and is not in the store yet"),
        (Some(other), _) => unknown(format!(
            "the stored value, if there is one, was read as `{}`",
            other.key
        )),
        (None, Some(other)) => fine(format!(
            "the key may be absent; `{}` may stay in the store, although one of the two keys is a \
             directory of the other",
            other.key
        )),
        (None, None) => fine("the key may be absent"),
    };
    Difference {
        old: None,
        new: Some(new.key.clone()),
        change: Change::Added,
        stored,
        running: match of_another {
            Some(other) => notice(format!(
                "old programs read it as an old name of `{}` if that key is absent",
                other.key
            )),
            None => fine("old programs report it as an unknown key"),
        },
    }
}

fn replaced(old: &Key, new: &Key) -> Difference {
    let hint = format!(
        "write `alias = \"{}\"`",
        words::last_segments(&old.key, &new.key)
    );
    Difference::between(
        old,
        new,
        Change::Replaced,
        match required(new) {
            true => bad(format!(
                "values under the old name are not read, and the new key is required: {hint}"
            )),
            false => unknown(format!(
                "if the key was renamed, values under the old name are lost: {hint}"
            )),
        },
        match required(old) {
            true => bad("old programs require the old name, and reject its deletion"),
            false => notice(
                "old programs don't read the new name; once the old one is deleted, they use its \
                 default, or `None`",
            ),
        },
    )
}

/// Compares the names under which a key is read.
fn names(old: &Key, new: &Key, old_schema: &Schema, out: &mut Vec<Difference>) {
    let reads = |key: &Key, name: &String| key.key == *name || key.aliases.contains(name);
    let was_of_another = |name: &&String| {
        let mut others = old_schema.keys.iter().filter(|key| key.key != old.key);
        !reads(old, name) && others.any(|other| reads(other, name))
    };
    let taken =
        |name: &String| unknown(format!("the value under `{name}` was read as another key"));
    if old.key != new.key {
        let stored = match reads(new, &old.key) {
            true if was_of_another(&&new.key) => taken(&new.key),
            true => fine("values under the old name are read through the alias"),
            false => bad(format!(
                "values under the old name are no longer read: write `alias = \"{}\"`",
                words::last_segments(&old.key, &new.key)
            )),
        };
        let running = if reads(old, &new.key) {
            notice("old programs read the new name as an alias while the old one is absent")
        } else if required(old) {
            bad("old programs don't read the new name, and require the old one")
        } else {
            notice(
                "old programs don't read the new name; once the old one is deleted, they use its \
                 default, or `None`",
            )
        };
        out.push(Difference::between(
            old,
            new,
            Change::Renamed,
            stored,
            running,
        ));
    }
    let others = |key: &Key| -> Vec<String> {
        let all = key.aliases.iter();
        all.filter(|name| **name != old.key && **name != new.key)
            .cloned()
            .collect()
    };
    let (before, after) = (others(old), others(new));
    let lost: Vec<&str> = before
        .iter()
        .filter(|name| !after.contains(name))
        .map(String::as_str)
        .collect();
    let kept = |names: &[String], by: &[String]| -> Vec<String> {
        names
            .iter()
            .filter(|name| by.contains(name))
            .cloned()
            .collect()
    };
    if before != after || old.key == new.key && old.aliases != new.aliases {
        let stored = if !lost.is_empty() {
            bad(format!(
                "values under `{}` are no longer read",
                lost.join("`, `")
            ))
        } else if let Some(name) = after.iter().find(was_of_another) {
            taken(name)
        } else if kept(&before, &after) == kept(&after, &before) {
            fine("every old name is read as before")
        } else {
            notice("if two of the old names are in the store, a different one wins")
        };
        let change = Change::Aliases {
            old: old.aliases.clone(),
            new: new.aliases.clone(),
        };
        let running = fine("programs of the new version write to the key itself");
        out.push(Difference::between(old, new, change, stored, running));
    }
}

/// Compares the allowed values: the type, the format and the rules. All changes of one key have one
/// effect.
fn values(old: &Key, new: &Key, out: &mut Vec<Difference>) {
    let mut changes = Vec::new();
    if old.kind != new.kind {
        changes.push(Change::Kind {
            old: old.kind.clone(),
            new: new.kind.clone(),
        });
    }
    if old.format != new.format {
        changes.push(Change::Reading {
            old: old.format.clone(),
            new: new.format.clone(),
        });
    }
    let rules = rules(&old.rules, &new.rules).into_iter();
    changes.extend(rules.map(|(old, new)| Change::Rule { old, new }));
    if changes.is_empty() {
        return;
    }
    let (stored, running) = (accepted(old, new), accepted(new, old));
    for change in changes {
        let (stored, running) = (stored.clone(), running.clone());
        out.push(Difference::between(old, new, change, stored, running));
    }
}

/// The rules that differ, in pairs: the first of each kind in both schemas.
fn rules(old: &[Rule], new: &[Rule]) -> Vec<(Option<Rule>, Option<Rule>)> {
    let without = |rules: &[Rule], others: &[Rule]| -> Vec<Rule> {
        let rules = rules.iter();
        rules
            .filter(|rule| !others.contains(rule))
            .cloned()
            .collect()
    };
    let sort = |rule: &Rule| -> Option<Discriminant<Rule>> {
        match rule {
            // A function is not a version of another one.
            Rule::Validate(_) => None,
            Rule::Hidden => Some(discriminant(&Rule::OneOf(Vec::new()))),
            rule => Some(discriminant(rule)),
        }
    };
    let mut is = without(new, old);
    let mut pairs = Vec::new();
    for was in without(old, new) {
        let same = |rule: &Rule| sort(rule).is_some() && sort(rule) == sort(&was);
        let partner = is.iter().position(same).map(|at| is.remove(at));
        pairs.push((Some(was), partner));
    }
    pairs.extend(is.into_iter().map(|rule| (None, Some(rule))));
    pairs
}

/// Whether `to` accepts every value that `from` accepts.
fn accepted(from: &Key, to: &Key) -> Effect {
    let doubt = match containment::show(from, to) {
        Ok(containment::Shown { meaning: None }) => {
            return fine("every accepted value is accepted by the other version too");
        }
        Ok(containment::Shown {
            meaning: Some(meaning),
        }) => return notice(format!("every value is accepted, but {meaning}")),
        Err(doubt) => doubt,
    };
    match counterexample::find(from, to) {
        Some(found) => {
            let example = words::excerpt(&found.raw);
            let why = found.why;
            bad(match found.odd {
                true => format!("the unusual spelling {example} is rejected: {why}"),
                false => format!("{example} is rejected: {why}"),
            })
        }
        None => unknown(doubt),
    }
}

/// Compares the meanings of an absent key.
fn absence(old: &Key, new: &Key, out: &mut Vec<Difference>) {
    if old.absent == new.absent {
        return;
    }
    let change = Change::Absent {
        old: old.absent.clone(),
        new: new.absent.clone(),
    };
    let (stored, running) = match (required(old), required(new)) {
        (true, _) => (
            fine("the key is in the store: it was required"),
            bad("the key may be deleted, and old programs reject that"),
        ),
        (_, true) => (
            bad("the key may be absent, but is now required"),
            fine("the key is in the store: it is required"),
        ),
        _ if same_default(old, new) => (
            fine("the same default, written differently"),
            fine("the same default, written differently"),
        ),
        _ => (
            notice("an absent key now has another meaning"),
            notice("an absent key has another meaning for programs of the new version"),
        ),
    };
    out.push(Difference::between(old, new, change, stored, running));
}

fn same_default(old: &Key, new: &Key) -> bool {
    let (Absent::Text(one), Absent::Text(other)) = (&old.absent, &new.absent) else {
        return false;
    };
    match &old.kind {
        Type::Scalar(scalar) if old.kind == new.kind && old.format == new.format => {
            ends::same_value(*scalar, one, other)
        }
        _ => false,
    }
}

/// Compares the attributes that do not affect the allowed values.
fn flags(old: &Key, new: &Key, out: &mut Vec<Difference>) {
    let mut push = |change, stored, running| {
        out.push(Difference::between(old, new, change, stored, running));
    };
    if old.restart != new.restart {
        let stored = match new.restart {
            true => notice("a change now waits for a restart"),
            false => notice("a change now takes effect at once"),
        };
        push(
            Change::Restart(new.restart),
            stored,
            fine("old programs are not affected"),
        );
    }
    if old.secret != new.secret {
        let (stored, running) = match new.secret {
            true => (
                notice("by default, the fallback now leaves the value out"),
                notice("old programs still print the value, and keep it in their fallback"),
            ),
            false => (
                notice("the value is now printed, and kept in the fallback"),
                fine("old programs still hide the value"),
            ),
        };
        push(Change::Hidden(new.secret), stored, running);
    }
    if old.deprecated != new.deprecated {
        push(
            Change::Deprecated(new.deprecated.clone()),
            fine("a deprecation is only a warning"),
            fine("old programs are not affected"),
        );
    }
    if old.compare != new.compare {
        push(
            Change::Comparing(new.compare.clone()),
            fine("it only decides which changes are reported"),
            fine("old programs are not affected"),
        );
    }
    if old.doc != new.doc {
        push(Change::Doc, fine(NOT_STORED), fine(NOT_STORED));
    }
    if old.field != new.field {
        let change = Change::Path {
            old: old.field.clone(),
            new: new.field.clone(),
        };
        push(change, fine(NOT_STORED), fine(NOT_STORED));
    }
}

impl fmt::Display for Grade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Compatible => "compatible",
            Self::Notice => "notice",
            Self::Unknown => "unknown",
            Self::Incompatible => "incompatible",
        })
    }
}

impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.grade, self.why)
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.old, &self.new) {
            (Some(old), Some(new)) if old != new => write!(f, "`{old}`, now `{new}`: ")?,
            (_, Some(key)) | (Some(key), None) => write!(f, "`{key}`: ")?,
            (None, None) => {}
        }
        writeln!(f, "{}", self.change)?;
        writeln!(f, "  stored values: {}", self.stored)?;
        writeln!(f, "  old programs: {}", self.running)
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.differences.iter().try_for_each(|one| one.fmt(f))
    }
}
