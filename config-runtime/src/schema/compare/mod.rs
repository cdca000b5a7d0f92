//! The effects of a change of the schema on stored values, and on running programs.
//!
//! In: two schemas. Out: a [`Comparison`]: each [`Difference`], whether it is compatible, for whom,
//! and why. It reads no store: it covers all values that the old schema allows, and all that the
//! new one allows.
//!
//! For each difference two questions are answered:
//!
//! * *stored values*: does a program of the new version accept everything that a program of the old
//!   version accepts today, including absent keys?
//! * *old programs*: does a running program of the old version accept everything that the new
//!   version allows to be written or deleted?
//!
//! Several changes of the values of one key, as of its type and a rule, have their effect together.
//!
//! The grades [`Compatible`](Grade::Compatible) and [`Notice`](Grade::Notice) are proved. The grade
//! [`Incompatible`](Grade::Incompatible) has an example: a value that the code itself accepts on
//! one side and rejects on the other. Everything else is [`Unknown`](Grade::Unknown).
//!
//! # Compatibility
//!
//! | difference | stored values | old programs | why |
//! | --- | --- | --- | --- |
//! | a key is removed, had a default or was optional | compatible | notice | it stays in the store as an unknown key; once deleted, old programs use their default |
//! | a key is removed, was required | compatible | incompatible | once it is deleted, old programs refuse |
//! | a key is added, has a default or is optional | compatible | compatible | old programs don't know it, and warn |
//! | a key is added, is required | incompatible | compatible | nothing stands there yet |
//! | a key is added that was an alias of another | unknown, or incompatible where it is required | notice | what stands there was the other's, and old programs still read it as that |
//! | renamed, the old name is an alias | compatible | incompatible where it was required, else notice | stored values are read through the alias; old programs don't see the new name |
//! | renamed, to a name that was an alias | incompatible, unless the old name is an alias now | notice | old programs read the new name as long as the old one is gone |
//! | removed and added, and probably renamed | incompatible where it is required, else unknown | incompatible where it was required, else notice | without an alias the values are lost |
//! | an alias is added | compatible | compatible | what stands there is read; old programs go on with the key itself |
//! | an alias is added that was a key or an alias of another | unknown | compatible, or as for the key that is removed | what stands there was the other's |
//! | an alias is removed | incompatible | compatible | what still stands there is not read any more |
//! | the order of aliases changed | notice | compatible | where two are there, another one wins |
//! | a range or a length is wider | compatible | incompatible | new values may be written that old programs refuse |
//! | a range or a length is narrower | incompatible | compatible | values that were accepted are refused |
//! | a range or a length is shifted | incompatible | incompatible | both of these |
//! | the same range or length, written otherwise: `1..65`, `1..=64` | compatible | compatible | the same values |
//! | a bound is an expression that changed | unknown | unknown | only the program knows it |
//! | choices are added | compatible | incompatible | as a wider range |
//! | choices are removed | incompatible | compatible | as a narrower range |
//! | a rule is added | incompatible, or unknown where no value is found that it refuses | compatible | values that were accepted may be refused |
//! | a rule is removed | compatible | incompatible, or unknown | new values may be written that old programs refuse |
//! | a rule is replaced by one that allows each of the few old values | compatible | incompatible | each was tried |
//! | a `pattern` is another | incompatible where a value is found that shows it, else unknown | the same | whether one pattern holds another can't be told |
//! | a `validate` of the field is added | unknown | compatible | only the program knows what it refuses |
//! | a `validate` of the field is removed | compatible | unknown | only the program knows what it refuses |
//! | a whole number is another that holds all values left by the range: `u8` to `u16`, `u32` in `0..=200` to `u8` | compatible | incompatible, if there are more | the values are written in the same way |
//! | a whole number is another that does not: `u16` to `u8`, `i64` to `u64` | incompatible | compatible, if it holds all others | `300` is no `u8`; and `-0` is an `i64` and no `u64` |
//! | a whole number is now `NonZero…` | incompatible, unless the range leaves zero out | compatible | `0` is refused |
//! | a whole number is now `f64` or `f32` | compatible; notice where numbers are rounded | incompatible | `16` is read; `0.5` is no whole number |
//! | `f32` is now `f64` | compatible | incompatible | `1e300` is too big for 32 bits |
//! | `f64` is now `f32` | incompatible, unless the range leaves out what is too big: notice | compatible; unknown where they have a range that a rounded number may cross | numbers are rounded |
//! | a whole number that is not negative is now `Size` | compatible | incompatible | a number alone is bytes; `64MiB` is no number |
//! | a plain type is now `String` or `PathBuf`, without rules | notice | incompatible | the text that stands there is the value, white space included |
//! | `String` is now `PathBuf`, or back | compatible | compatible | the same texts |
//! | `String` is now something else | incompatible, unless it had choices that are all read: notice | notice, if `String` had no rules | not every text is read |
//! | `Ipv4Addr`, `Ipv6Addr` is now `IpAddr`; `SocketAddrV4`, `SocketAddrV6` is now `SocketAddr` | compatible | incompatible | each address is read by the wider type |
//! | another scalar: `bool` to a number, a number to `Duration` | incompatible | incompatible | it is written otherwise |
//! | words of an enum are added | compatible | incompatible | as choices |
//! | words of an enum are removed | incompatible | compatible | as choices |
//! | `V` is now `Option<V>` | compatible | incompatible, unless a text | `null` may be written, and the key deleted |
//! | `Option<V>` is now `V` | incompatible, unless a text with a default | compatible | `null` is refused, and the absent key of what is required |
//! | entries of a list or a map are another type | as of the entries, read as JSON | the same | each entry is read |
//! | a list is now a map, or either a scalar | incompatible | incompatible | it is written otherwise |
//! | a type of which only the name is known is another | unknown | unknown | only the program knows it |
//! | `json` is added or removed | as it is written: compatible for a `bool`, lists, maps; incompatible for words and where a text is JSON from now on | the same | `info` is no JSON, `"info"` no word; a number may have a `+` as plain text, and its fraction may be rounded otherwise (then unknown); a text that was JSON is read with its quotes (notice) |
//! | `text` is added or removed | compatible; where it is added, incompatible for a `Size` (`"1KiB"`) and for words (`{"info":null}`) | the same | without JSON fewer, or other, spellings are read |
//! | `with` is added, removed or another | unknown | unknown | only the program knows what a codec reads |
//! | required, now with a default or optional | compatible | incompatible | new programs allow the key to be deleted |
//! | a default or optional, now required | incompatible | compatible | the key may be absent |
//! | the default is another | notice | notice | an absent key means one thing here and another there |
//! | the same default, written otherwise: `60s`, `1m` | compatible | compatible | the same value |
//! | restart-only is switched | notice | compatible | changes wait for a restart from now on, or do no longer |
//! | secret is switched on | notice | notice | the fallback leaves it out from now on; old programs still print it |
//! | secret is switched off | notice | compatible | it is printed from now on |
//! | a secret gets or loses choices | unknown | unknown | they are in no schema |
//! | deprecated, undeprecated | compatible | compatible | it is a warning |
//! | `compare` is another | compatible | compatible | only who is told of a change is another |
//! | a description, the struct's name, a field's path in Rust | compatible | compatible | nothing that is stored |
//! | a rule over a struct is added | unknown | compatible | only the program knows what it refuses |
//! | a rule over a struct is removed | compatible | unknown | only the program knows what it refuses |
//! | the prefix is another | incompatible | incompatible | other keys are read |
//! | only the names of the prefix's variables are others | notice | compatible | the builder has to give them by their new names |
//!
//! # Assumptions
//!
//! Two things with the same name are the same: a function, a codec, a type of which only the name
//! is known, an expression. Facts that are in no schema have not changed: whether a list is a `Vec`
//! or a set, the choices of a secret. `usize` has as many bits as on the machine that compares.

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
///   stored values: incompatible: `64` is refused: out of range; expected a value in 1..=32
///   old programs: compatible: all that is accepted is accepted by the other, too
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
    /// A key was removed, and another, much like it, was added.
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
                notice("the same keys, if the variables are given what they were given before"),
                fine("their own builder gives them what it did"),
            ),
            _ => push(
                change,
                bad("other keys are read: what is stored below the old prefix is not"),
                bad("they go on reading below the old prefix, and see nothing of what is written"),
            ),
        }
    }
    for rule in new.rules.iter().filter(|rule| !old.rules.contains(rule)) {
        push(
            Change::StructRuleAdded(rule.clone()),
            unknown(format!(
                "only the program knows what `{}` refuses",
                rule.rule
            )),
            fine("they do not ask it"),
        );
    }
    for rule in old.rules.iter().filter(|rule| !new.rules.contains(rule)) {
        push(
            Change::StructRuleRemoved(rule.clone()),
            fine("it is not asked any more"),
            unknown(format!(
                "they still ask it, and only they know what `{}` refuses",
                rule.rule
            )),
        );
    }
}

