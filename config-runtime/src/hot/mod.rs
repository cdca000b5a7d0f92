//! [`Hot`], the handle that users hold.
//!
//! In: what users ask. Out: the handles of `publish`, and commands to the loop. It holds the loop
//! alive and knows nothing of how a configuration comes about.

mod builder;
mod driver;
mod fallback_writer;
mod thread;

use std::fmt;
use std::io;
use std::ops::Deref;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};

pub use builder::Builder;

use crate::engine::{Reached, WaitError};
use crate::guard::guard;
use crate::layers::Layout;
use crate::problem::{Problem, list};
use crate::publish::{Change, Changes, Guard, Hub, Reader, Subscription, View, Watch};
use crate::snapshot::{Origin, Snapshot};
use crate::status::{Status, StatusCell, StatusWatch};
use crate::store::{Range, Store, StoreError};
use crate::typed::tree::{DefaultValue, Leaf};
use crate::{HotConfig, Revision, Selector};

/// How long [`Hot::shutdown`] waits for a loop that something keeps: longer than the disk may.
const LONGEST_END: Duration = Duration::from_secs(5);

/// A configuration that follows its store.
///
/// Cheap to clone; all clones are the same configuration. `Hot` and [`View`] keep the loop that
/// follows the store alive: when the last of them is dropped, it ends. Watches, readers and
/// callbacks don't; they are told that it ended.
///
/// # Example
/// ```
/// use hotconfig::{Hot, HotConfig, field, store::Memory};
///
/// #[derive(HotConfig, Clone, Debug)]
/// #[hot(prefix = "/configs/{app}")]
/// struct Service {
///     #[hot(default = 8, range(1..=64))]
///     pool_size: u32,
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let store = Memory::new();
/// let hot = Hot::<Service>::builder(store.clone()).var("app", "users").start().await?;
/// assert_eq!(hot.load().pool_size, 8);
///
/// let mut size = hot.watch(field!(Service, pool_size));
/// store.put("/configs/users/pool_size", "16");
/// let change = size.changed().await.expect("the loop runs");
/// assert_eq!((*change.previous(), *change.current()), (8, 16));
/// # Ok(())
/// # }
/// ```
pub struct Hot<T: HotConfig> {
    shared: Arc<HotShared<T>>,
}

/// What the clones of a [`Hot`] and its views share. Dropping it ends the loop.
struct HotShared<T: HotConfig> {
    hub: Arc<Hub<T>>,
    layout: Arc<Layout>,
    status: Arc<StatusCell>,
    /// `None` for a fixed configuration.
    following: Option<LoopHandle>,
}

struct LoopHandle {
    requests: mpsc::UnboundedSender<HandleRequest>,
    runtime: Handle,
}

/// A request of a handle to the loop.
#[derive(Debug)]
enum HandleRequest {
    Wait(WaitRequest),
    /// End; the answer comes when it is over.
    End(oneshot::Sender<()>),
}

/// A handle waits for a revision.
#[derive(Debug)]
struct WaitRequest {
    revision: Revision,
    /// The history that the revision counts in.
    epoch: u64,
    limit: Duration,
    reply: oneshot::Sender<Result<Reached, WaitError>>,
}

impl<T: HotConfig> HotShared<T> {
    fn new(
        hub: Arc<Hub<T>>,
        layout: Arc<Layout>,
        status: Arc<StatusCell>,
        requests: mpsc::UnboundedSender<HandleRequest>,
        runtime: Handle,
    ) -> Self {
        Self {
            hub,
            layout,
            status,
            following: Some(LoopHandle { requests, runtime }),
        }
    }
}

impl<T: HotConfig> HotShared<T> {
    /// The end of a configuration that has no loop.
    fn end_fixed(&self) {
        // Nothing is logged or measured of a configuration without a loop.
        let _ = self.status.end();
        self.hub.end();
    }
}

impl<T: HotConfig> Drop for HotShared<T> {
    fn drop(&mut self) {
        // A loop ends the hub when its commands end; a fixed configuration has no loop.
        if self.following.is_none() {
            self.end_fixed();
        }
    }
}

impl<T: HotConfig> Hot<T> {
    /// Begins to build one on this store: [`crate::store::Memory`] or
    #[cfg_attr(feature = "etcd", doc = "[`crate::store::Etcd`].")]
    #[cfg_attr(not(feature = "etcd"), doc = "`Etcd`.")]
    pub fn builder(store: impl Store) -> Builder<T> {
        Builder::new(store)
    }

    fn following(shared: HotShared<T>) -> Self {
        Self {
            shared: Arc::new(shared),
        }
    }

