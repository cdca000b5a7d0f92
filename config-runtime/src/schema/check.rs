//! Holding a live store against a schema, without the struct.
//!
//! In: a [`Schema`], a store, and where the keys live. Out: a [`Report`] of everything that a
//! program with the struct would complain of, from one reading at one revision, or why there is
//! none. It knows the values' types and rules only as far as [`Key::judge`] does. Neither the
//! schema, which may come from a file, nor what the store holds is trusted.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;
use std::future::IntoFuture;
use std::pin::Pin;
use std::sync::Arc;

use super::{Absent, Key, Schema};
use crate::problem::{Problem, list};
use crate::reason::{Reason, SECRET_DOES_NOT_FIT};
use crate::store::backend::Backend;
use crate::store::{Entries, Entry, Range, Reading, Store, StoreError};
use crate::wording::{printable, shown_key};
use crate::{Revision, prefix, wording};

/// How many unknown keys a report names.
const MAX_UNKNOWN: usize = 100;

/// How many pairs of letters are compared to say what those that are unknown were meant to be: a
/// second's work. A schema of ten thousand keys has it done for some thirty of them.
const MAX_EFFORT: usize = 1 << 28;

/// Holds what a store has below the schema's prefix against the schema. Await what it gives.
///
/// It writes nothing, and follows nothing: one reading of all keys, at one revision, page by page.
/// Dropping the future ends it; nothing is left behind. Each call to the store has the time
/// limit of the store's builder; there is none over all pages.
///
/// The values are judged where it is awaited, by [`Key::judge`], in one go: some microseconds a
/// key, more for big values and for patterns, which are compiled once for each key. Everything
/// below the prefix is in memory meanwhile.
///
/// # Errors
/// [`CheckError::Builder`] for variables that are missing or misspelt and for a prefix that is
/// none, all at once, before anything is contacted; [`CheckError::Store`] where the store did not
/// answer, or denied.
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
///     .await?;
/// assert!(report.is_ok()); // it would start
/// assert_eq!(
///     report.to_string(),
///     "\
/// warning: /configs/users/prod/pool_sise (revision 2): the schema doesn't know this key: did you mean `pool_size`?
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

/// A check of a store that has not begun: from [`check`]. Await it.
#[derive(Debug)]
#[must_use = "a check does nothing until it is awaited"]
pub struct Check<'a> {
    schema: &'a Schema,
    store: &'a (dyn Backend + Send + Sync),
    prefix: Option<String>,
    variables: BTreeMap<String, String>,
}

impl Check<'_> {
    /// Gives a `{variable}` of the prefix its value: one segment, or a part of one.
    pub fn var(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.variables.insert(name.into(), value.into());
        self
    }

    /// Uses this prefix, a template too, instead of the schema's own.
    pub fn prefix(mut self, template: impl Into<String>) -> Self {
        self.prefix = Some(template.into());
        self
    }

    async fn run(self) -> Result<Report, CheckError> {
        let template = self.prefix.as_ref().or(self.schema.prefix.as_ref());
        let Some(template) = template else {
            return Err(CheckError::Builder(vec![format!(
                "the schema of `{}` has no prefix: call `.prefix(\"/…\")`",
                self.schema.name
            )]));
        };
        let prefix = prefix::fill(template, &self.variables).map_err(CheckError::Builder)?;
        let ranges = Arc::new([Range::below(&prefix)]);
        let reading = self.store.read(ranges).await.map_err(CheckError::Store)?;
        Ok(report(self.schema, prefix, &reading))
    }
}

impl<'a> IntoFuture for Check<'a> {
    type Output = Result<Report, CheckError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send + 'a>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

/// Why there is no [`Report`].
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CheckError {
    /// Mistakes in what the check was given: all of them, found before anything was contacted.
    #[error("the store can't be checked:{}", list(.0))]
    Builder(Vec<String>),
    /// The store did not answer, or denied.
    #[error("the keys can't be read: {0}")]
    Store(#[source] StoreError),
}

/// What was found in a store: from [`check`]. `{}` prints it, a line for each finding and one for
/// the sum.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    /// The prefix that was read.
    pub prefix: String,
    /// The revision at which all of it was true.
    pub revision: Revision,
    /// How many keys there were.
    pub keys: usize,
    /// The problems, the warnings and what could not be judged; each of the three in the order of
    /// the schema's keys, unknown keys at the end of the warnings in their own order.
    ///
    /// Of unknown keys the first hundred; all others are bounded by the schema.
    pub findings: Vec<Finding>,
    /// How many keys the schema doesn't know, in all.
    pub unknown_count: usize,
}

impl Report {
    /// Whether no key is missing and no value was refused: as far as can be said, a program would
    /// start with these keys.
    pub fn is_ok(&self) -> bool {
        self.problems().next().is_none()
    }

