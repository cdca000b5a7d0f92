//! Checks the defaults of a struct against its own rules.
//!
//! In: a struct. Out: the mistakes. It knows no store: every key is absent.

use super::checks::{BrokenRule, Checks};
use super::config::HotConfig;
use super::read::{FieldError, LeafReader, Nothing, Specimen};
use super::tree::{DefaultValue, Leaf};
use crate::guard::guard;
use crate::mistake::BuilderMistake;
use crate::reason::{Reason, SECRET_DOES_NOT_FIT};

/// The reason that may be shown for a secret leaf, about its value or its default.
pub(crate) fn of_secret(leaf: &Leaf, about_value: bool, reason: Reason) -> Reason {
    match leaf.field.default {
        _ if about_value => reason.of_secret(SECRET_DOES_NOT_FIT),
        // The key is missing, so there is nothing to quote.
        DefaultValue::None => reason,
        _ => reason.of_secret("the default, which is a secret, does not fit"),
    }
}

/// The secret fields without a default: a fallback without secrets could not serve them.
pub(crate) fn required_secrets<T: HotConfig>() -> Vec<String> {
    let leaves = T::TREE.leaves();
    let mut reader = LeafReader::all(&Nothing);
    // `bad` reports a panic.
    let _ = guard(|| drop(T::__build(&mut reader)));
    let findings = reader.into_findings().into_iter();
    let missing = findings.filter_map(|finding| leaves.get(finding.leaf.place()));
    missing
        .filter(|leaf| leaf.secret && leaf.field.default == DefaultValue::None)
        .map(|leaf| leaf.name.clone())
        .collect()
}

/// Defaults that don't parse or break their own field's rule; with `required`, also the fields
/// without a default.
pub(crate) fn bad<T: HotConfig>(required: bool) -> Vec<BuilderMistake> {
    let leaves = T::TREE.leaves();
    let mut reader = LeafReader::all(&Nothing);
    let mut checks = Checks::default();
    let built = guard(|| {
        if let Some(defaults) = T::__build(&mut reader)
            && required
        {
            defaults.__validate(&mut checks);
        }
    });
    if let Err(panic) = built {
        let schema = T::TREE.name.to_owned();
        return vec![BuilderMistake::DefaultsPanicked { schema, panic }];
    }
    let together = checks.into_broken().into_iter().map(|broken| {
        let BrokenRule {
            section,
            rule,
            invalid,
        } = broken;
        BuilderMistake::InvalidDefaults {
            section: match section.is_empty() {
                true => T::TREE.name.to_owned(),
                false => section,
            },
            rule: rule.to_string(),
            reason: invalid.to_string(),
        }
    });
    let secrets: Vec<_> = reader.secrets().iter().map(|leaf| leaf.pattern).collect();
    let findings = reader.into_findings().into_iter();
    let in_entries = in_entries::<T>(&leaves);
    let single = findings.chain(in_entries).filter_map(|finding| {
        let leaf = leaves.get(finding.leaf.place())?;
        if leaf.field.default != DefaultValue::None {
            let reason = match leaf.secret || secrets.contains(&finding.leaf.pattern) {
                true => of_secret(leaf, finding.about_value, finding.reason),
                false => finding.reason,
            };
            Some(BuilderMistake::InvalidDefault {
                field: leaf.name.clone(),
                reason: reason.to_string(),
            })
        } else if required && leaf.map.is_none() {
            let field = leaf.name.clone();
            Some(BuilderMistake::NoDefault { field })
        } else {
            None
        }
    });
    single.chain(together).collect()
}

/// The problems of leaves inside entries without keys, if there is a map.
fn in_entries<T: HotConfig>(leaves: &[Leaf]) -> Vec<FieldError> {
    if leaves.iter().all(|leaf| leaf.map.is_none()) {
        return Vec::new();
    }
    let mut reader = LeafReader::all(&Specimen);
    // `bad` reports a panic of the struct itself.
    let _ = guard(|| drop(T::__build(&mut reader)));
    let findings = reader.into_findings().into_iter();
    findings
        .filter(|finding| finding.leaf.outside_maps().is_none())
        .collect()
}
