//! The reports of `apply`, most of them about keys that are not published unchanged.
//!
//! In: groups, leaves and keys. Out: values for the status, for messages and for the fallback. The
//! values for people contain no secrets. Nothing here changes what is staged, held or published.

use std::fmt;
use std::sync::Arc;

use serde::Serialize;

use super::hold::GroupId;
use super::{Apply, Raw};
use crate::guard::guard;
use crate::problem::Problem;
use crate::typed::id::LeafId;
use crate::{HotConfig, Revision};

/// A rejected group: the changes that one revision made, accepted or held as a unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Held {
    /// The revision that made the changes; for keys that a full read found missing, the revision
    /// that was read at.
    pub revision: Revision,
    /// The epoch that the revision counts in.
    pub epoch: u64,
    /// Whether these are keys that a full read found missing: a revision up to this one deleted
    /// them, and it is not known which.
    pub missing: bool,
    /// The whole keys.
    pub keys: Vec<String>,
    /// Their paths in Rust.
    pub fields: Vec<String>,
    /// The reasons: a field of the group is bad, or the whole configuration would break a rule.
    pub problems: Vec<Problem>,
}

impl fmt::Display for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "revision {} is held ({})",
            self.revision,
            self.keys.join(", ")
        )?;
        for problem in &self.problems {
            write!(f, "\n  {problem}")?;
        }
        Ok(())
    }
}

/// A restart-only field whose new value waits for a restart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Pending {
    /// The path in Rust.
    pub field: String,
    /// The whole key.
    pub key: String,
    /// The revision that wrote the new value; `None` if the key was deleted.
    pub revision: Option<Revision>,
    /// The value that the program runs with, if its type can be shown; `***` for a secret.
    pub running: Option<String>,
    /// The value that it will have after a restart.
    pub pending: Option<String>,
}

impl fmt::Display for Pending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` waits for a restart ({})", self.field, self.key)?;
        if let (Some(running), Some(pending)) = (&self.running, &self.pending) {
            write!(f, ": running with {running}, pending {pending}")?;
        }
        Ok(())
    }
}

/// A key below the prefix that the schema doesn't know. It is left alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Unknown {
    /// The whole key; bytes that are not UTF-8 are replaced, control characters escaped.
    pub key: String,
    /// The revision that wrote it.
    pub revision: Revision,
    /// The known key that is most like it, below the prefix.
    pub nearest: Option<String>,
}

impl fmt::Display for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unknown key {} (revision {})", self.key, self.revision)?;
        match &self.nearest {
            Some(nearest) => write!(f, "; did you mean `{nearest}`?"),
            None => Ok(()),
        }
    }
}

/// An old key or a deprecated field that is in use. `{}` prints the key and the action to take.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Warning {
    /// The value is under an old key of its field.
    #[non_exhaustive]
    Alias {
        /// The whole old key.
        key: String,
        /// The path in Rust.
        field: String,
        /// The whole key to write instead.
        now: String,
    },
    /// The field is deprecated, and its key is set.
    #[non_exhaustive]
    Deprecated {
        /// The whole key.
        key: String,
        /// The path in Rust.
        field: String,
        /// The note of `#[hot(deprecated = "…")]`; empty without one.
        note: String,
    },
}

impl Warning {
    /// The whole key.
    pub fn key(&self) -> &str {
        match self {
            Self::Alias { key, .. } | Self::Deprecated { key, .. } => key,
        }
    }

    /// The action to take.
    pub(crate) fn advice(&self) -> String {
        match self {
            Self::Alias { field, now, .. } => {
                format!("an old key of `{field}`; write {now} instead")
            }
            Self::Deprecated { field, note, .. } if note.is_empty() => {
                format!("`{field}` is deprecated")
            }
            Self::Deprecated { field, note, .. } => format!("`{field}` is deprecated: {note}"),
        }
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.key(), self.advice())
    }
}

impl<T: HotConfig> Apply<T> {
    /// Whether anything was staged since the last report.
    pub(crate) fn has_staged(&self) -> bool {
        self.unreported
    }

    /// The same, and resets it: nothing is unreported from now on.
    pub(crate) fn take_unreported(&mut self) -> bool {
        std::mem::take(&mut self.unreported)
    }

    /// The paths of these leaves.
    pub(crate) fn fields(&self, leaves: &[LeafId]) -> Vec<String> {
        leaves.iter().map(|leaf| self.slots.name(*leaf)).collect()
    }

