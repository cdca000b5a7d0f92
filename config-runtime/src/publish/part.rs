//! A field or a section of a snapshot.
//!
//! In: a snapshot and a field. Out: a handle on the value, which hides the struct that it is a part
//! of; and the whole snapshot, for a handle that is used as a [`Baseline`].

use std::any::Any;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use super::Guard;
use crate::snapshot::{Inner, Snapshot};
use crate::{HotConfig, Revision, Selector};

/// One field or section of a snapshot, which it keeps alive; returned by [`View::load`].
///
/// It derefs to the value. A clone shares it and costs one reference count.
///
/// [`View::load`]: crate::View::load
pub struct Part<V>(Arc<dyn PartValue<V>>);

/// A value somewhere in a snapshot. It hides the type of the whole struct.
trait PartValue<V>: Send + Sync {
    fn get(&self) -> &V;
    fn revision(&self) -> Option<Revision>;
    fn epoch(&self) -> u64;
    /// The `Inner` of the whole snapshot.
    fn root(self: Arc<Self>) -> Arc<dyn Any + Send + Sync>;
}

impl<T: HotConfig> PartValue<T> for Inner<T> {
    fn get(&self) -> &T {
        self.value()
    }

    fn revision(&self) -> Option<Revision> {
        Inner::revision(self)
    }

    fn epoch(&self) -> u64 {
        Inner::epoch(self)
    }

    fn root(self: Arc<Self>) -> Arc<dyn Any + Send + Sync> {
        self
    }
}

/// A field of a value.
struct FieldOfPart<V, S> {
    outer: Part<V>,
    field: S,
}

impl<V: 'static, S: Selector<V>> PartValue<S::Value> for FieldOfPart<V, S> {
    fn get(&self) -> &S::Value {
        self.field.get(&self.outer)
    }

    fn revision(&self) -> Option<Revision> {
        self.outer.revision()
    }

    fn epoch(&self) -> u64 {
        self.outer.epoch()
    }

    fn root(self: Arc<Self>) -> Arc<dyn Any + Send + Sync> {
        Arc::clone(&self.outer.0).root()
    }
}

impl<T: HotConfig> Part<T> {
    /// The whole snapshot.
    pub(super) fn whole(snapshot: Snapshot<T>) -> Self {
        Self(snapshot.0)
    }
}

impl<V: 'static> Part<V> {
    /// The revision of the snapshot that it is a part of; see [`Snapshot::revision`].
    pub fn revision(&self) -> Option<Revision> {
        self.0.revision()
    }

    /// The epoch of that snapshot; see [`Snapshot::epoch`].
    pub fn epoch(&self) -> u64 {
        self.0.epoch()
    }

    /// The snapshot that the value is a part of; `None` if that is of another struct than `T`.
    pub fn snapshot<T: HotConfig>(&self) -> Option<Snapshot<T>> {
        whole_snapshot(Arc::clone(&self.0).root())
    }

    /// A field of this value, out of the same snapshot.
    #[must_use]
    pub fn part<W: 'static>(&self, field: impl Selector<V, Value = W>) -> Part<W> {
        Part(Arc::new(FieldOfPart {
            outer: self.clone(),
            field,
        }))
    }
}

impl<V> Clone for Part<V> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<V> Deref for Part<V> {
    type Target = V;

    fn deref(&self) -> &V {
        self.0.get()
    }
}

/// Shows the value as its own `Debug` does.
impl<V: fmt::Debug> fmt::Debug for Part<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Part").field(self.0.get()).finish()
    }
}

/// A state that a subscriber can name as already known: a [`Snapshot`], a [`Guard`] or a [`Part`].
/// Sealed.
pub trait Baseline: sealed::WholeSnapshot {}

impl<B: sealed::WholeSnapshot> Baseline for B {}

mod sealed {
    use super::{Any, Arc};

    pub trait WholeSnapshot {
        /// The `Inner` of the whole snapshot.
        fn whole(&self) -> Arc<dyn Any + Send + Sync>;
    }
}

use sealed::WholeSnapshot;

impl<T: HotConfig> WholeSnapshot for Snapshot<T> {
    fn whole(&self) -> Arc<dyn Any + Send + Sync> {
        Arc::clone(&self.0) as Arc<dyn Any + Send + Sync>
    }
}

impl<T: HotConfig> WholeSnapshot for Guard<T> {
    fn whole(&self) -> Arc<dyn Any + Send + Sync> {
        self.snapshot().whole()
    }
}

impl<V: 'static> WholeSnapshot for Part<V> {
    fn whole(&self) -> Arc<dyn Any + Send + Sync> {
        Arc::clone(&self.0).root()
    }
}

/// The snapshot behind a [`Baseline`]; `None` if that is of another struct.
pub(super) fn whole_snapshot<T: HotConfig>(
    whole: Arc<dyn Any + Send + Sync>,
) -> Option<Snapshot<T>> {
    whole.downcast().ok().map(Snapshot)
}
