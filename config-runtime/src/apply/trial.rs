//! One trial: applies raw values to a configuration, and validates the result.
//!
//! In: the configuration so far and, for each leaf that may differ, its bytes. Out: the next
//! configuration and the leaves that changed, or [`Problem`]s. The user's code runs here, guarded:
//! a panic counts as a rejection.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::Arc;

use serde_json::Value;

use crate::HotConfig;
use crate::guard::guard;
use crate::layers::{Slot, Slots};
use crate::problem::Problem;
use crate::snapshot::{Draft, Snapshot};
use crate::typed::checks::{BrokenRule, Checks};
use crate::typed::defaults;
use crate::typed::id::{EntryId, LeafId, MapId};
use crate::typed::read::{FieldError, LeafReader, RawEntries, Raws};
use crate::typed::tree::{DefaultValue, Leaf};
use crate::wording::shorten;

use super::ledger::Raw;

/// A configuration that breaks no rule.
#[derive(Debug)]
pub(crate) struct ValidConfig<T> {
    /// The configuration to publish: restart-only fields have their first value.
    pub(crate) value: TrialConfig<T>,
    /// The configuration after a restart, if it differs.
    pub(crate) intended: Option<Box<T>>,
}

/// The configuration that is published, shared with its readers, or one that may be next.
#[derive(Debug)]
pub(crate) enum TrialConfig<T> {
    PublishedState {
        snapshot: Snapshot<T>,
        /// A copy of it for the first trial, made while the loop was idle.
        copy: RefCell<Option<Draft<T>>>,
    },
    Next(Draft<T>),
}

impl<T: Clone> TrialConfig<T> {
    /// A copy to change.
    pub(crate) fn draft(&self) -> Draft<T> {
        match self {
            Self::PublishedState { snapshot, copy } => {
                let copy = copy.borrow_mut().take();
                copy.unwrap_or_else(|| snapshot.draft())
            }
            Self::Next(draft) => draft.draft(),
        }
    }
}

impl<T> Deref for TrialConfig<T> {
    type Target = T;

    fn deref(&self) -> &T {
        match self {
            Self::PublishedState { snapshot, .. } => snapshot,
            Self::Next(draft) => draft,
        }
    }
}

/// The problems that a trial found.
#[derive(Debug, Default)]
pub(crate) struct TrialFailure {
    /// Problems of single leaves.
    pub(crate) leaves: Vec<(LeafId, Problem)>,
    /// Problems of whole structs.
    pub(crate) whole: Vec<Problem>,
}

/// A leaf's bytes, with the slot that gave them.
pub(crate) type EffectiveRaw<'a> = Option<(Slot, &'a Raw)>;

/// The bytes of a trial, as the `LeafReader` requests them.
struct TrialRaws<'a, 'e, F> {
    slots: &'e Slots,
    effective: &'e F,
    raws: PhantomData<&'a Raw>,
}

impl<'a, 'e, F: Fn(LeafId) -> EffectiveRaw<'a>> TrialRaws<'a, 'e, F> {
    fn new(slots: &'e Slots, effective: &'e F) -> Self {
        let raws = PhantomData;
        Self {
            slots,
            effective,
            raws,
        }
    }
}

impl<'a, F: Fn(LeafId) -> EffectiveRaw<'a>> Raws for TrialRaws<'a, '_, F> {
    fn raw(&self, leaf: LeafId) -> Option<&[u8]> {
        (self.effective)(leaf).map(|(_, raw)| &*raw.value)
    }

    fn entries(&self, map: MapId) -> RawEntries<'_> {
        let entries = self.slots.entries(map);
        Box::new(entries.filter(|(_, entry)| self.has_entry(*entry)))
    }

    fn has_entry(&self, entry: EntryId) -> bool {
        let mut leaves = self.slots.leaves_of_entry(entry);
        leaves.any(|leaf| (self.effective)(leaf).is_some())
            || self.slots.inside(entry).any(|entry| self.has_entry(entry))
    }

    fn outer(&self, entry: EntryId) -> EntryId {
        self.slots.outer(entry)
    }
}

/// The data that all trials of a configuration share.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ground<'a> {
    pub(crate) slots: &'a Slots,
    /// The bytes of the secrets that keep their first value until a restart.
    pub(crate) running: &'a [Arc<[u8]>],
    /// Whether nothing runs yet: then restart-only fields are like all others.
    pub(crate) starting: bool,
}