const NOT_STORED: &str = "nothing of it is stored";

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
            Some(heir) => unknown(format!("what stands there is read as `{}` now", heir.key)),
            None => fine("what stands there is not read any more, and is reported as unknown"),
        },
        running: match required(old) {
            true => bad("they need it: once it is deleted, they refuse"),
            false => notice("once it is deleted, they use what stands for an absent key"),
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
        _ if required(new) => bad("it is required, and nothing stands there yet"),
        (Some(other), _) => unknown(format!(
            "what may stand there was read as an old name of `{}`",
            other.key
        )),
        (None, Some(other)) => fine(format!(
            "it may be absent; `{}`, of which the one is the directory of the other, may go on \
             standing beside it",
            other.key
        )),
        (None, None) => fine("it may be absent"),
    };
    Difference {
        old: None,
        new: Some(new.key.clone()),
        change: Change::Added,
        stored,
        running: match of_another {
            Some(other) => notice(format!(
                "they read it as an old name of `{}`, where that is absent",
                other.key
            )),
            None => fine("they don't know it, and report it as an unknown key"),
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
                "what stands under the old name is not read, and the new one is required: {hint}"
            )),
            false => unknown(format!(
                "if it is the same under another name, what stands under the old one is lost: \
                 {hint}"
            )),
        },
        match required(old) {
            true => bad("they need the old name: once it is deleted, they refuse"),
            false => notice("they don't see the new name, and use what stands for an absent key"),
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
    let taken = |name: &String| {
        unknown(format!(
            "what stands under `{name}` was read as another key"
        ))
    };
    if old.key != new.key {
        let stored = match reads(new, &old.key) {
            true if was_of_another(&&new.key) => taken(&new.key),
            true => fine("what stands under the old name is read through the alias"),
            false => bad(format!(
                "what stands under the old name is not read any more: write `alias = \"{}\"`",
                words::last_segments(&old.key, &new.key)
            )),
        };
        let running = if reads(old, &new.key) {
            notice("they read the new name as an alias, as long as nothing stands under the old")
        } else if required(old) {
            bad("they don't see the new name, and need the old one")
        } else {
            notice(
                "they don't see the new name; once the old one is deleted, they use what \
                    stands for an absent key",
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
                "what still stands under `{}` is not read any more",
                lost.join("`, `")
            ))
        } else if let Some(name) = after.iter().find(was_of_another) {
            taken(name)
        } else if kept(&before, &after) == kept(&after, &before) {
            fine("every old name is read as before")
        } else {
            notice("where two of the old names are there, another one wins")
        };
        let change = Change::Aliases {
            old: old.aliases.clone(),
            new: new.aliases.clone(),
        };
        let running = fine("programs of the new version write to the key itself");
        out.push(Difference::between(old, new, change, stored, running));
    }
}

