//! A store in this process: revisions, transactions, history and compaction as etcd has them.
//!
//! In: writes by a holder of the [`Memory`], and the faults that a test injects. Out: the answers
//! to [`super::backend`]. It knows no prefix template, no schema and no disk; and needs no runtime
//! until a call has to wait.

mod faults;
mod history;
mod watch;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

use super::backend::{Backend, BoxFuture, Sealed, WatchStream};
use super::{Entry, Probe, Range, Reading, StoreError, WatchEvent};
use crate::Revision;
pub use faults::Faults;
use history::{History, Operation};
use watch::{MemoryWatch, MemoryWatchStream};

/// The maximum number of operations in one transaction of etcd, unless it is started with another
/// `--max-txn-ops`.
const MAX_OPERATIONS: usize = 128;

/// A store in this process, for tests and for programs without an etcd.
///
/// It behaves like etcd: every write makes the next revision of the whole store, and a transaction
/// is one revision. It keeps a history, so that a watch can begin in the past. Keys and values are
/// arbitrary bytes; the empty key, which etcd rejects, is allowed. A clone is another handle on the
/// same store.
///
/// ```
/// use hotconfig::store::Memory;
///
/// let store = Memory::new();
/// let first = store.put("/configs/app/prod/db/pool_size", "8");
/// let second = store.put("/configs/app/prod/db/pool_size", "16");
/// assert!(second > first);
/// assert_eq!(store.get("/configs/app/prod/db/pool_size").as_deref(), Some(&b"16"[..]));
/// ```
///
/// # History
///
/// As in etcd, every change is kept until [`compact`](Self::compact) is called. A program that
/// writes for weeks should set a [limit](Self::set_history_limit) instead.
///
/// # Faults
///
/// A test can make the store fail, with [`faults`](Self::faults). Faults affect only the reads and
/// watches of configurations. `put`, `get` and the other methods of this type act as the operator:
/// they always work.
#[derive(Clone)]
pub struct Memory {
    shared: Arc<MemoryShared>,
}

struct MemoryShared {
    state: Mutex<MemoryState>,
    /// Wakes the calls that wait for an answer or an event, so that they check again.
    changed: Notify,
}

struct MemoryState {
    history: History,
    history_limit: Option<u64>,
    call_timeout: Duration,
    watches: BTreeMap<u64, MemoryWatch>,
    next_watch: u64,
    disconnected: bool,
    stalled: bool,
    denied: BTreeSet<Vec<u8>>,
}

impl Memory {
    /// Creates an empty store, at revision 1 like a new etcd.
    pub fn new() -> Self {
        let state = MemoryState {
            history: History::new(),
            history_limit: None,
            call_timeout: Duration::from_secs(5),
            watches: BTreeMap::new(),
            next_watch: 0,
            disconnected: false,
            stalled: false,
            denied: BTreeSet::new(),
        };
        Self {
            shared: Arc::new(MemoryShared {
                state: Mutex::new(state),
                changed: Notify::new(),
            }),
        }
    }

    /// Writes a key. Writing the same value again makes a new revision, too.
    ///
    /// ```
    /// let store = hotconfig::store::Memory::new();
    /// let revision = store.put("/configs/app/prod/rps", "2000");
    /// assert_eq!(store.revision(), revision);
    /// store.put(b"/not/utf-8/\xff", [0, 159]);
    /// ```
    pub fn put(&self, key: impl AsRef<[u8]>, value: impl AsRef<[u8]>) -> Revision {
        let put = put(key, value);
        self.shared.change(|state| {
            state.write(vec![put]);
            state.history.revision()
        })
    }

    /// Deletes a key. `None`, and no new revision, if there was none.
    ///
    /// ```
    /// let store = hotconfig::store::Memory::new();
    /// let written = store.put("/configs/app/prod/rps", "2000");
    /// assert_eq!(store.delete("/configs/app/prod/rps"), Some(written.next()));
    /// assert_eq!(store.delete("/configs/app/prod/rps"), None);
    /// ```
    pub fn delete(&self, key: impl AsRef<[u8]>) -> Option<Revision> {
        let delete = delete(key);
        self.shared.change(|state| state.write(vec![delete]))
    }