/// Builds a configuration from all leaves.
pub(crate) fn build<'a, T: HotConfig>(
    ground: Ground<'_>,
    effective: impl Fn(LeafId) -> EffectiveRaw<'a>,
) -> Result<ValidConfig<T>, TrialFailure> {
    let slots = ground.slots;
    let raws = TrialRaws::new(slots, &effective);
    let mut reader = LeafReader::all(&raws);
    let value = guard(|| T::__build(&mut reader));
    let mut refused = TrialFailure::default();
    let layout = slots.layout();
    reader.secrets().iter().for_each(|leaf| layout.hide(*leaf));
    let of_sections = reader.take_broken();
    refused.findings(slots, &effective, reader.into_findings());
    match value {
        Ok(Some(value)) if refused.is_empty() => {
            refused.checks(ground, &effective, &value);
            refused.or(ValidConfig {
                value: TrialConfig::Next(Draft::new(value)),
                intended: None,
            })
        }
        Ok(_) => {
            refused.broken(ground, &effective, of_sections);
            refused.or_unexplained(slots)
        }
        Err(panic) => Err(refused.panicked(ground, &effective, &panic)),
    }
}

/// Replaces the leaves that may differ; returns those that did, among the published ones.
pub(crate) fn replace<'a, T: HotConfig>(
    ground: Ground<'_>,
    base: &ValidConfig<T>,
    leaves: &BTreeSet<LeafId>,
    effective: impl Fn(LeafId) -> EffectiveRaw<'a>,
) -> Result<(ValidConfig<T>, BTreeSet<LeafId>), TrialFailure> {
    let slots = ground.slots;
    let layout = slots.layout();
    let mut refused = TrialFailure::default();
    let tried = guard(|| {
        let keeps = |leaf: &Leaf| leaf.restart && !ground.starting;
        let restart = |id: &LeafId| layout.leaf(*id).is_some_and(keeps);
        let mut draft = base.value.draft();
        let next = draft.value();
        let mut intended = base.intended.clone();
        if intended.is_none() && leaves.iter().any(restart) {
            intended = Some(Box::new(next.clone()));
        }
        let mut changed = BTreeSet::new();
        let raws = TrialRaws::new(slots, &effective);
        for id in leaves {
            let (Some(leaf), Some(path)) = (layout.leaf(*id), slots.path(*id)) else {
                continue;
            };
            let set = |value: &mut T| {
                let mut reader = LeafReader::one(*id, &raws);
                value.__set(&path, &mut reader);
                reader.secrets().iter().for_each(|leaf| layout.hide(*leaf));
                (reader.changed().to_vec(), reader.into_findings())
            };
            let mut findings = Vec::new();
            if let Some(intended) = &mut intended {
                findings = set(intended).1;
            }
            if !keeps(leaf) {
                let (differs, found) = set(next);
                findings = found;
                changed.extend(differs);
            }
            refused.findings(slots, &effective, findings);
        }
        if refused.is_empty() {
            refused.checks(ground, &effective, next);
            // If no field waits for a restart any longer, there is one configuration again.
            intended = intended.filter(|intended| {
                let mut restart = layout.leaves.iter().filter(|leaf| leaf.restart);
                restart.any(|leaf| !intended.__same(next, leaf.path.fixed()))
            });
            if let Some(intended) = intended.as_deref()
                && refused.is_empty()
            {
                refused.checks(ground, &effective, intended);
            }
        }
        let value = TrialConfig::Next(draft);
        (ValidConfig { value, intended }, changed)
    });
    match tried {
        Ok(tried) => refused.or(tried),
        Err(panic) => Err(refused.panicked(ground, &effective, &panic)),
    }
}

impl TrialFailure {
    fn is_empty(&self) -> bool {
        self.leaves.is_empty() && self.whole.is_empty()
    }

    fn or<V>(self, value: V) -> Result<V, Self> {
        if self.is_empty() {
            Ok(value)
        } else {
            Err(self)
        }
    }

    /// Handles an expansion that returned neither a struct nor a reason: that is a mistake, too.
    fn or_unexplained<V>(mut self, slots: &Slots) -> Result<V, Self> {
        if self.is_empty() {
            self.whole(
                slots,
                "",
                "the struct was not built, and its code gave no reason".to_owned(),
                None,
            );
        }
        Err(self)
    }

