//! The rules over whole structs.
//!
//! In: calls of users' functions, section by section. Out: the functions that rejected the struct,
//! with the path of their section. It knows no values and no keys.

use crate::guard::guard;
use crate::reason::Invalid;

/// A rule over a whole struct that was broken.
#[doc(hidden)]
#[derive(Debug)]
pub struct BrokenRule {
    /// The section's path in Rust, `db`; for an entry `tenants[acme]`; empty for the root.
    pub section: String,
    /// The path of the rule's function.
    pub rule: &'static str,
    /// The function's error.
    pub invalid: Invalid,
}

/// Calls the rules over whole structs and collects the broken ones.
#[doc(hidden)]
#[derive(Debug, Default)]
pub struct Checks {
    section: Vec<Step>,
    /// The names of the entries among the steps.
    entries: Vec<String>,
    broken: Vec<BrokenRule>,
}

/// One step of the path to a section. It owns nothing: each section of a struct is entered for each
/// trial of a change.
#[derive(Debug, Clone, Copy)]
enum Step {
    Section(&'static str),
    /// The next one of the names of entries.
    Entry,
}

impl Checks {
    /// Enters a section, so that a rule broken there carries its name.
    pub fn section(&mut self, name: &'static str, checks: impl FnOnce(&mut Self)) {
        self.enter(name);
        checks(self);
        self.leave();
    }

    /// Enters an entry of the map whose section it is in, so that a rule broken there carries the
    /// entry's name.
    pub fn entry(&mut self, name: &str, checks: impl FnOnce(&mut Self)) {
        self.enter_entry(name);
        checks(self);
        self.leave();
    }

    // Called for each section of a struct in the user's crate, where most of them have no rules.
    #[inline]
    pub(super) fn enter(&mut self, section: &'static str) {
        self.section.push(Step::Section(section));
    }

    pub(super) fn enter_entry(&mut self, name: &str) {
        self.section.push(Step::Entry);
        self.entries.push(name.to_owned());
    }

    #[inline]
    pub(super) fn leave(&mut self) {
        if let Some(Step::Entry) = self.section.pop() {
            self.entries.pop();
        }
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
        let mut entries = self.entries.iter();
        for step in &self.section {
            match step {
                Step::Section(name) => {
                    if !path.is_empty() {
                        path.push('.');
                    }
                    path.push_str(name);
                }
                Step::Entry => path.extend(entries.next().map(|name| format!("[{name}]"))),
            }
        }
        path
    }

    /// The broken rules.
    pub fn into_broken(self) -> Vec<BrokenRule> {
        self.broken
    }
}