    /// Deletes all keys that begin with these bytes, at one revision. `None` if there was none.
    ///
    /// They are bytes, not a path: `/configs/app` includes `/configs/app2`.
    ///
    /// ```
    /// let store = hotconfig::store::Memory::new();
    /// store.put("/configs/app/prod/rps", "2000");
    /// store.put("/configs/app/test/rps", "20");
    /// store.put("/configs/app2/prod/rps", "1000");
    /// store.delete_prefix("/configs/app/");
    /// assert_eq!(store.get("/configs/app/test/rps"), None);
    /// assert!(store.get("/configs/app2/prod/rps").is_some());
    /// ```
    pub fn delete_prefix(&self, prefix: impl AsRef<[u8]>) -> Option<Revision> {
        let prefix = prefix.as_ref().to_vec();
        self.shared.change(|state| {
            let deletes = state.history.below(&prefix);
            let deletes = deletes.map(|(key, _)| Operation::Delete {
                key: Arc::clone(key),
            });
            let deletes = deletes.collect();
            state.write(deletes)
        })
    }

    /// The value of a key.
    pub fn get(&self, key: impl AsRef<[u8]>) -> Option<Arc<[u8]>> {
        let key = key.as_ref();
        self.shared
            .lock()
            .history
            .get(key)
            .map(|version| Arc::clone(&version.value))
    }

    /// The revision that wrote a key last.
    ///
    /// ```
    /// let store = hotconfig::store::Memory::new();
    /// let written = store.put("/configs/app/prod/rps", "2000");
    /// store.put("/configs/app/prod/log_level", "debug");
    /// assert_eq!(store.mod_revision("/configs/app/prod/rps"), Some(written));
    /// ```
    pub fn mod_revision(&self, key: impl AsRef<[u8]>) -> Option<Revision> {
        let key = key.as_ref();
        self.shared
            .lock()
            .history
            .get(key)
            .map(|version| version.mod_revision)
    }

    /// The revision of the whole store.
    pub fn revision(&self) -> Revision {
        self.shared.lock().history.revision()
    }

    /// Begins several writes at one revision; nothing is written before [`Transaction::commit`].
    ///
    /// ```
    /// let store = hotconfig::store::Memory::new();
    /// store.put("/configs/app/prod/limits/burst", "10");
    /// let revision = store
    ///     .transaction()
    ///     .put("/configs/app/prod/limits/min", "5")
    ///     .put("/configs/app/prod/limits/max", "9")
    ///     .delete("/configs/app/prod/limits/burst")
    ///     .commit()?;
    /// assert_eq!(store.mod_revision("/configs/app/prod/limits/min"), Some(revision));
    /// assert_eq!(store.mod_revision("/configs/app/prod/limits/max"), Some(revision));
    /// # Ok::<(), hotconfig::store::StoreError>(())
    /// ```
    #[doc(alias = "txn")]
    pub fn transaction(&self) -> Transaction {
        Transaction {
            store: self.clone(),
            operations: Vec::new(),
        }
    }

    /// Forgets the changes before this revision. The current keys stay.
    ///
    /// Watching can then begin at this revision or later. A watch with unread changes among the
    /// forgotten ones is lost.
    ///
    /// # Errors
    ///
    /// As in etcd: if the revision was already compacted, or does not exist yet.
    ///
    /// ```
    /// let store = hotconfig::store::Memory::new();
    /// store.put("/configs/app/prod/rps", "2000");
    /// store.compact(store.revision())?;
    /// assert!(store.get("/configs/app/prod/rps").is_some());
    /// assert!(store.compact(store.revision()).is_err());
    /// # Ok::<(), hotconfig::store::StoreError>(())
    /// ```
    pub fn compact(&self, revision: Revision) -> Result<(), StoreError> {
        self.shared.change(|state| {
            if revision <= state.history.compacted() {
                return Err(failure::compacted());
            }
            if revision > state.history.revision() {
                return Err(failure::future());
            }
            state.compact(revision);
            Ok(())
        })
    }

