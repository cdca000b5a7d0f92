//! One watch of the store in this process.
//!
//! In: the shared history and its own place in it. Out: its next event. It keeps no events: a watch
//! without a reader costs a few numbers.

use std::sync::Arc;

use super::history::History;
use super::{MemoryShared, failure};
use crate::Revision;
use crate::store::backend::{BoxFuture, WatchStream};
use crate::store::{ErrorKind, Event, Range, StoreError, WatchEvent};

/// An answer is complete once it holds this many events; a revision is never split.
const BATCH_EVENTS: usize = 1_000;

/// The state of a watch, which the store keeps.
pub(super) struct MemoryWatch {
    ranges: Arc<[Range]>,
    /// For each range the first revision that was not read yet.
    places: Vec<Revision>,
    /// The store's revision when the watch was made.
    made_at: Revision,
    /// The number of ranges that were already reported as watched.
    created: usize,
    progress_requested: bool,
    lost: Option<StoreError>,
}

impl MemoryWatch {
    pub(super) fn new(ranges: Arc<[Range]>, from: Revision, history: &History) -> Self {
        Self {
            places: vec![from; ranges.len()],
            ranges,
            made_at: history.revision(),
            created: 0,
            progress_requested: false,
            lost: (from < history.compacted()).then(failure::compacted),
        }
    }

    pub(super) fn is_lost(&self) -> bool {
        self.lost.is_some()
    }

    /// Breaks the watch: the events that were not yet read are lost.
    pub(super) fn break_off(&mut self, why: &StoreError) {
        self.lost.get_or_insert_with(|| why.clone());
    }

    /// Notes that the history before this revision is about to be compacted. If it has unread
    /// changes of the watch's own keys, the watch is lost.
    pub(super) fn compact(&mut self, history: &History, revision: Revision) {
        if self.is_lost() {
            return;
        }
        for (place, range) in self.places.iter_mut().zip(self.ranges.iter()) {
            if *place >= revision {
                continue;
            }
            let missed = history
                .since(*place)
                .take_while(|commit| commit.revision < revision)
                .flat_map(|commit| &commit.changes)
                .any(|change| range.holds(&change.key));
            if missed {
                self.lost = Some(failure::compacted());
                return;
            }
            *place = revision;
        }
    }

    /// The next event; `None` while there is none.
    pub(super) fn next_event(&mut self, history: &History, stalled: bool) -> Option<WatchEvent> {
        // A broken connection is noticed here; everything else has to arrive.
        if let Some(lost) = self
            .lost
            .as_ref()
            .filter(|lost| lost.kind() == ErrorKind::Unreachable)
        {
            return Some(WatchEvent::Lost(lost.clone()));
        }
        if stalled {
            return None;
        }
        if self.created < self.ranges.len() {
            let range = self.created;
            self.created += 1;
            return Some(WatchEvent::Created {
                range,
                revision: self.made_at,
            });
        }
        if let Some(lost) = &self.lost {
            return Some(WatchEvent::Lost(lost.clone()));
        }
        if let Some(events) = self.events(history) {
            return Some(events);
        }
        std::mem::take(&mut self.progress_requested).then(|| WatchEvent::Progress {
            revision: history.revision(),
        })
    }

    /// The next events, of the range that is furthest behind, so that no range waits forever.
    fn events(&mut self, history: &History) -> Option<WatchEvent> {
        loop {
            let places = self.places.iter_mut().zip(self.ranges.iter()).enumerate();
            let (number, (place, range)) = places
                .min_by_key(|(_, (place, _))| **place)
                .filter(|(_, (place, _))| **place <= history.revision())?;
            let mut events = Vec::new();
            for commit in history.since(*place) {
                if events.len() >= BATCH_EVENTS {
                    break;
                }
                let own = commit
                    .changes
                    .iter()
                    .filter(|change| range.holds(&change.key));
                events.extend(own.map(|change| Event {
                    key: change.key.to_vec(),
                    value: change.after.clone(),
                    revision: commit.revision,
                }));
                *place = commit.revision.next();
            }
            if !events.is_empty() {
                return Some(WatchEvent::Events {
                    range: number,
                    events,
                });
            }
            // Even if a compaction left no commit to read.
            *place = history.revision().next();
        }
    }
}

/// The reader's end of a [`MemoryWatch`].
pub(super) struct MemoryWatchStream {
    shared: Arc<MemoryShared>,
    number: u64,
}

impl MemoryWatchStream {
    pub(super) fn new(shared: Arc<MemoryShared>, number: u64) -> Self {
        Self { shared, number }
    }
}

impl WatchStream for MemoryWatchStream {
    fn next(&mut self) -> BoxFuture<'_, WatchEvent> {
        Box::pin(self.shared.answer(|state| state.next_event(self.number)))
    }

    fn ask_progress(&mut self) -> bool {
        if let Some(watch) = self.shared.lock().watches.get_mut(&self.number) {
            watch.progress_requested = true;
        }
        // A call of `next` may already wait elsewhere in the same task.
        self.shared.changed.notify_waiters();
        true
    }
}

impl Drop for MemoryWatchStream {
    fn drop(&mut self) {
        self.shared.lock().watches.remove(&self.number);
    }
}
