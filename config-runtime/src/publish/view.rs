//! A handle on a part of the configuration.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use tokio::runtime::Handle;

use super::feed::{PartSource, Source, subscribe};
use super::hub::Hub;
use super::watch::CAPACITY;
use super::{Change, Changes, Part, Subscription, Watch};
use crate::typed::compile::lookup::Span;
use crate::{Field, HotConfig, ManyKeys, Selector};

/// A handle on one field or section, for a component that should see only that part.
///
/// A clone is another handle on the same part. Each one keeps the loop alive.
///
/// # Example
/// ```
/// # use hotconfig::{Hot, HotConfig, View, field, store::Memory};
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
/// /// Knows the pool's settings, and nothing of the service's.
/// async fn run(db: View<Pool>) {
///     let mut size = db.watch(field!(Pool, pool_size));
///     println!("beginning with {} connections", db.load().pool_size);
///     while let Some(change) = size.changed().await {
///         println!("now {} connections", change.current());
/// #       break
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let store = Memory::new();
/// # let hot = Hot::<Service>::builder(store.clone()).start().await?;
/// # // Somebody writes, until the example is over.
/// # tokio::spawn(async move {
/// #     for size in (9..20).cycle() {
/// #         store.put("/users/db/pool_size", size.to_string());
/// #         tokio::time::sleep(std::time::Duration::from_millis(1)).await;
/// #     }
/// # });
/// run(hot.view(field!(Service, db))).await;
/// # Ok(())
/// # }
/// ```
pub struct View<V: 'static> {
    source: Arc<dyn Source<V>>,
    /// The number of its leaves.
    len: usize,
    path: String,
    /// The runtime for callbacks; `None` if there is no loop.
    runtime: Option<Handle>,
    /// The reference that keeps the loop alive.
    alive: Arc<dyn Any + Send + Sync>,
}

impl<V: 'static> View<V> {
    /// Returns the current value. It takes no lock, but allocates a little: on a hot path, keep the
    /// result or use a [`Watch`]. The result keeps its snapshot alive while it is held.
    pub fn load(&self) -> Part<V> {
        self.source.load()
    }

    /// The part itself as a field, to subscribe to the whole of it:
    /// `view.watch(view.field())`.
    pub fn field(&self) -> Field<V, V, ManyKeys> {
        Field::__new(
            itself,
            Span {
                first: 0,
                len: self.len,
            },
            "",
        )
    }

    /// Waits for changes of a field of this part; see [`Watch`].
    pub fn watch<W: 'static>(&self, field: impl Selector<V, Value = W>) -> Watch<W> {
        let path = self.path_of(&field);
        Watch::new(subscribe(&*self.source, field, 0), path)
    }

    /// Queues the changes of a field of this part; see [`Changes`].
    pub fn changes<W: 'static>(&self, field: impl Selector<V, Value = W>) -> Changes<W> {
        self.changes_with_capacity(field, CAPACITY)
    }

    /// The same with room for this many changes, at least one.
    pub fn changes_with_capacity<W: 'static>(
        &self,
        field: impl Selector<V, Value = W>,
        capacity: usize,
    ) -> Changes<W> {
        let path = self.path_of(&field);
        Changes::new(subscribe(&*self.source, field, capacity.max(1)), path)
    }

    /// Calls back with the latest change of a field of this part, on a thread where it may block;
    /// see [`Subscription`].
    pub fn on_change<W: 'static>(
        &self,
        field: impl Selector<V, Value = W>,
        callback: impl FnMut(Change<W>) + Send + 'static,
    ) -> Subscription {
        Subscription::spawn(self.watch(field), self.runtime.as_ref(), callback)
    }

    /// A handle on a part of this part.
    #[must_use]
    pub fn view<W: 'static>(&self, field: impl Selector<V, Value = W>) -> View<W> {
        View {
            len: field.span().len,
            path: self.path_of(&field),
            source: Arc::new(PartSource {
                outer: Arc::clone(&self.source),
                field,
            }),
            runtime: self.runtime.clone(),
            alive: Arc::clone(&self.alive),
        }
    }

    fn path_of(&self, field: &impl Selector<V>) -> String {
        match (self.path.as_str(), &*field.path()) {
            (outer, "") => outer.to_owned(),
            ("", inner) => inner.to_owned(),
            (outer, inner) => format!("{outer}.{inner}"),
        }
    }
}

fn itself<V>(value: &V) -> &V {
    value
}

impl<V: 'static> Clone for View<V> {
    fn clone(&self) -> Self {
        Self {
            source: Arc::clone(&self.source),
            len: self.len,
            path: self.path.clone(),
            runtime: self.runtime.clone(),
            alive: Arc::clone(&self.alive),
        }
    }
}

impl<V: 'static> fmt::Debug for View<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("View")
            .field("field", &self.path)
            .finish_non_exhaustive()
    }
}

impl<T: HotConfig> Hub<T> {
    /// A handle on a part; its callbacks run on `runtime`, and `alive` keeps the loop alive.
    pub(crate) fn view<V: 'static>(
        self: &Arc<Self>,
        field: impl Selector<T, Value = V>,
        runtime: Option<Handle>,
        alive: Arc<dyn Any + Send + Sync>,
    ) -> View<V> {
        let root: Arc<dyn Source<T>> = Arc::new(Arc::clone(self));
        View {
            len: field.span().len,
            path: field.path().into_owned(),
            source: Arc::new(PartSource { outer: root, field }),
            runtime,
            alive,
        }
    }
}