    /// A configuration that never changes, for unit tests: no store, no thread, no checks.
    pub fn fixed(value: T) -> Self {
        let prefix = T::TREE.prefix.unwrap_or_default();
        let layout = Arc::new(Layout::new(T::TREE, Arc::new([Range::below(prefix)])));
        let origins = layout.leaves.iter().map(|_| Origin::Fixed).collect();
        Self::following(HotShared {
            hub: Hub::new(Snapshot::new(value, None, 0, origins)),
            layout,
            status: StatusCell::new(Status::fixed()),
            following: None,
        })
    }

    /// The configuration as it is now: one consistent revision, without a lock.
    ///
    /// Hold the guard shortly and not across an `.await`; to keep a configuration, take a
    /// [`Hot::snapshot`]. Two calls can see two revisions.
    pub fn load(&self) -> Guard<T> {
        self.shared.hub.load()
    }

    /// The configuration as it is now, to keep, with its revision and origins.
    pub fn snapshot(&self) -> Snapshot<T> {
        self.shared.hub.snapshot()
    }

    /// A reader for hot paths: about one atomic load a read. It doesn't keep the loop alive.
    pub fn reader(&self) -> Reader<T> {
        self.shared.hub.reader()
    }

    /// Watches one field or section: the latest value, whenever it differs from the one that
    /// this watch gave last.
    pub fn watch<V: 'static>(&self, field: impl Selector<T, Value = V>) -> Watch<V> {
        self.shared.hub.watch(field)
    }

    /// Queues one item for each publication in which the field differs.
    pub fn changes<V: 'static>(&self, field: impl Selector<T, Value = V>) -> Changes<V> {
        self.shared.hub.changes(field)
    }

    /// Calls back when the field changed, in a task of its own. Dropping the subscription ends
    /// it; [`Subscription::detach`] leaves it until the loop ends.
    ///
    /// A callback may block and may panic: neither publishing nor another subscriber notices.
    /// Its calls never overlap; what changes while it runs is given to its next call, the latest
    /// value only. Up to 512 may block at a time. What was there before is not told: to apply the
    /// value of the beginning, subscribe first and then read it. A detached callback that owns a
    /// [`Hot`] keeps the loop alive for ever. The callback of a [`Hot::fixed`]
    /// configuration is never called.
    pub fn on_change<V: 'static>(
        &self,
        field: impl Selector<T, Value = V>,
        callback: impl FnMut(Change<V>) + Send + 'static,
    ) -> Subscription {
        let following = self.shared.following.as_ref();
        let runtime = following.map(|following| &following.runtime);
        self.shared.hub.on_change(field, runtime, callback)
    }

    /// A handle on one section or field, for a component that should know no more. It keeps the
    /// loop alive.
    pub fn view<V: 'static>(&self, field: impl Selector<T, Value = V>) -> View<V> {
        let alive: Arc<dyn std::any::Any + Send + Sync> = self.shared.clone();
        let runtime = self
            .shared
            .following
            .as_ref()
            .map(|following| following.runtime.clone());
        self.shared.hub.view(field, runtime, alive)
    }

    /// What the loop knows of itself: connected, stale, held, unknown.
    ///
    /// Its age is computed as of this call, so that it is right also while the loop can't run.
    pub fn status(&self) -> Status {
        Status::clone(&self.shared.status.read()).at(Instant::now())
    }

    /// Watches the status: the latest, whenever there is news. See [`StatusWatch`].
    pub fn watch_status(&self) -> StatusWatch {
        StatusWatch::new(Arc::clone(&self.shared.status))
    }

    /// Waits until everything up to this revision is visible, or held; at most that long.
    ///
    /// Take the revision from the answer to a write. Cancel safe. The loop keeps the limit: while a
    /// validator or a codec blocks it, so that nothing can become visible, the answer waits for
    /// that, too.
    ///
    /// # Errors
    /// [`WaitError`]: the time ran out, the loop ended, or the store's history began anew.
    pub async fn wait_for(
        &self,
        revision: impl Into<Revision>,
        limit: Duration,
    ) -> Result<Reached, WaitError> {
        let Some(following) = &self.shared.following else {
            return Err(WaitError::Ended);
        };
        let (reply, answer) = oneshot::channel();
        let epoch = self.shared.status.read().epoch;
        let wait = WaitRequest {
            revision: revision.into(),
            epoch,
            limit,
            reply,
        };
        following
            .requests
            .send(HandleRequest::Wait(wait))
            .map_err(|_| WaitError::Ended)?;
        answer.await.unwrap_or(Err(WaitError::Ended))
    }

    /// Every field with its key, its value and where that came from, for people. Secrets are
    /// `***`.
    pub fn describe(&self) -> Description {
        let snapshot = self.snapshot();
        let status = self.shared.status.read();
        let fields = self
            .shared
            .layout
            .fixed()
            .map(|leaf| {
                let mut held = status.held.iter();
                let held = held.any(|held| held.fields.contains(&leaf.name));
                let origin = snapshot.all_origins().get(leaf.id().place()).cloned();
                let origin = origin.unwrap_or(Origin::Default).standing_in(held);
                Described {
                    field: leaf.name.clone(),
                    key: self.shared.layout.key(leaf),
                    value: shown::<T>(leaf, &snapshot, &origin),
                    origin,
                    doc: leaf.field.doc,
                    type_name: leaf.field.type_name,
                }
            })
            .collect();
        Description {
            revision: snapshot.revision(),
            fields,
        }
    }

    /// Ends the loop and waits for its end: the watch, the timers and, after it, the thread.
    ///
    /// Every handle goes on giving the last configuration; watches give `None`. Dropping the
    /// future does not take the wish back. A store that hangs does not delay it. A validator or a
    /// codec that blocks does, and so does a [runtime](Builder::runtime) of your own that nobody
    /// drives: the answer comes after 5 s all the same, and the loop ends once it can.
    pub async fn shutdown(&self) {
        let Some(following) = &self.shared.following else {
            return self.shared.end_fixed();
        };
        let (done, ended) = oneshot::channel();
        if following.requests.send(HandleRequest::End(done)).is_ok() {
            tokio::select! {
                // An error says that the loop ended before it could answer.
                _ = ended => {}
                () = thread::pass(LONGEST_END) => {}
            }
        }
    }
}

