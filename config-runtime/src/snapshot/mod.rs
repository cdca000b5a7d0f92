//! An immutable configuration.
//!
//! In: a value with its revision and, for each leaf, its origin. Out: a [`Snapshot`], which shares
//! them; a [`Draft`], which is not shared yet. It knows no keys, no store and no subscribers.

mod origin;

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

pub use origin::Origin;

use crate::{Field, HotConfig, Revision};

/// An immutable configuration with its revision and the origin of every field.
///
/// It derefs to the configuration struct. A clone shares it and costs one reference count.
///
/// # Example
/// ```
/// # use hotconfig::{Hot, HotConfig, field, store::Memory};
/// # #[derive(HotConfig, Clone)]
/// # #[hot(prefix = "/users")]
/// # struct Service {
/// #     #[hot(nested)]
/// #     db: Pool,
/// # }
/// # #[derive(HotConfig, Clone)]
/// # struct Pool {
/// #     #[hot(default = 8)]
/// #     pool_size: u32,
/// # }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let store = Memory::new();
/// # let hot = Hot::<Service>::builder(store.clone()).start().await?;
/// let snapshot = hot.snapshot();
/// let origin = snapshot.origin(field!(Service, db.pool_size));
/// println!("{} connections, from {origin}", snapshot.db.pool_size);
/// # Ok(())
/// # }
/// ```
pub struct Snapshot<T>(pub(crate) Arc<Inner<T>>);

/// The content of a snapshot.
pub(crate) struct Inner<T> {
    value: T,
    revision: Option<Revision>,
    epoch: u64,
    /// The origin of each pattern, in the order of the schema.
    origins: Arc<[Origin]>,
    /// The origin of each leaf of an entry, by its path, `tenants[acme].dsn`.
    entry_origins: Arc<BTreeMap<String, Origin>>,
    /// The number of the publication in its hub; the hub writes it once, before the snapshot is
    /// shared.
    number: AtomicU64,
}

impl<T: Clone> Clone for Inner<T> {
    fn clone(&self) -> Self {
        Self {
            value: self.value.clone(),
            revision: self.revision,
            epoch: self.epoch,
            origins: Arc::clone(&self.origins),
            entry_origins: Arc::clone(&self.entry_origins),
            number: AtomicU64::new(self.number()),
        }
    }
}

impl<T> Inner<T> {
    pub(crate) fn value(&self) -> &T {
        &self.value
    }

    pub(crate) fn revision(&self) -> Option<Revision> {
        self.revision
    }

    pub(crate) fn epoch(&self) -> u64 {
        self.epoch
    }

    pub(crate) fn number(&self) -> u64 {
        self.number.load(Ordering::Relaxed)
    }

    pub(crate) fn set_number(&self, number: u64) {
        self.number.store(number, Ordering::Relaxed);
    }
}

/// A snapshot that is not shared yet: it can still be changed in place.
#[derive(Debug)]
pub(crate) struct Draft<T>(Snapshot<T>);

impl<T> Draft<T> {
    /// Begins a draft of a configuration that was built from nothing; the origins must be set at
    /// the end.
    pub(crate) fn new(value: T) -> Self {
        Self(Snapshot::new(value, None, 0, Arc::new([])))
    }
}

impl<T: Clone> Draft<T> {
    /// The value, to be changed.
    pub(crate) fn value(&mut self) -> &mut T {
        &mut self.inner().value
    }

    /// The origins, to be changed: one for each leaf, in the order of the schema.
    pub(crate) fn origins(&mut self) -> &mut Arc<[Origin]> {
        &mut self.inner().origins
    }

    /// The origins of the leaves of entries, to be changed, by their paths.
    pub(crate) fn entry_origins(&mut self) -> &mut BTreeMap<String, Origin> {
        Arc::make_mut(&mut self.inner().entry_origins)
    }

    /// Ends the draft: from now on the snapshot may be shared.
    pub(crate) fn finish(mut self, revision: Option<Revision>, epoch: u64) -> Snapshot<T> {
        let state = self.inner();
        (state.revision, state.epoch) = (revision, epoch);
        self.0
    }

    /// The draft is not shared, so this copies nothing.
    fn inner(&mut self) -> &mut Inner<T> {
        Arc::make_mut(&mut self.0.0)
    }
}

impl<T> Deref for Draft<T> {
    type Target = Snapshot<T>;

    fn deref(&self) -> &Snapshot<T> {
        &self.0
    }
}

impl<T: Clone> Snapshot<T> {
    /// A copy to change.
    pub(crate) fn draft(&self) -> Draft<T> {
        Draft(Self(Arc::new(Inner::clone(&self.0))))
    }
}

impl<T> Snapshot<T> {
    /// Creates a snapshot; `origins` has one entry for each leaf, in the order of the schema.
    pub(crate) fn new(
        value: T,
        revision: Option<Revision>,
        epoch: u64,
        origins: Arc<[Origin]>,
    ) -> Self {
        Self(Arc::new(Inner {
            value,
            revision,
            epoch,
            origins,
            entry_origins: Arc::default(),
            number: AtomicU64::new(0),
        }))
    }

    /// The revision whose state this is; `None` if it did not come from the store: the fallback and
    /// the defaults have none.
    pub fn revision(&self) -> Option<Revision> {
        self.0.revision
    }

    /// The unbroken history of the store that the revision belongs to. Only revisions of one epoch
    /// can be compared.
    pub fn epoch(&self) -> u64 {
        self.0.epoch
    }

    /// Whether both are the same publication.
    pub(crate) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// The origins, one for each leaf.
    pub(crate) fn all_origins(&self) -> &Arc<[Origin]> {
        &self.0.origins
    }
}

impl<T: HotConfig> Snapshot<T> {
    /// The origin of a field's value. A section has an origin for each of its fields:
    /// [`Snapshot::origins`] lists all of them.
    ///
    /// ```compile_fail,E0308
    /// # use hotconfig::{HotConfig, Snapshot, field};
    /// # #[derive(HotConfig, Clone)]
    /// # struct Service {
    /// #     #[hot(nested)]
    /// #     db: Pool,
    /// # }
    /// # #[derive(HotConfig, Clone)]
    /// # struct Pool {
    /// #     pool_size: u32,
    /// # }
    /// fn print(snapshot: &Snapshot<Service>) {
    ///     println!("{}", snapshot.origin(field!(Service, db)));
    /// }
    /// ```
    pub fn origin<V>(&self, field: Field<T, V>) -> &Origin {
        self.0
            .origins
            .get(field.span().first)
            .unwrap_or(&Origin::Default)
    }

    /// Every field's path, `db.pool_size`, with its origin, in the order of the source.
    pub fn origins(&self) -> impl Iterator<Item = (String, &Origin)> {
        let leaves = T::TREE.leaves().into_iter().zip(self.0.origins.iter());
        let fixed = leaves.filter(|(leaf, _)| leaf.map.is_none());
        let entries = self.0.entry_origins.iter();
        fixed
            .map(|(leaf, origin)| (leaf.name, origin))
            .chain(entries.map(|(name, origin)| (name.clone(), origin)))
    }
}

impl<T> Clone for Snapshot<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Deref for Snapshot<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0.value
    }
}

/// Shows the struct as its own `Debug` does.
impl<T: fmt::Debug> fmt::Debug for Snapshot<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Snapshot")
            .field("revision", &self.0.revision)
            .field("epoch", &self.0.epoch)
            .field("value", &self.0.value)
            .finish_non_exhaustive()
    }
}
