//! An immutable configuration, and the handles that read the current one.
//!
//! In: a value with its revision and origins. Out: [`Snapshot`], and what derefs to it without a
//! lock. Nothing here waits or tells.

use std::any::Any;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arc_swap::{ArcSwap, Cache};

use super::{Hub, Origin};
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
pub struct Snapshot<T>(pub(super) Arc<State<T>>);

/// What a snapshot holds.
pub(super) struct State<T> {
    value: T,
    revision: Option<Revision>,
    epoch: u64,
    /// One for each leaf, in the order of the schema.
    origins: Arc<[Origin]>,
    /// Which publication of its hub it is; the hub writes it once, before anyone else has it.
    number: AtomicU64,
}

impl<T: Clone> Clone for State<T> {
    fn clone(&self) -> Self {
        Self {
            value: self.value.clone(),
            revision: self.revision,
            epoch: self.epoch,
            origins: Arc::clone(&self.origins),
            number: AtomicU64::new(self.number()),
        }
    }
}

impl<T> State<T> {
    pub(super) fn number(&self) -> u64 {
        self.number.load(Ordering::Relaxed)
    }

    pub(super) fn set_number(&self, number: u64) {
        self.number.store(number, Ordering::Relaxed);
    }
}

/// A snapshot that nobody else has: it can still be changed, where it will be read from.
#[derive(Debug)]
pub(crate) struct Draft<T>(Snapshot<T>);

impl<T> Draft<T> {
    /// Of a configuration that was built anew; the origins are to be given at the end.
    pub(crate) fn new(value: T) -> Self {
        Self(Snapshot::new(value, None, 0, Arc::new([])))
    }
}

impl<T: Clone> Draft<T> {
    /// The value, to be changed.
    pub(crate) fn value(&mut self) -> &mut T {
        &mut self.state().value
    }

    /// The origins, to be changed: one for each leaf, in the order of the schema.
    pub(crate) fn origins(&mut self) -> &mut Arc<[Origin]> {
        &mut self.state().origins
    }

    /// From now on others may have it.
    pub(crate) fn finish(mut self, revision: Option<Revision>, epoch: u64) -> Snapshot<T> {
        let state = self.state();
        (state.revision, state.epoch) = (revision, epoch);
        self.0
    }

    /// Nobody else has it, so that this copies nothing.
    fn state(&mut self) -> &mut State<T> {
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
        Draft(Self(Arc::new(State::clone(&self.0))))
    }
}

impl<T> Snapshot<T> {
    /// A snapshot; `origins` has one entry for each leaf, in the order of the schema.
    pub(crate) fn new(
        value: T,
        revision: Option<Revision>,
        epoch: u64,
        origins: Arc<[Origin]>,
    ) -> Self {
        Self(Arc::new(State {
            value,
            revision,
            epoch,
            origins,
            number: AtomicU64::new(0),
        }))
    }

    /// The revision whose state this is; `None` where it did not come from the store: the
    /// fallback and the defaults have none.
    pub fn revision(&self) -> Option<Revision> {
        self.0.revision
    }

    /// Which unbroken history of the store the revision belongs to. Revisions of one epoch can
    /// be compared, others cannot.
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
    /// Where the value of a field came from. For a section: where its first field came from;
    /// [`Snapshot::origins`] tells all of them.
    pub fn origin<V>(&self, field: Field<T, V>) -> &Origin {
        self.0
            .origins
            .get(field.span().first)
            .unwrap_or(&Origin::Default)
    }

    /// Every field's path, `db.pool_size`, with its origin, in the order of the source.
    pub fn origins(&self) -> impl Iterator<Item = (String, &Origin)> {
        T::TREE
            .leaves()
            .into_iter()
            .map(|leaf| leaf.name)
            .zip(self.0.origins.iter())
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

/// The current configuration, borrowed: what `load()` gives.
///
/// It derefs to the configuration struct, stays the same for as long as it is held, and takes no
/// lock and no allocation. It is meant to be short-lived: a thread that holds more than a few
/// makes the next ones a little slower. To keep a configuration, take its
/// [`snapshot`](Guard::snapshot).
pub struct Guard<T>(arc_swap::Guard<Arc<State<T>>>);

impl<T> Guard<T> {
    /// The same configuration, to keep.
    pub fn snapshot(&self) -> Snapshot<T> {
        Snapshot(Arc::clone(&self.0))
    }

    /// See [`Snapshot::revision`].
    pub fn revision(&self) -> Option<Revision> {
        self.0.revision
    }

    /// See [`Snapshot::epoch`].
    pub fn epoch(&self) -> u64 {
        self.0.epoch
    }
}

impl<T> Deref for Guard<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0.value
    }
}

/// Shows the struct as its own `Debug` does.
impl<T: fmt::Debug> fmt::Debug for Guard<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Guard").field(&self.0.value).finish()
    }
}