/// Compares the type, the format and the rules: the allowed values. Changes of one key have their
/// effect together.
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

/// The rules that differ, in pairs: the first of each sort with the first of the other schema.
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
            // Two functions are not versions of one another.
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

/// Whether `to` accepts all that `from` accepts.
fn accepted(from: &Key, to: &Key) -> Effect {
    let doubt = match containment::show(from, to) {
        Ok(containment::Shown { meaning: None }) => {
            return fine("all that is accepted is accepted by the other, too");
        }
        Ok(containment::Shown {
            meaning: Some(meaning),
        }) => return notice(format!("all is accepted, but {meaning}")),
        Err(doubt) => doubt,
    };
    match counterexample::find(from, to) {
        Some(found) => {
            let example = words::excerpt(&found.raw);
            let why = found.why;
            bad(match found.odd {
                true => format!("no usual value, but {example} is refused: {why}"),
                false => format!("{example} is refused: {why}"),
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
            fine("the key is there: it was required"),
            bad("the key may be deleted, which they refuse"),
        ),
        (_, true) => (
            bad("the key may be absent, and is required now"),
            fine("the key is there: it is required"),
        ),
        _ if same_default(old, new) => (
            fine("the same default, written otherwise"),
            fine("the same default, written otherwise"),
        ),
        _ => (
            notice("an absent key means something else now"),
            notice("an absent key means something else to programs of the new version"),
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
            true => notice("a change waits for a restart from now on"),
            false => notice("a change takes effect at once from now on"),
        };
        push(
            Change::Restart(new.restart),
            stored,
            fine("they go on as they were built"),
        );
    }
    if old.secret != new.secret {
        let (stored, running) = match new.secret {
            true => (
                notice("the fallback leaves it out from now on, unless told otherwise"),
                notice("they go on printing it, and keep it in their fallback"),
            ),
            false => (
                notice("it is printed from now on, and kept in the fallback"),
                fine("they go on hiding it"),
            ),
        };
        push(Change::Hidden(new.secret), stored, running);
    }
    if old.deprecated != new.deprecated {
        push(
            Change::Deprecated(new.deprecated.clone()),
            fine("it is a warning, no more"),
            fine("they go on as they were built"),
        );
    }
    if old.compare != new.compare {
        push(
            Change::Comparing(new.compare.clone()),
            fine("only which changes are told is another"),
            fine("they go on as they were built"),
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
