//! [`Hot`], the handle that users hold.
//!
//! In: the calls of users. Out: the handles of `publish`, and requests to the loop. It keeps the
//! loop alive, and does not know how a configuration is made.

mod builder;
mod driver;
mod fallback_writer;
#[cfg(test)]
mod tests;
mod thread;

use std::fmt;
use std::io;
use std::ops::Deref;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::Serialize;
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};

pub use builder::HotBuilder;

use crate::engine::{Reached, WaitError};
use crate::guard::guard;
use crate::layers::Layout;
use crate::mistake::BuilderMistake;
use crate::problem::{Problem, list};
use crate::publish::{CAPACITY, Change, Changes, Guard, Hub, Reader, Subscription, View, Watch};
use crate::snapshot::{Origin, Snapshot};
use crate::status::{FallbackStatus, Status, StatusCell, StatusWatch};
use crate::store::{Range, Store, StoreError};
use crate::typed::tree::{DefaultValue, Leaf};
use crate::{HotConfig, Revision, Selector};

/// The time that [`Hot::shutdown`] waits for a loop that is blocked: longer than the limit for the
/// disk.
const LONGEST_END: Duration = Duration::from_secs(5);

/// A configuration that follows its store.
///
/// It is cheap to clone; all clones are the same configuration. `Hot` and [`View`] keep the loop
/// that follows the store alive: when the last of them is dropped, the loop ends. Watches, readers
/// and callbacks do not keep it alive; they are notified of the end.
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

