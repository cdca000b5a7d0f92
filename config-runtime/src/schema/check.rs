//! Compares a live store with a schema, without the struct.
//!
//! In: a [`Schema`], a store, and the prefix of the keys. Out: a [`Report`] of everything that a
//! program with the struct would report, from one read at one revision, or the error. All it knows
//! of types and rules comes from [`Key::judge`]. Neither the schema, which may come from a file,
//! nor the content of the store is trusted.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;
use std::sync::Arc;

use super::{Absent, Key, Schema};
use crate::mistake::BuilderMistake;
use crate::problem::{Problem, list};
use crate::reason::{Reason, SECRET_DOES_NOT_FIT};
use crate::store::backend::Backend;
use crate::store::{Entries, Entry, Range, Reading, Store, StoreError};
use crate::wording::{printable, shown_key};
use crate::{Revision, prefix, wording};

/// The maximum number of unknown keys in a report.
const MAX_UNKNOWN: usize = 100;

/// The maximum number of pairs of letters that are compared to suggest keys for unknown ones: about
/// a second. With a schema of 10,000 keys, that is enough for about 30 unknown keys.
const MAX_EFFORT: usize = 1 << 28;

/// Compares the keys below the schema's prefix in a store with the schema: [`run`](Check::run) it.
///
/// It writes nothing, and opens no watch: it reads all keys once, at one revision, page by page.
/// Each call to the store has the time limit of the store's builder; the whole read has none.
///
/// [`Key::judge`] judges the values in the task that awaits, without yielding: a few microseconds
/// per key, more for big values and for patterns, which are compiled once for each key. Meanwhile,
/// everything below the prefix is in memory.
///
/// # Example
/// ```
/// use hotconfig::{HotConfig, schema, store::Memory};
///
/// #[derive(HotConfig, Clone, Debug)]
/// #[hot(prefix = "/configs/{app}/{env}")]
/// struct Service {
///     #[hot(default = 8, range(1..=64))]
///     pool_size: u32,
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let store = Memory::new();
/// store.put("/configs/users/prod/pool_sise", "16");
///
/// let schema = hotconfig::schema::<Service>();
/// let report = schema::check(&schema, &store)
///     .var("app", "users")
///     .var("env", "prod")
///     .run()
///     .await?;
/// assert!(report.is_ok()); // it would start
/// assert_eq!(
///     report.to_string(),
///     "\
/// warning: /configs/users/prod/pool_sise (revision 2): unknown key: did you mean `pool_size`?
/// 1 key below /configs/users/prod at revision 2: 0 problems, 1 warning, 0 not judged
/// "
/// );
/// # Ok(())
/// # }
/// ```
pub fn check<'a>(schema: &'a Schema, store: &'a impl Store) -> Check<'a> {
    Check {
        schema,
        store,
        prefix: None,
        variables: BTreeMap::new(),
    }
}

/// A check that has not begun, returned by [`check`].
#[derive(Debug)]
#[must_use = "a check does nothing until `.run().await`"]
pub struct Check<'a> {
    schema: &'a Schema,
    store: &'a (dyn Backend + Send + Sync),
    prefix: Option<String>,
    variables: BTreeMap<String, String>,
}

impl Check<'_> {
    /// Sets a `{variable}` of the prefix: one segment, or a part of one.
    pub fn var(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.variables.insert(name.into(), value.into());
        self
    }

    /// Uses this prefix, which may be a template, instead of the schema's own.
    pub fn prefix(mut self, template: impl Into<String>) -> Self {
        self.prefix = Some(template.into());
        self
    }

    /// Reads the keys once, and judges them.
    ///
    /// # Errors
    /// * [`CheckError::Builder`] lists all missing or misspelt variables, and mistakes in the
    ///   prefix. The store was not contacted.
    /// * [`CheckError::Store`] if the store did not answer, or denied access.
    ///
    /// # Cancel safety
    /// Dropping the future ends the check. The store is unchanged, because a check only reads.
    pub async fn run(self) -> Result<Report, CheckError> {
        let template = self.prefix.as_ref().or(self.schema.prefix.as_ref());
        let Some(template) = template else {
            let schema = self.schema.name.clone();
            let mistakes = vec![BuilderMistake::NoPrefix { schema }];
            return Err(CheckError::Builder { mistakes });
        };
        let prefix = prefix::fill(template, &self.variables);
        let prefix = prefix.map_err(|mistakes| CheckError::Builder { mistakes })?;
        let ranges = Arc::new([Range::below(&prefix)]);
        let reading = self.store.read(ranges).await;
        let reading = reading.map_err(|source| CheckError::Store { source })?;
        Ok(report(self.schema, prefix, &reading))
    }
}

