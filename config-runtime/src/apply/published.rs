//! The published configuration, and the draft of the next one.
//!
//! In: valid configurations. Out: the ground for the next trial, and the snapshot that is
//! published. It knows no keys and no groups.
//!
//! Invariant: `snapshot` breaks no rule; `intended` is `None` exactly if a restart would give the
//! same; `copy`, if there is one, equals `snapshot`.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::trial::{TrialConfig, ValidConfig};
use crate::HotConfig;
use crate::guard::guard;
use crate::snapshot::{Draft, Origin, Snapshot};
use crate::typed::id::LeafId;
use crate::typed::tree::Leaf;

/// The source of the published configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Basis {
    /// The defaults: there is neither a fallback nor a reading.
    Nothing,
    /// A fallback, and no reading has been staged.
    Fallback,
    /// A reading has been staged, and the published snapshot does not have its revision yet.
    NewReading,
    /// The store.
    Store,
}

/// See the module's text.
#[derive(Debug)]
pub(super) struct PublishedState<T> {
    pub(super) basis: Basis,
    pub(super) snapshot: Option<Snapshot<T>>,
    /// A copy of it for the next trial, if there was time to make one.
    copy: Option<Draft<T>>,
    /// The configuration after a restart, if it differs from the snapshot.
    pub(super) intended: Option<Box<T>>,
    /// The origins of the restart-only leaves: they keep their first value.
    first_origins: HashMap<LeafId, Origin>,
    /// The bytes of the secret ones among them.
    running_secrets: Vec<Arc<[u8]>>,
    /// The leaves whose origin may differ from the published one.
    moved: BTreeSet<LeafId>,
}

impl<T: HotConfig> PublishedState<T> {
    pub(super) fn nothing() -> Self {
        Self {
            basis: Basis::Nothing,
            snapshot: None,
            copy: None,
            intended: None,
            first_origins: HashMap::new(),
            running_secrets: Vec::new(),
            moved: BTreeSet::new(),
        }
    }

    /// Whether the first reading since a start without the store has arrived: then the snapshot
    /// gets its revision and its origins, even if no value changes.
    pub(super) fn may_anchor(&self) -> bool {
        self.basis == Basis::NewReading
    }

    /// The configuration to try changes on. `None` before the first configuration.
    pub(super) fn ground(&mut self) -> Option<ValidConfig<T>> {
        Some(ValidConfig {
            value: TrialConfig::PublishedState {
                snapshot: self.snapshot.clone()?,
                copy: RefCell::new(self.copy.take()),
            },
            intended: self.intended.clone(),
        })
    }

    /// Makes a copy for the next trial, so that the trial need not wait for it. It costs as much
    /// memory as the configuration, once.
    pub(super) fn prepare(&mut self) {
        if self.copy.is_none()
            && let Some(published) = &self.snapshot
        {
            // If its `Clone` panics, the trial reports it.
            self.copy = guard(|| {
                let mut copy = published.draft();
                // The draft needs origins of its own, too.
                let _ = Arc::make_mut(copy.origins());
                copy
            })
            .ok();
        }
    }

    /// Notes that the origin of a leaf may have changed.
    pub(super) fn move_origin(&mut self, leaf: LeafId) {
        self.moved.insert(leaf);
    }

    /// Takes the leaves whose origin may have changed.
    pub(super) fn take_moved(&mut self) -> BTreeSet<LeafId> {
        std::mem::take(&mut self.moved)
    }

    /// The bytes of the secrets that keep their first value until a restart.
    pub(super) fn running_secrets(&self) -> &[Arc<[u8]>] {
        &self.running_secrets
    }

    /// Keeps the origin of a restart-only leaf, and the bytes of its first value if it is secret.
    pub(super) fn remember_first(
        &mut self,
        leaf: LeafId,
        origin: Origin,
        secret: Option<Arc<[u8]>>,
    ) {
        self.first_origins.insert(leaf, origin);
        self.running_secrets.extend(secret);
    }

    /// The origin of a leaf's first value, while a new value waits for a restart.
    pub(super) fn first_origin(&self, leaf: &Leaf) -> Option<&Origin> {
        if !self.is_pending(leaf) {
            return None;
        }
        self.first_origins.get(&leaf.id())
    }

    /// Whether a restart-only leaf has a new value that waits for a restart.
    pub(super) fn is_pending(&self, leaf: &Leaf) -> bool {
        let (Some(intended), Some(published)) = (&self.intended, &self.snapshot) else {
            return false;
        };
        leaf.restart && !guard(|| intended.__same(published, leaf.path.fixed())).unwrap_or(true)
    }

    /// Checks the part of the invariant that needs no code of the user. The error describes the
    /// breach.
    #[cfg(test)]
    pub(super) fn check(&self) -> Result<(), String> {
        match (&self.copy, &self.snapshot) {
            (Some(_), None) => Err("a copy without a snapshot".to_owned()),
            (Some(copy), Some(snapshot)) if copy.all_origins() != snapshot.all_origins() => {
                Err("the copy has other origins than the snapshot".to_owned())
            }
            _ => Ok(()),
        }
    }
}