impl<T: HotConfig> Clone for Hot<T> {
    fn clone(&self) -> Self {
        Self {
            shared: Arc::clone(&self.shared),
        }
    }
}

impl<T: HotConfig> fmt::Debug for Hot<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hot")
            .field("schema", &T::TREE.name)
            .field("revision", &self.snapshot().revision())
            .finish_non_exhaustive()
    }
}

/// A value as its key has it, or would have it; where that is not known, as `{:?}` shows it.
///
/// The bytes of a value with a secret inside are in no origin; `{:?}` knows what to hide.
fn shown<T: HotConfig>(leaf: &Leaf, config: &T, origin: &Origin) -> Option<String> {
    if leaf.secret {
        let absent = *origin == Origin::Default && leaf.field.default == DefaultValue::None;
        return Some(if absent { "None" } else { "***" }.to_owned());
    }
    let default = match origin {
        Origin::LastGood(origin) => **origin == Origin::Default,
        origin => *origin == Origin::Default,
    };
    match (default, leaf.field.default) {
        (true, DefaultValue::Text(text)) => Some(text.to_owned()),
        _ => origin.text().or_else(|| {
            let shown = guard(|| config.__show(leaf.path.fixed()));
            shown.ok().flatten()
        }),
    }
}

/// Why there is no [`Hot`].
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// Mistakes in what the builder was given: all of them, found before anything was contacted.
    #[error("the configuration can't be built:{}", list(.0))]
    Builder(Vec<String>),
    /// The store did not answer within the time limit, or denied.
    #[error("the configuration can't be read: {0}")]
    Store(#[source] StoreError),
    /// The store answered, and keys are bad or missing: all of them.
    #[error("the configuration is not valid:{}", list(.0))]
    Problems(Vec<Problem>),
    /// The loop's thread could not be started.
    #[error("the loop can't be started: {0}")]
    Thread(#[source] io::Error),
}

/// Every field of a configuration: from [`Hot::describe`]. `{}` prints a table.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Description {
    /// The revision of the snapshot that was described.
    pub revision: Option<Revision>,
    /// The fields, in the order of the source.
    pub fields: Vec<Described>,
}

/// One field of a [`Description`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Described {
    /// The path in Rust, `db.pool_size`.
    pub field: String,
    /// The whole key, in the highest layer.
    pub key: String,
    /// The value as its key has it, shortened; a default that is an expression, and a value of
    /// [`Hot::fixed`], as `{:?}` shows it. `***` for a secret; `None` where its type can't be
    /// shown.
    pub value: Option<String>,
    /// Where the value came from.
    pub origin: Origin,
    /// The doc comment.
    pub doc: &'static str,
    /// The type as it was written.
    pub type_name: &'static str,
}

impl Deref for Description {
    type Target = [Described];

    fn deref(&self) -> &[Described] {
        &self.fields
    }
}

impl fmt::Display for Description {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self
            .fields
            .iter()
            .map(|field| field.key.chars().count())
            .max()
            .unwrap_or(0);
        for Described {
            key, value, origin, ..
        } in &self.fields
        {
            let value = value.as_deref().unwrap_or("?");
            write!(f, "{key:width$}  {value}  (")?;
            match origin {
                // The key stands at the beginning of the line.
                Origin::Key {
                    key: own, revision, ..
                } if **own == **key => {
                    writeln!(f, "revision {revision})")?;
                }
                origin => writeln!(f, "{origin})")?,
            }
        }
        Ok(())
    }
}