/// The reason why there is no [`Report`].
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CheckError {
    /// All mistakes in the check's arguments, found before the store was contacted.
    #[error("the arguments of the check are not valid:{}", list(.mistakes))]
    #[non_exhaustive]
    Builder {
        /// The mistakes, at least one.
        mistakes: Vec<BuilderMistake>,
    },
    /// The store did not answer, or denied access.
    #[error("the keys can't be read")]
    #[non_exhaustive]
    Store {
        /// The error of the store.
        source: StoreError,
    },
}

/// The result of a [`check`]. `{}` prints a line for each finding, and a summary.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    /// The prefix that was read.
    pub prefix: String,
    /// The revision of the whole report.
    pub revision: Revision,
    /// The number of keys in the store.
    pub keys: usize,
    /// The problems, then the warnings, then the values that could not be judged; each in the order
    /// of the schema's keys. Unknown keys are at the end of the warnings, in their own order.
    ///
    /// Only the first 100 unknown keys are included; the schema limits the number of all others.
    pub findings: Vec<Finding>,
    /// The total number of keys that the schema doesn't know.
    pub unknown_count: usize,
}

impl Report {
    /// Whether no key is missing and no value was rejected: a program would start with these keys,
    /// unless a part that was not judged is invalid.
    pub fn is_ok(&self) -> bool {
        self.problems().next().is_none()
    }

    /// Whether there are no findings.
    pub fn is_empty(&self) -> bool {
        self.findings.is_empty()
    }

    /// The findings that would prevent a program from starting.
    pub fn problems(&self) -> impl Iterator<Item = &Finding> {
        self.with_weight(Weight::Problem)
    }

    fn with_weight(&self, weight: Weight) -> impl Iterator<Item = &Finding> {
        let findings = self.findings.iter();
        findings.filter(move |finding| finding.concern.weight() == weight)
    }

    /// The number of unknown keys that are not among the findings.
    fn not_named(&self) -> usize {
        self.unknown_count.saturating_sub(MAX_UNKNOWN)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counted = |count: usize, one: &str| match count {
            1 => format!("1 {one}"),
            count => format!("{count} {one}s"),
        };
        for weight in [Weight::Problem, Weight::Warning, Weight::Unjudged] {
            for finding in self.with_weight(weight) {
                writeln!(f, "{finding}")?;
            }
            if weight == Weight::Warning && self.not_named() > 0 {
                writeln!(
                    f,
                    "warning: {} that the schema doesn't know",
                    counted(self.not_named(), "more key")
                )?;
            }
        }
        writeln!(
            f,
            "{} below {} at revision {}: {}, {}, {} not judged",
            counted(self.keys, "key"),
            self.prefix,
            self.revision,
            counted(self.with_weight(Weight::Problem).count(), "problem"),
            counted(
                self.with_weight(Weight::Warning).count() + self.not_named(),
                "warning"
            ),
            self.with_weight(Weight::Unjudged).count(),
        )
    }
}

/// One of [`Report::findings`]. `{}` prints one line.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// The kind of the finding.
    pub concern: Concern,
    /// The key and the mistake. A rejected value is shown, unless it is secret.
    pub problem: Problem,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let weight = match self.concern.weight() {
            Weight::Problem => "problem",
            Weight::Warning => "warning",
            Weight::Unjudged => "not judged",
        };
        write!(f, "{weight}: {}", self.problem)
    }
}