    /// The bytes that the published configuration was decoded from: each whole key, and whether
    /// it is secret.
    pub(crate) fn kept(&self) -> impl Iterator<Item = (&Arc<str>, &Raw, bool)> {
        let layout = self.slots.layout();
        self.slots.iter().filter_map(move |(slot, info)| {
            let leaf = layout.leaf(info.leaf);
            let secret = leaf.is_none_or(|leaf| layout.is_hidden(leaf));
            Some((&info.key, self.ledger.good(slot)?, secret))
        })
    }

    /// The held groups, with the reasons.
    pub(crate) fn held(&self) -> Vec<Held> {
        let held = self.ledger.held().iter();
        held.map(|(group, problems)| self.held_group(*group, problems))
            .collect()
    }

    /// The held changes of a revision. If a reading found keys missing, any revision that was not
    /// seen may have deleted them, so the revision can't be reported as visible.
    pub(crate) fn held_of(&self, revision: Revision) -> Option<Held> {
        let held = self.ledger.held();
        let mut groups = held.keys().copied();
        let group = groups
            .find(|group| !group.missing && group.revision == revision)
            .or_else(|| self.ledger.unseen_at(revision))?;
        Some(self.held_group(group, held.get(&group)?))
    }

    fn held_group(&self, group: GroupId, problems: &[Problem]) -> Held {
        let slots = || self.ledger.slots(group);
        let infos = || slots().filter_map(|slot| self.slots.info(slot));
        Held {
            revision: group.revision,
            epoch: group.epoch,
            missing: group.missing,
            keys: infos().map(|info| info.key.to_string()).collect(),
            fields: infos().map(|info| self.slots.name(info.leaf)).collect(),
            problems: problems.to_vec(),
        }
    }

    /// The restart-only fields whose new value waits for a restart.
    pub(crate) fn pending(&self) -> Vec<Pending> {
        let (Some(intended), Some(published)) =
            (&self.published.intended, &self.published.snapshot)
        else {
            return Vec::new();
        };
        let restart = self.slots.layout().restart.iter();
        restart
            .filter_map(|leaf| self.slots.layout().leaf(*leaf))
            .filter(|leaf| self.published.is_pending(leaf))
            .map(|leaf| {
                let good = self.good_of(leaf.id());
                let shown = |config: &T| match leaf.secret {
                    true => Some("***".to_owned()),
                    false => guard(|| config.__show(leaf.path.fixed())).ok().flatten(),
                };
                Pending {
                    field: leaf.name.clone(),
                    key: good
                        .map(|(slot, _)| slot)
                        .or(self.slots.of_leaf(leaf.id()).first().copied())
                        .and_then(|slot| self.slots.info(slot))
                        .map_or_else(String::new, |info| info.key.to_string()),
                    revision: good.map(|(_, raw)| raw.revision),
                    running: shown(published),
                    pending: shown(intended),
                }
            })
            .collect()
    }

    /// The number of keys that the schema doesn't know, and the first of them. `None` if they have
    /// not changed since the last call.
    pub(crate) fn unknown(&mut self, max: usize) -> Option<(usize, Vec<Unknown>)> {
        let layout = self.slots.layout();
        self.unknown.report(max, |key| layout.nearest(key))
    }

    /// Old names and deprecated fields that are in use.
    pub(crate) fn warnings(&self) -> Vec<Warning> {
        let mut warnings = Vec::new();
        let layout = self.slots.layout();
        let to_warn_of = layout.to_warn_of.iter();
        for leaf in to_warn_of.filter_map(|leaf| self.slots.layout().leaf(*leaf)) {
            let good = self.good_of(leaf.id());
            let Some(info) = good.and_then(|(slot, _)| self.slots.info(slot)) else {
                continue;
            };
            if info.alias {
                let now = self.slots.of_leaf(leaf.id()).first();
                let now = now.and_then(|slot| self.slots.info(*slot));
                warnings.push(Warning::Alias {
                    key: info.key.to_string(),
                    field: leaf.name.clone(),
                    now: now.map_or_else(String::new, |now| now.key.to_string()),
                });
            }
            if let Some(note) = leaf.field.flags.deprecated {
                warnings.push(Warning::Deprecated {
                    key: info.key.to_string(),
                    field: leaf.name.clone(),
                    note: note.to_owned(),
                });
            }
        }
        warnings
    }

    /// The number of slots in use.
    #[cfg(test)]
    pub(crate) fn slots_in_use(&self) -> usize {
        self.slots.iter().count()
    }

    /// Checks the invariants of all parts. The error describes the first breach.
    #[cfg(test)]
    pub(crate) fn check(&self) -> Result<(), String> {
        self.ledger.check()?;
        self.published.check()
    }
}
