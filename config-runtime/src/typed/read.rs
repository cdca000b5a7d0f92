//! A struct is read, leaf by leaf.
//!
//! In: for each leaf the bytes that stand in the store, or that there are none. Out: the values, as the
//! expansion asks for them, and what was wrong. It knows no keys, no revisions and no store.

use super::checks::{Broken, Checks};
use super::id::{LeafId, pattern_at};
use super::leaf::Leaf;
use super::path::{Step, names_entry};
use crate::guard::guard;
use crate::reason::Reason;
use crate::value;

/// What was wrong with one leaf.
#[doc(hidden)]
#[derive(Debug)]
pub struct Finding {
    /// The leaf.
    pub leaf: LeafId,
    /// What was wrong, and what would be right.
    pub reason: Reason,
    /// Whether the reason speaks of the value itself, and so may print a part of it.
    pub about_value: bool,
}

/// Hands the store's bytes to the fields and takes back what was wrong with them.
#[doc(hidden)]
#[derive(Debug)]
pub struct Intake<'a> {
    raws: Raws<'a>,
    findings: Vec<Finding>,
    /// The leaves with a secret inside.
    secrets: Vec<LeafId>,
    checks: Checks,
    changed: bool,
}

#[derive(Debug)]
enum Raws<'a> {
    /// Every leaf in order, the next of them at this place.
    All {
        raws: &'a [Option<&'a [u8]>],
        next: usize,
    },
    /// This leaf alone.
    One { leaf: LeafId, raw: Option<&'a [u8]> },
}

impl<'a> Intake<'a> {
    /// For [`HotConfig::__build`]: every leaf, in the order of [`Tree::leaves`].
    pub fn all(raws: &'a [Option<&'a [u8]>]) -> Self {
        Self {
            raws: Raws::All { raws, next: 0 },
            findings: Vec::new(),
            secrets: Vec::new(),
            checks: Checks::default(),
            changed: false,
        }
    }

    /// For [`HotConfig::__set`]: that leaf alone.
    pub fn one(leaf: LeafId, raw: Option<&'a [u8]>) -> Self {
        Self {
            raws: Raws::One { leaf, raw },
            findings: Vec::new(),
            secrets: Vec::new(),
            checks: Checks::default(),
            changed: false,
        }
    }

    /// The next leaf's value, or `None` and a finding. For the expansion of `__build`.
    pub fn leaf<V>(&mut self, leaf: &Leaf<V>) -> Option<V> {
        let (id, raw) = match &mut self.raws {
            Raws::All { raws, next } => {
                let place = *next;
                *next += 1;
                let leaf = LeafId::fixed(pattern_at(place));
                (leaf, raws.get(place).copied().flatten())
            }
            Raws::One { leaf, raw } => (*leaf, *raw),
        };
        let mut findings = Vec::new();
        value::secret_was_read();
        let value = guard(|| leaf.read(raw, &mut |reason| findings.push(reason)));
        if value::secret_was_read() {
            self.secrets.push(id);
        }
        let about_value = raw.is_some();
        self.findings
            .extend(findings.into_iter().map(|reason| Finding {
                leaf: id,
                reason,
                about_value,
            }));
        match value {
            Ok(value) => value,
            Err(panic) => {
                let reason = Reason::new(format!("the field's codec or rule panicked: {panic}"));
                self.findings.push(Finding {
                    leaf: id,
                    reason,
                    about_value,
                });
                None
            }
        }
    }

    /// The next leaves as a section. For the expansion of `__build`.
    ///
    /// Its own rule is asked here, too: where the whole can't be built, nobody else would.
    pub fn section<V>(
        &mut self,
        name: &'static str,
        build: fn(&mut Intake<'_>) -> Option<V>,
        validate: fn(&V, &mut Checks),
    ) -> Option<V> {
        self.checks.enter(name);
        let section = build(self);
        if let Some(section) = &section {
            validate(section, &mut self.checks);
        }
        self.checks.leave();
        section
    }

    /// The rules of sections that were broken, while the whole was built.
    pub fn take_broken(&mut self) -> Vec<Broken> {
        let mut broken = self.checks.take_broken();
        // A section inside a section is asked by both.
        let mut seen = std::collections::HashSet::new();
        broken.retain(|broken| seen.insert((broken.section.clone(), broken.rule)));
        broken
    }

    /// Replaces a field where its new value is valid and differs. For the expansion of `__set`.
    pub fn replace<V>(&mut self, field: &mut V, leaf: &Leaf<V>) {
        let Some(new) = self.leaf(leaf) else { return };
        match guard(|| (leaf.same)(field, &new)) {
            Ok(true) => {}
            Ok(false) => {
                *field = new;
                self.changed = true;
            }
            Err(panic) => self.refuse(format!("comparing the field panicked: {panic}")),
        }
    }

    /// Adds a problem of the leaf that is replaced.
    fn refuse(&mut self, wrong: String) {
        let Raws::One { leaf, .. } = self.raws else {
            return;
        };
        self.findings.push(Finding {
            leaf,
            reason: Reason::new(wrong),
            about_value: true,
        });
    }

    /// Takes note of a path that the struct does not have. For the expansion of `__set`.
    ///
    /// It changes nothing. A path through an entry that gets to a struct is a mistake of the caller,
    /// and a problem of the leaf: otherwise the change would be lost without a word.
    pub fn unknown(&mut self, path: &[Step<'_>]) {
        if names_entry(path) {
            self.refuse("a struct has no entries".to_owned());
        }
    }

    /// Whether a field was replaced.
    pub fn changed(&self) -> bool {
        self.changed
    }

    /// The leaves, among those that were read, with a secret inside.
    pub fn secrets(&self) -> &[LeafId] {
        &self.secrets
    }

    /// What was wrong.
    pub fn into_findings(self) -> Vec<Finding> {
        self.findings
    }
}