    /// Limits the history to this many revisions: from now on every write compacts older ones. At
    /// least one is kept. Without a limit, which is the default, the whole history is kept.
    ///
    /// A watch that falls behind further than this is lost, and all keys are read again: more work,
    /// but nothing is missed.
    pub fn set_history_limit(&self, revisions: u64) {
        self.shared.change(|state| {
            state.history_limit = Some(revisions.max(1));
            state.keep_limit();
        });
    }

    /// Returns a handle that makes this store fail.
    #[doc(alias = "fail")]
    #[doc(alias = "unavailable")]
    pub fn faults(&self) -> Faults {
        Faults::new(self)
    }

    /// The number of open watches, for a test that checks that a dropped one is gone.
    pub fn watches(&self) -> usize {
        self.shared
            .lock()
            .watches
            .values()
            .filter(|watch| !watch.is_lost())
            .count()
    }
}

impl Default for Memory {
    fn default() -> Self {
        Self::new()
    }
}

/// Shows no keys and no values: there may be secrets among them.
impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (revision, keys, watches) = {
            let state = self.shared.lock();
            (
                state.history.revision(),
                state.history.len(),
                state.watches.len(),
            )
        };
        f.debug_struct("Memory")
            .field("revision", &revision)
            .field("keys", &keys)
            .field("watches", &watches)
            .finish_non_exhaustive()
    }
}

/// Writes of a [`Memory`] that become one revision, or nothing; see [`Memory::transaction`].
///
/// Dropping it does nothing.
#[must_use = "a transaction does nothing until `commit`"]
pub struct Transaction {
    store: Memory,
    operations: Vec<Operation>,
}

impl Transaction {
    /// Writes a key.
    pub fn put(mut self, key: impl AsRef<[u8]>, value: impl AsRef<[u8]>) -> Self {
        self.operations.push(put(key, value));
        self
    }

    /// Deletes a key, if there is one.
    pub fn delete(mut self, key: impl AsRef<[u8]>) -> Self {
        self.operations.push(delete(key));
        self
    }

    /// Writes everything at one new revision, and returns that.
    ///
    /// If the transaction is empty or deletes only missing keys, it makes no revision and returns
    /// the store's current one, as etcd does.
    ///
    /// # Errors
    ///
    /// If there are more than 128 operations, or if a key that is put is put or deleted a second
    /// time, as in etcd. Then nothing is written.
    pub fn commit(self) -> Result<Revision, StoreError> {
        let Self { store, operations } = self;
        if operations.len() > MAX_OPERATIONS {
            return Err(failure::too_many_operations());
        }
        let (mut puts, mut deletes) = (BTreeSet::new(), BTreeSet::new());
        for operation in &operations {
            let fits = match operation {
                Operation::Put { key, .. } => puts.insert(key) && !deletes.contains(key),
                Operation::Delete { key } => {
                    // etcd accepts the same delete twice.
                    deletes.insert(key);
                    !puts.contains(key)
                }
            };
            if !fits {
                return Err(failure::duplicate_key());
            }
        }
        drop((puts, deletes));
        Ok(store.shared.change(|state| {
            state.write(operations);
            state.history.revision()
        }))
    }
}

/// Shows no keys and no values: there may be secrets among them.
impl fmt::Debug for Transaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transaction")
            .field("operations", &self.operations.len())
            .finish_non_exhaustive()
    }
}

fn put(key: impl AsRef<[u8]>, value: impl AsRef<[u8]>) -> Operation {
    Operation::Put {
        key: key.as_ref().into(),
        value: value.as_ref().into(),
    }
}

fn delete(key: impl AsRef<[u8]>) -> Operation {
    Operation::Delete {
        key: key.as_ref().into(),
    }
}