    /// Adds a panic in the struct's own code, such as a `Clone`.
    fn panicked<'a>(
        mut self,
        ground: Ground<'_>,
        effective: &impl Fn(LeafId) -> EffectiveRaw<'a>,
        panic: &str,
    ) -> Self {
        let Ground { slots, running, .. } = ground;
        let shown = without(panic, &secrets(slots, running, effective));
        self.whole(
            slots,
            "",
            format!("the struct's own code panicked: {shown}"),
            None,
        );
        self
    }

    /// Adds a problem of a whole struct.
    fn whole(&mut self, slots: &Slots, section: &str, wrong: String, expected: Option<String>) {
        self.whole.push(Problem {
            key: slots.layout().section_key(section),
            field: section.to_owned(),
            revision: None,
            found: None,
            wrong,
            expected,
        });
    }

    fn findings<'a>(
        &mut self,
        slots: &Slots,
        effective: &impl Fn(LeafId) -> EffectiveRaw<'a>,
        findings: Vec<FieldError>,
    ) {
        for finding in findings {
            let Some(leaf) = slots.layout().leaf(finding.leaf) else {
                continue;
            };
            let there = effective(finding.leaf);
            let key = there
                .map(|(slot, _)| slot)
                .or(slots.of_leaf(finding.leaf).first().copied());
            let hidden = slots.layout().is_hidden(leaf);
            let reason = match hidden {
                true => defaults::of_secret(leaf, finding.about_value, finding.reason),
                false => finding.reason,
            };
            let problem = Problem {
                key: key
                    .and_then(|slot| slots.info(slot))
                    .map_or_else(String::new, |slot| slot.key.to_string()),
                field: slots.name(finding.leaf),
                revision: there.map(|(_, raw)| raw.revision),
                found: there
                    .filter(|_| !hidden)
                    .map(|(_, raw)| reason.excerpt(&raw.value)),
                wrong: reason.wrong().to_owned(),
                expected: reason.expected().map(|right| {
                    match right.strip_prefix("a JSON ") {
                        // The kind of JSON alone says too little about its content.
                        Some(_) => format!("{right} that is a `{}`", leaf.field.type_name),
                        None => right.to_owned(),
                    }
                }),
            };
            // Each leaf of a new entry builds the whole entry.
            let found = (finding.leaf, problem);
            if !self.leaves.contains(&found) {
                self.leaves.push(found);
            }
        }
    }

    /// Calls the rules over whole structs.
    fn checks<'a, T: HotConfig>(
        &mut self,
        ground: Ground<'_>,
        effective: &impl Fn(LeafId) -> EffectiveRaw<'a>,
        value: &T,
    ) {
        let mut checks = Checks::default();
        value.__validate(&mut checks);
        self.broken(ground, effective, checks.into_broken());
    }

    /// Adds the rules over whole structs that were broken, in messages without secrets.
    fn broken<'a>(
        &mut self,
        ground: Ground<'_>,
        effective: &impl Fn(LeafId) -> EffectiveRaw<'a>,
        broken: Vec<BrokenRule>,
    ) {
        let Ground { slots, running, .. } = ground;
        if broken.is_empty() {
            return;
        }
        let secrets = secrets(slots, running, effective);
        for BrokenRule {
            section,
            rule,
            invalid,
        } in broken
        {
            let shown = without(invalid.message(), &secrets);
            let right = invalid.expected().map(|right| without(right, &secrets));
            self.whole(slots, &section, format!("{shown} (`{rule}`)"), right);
        }
    }
}

/// The texts of all secrets, the longest first: a rule's own message must not print one.
fn secrets<'a>(
    slots: &Slots,
    running: &[Arc<[u8]>],
    effective: &impl Fn(LeafId) -> EffectiveRaw<'a>,
) -> Vec<String> {
    let layout = slots.layout();
    let now = slots.leaves().filter(|(_, leaf)| layout.is_hidden(leaf));
    let now = now.filter_map(|(id, _)| effective(id));
    let now = now.map(|(_, raw)| &*raw.value);
    let hidden = layout.leaves.iter().filter(|leaf| layout.is_hidden(leaf));
    let defaults = hidden.filter_map(|leaf| match leaf.field.default {
        DefaultValue::Text(text) => Some(text.as_bytes()),
        _ => None,
    });
    let mut secrets = Vec::new();
    for raw in now.chain(defaults).chain(running.iter().map(|raw| &**raw)) {
        let Ok(text) = std::str::from_utf8(raw) else {
            continue;
        };
        texts_of(text, &mut secrets);
    }
    secrets.retain(|secret| !secret.is_empty());
    secrets.sort_unstable_by_key(|secret| std::cmp::Reverse(secret.len()));
    secrets
}

/// Adds the forms in which a program may print a value: as it is written, and, for JSON, each text
/// and number.
fn texts_of(text: &str, texts: &mut Vec<String>) {
    texts.push(text.trim().to_owned());
    let mut rest = Vec::from_iter(serde_json::from_str::<Value>(text).ok());
    while let Some(value) = rest.pop() {
        match value {
            Value::String(text) => texts.push(text),
            Value::Number(number) => texts.push(number.to_string()),
            Value::Array(values) => rest.extend(values),
            Value::Object(values) => rest.extend(values.into_iter().map(|(_, value)| value)),
            Value::Null | Value::Bool(_) => {}
        }
    }
}

/// A message of the user's own code, without secrets, and shortened.
fn without(message: &str, secrets: &[String]) -> String {
    let message = secrets.iter().fold(message.to_owned(), |message, secret| {
        message.replace(secret.as_str(), "***")
    });
    shorten(&message)
}
