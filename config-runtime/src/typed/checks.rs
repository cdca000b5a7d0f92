//! The rules over whole structs.
//!
//! In: calls of users' functions, section by section. Out: those that rejected the struct, with the
//! path of their section. It knows no values and no keys.

use std::borrow::Cow;

use crate::guard::guard;
use crate::reason::Invalid;

/// A rule over a whole struct that was broken.
#[doc(hidden)]
#[derive(Debug)]
pub struct BrokenRule {
    /// The section's path in Rust, `db`; of an entry `tenants[acme]`; empty for the root.
    pub section: String,
    /// The path of the rule's function.
    pub rule: &'static str,
    /// What it said.
    pub invalid: Invalid,
}

/// Calls the rules over whole structs and keeps what they refuse.
#[doc(hidden)]
#[derive(Debug, Default)]
pub struct Checks {
    section: Vec<Cow<'static, str>>,
    broken: Vec<BrokenRule>,
}

impl Checks {
    /// Goes into a section, so that what it refuses carries its name.
    pub fn section(&mut self, name: &'static str, checks: impl FnOnce(&mut Self)) {
        self.enter(name);
        checks(self);
        self.leave();
    }

    /// Goes into an entry of the map whose section it is in, so that a rule that fails there
    /// carries the entry's name.
    pub fn entry(&mut self, name: &str, checks: impl FnOnce(&mut Self)) {
        self.enter_entry(name);
        checks(self);
        self.leave();
    }

    pub(super) fn enter(&mut self, section: &'static str) {
        self.section.push(section.into());
    }

    pub(super) fn enter_entry(&mut self, name: &str) {
        self.section.push(format!("[{name}]").into());
    }

    pub(super) fn leave(&mut self) {
        self.section.pop();
    }

    pub(super) fn take_broken(&mut self) -> Vec<BrokenRule> {
        std::mem::take(&mut self.broken)
    }

    /// Calls one rule.
    pub fn rule(&mut self, rule: &'static str, validate: impl FnOnce() -> Result<(), Invalid>) {
        let invalid = match guard(validate) {
            Ok(Ok(())) => return,
            Ok(Err(invalid)) => invalid,
            Err(panic) => Invalid::new(format!("`{rule}` panicked: {panic}")),
        };
        self.broken.push(BrokenRule {
            section: self.path(),
            rule,
            invalid,
        });
    }

    fn path(&self) -> String {
        let mut path = String::new();
        for section in &self.section {
            if !path.is_empty() && !section.starts_with('[') {
                path.push('.');
            }
            path.push_str(section);
        }
        path
    }

    /// What was refused.
    pub fn into_broken(self) -> Vec<BrokenRule> {
        self.broken
    }
}