impl MemoryShared {
    fn lock(&self) -> MutexGuard<'_, MemoryState> {
        // No change can panic halfway.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the state, then wakes the calls that wait.
    fn change<R>(&self, change: impl FnOnce(&mut MemoryState) -> R) -> R {
        let result = change(&mut self.lock());
        self.changed.notify_waiters();
        result
    }

    /// Calls `ask` after every change until there is an answer. Dropping the future ends that.
    async fn answer<R>(&self, mut ask: impl FnMut(&mut MemoryState) -> Option<R>) -> R {
        loop {
            // Before `ask`, so that no change between the two goes unnoticed.
            let changed = self.changed.notified();
            let answer = ask(&mut self.lock());
            if let Some(answer) = answer {
                return answer;
            }
            changed.await;
        }
    }
}

impl MemoryState {
    fn write(&mut self, operations: Vec<Operation>) -> Option<Revision> {
        let revision = self.history.write(operations);
        self.keep_limit();
        revision
    }

    fn keep_limit(&mut self) {
        if let Some(limit) = self.history_limit {
            let newest = self.history.revision().get();
            let oldest = Revision::new(newest.saturating_sub(limit).saturating_add(1));
            if oldest > self.history.compacted() {
                self.compact(oldest);
            }
        }
    }

    fn compact(&mut self, revision: Revision) {
        for watch in self.watches.values_mut() {
            watch.compact(&self.history, revision);
        }
        self.history.compact(revision);
    }

    fn break_off(&mut self) {
        let why = failure::unreachable();
        for watch in self.watches.values_mut() {
            watch.break_off(&why);
        }
    }

    /// The next event of a watch; `None` while there is none.
    fn next_event(&mut self, number: u64) -> Option<WatchEvent> {
        match self.watches.get_mut(&number) {
            Some(watch) => watch.next_event(&self.history, self.stalled),
            None => Some(WatchEvent::Lost(failure::cancelled())),
        }
    }

    /// The result of a call for these ranges now: an error if it fails; `None` while there is no
    /// answer at all.
    fn admit(&self, ranges: &[Range]) -> Option<Result<(), StoreError>> {
        if self.disconnected {
            return Some(Err(failure::unreachable()));
        }
        if self.stalled {
            return None;
        }
        let denied = ranges
            .iter()
            .map(|range| range.start().as_bytes())
            .any(|start| {
                // A permission for only some keys of the range is not enough: etcd denies the whole
                // range.
                self.denied
                    .iter()
                    .any(|denied| start.starts_with(denied) || denied.starts_with(start))
            });
        Some(if denied {
            Err(failure::denied())
        } else {
            Ok(())
        })
    }

    fn read(&self, ranges: &[Range]) -> Reading {
        let entries = |range: &Range| {
            let found = self.history.below(range.start().as_bytes());
            let found = found.map(|(key, version)| Entry {
                key,
                value: &version.value,
                mod_revision: version.mod_revision,
            });
            found.collect()
        };
        Reading {
            revision: self.history.revision(),
            entries: ranges.iter().map(entries).collect(),
        }
    }

    fn probe(&self, ranges: &[Range]) -> Probe {
        let count = |range: &Range| {
            let found = self.history.below(range.start().as_bytes());
            found.fold((0, None), |(count, newest), (_, version)| {
                (count + 1, newest.max(Some(version.mod_revision)))
            })
        };
        Probe {
            revision: self.history.revision(),
            ranges: ranges.iter().map(count).collect(),
        }
    }

    fn watch(&mut self, ranges: &Arc<[Range]>, from: Revision) -> u64 {
        let number = self.next_watch;
        self.next_watch += 1;
        let watch = MemoryWatch::new(Arc::clone(ranges), from, &self.history);
        self.watches.insert(number, watch);
        number
    }
}

