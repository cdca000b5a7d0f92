//! What `apply` reports of the keys that are not published as they stand.
//!
//! In: groups, leaves and keys. Out: values for the status and for messages. No secret is in them.

use std::fmt;

use crate::Revision;
use crate::problem::Problem;

/// A group that was refused: the changes that one revision made, accepted or held as a unit.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Held {
    /// The revision that made the changes; of keys that a full read found missing, the revision
    /// that was read at.
    pub revision: Revision,
    /// The epoch that the revision counts in.
    pub epoch: u64,
    /// Whether these are keys that a full read found missing: some revision up to this one
    /// deleted them, and it is not known which.
    pub missing: bool,
    /// The whole keys.
    pub keys: Vec<String>,
    /// Their paths in Rust.
    pub fields: Vec<String>,
    /// Why: a field of the group is bad, or the whole would break a rule.
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
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Pending {
    /// The path in Rust.
    pub field: String,
    /// The whole key.
    pub key: String,
    /// The revision that wrote the new value; `None` where the key was deleted.
    pub revision: Option<Revision>,
    /// The value that the program runs with, where its type can be shown; `***` for a secret.
    pub running: Option<String>,
    /// The value that it will have after a restart.
    pub pending: Option<String>,
}

impl fmt::Display for Pending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` waits for a restart ({})", self.field, self.key)?;
        if let (Some(running), Some(pending)) = (&self.running, &self.pending) {
            write!(f, ": runs with {running}, will have {pending}")?;
        }
        Ok(())
    }
}

/// A key below the prefix that the schema doesn't know. It is left alone.
#[derive(Debug, Clone, PartialEq, Eq)]
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
        write!(f, "the schema doesn't know {}", self.key)?;
        match &self.nearest {
            Some(nearest) => write!(f, "; did you mean `{nearest}`?"),
            None => Ok(()),
        }
    }
}

/// An old key or a deprecated field that is in use.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Warning {
    /// The whole key.
    pub key: String,
    /// What to do instead.
    pub message: String,
}