/// The current configuration for hot paths: about one atomic load a look.
///
/// It keeps the configuration that it saw last and looks whether there is a newer one. One for
/// each thread or task: a clone is cheap. It does not keep the loop alive; when the loop has
/// ended, it stays at the last configuration.
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
/// # fn serve(_: u32) {}
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let store = Memory::new();
/// # let hot = Hot::<Service>::builder(store.clone()).start().await?;
/// let mut reader = hot.reader();
/// for _request in 0..1_000 {
///     serve(reader.get().db.pool_size);
/// }
/// # Ok(())
/// # }
/// ```
pub struct Reader<T: HotConfig>(Cache<Slot<T>, Arc<State<T>>>);

/// Reaches the place in the hub by one pointer.
struct Slot<T: HotConfig>(Arc<Hub<T>>);

impl<T: HotConfig> Clone for Slot<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T: HotConfig> Deref for Slot<T> {
    type Target = ArcSwap<State<T>>;

    fn deref(&self) -> &Self::Target {
        &self.0.current
    }
}

impl<T: HotConfig> Reader<T> {
    pub(super) fn new(hub: Arc<Hub<T>>) -> Self {
        Self(Cache::new(Slot(hub)))
    }

    /// The current configuration.
    pub fn get(&mut self) -> &T {
        &self.0.load().value
    }

    /// The current configuration, to keep, with its revision and origins.
    pub fn snapshot(&mut self) -> Snapshot<T> {
        Snapshot(Arc::clone(self.0.load()))
    }
}

impl<T: HotConfig> Clone for Reader<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T: HotConfig> fmt::Debug for Reader<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader").finish_non_exhaustive()
    }
}

/// One field or section of a snapshot, which it keeps alive: what [`View::load`] gives.
///
/// It derefs to the value. A clone shares it and costs one reference count.
///
/// [`View::load`]: crate::View::load
pub struct Part<V>(Arc<dyn Value<V>>);

/// A value somewhere in a snapshot. It hides the type of the whole struct.
trait Value<V>: Send + Sync {
    fn get(&self) -> &V;
    fn revision(&self) -> Option<Revision>;
    fn epoch(&self) -> u64;
    /// The `State` of the whole snapshot.
    fn root(self: Arc<Self>) -> Arc<dyn Any + Send + Sync>;
}

impl<T: HotConfig> Value<T> for State<T> {
    fn get(&self) -> &T {
        &self.value
    }

    fn revision(&self) -> Option<Revision> {
        self.revision
    }

    fn epoch(&self) -> u64 {
        self.epoch
    }

    fn root(self: Arc<Self>) -> Arc<dyn Any + Send + Sync> {
        self
    }
}

/// A field of a value.
struct Inside<V: 'static, W: 'static> {
    outer: Part<V>,
    field: Field<V, W>,
}

impl<V: 'static, W: 'static> Value<W> for Inside<V, W> {
    fn get(&self) -> &W {
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

    /// A field of this value, out of the same snapshot.
    #[must_use]
    pub fn part<W>(&self, field: Field<V, W>) -> Part<W> {
        Part(Arc::new(Inside {
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

/// What a subscriber can name as the state that it knows already: a [`Snapshot`], a [`Guard`] or
/// a [`Part`]. Sealed.
pub trait Baseline: sealed::Whole {}

impl<B: sealed::Whole> Baseline for B {}

mod sealed {
    use super::{Any, Arc};

    pub trait Whole {
        /// The `State` of the whole snapshot.
        fn whole(&self) -> Arc<dyn Any + Send + Sync>;
    }
}

use sealed::Whole;

impl<T: HotConfig> Whole for Snapshot<T> {
    fn whole(&self) -> Arc<dyn Any + Send + Sync> {
        Arc::clone(&self.0) as Arc<dyn Any + Send + Sync>
    }
}

impl<T: HotConfig> Whole for Guard<T> {
    fn whole(&self) -> Arc<dyn Any + Send + Sync> {
        self.snapshot().whole()
    }
}

impl<V: 'static> Whole for Part<V> {
    fn whole(&self) -> Arc<dyn Any + Send + Sync> {
        Arc::clone(&self.0).root()
    }
}

impl<T: HotConfig> Snapshot<T> {
    /// The snapshot behind a [`Baseline`]; `None` where that is of another struct.
    pub(super) fn of(whole: Arc<dyn Any + Send + Sync>) -> Option<Self> {
        whole.downcast().ok().map(Self)
    }
}

impl<T: HotConfig> Hub<T> {
    /// The current configuration, borrowed. Lock-free.
    pub(crate) fn load(&self) -> Guard<T> {
        Guard(self.current.load())
    }

    /// The current configuration, to keep.
    pub(crate) fn snapshot(&self) -> Snapshot<T> {
        Snapshot(self.current.load_full())
    }

    /// For hot paths.
    pub(crate) fn reader(self: &Arc<Self>) -> Reader<T> {
        Reader::new(Arc::clone(self))
    }
}
