//! Problems of rejected values: one line each, with the whole key.
//!
//! In: the findings of `apply`, without the values of secrets. Out: text for people.

use std::fmt;

use serde::Serialize;

use crate::Revision;

/// One thing that is wrong in the store, or with a default.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Problem {
    /// The whole key, `/configs/users/prod/db/pool_size`; for a rule over a whole struct the
    /// prefix of its section.
    pub key: String,
    /// The path in Rust, `db.pool_size`; empty for a rule over the root struct.
    pub field: String,
    /// The revision that wrote the value; `None` if there is no key.
    pub revision: Option<Revision>,
    /// The value that was found, shortened; `None` for a secret, and if there is none.
    pub found: Option<String>,
    /// The mistake.
    pub wrong: String,
    /// A description of a valid value.
    pub expected: Option<String>,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.key)?;
        if let Some(revision) = self.revision {
            write!(f, " (revision {revision})")?;
        }
        write!(f, ": {}", self.wrong)?;
        if let Some(found) = &self.found {
            write!(f, "; found {found}")?;
        }
        if let Some(expected) = &self.expected {
            write!(f, "; expected {expected}")?;
        }
        Ok(())
    }
}

/// The items, one line each.
pub(crate) fn list(items: &[impl fmt::Display]) -> String {
    items
        .iter()
        .fold(String::new(), |list, item| format!("{list}\n  {item}"))
}