    /// Whether nothing was found at all.
    pub fn is_empty(&self) -> bool {
        self.findings.is_empty()
    }

    /// Those of the findings for which a program would not start.
    pub fn problems(&self) -> impl Iterator<Item = &Finding> {
        self.with_weight(Weight::Problem)
    }

    fn with_weight(&self, weight: Weight) -> impl Iterator<Item = &Finding> {
        let findings = self.findings.iter();
        findings.filter(move |finding| finding.concern.weight() == weight)
    }

    /// How many unknown keys are not among the findings.
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
                    "warning: and {} more that the schema doesn't know",
                    counted(self.not_named(), "key")
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

/// One thing that was found: one of [`Report::findings`]. `{}` is one line.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// What it is about.
    pub concern: Concern,
    /// Where it is, and what is wrong. The value is shown where it was refused, unless it is
    /// secret.
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

/// What a [`Finding`] is about.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Concern {
    /// A problem: a required key is not there.
    Missing,
    /// A problem: a value can't be read, or breaks a rule.
    Refused,
    /// A warning: the field is deprecated, and its key is there.
    Deprecated,
    /// A warning: the value stands under an old key.
    Alias {
        /// The whole key to write instead.
        now: String,
    },
    /// A warning: an old key is there that nobody reads, because a newer one is there too.
    Shadowed {
        /// The whole key that wins.
        by: String,
    },
    /// A warning: the schema doesn't know this key.
    Unknown {
        /// The known key that is most like it, below the prefix. Where schema and store are so big
        /// that looking would take more than a second or so, only the first have one.
        nearest: Option<String>,
    },
    /// A warning: a key that no schema can know, for it is not UTF-8.
    NotUtf8,
    /// A value that was not refused, of which something could not be judged, or a rule over a
    /// whole struct.
    Unjudged,
}

#[derive(Clone, Copy, PartialEq, Eq)]
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

/// Judges a reading.
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
        problems: Vec::new(),
        warnings: Vec::new(),
        unjudged: Vec::new(),
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
    Report {
        revision: reading.revision,
        keys: entries.len(),
        findings: findings.sorted(),
        unknown_count,
        prefix,
    }
}

struct Findings<'a> {
    /// What stands before the keys of the schema: the prefix, with its separator.
    start: &'a str,
    problems: Vec<Finding>,
    warnings: Vec<Finding>,
    unjudged: Vec<Finding>,
}

impl Findings<'_> {
    fn sorted(self) -> Vec<Finding> {
        let Self {
            mut problems,
            warnings,
            unjudged,
            ..
        } = self;
        problems.extend(warnings);
        problems.extend(unjudged);
        problems
    }

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
        let to = match concern.weight() {
            Weight::Problem => &mut self.problems,
            Weight::Warning => &mut self.warnings,
            Weight::Unjudged => &mut self.unjudged,
        };
        let problem = Problem {
            key: shown_key(problem.key.as_bytes()),
            field: printable(&problem.field),
            wrong: printable(&problem.wrong),
            expected: problem.expected.as_deref().map(printable),
            ..problem
        };
        to.push(Finding { concern, problem });
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
                    expected: reason.right().map(str::to_owned),
                };
                self.push(Concern::Missing, problem);
            }
            return;
        };
        let whole = self.whole(name);
        self.value(key, &whole, winner);
        if *name != key.key {
            let now = self.whole(&key.key);
            let wrong = format!("an old key of `{}`: write {now}", key.field);
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

    /// Judges the value that a key has.
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
                expected: reason.right().map(str::to_owned),
            };
            self.push(Concern::Refused, problem);
        }
    }

    /// Names the keys that the schema doesn't know; the answer is how many there are.
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
            let wrong = wording::suggest("the schema doesn't know this key", nearest);
            let nearest = nearest.map(str::to_owned);
            self.add(Concern::Unknown { nearest }, key, "", Some(*entry), &wrong);
        }
        count
    }
}