impl Memory {
    /// Makes a call of the store: at once if possible, so that only a call that has to wait needs a
    /// runtime's clock.
    fn call<R: Send + 'static>(
        &self,
        ranges: Arc<[Range]>,
        mut ask: impl FnMut(&mut MemoryState, &Arc<[Range]>) -> R + Send + 'static,
    ) -> BoxFuture<'static, Result<R, StoreError>> {
        let shared = Arc::clone(&self.shared);
        Box::pin(async move {
            let mut ask = move |state: &mut MemoryState| {
                let admitted = state.admit(&ranges)?;
                Some(admitted.map(|()| ask(state, &ranges)))
            };
            let (now, limit) = {
                let mut state = shared.lock();
                (ask(&mut state), state.call_timeout)
            };
            match now {
                Some(answer) => answer,
                None => tokio::time::timeout(limit, shared.answer(ask))
                    .await
                    .unwrap_or_else(|_| Err(failure::timeout(limit))),
            }
        })
    }
}

impl Sealed for Memory {}

impl Backend for Memory {
    fn read(&self, ranges: Arc<[Range]>) -> BoxFuture<'static, Result<Reading, StoreError>> {
        self.call(ranges, |state, ranges| state.read(ranges))
    }

    fn probe(&self, ranges: Arc<[Range]>) -> BoxFuture<'static, Result<Probe, StoreError>> {
        self.call(ranges, |state, ranges| state.probe(ranges))
    }

    fn latest(&self, ranges: Arc<[Range]>) -> BoxFuture<'static, Result<Revision, StoreError>> {
        self.call(ranges, |state, _| state.history.revision())
    }

    fn watch(
        &self,
        ranges: Arc<[Range]>,
        from: Revision,
    ) -> BoxFuture<'static, Result<Box<dyn WatchStream>, StoreError>> {
        let number = self.call(ranges, move |state, ranges| state.watch(ranges, from));
        let shared = Arc::clone(&self.shared);
        Box::pin(async move {
            let stream = MemoryWatchStream::new(shared, number.await?);
            Ok(Box::new(stream) as Box<dyn WatchStream>)
        })
    }
}

/// The errors, with etcd's texts if it has any.
mod failure {
    use std::time::Duration;

    use crate::store::{ErrorKind, StoreError};

    pub(super) fn unreachable() -> StoreError {
        StoreError::new(ErrorKind::Unreachable, "the connection is broken")
    }

    pub(super) fn timeout(limit: Duration) -> StoreError {
        StoreError::new(ErrorKind::Timeout, format!("no answer within {limit:?}"))
    }

    pub(super) fn denied() -> StoreError {
        StoreError::new(ErrorKind::Denied, "these keys may not be read")
    }

    pub(super) fn compacted() -> StoreError {
        StoreError::new(ErrorKind::Compacted, "required revision has been compacted")
    }

    pub(super) fn cancelled() -> StoreError {
        StoreError::new(ErrorKind::Cancelled, "the watch does not exist")
    }

    pub(super) fn future() -> StoreError {
        StoreError::new(ErrorKind::Refused, "required revision is a future revision")
    }

    pub(super) fn too_many_operations() -> StoreError {
        StoreError::new(ErrorKind::Refused, "too many operations in txn request")
    }

    pub(super) fn duplicate_key() -> StoreError {
        StoreError::new(ErrorKind::Refused, "duplicate key given in txn request")
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use futures_util::FutureExt;

    use super::Memory;

    #[test]
    fn a_change_between_the_question_and_the_wait_is_not_missed() {
        let shared = Memory::new().shared;
        let mut asked = 0;
        let answer = shared.answer(|_| {
            asked += 1;
            shared.changed.notify_waiters();
            (asked == 2).then_some("an answer")
        });
        assert_eq!(answer.now_or_never(), Some("an answer"));
    }

    #[test]
    fn a_panic_elsewhere_does_not_end_the_store() {
        let store = Memory::new();
        let shared = Arc::clone(&store.shared);
        let panicked = std::thread::spawn(move || {
            let _held = shared.lock();
            panic!("while the state is locked");
        });
        assert!(panicked.join().is_err());
        store.put("/a/x", "1");
        assert!(store.get("/a/x").is_some());
    }
}