/// The kind of a [`Finding`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Concern {
    /// A problem: a required key is missing.
    Missing,
    /// A problem: a value can't be read, or breaks a rule.
    Refused,
    /// A warning: the field is deprecated, and its key is set.
    Deprecated,
    /// A warning: the value is under an old key.
    #[non_exhaustive]
    Alias {
        /// The whole key to use instead.
        now: String,
    },
    /// A warning: an old key is set but not read, because a newer one is set too.
    #[non_exhaustive]
    Shadowed {
        /// The whole key that wins.
        by: String,
    },
    /// A warning: the schema doesn't know this key.
    #[non_exhaustive]
    Unknown {
        /// The most similar known key, below the prefix. If schema and store are very big, only the
        /// first unknown keys have one, to limit the time to about a second.
        nearest: Option<String>,
    },
    /// A warning: the key is not UTF-8, so no schema can contain it.
    NotUtf8,
    /// A part of a value that was not rejected, or a rule over a whole struct, could not be judged.
    Unjudged,
}

/// The order of findings in a report.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Weight {
    Problem,
    Warning,
    Unjudged,
}

impl Concern {
    fn weight(&self) -> Weight {
        match self {
            Self::Missing | Self::Refused => Weight::Problem,
            Self::Deprecated
            | Self::Alias { .. }
            | Self::Shadowed { .. }
            | Self::Unknown { .. }
            | Self::NotUtf8 => Weight::Warning,
            Self::Unjudged => Weight::Unjudged,
        }
    }
}

/// Judges the result of a read.
fn report(schema: &Schema, prefix: String, reading: &Reading) -> Report {
    let range = Range::below(&prefix);
    let start = range.start();
    let entries: HashMap<&[u8], Entry<'_>> = reading
        .entries
        .iter()
        .flat_map(Entries::iter)
        .filter_map(|entry| Some((entry.key.strip_prefix(start.as_bytes())?, entry)))
        .collect();
    let mut findings = Findings {
        start,
        all: Vec::new(),
    };
    for rule in &schema.rules {
        let whole = match rule.section.as_str() {
            "" => prefix.clone(),
            section => format!("{start}{section}"),
        };
        let wrong = format!("only the program has its rule `{}`", rule.rule);
        findings.add(Concern::Unjudged, whole, "", None, &wrong);
    }
    for key in &schema.keys {
        findings.key(key, |name| entries.get(name.as_bytes()).copied());
    }
    let unknown_count = findings.unknown(schema, &entries);
    findings.all.sort_by_key(|finding| finding.concern.weight());
    Report {
        revision: reading.revision,
        keys: entries.len(),
        findings: findings.all,
        unknown_count,
        prefix,
    }
}

struct Findings<'a> {
    /// The text before the keys of the schema: the prefix, with its separator.
    start: &'a str,
    all: Vec<Finding>,
}