/// The state that the clones of a [`Hot`] and its views share. Dropping it ends the loop.
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
    /// End the loop; the answer comes when it has ended.
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
    /// Ends a configuration that has no loop.
    fn end_fixed(&self) {
        // A configuration without a loop has no log and no metrics.
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
    /// Returns a builder for a configuration in this store: [`crate::store::Memory`] or
    #[cfg_attr(feature = "etcd", doc = "[`crate::store::Etcd`].")]
    #[cfg_attr(not(feature = "etcd"), doc = "`Etcd`.")]
    pub fn builder(store: impl Store) -> HotBuilder<T> {
        HotBuilder::new(store)
    }

    fn following(shared: HotShared<T>) -> Self {
        Self {
            shared: Arc::new(shared),
        }
    }

    /// Creates a configuration that never changes, for unit tests: no store, no thread, no checks.
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

    /// Returns the current configuration: one consistent revision, without a lock.
    ///
    /// Hold the guard only briefly, and not across an `.await`; to keep a configuration, take a
    /// [`Hot::snapshot`]. Two calls can return two revisions.
    pub fn load(&self) -> Guard<T> {
        self.shared.hub.load()
    }

    /// Returns the current configuration, to keep, with its revision and origins.
    #[doc(alias = "load_full")]
    pub fn snapshot(&self) -> Snapshot<T> {
        self.shared.hub.snapshot()
    }

    /// Returns a reader for hot paths: about one atomic load per read. It doesn't keep the loop
    /// alive.
    pub fn reader(&self) -> Reader<T> {
        self.shared.hub.reader()
    }

    /// Watches one field or section: the watch returns the latest value, whenever it differs from
    /// the one that it returned last.
    #[doc(alias = "subscribe")]
    pub fn watch<V: 'static>(&self, field: impl Selector<T, Value = V>) -> Watch<V> {
        self.shared.hub.watch(field)
    }

    /// Queues one item for each publication in which the field differs, at most 64.
    #[doc(alias = "subscribe")]
    #[doc(alias = "channel")]
    pub fn changes<V: 'static>(&self, field: impl Selector<T, Value = V>) -> Changes<V> {
        self.changes_with_capacity(field, CAPACITY)
    }

    /// The same with room for this many changes, at least one.
    #[doc(alias = "with_capacity")]
    #[doc(alias = "queue")]
    pub fn changes_with_capacity<V: 'static>(
        &self,
        field: impl Selector<T, Value = V>,
        capacity: usize,
    ) -> Changes<V> {
        self.shared.hub.changes(field, capacity)
    }

    /// Calls back when the field changes, in a task of its own. Dropping the subscription ends it;
    /// after [`Subscription::detach`] it lives until the loop ends.
    ///
    /// A callback may block and may panic: that affects neither publishing nor other subscribers.
    /// Its calls never overlap; changes while it runs reach its next call, with the latest value
    /// only. Up to 512 callbacks may block at a time. The value at the time of subscribing is not
    /// reported as a change: to apply it, subscribe first and then read it. A detached callback
    /// that owns a [`Hot`] keeps the loop alive forever. The callback of a [`Hot::fixed`]
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

    /// Returns a handle on one section or field, for a component that should see only that part. It
    /// keeps the loop alive.
    #[doc(alias = "map")]
    #[doc(alias = "part")]
    pub fn view<V: 'static>(&self, field: impl Selector<T, Value = V>) -> View<V> {
        let alive: Arc<dyn std::any::Any + Send + Sync> = self.shared.clone();
        let runtime = self
            .shared
            .following
            .as_ref()
            .map(|following| following.runtime.clone());
        self.shared.hub.view(field, runtime, alive)
    }

    /// Returns the status of the loop: connected, stale, held, unknown.
    ///
    /// Its age is computed as of this call, so that it is correct even while the loop can't run.
    pub fn status(&self) -> Status {
        Status::clone(&self.shared.status.read()).at(Instant::now())
    }

    /// Watches the status: the watch returns the latest one, whenever it changed. See
    /// [`StatusWatch`].
    pub fn watch_status(&self) -> StatusWatch {
        StatusWatch::new(Arc::clone(&self.shared.status))
    }

    /// Waits until everything up to this revision is visible or held, up to the given limit.
    ///
    /// Take the revision from the response to a write. The loop enforces the limit: while a
    /// validator or a codec blocks it, so that nothing can become visible, the result is delayed,
    /// too.
    ///
    /// # Errors
    /// [`WaitError`] if the time limit expired, the loop ended, or the store's history began anew.
    ///
    /// # Cancel safety
    /// Dropping the future ends the wait and has no other effect. You can wait for the same
    /// revision again.
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

    /// Returns every field with its key, its value and the value's origin, for people. Secrets are
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
    /// Every handle keeps returning the last configuration; watches return `None`. A store that
    /// hangs does not delay the end. If a validator or a codec blocks, or your own
    /// [runtime](HotBuilder::runtime) is not driven, this returns after 5 s, and the loop ends once
    /// it can.
    ///
    /// # Cancel safety
    /// The first poll requests the end. Dropping the future after it does not cancel the shutdown;
    /// you can call this again to wait for the end.
    pub async fn shutdown(&self) {
        let Some(following) = &self.shared.following else {
            return self.shared.end_fixed();
        };
        let (done, ended) = oneshot::channel();
        if following.requests.send(HandleRequest::End(done)).is_ok() {
            tokio::select! {
                // An error means that the loop ended before it could answer.
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

/// A value in the form of its key, even if it has none; if that form is not known, as `{:?}` shows
/// it.
///
/// The bytes of a value with a secret inside are in no origin; `{:?}` hides the secret.
fn shown<T: HotConfig>(leaf: &Leaf, config: &T, origin: &Origin) -> Option<String> {
    if leaf.secret {
        let absent = *origin == Origin::Default && leaf.field.default == DefaultValue::None;
        return Some(if absent { "None" } else { "***" }.to_owned());
    }
    let default = match origin {
        Origin::LastGood { origin } => **origin == Origin::Default,
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

fn without(fallback: Option<&FallbackStatus>) -> String {
    fallback.map_or_else(String::new, |fallback| {
        let path = fallback.path.display();
        match &fallback.refused {
            Some(why) => format!("; the fallback {path} can't be used: {why}"),
            None => format!("; the fallback {path} does not exist yet"),
        }
    })
}

/// The reason why there is no [`Hot`].
///
/// `{}` prints the error without its source; `{:?}` prints both, on lines of their own, since that
/// is how `main` reports the error that it returns.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The mistakes in the builder's settings: all of them, found before the store was contacted.
    #[error("the builder's settings are not valid:{}", list(.mistakes))]
    #[non_exhaustive]
    Builder {
        /// The mistakes, at least one.
        mistakes: Vec<BuilderMistake>,
    },
    /// The store did not answer within the time limit, or denied access.
    #[error("the configuration can't be read{}", without(.fallback.as_deref()))]
    #[non_exhaustive]
    Store {
        /// The error of the store.
        source: StoreError,
        /// The fallback, which could not serve, if the builder has one.
        fallback: Option<Box<FallbackStatus>>,
    },
    /// The store answered, and keys are bad or missing: all of them.
    #[error("the configuration is not valid:{}", list(.problems))]
    #[non_exhaustive]
    Problems {
        /// The problems, at least one.
        problems: Vec<Problem>,
    },
    /// The loop's thread could not be started.
    #[error("the loop's thread can't be started")]
    #[non_exhaustive]
    Thread {
        /// The error of the operating system.
        source: io::Error,
    },
    /// The loop could not run within the time limit: a validator or a codec does not return, or the
    /// runtime of the builder is not driven.
    #[error(
        "the loop did not run within {limit:?}: check that validators and codecs return, and that \
         the runtime given to `.runtime(..)` is driven"
    )]
    #[non_exhaustive]
    Blocked {
        /// The time limit of the start.
        limit: Duration,
    },
    /// The loop ended before there was a configuration: its runtime was shut down, or has no
    /// timers.
    #[error(
        "the loop ended: its runtime was shut down, or needs its timers enabled (`enable_time`)"
    )]
    Ended,
}

impl fmt::Debug for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")?;
        let mut source = std::error::Error::source(self);
        while let Some(error) = source {
            write!(f, "\ncaused by: {error}")?;
            source = error.source();
        }
        Ok(())
    }
}

/// Every field of a configuration, returned by [`Hot::describe`]. `{}` prints a table.
///
/// It serializes to a map, and its fields to maps, with the names of their fields.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Description {
    /// The revision of the snapshot that was described.
    pub revision: Option<Revision>,
    /// The fields, in the order of the source.
    pub fields: Vec<Described>,
}

/// One field of a [`Description`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Described {
    /// The path in Rust, `db.pool_size`.
    pub field: String,
    /// The whole key, in the highest layer.
    pub key: String,
    /// The value in the form of its key, shortened; a default that is an expression, and a value of
    /// [`Hot::fixed`], as `{:?}` shows it. `***` for a secret; `None` if its type can't be shown.
    pub value: Option<String>,
    /// The origin of the value.
    pub origin: Origin,
    /// The doc comment.
    pub doc: &'static str,
    /// The type as written in the source.
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
                // The key is already at the beginning of the line.
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