impl Findings<'_> {
    fn whole(&self, name: &str) -> String {
        format!("{}{name}", self.start)
    }

    fn add(
        &mut self,
        concern: Concern,
        key: String,
        field: &str,
        entry: Option<Entry<'_>>,
        wrong: &str,
    ) {
        self.push(
            concern,
            Problem {
                key,
                field: field.to_owned(),
                revision: entry.map(|entry| entry.mod_revision),
                found: None,
                wrong: wrong.to_owned(),
                expected: None,
            },
        );
    }

    fn push(&mut self, concern: Concern, problem: Problem) {
        let problem = Problem {
            key: shown_key(problem.key.as_bytes()),
            field: printable(&problem.field),
            wrong: printable(&problem.wrong),
            expected: problem.expected.as_deref().map(printable),
            ..problem
        };
        self.all.push(Finding { concern, problem });
    }

    /// Judges one key of the schema.
    fn key<'e>(&mut self, key: &Key, entry: impl Fn(&str) -> Option<Entry<'e>>) {
        let names = std::iter::once(&key.key).chain(&key.aliases);
        let mut there = names.filter_map(|name| Some((name, entry(name)?)));
        let Some((name, winner)) = there.next() else {
            if key.absent == Absent::Required {
                let reason = Reason::missing();
                let problem = Problem {
                    key: self.whole(&key.key),
                    field: key.field.clone(),
                    revision: None,
                    found: None,
                    wrong: reason.wrong().to_owned(),
                    expected: reason.expected().map(str::to_owned),
                };
                self.push(Concern::Missing, problem);
            }
            return;
        };
        let whole = self.whole(name);
        self.value(key, &whole, winner);
        if *name != key.key {
            let now = self.whole(&key.key);
            let wrong = format!("an old key of `{}`; write {now} instead", key.field);
            let concern = Concern::Alias { now };
            self.add(concern, whole.clone(), &key.field, Some(winner), &wrong);
        }
        for (name, entry) in there {
            let wrong = format!(
                "an old key of `{}` that is not read: {whole} is there",
                key.field
            );
            let concern = Concern::Shadowed { by: whole.clone() };
            let old = self.whole(name);
            self.add(concern, old, &key.field, Some(entry), &wrong);
        }
        if let Some(note) = &key.deprecated {
            let wrong = match note.as_str() {
                "" => format!("`{}` is deprecated", key.field),
                note => format!("`{}` is deprecated: {note}", key.field),
            };
            self.add(Concern::Deprecated, whole, &key.field, Some(winner), &wrong);
        }
    }

    /// Judges the value of a key.
    fn value(&mut self, key: &Key, whole: &str, entry: Entry<'_>) {
        let verdict = key.judge(entry.value);
        if verdict.refused.is_empty() {
            for why in &verdict.unjudged {
                let whole = whole.to_owned();
                self.add(Concern::Unjudged, whole, &key.field, Some(entry), why);
            }
        }
        for reason in verdict.refused {
            let reason = match key.secret {
                true => reason.of_secret(SECRET_DOES_NOT_FIT),
                false => reason,
            };
            let problem = Problem {
                key: whole.to_owned(),
                field: key.field.clone(),
                revision: Some(entry.mod_revision),
                found: (!key.secret).then(|| reason.excerpt(entry.value)),
                wrong: reason.wrong().to_owned(),
                expected: reason.expected().map(str::to_owned),
            };
            self.push(Concern::Refused, problem);
        }
    }

    /// Reports the keys that the schema doesn't know, and returns their number.
    fn unknown(&mut self, schema: &Schema, entries: &HashMap<&[u8], Entry<'_>>) -> usize {
        let keys = schema.keys.iter();
        let known: HashSet<&[u8]> = keys
            .flat_map(|key| std::iter::once(&key.key).chain(&key.aliases))
            .map(String::as_bytes)
            .collect();
        let mut unknown: Vec<_> = entries
            .iter()
            .filter(|(name, _)| !known.contains(*name))
            .collect();
        unknown.sort_unstable_by_key(|(name, _)| *name);
        let count = unknown.len();
        let to_compare: usize = schema.keys.iter().map(|key| key.key.len()).sum();
        let mut effort = 0_usize;
        for (name, entry) in unknown.into_iter().take(MAX_UNKNOWN) {
            let key = String::from_utf8_lossy(entry.key).into_owned();
            let Ok(name) = std::str::from_utf8(name) else {
                let wrong = "this key is not UTF-8: no field can have it";
                self.add(Concern::NotUtf8, key, "", Some(*entry), wrong);
                continue;
            };
            effort = effort.saturating_add(name.len().saturating_mul(to_compare));
            let keys = schema.keys.iter().map(|key| key.key.as_str());
            let nearest = match effort {
                0..MAX_EFFORT => wording::nearest(name, keys),
                _ => None,
            };
            let wrong = wording::suggest("unknown key", nearest);
            let nearest = nearest.map(str::to_owned);
            self.add(Concern::Unknown { nearest }, key, "", Some(*entry), &wrong);
        }
        count
    }
}
