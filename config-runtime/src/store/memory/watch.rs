//! One watch of the store in this process.
//!
//! In: the shared history and its own place in it. Out: what it hears next. It keeps no events:
//! a watch that nobody listens to costs a few numbers.

use std::sync::Arc;

use super::history::History;
use super::{Shared, failure};
use crate::Revision;
use crate::store::backend::{Answer, WatchStream};
use crate::store::{ErrorKind, Event, Range, StoreError, WatchEvent};

/// An answer is complete once it holds this many events; a revision is never split.
const ENOUGH: usize = 1_000;

/// A watch, as the store keeps it.
pub(super) struct Watching {
    ranges: Arc<[Range]>,
    /// For each range the first revision that it has not looked at.
    places: Vec<Revision>,
    /// The store's revision when the watch was made.
    made_at: Revision,
    /// How many ranges were already said to be watched.
    created: usize,
    progress_asked: bool,
    lost: Option<StoreError>,
}

impl Watching {
    pub(super) fn new(ranges: Arc<[Range]>, from: Revision, history: &History) -> Self {
        Self {
            places: vec![from; ranges.len()],
            ranges,
            made_at: history.revision(),
            created: 0,
            progress_asked: false,
            lost: (from < history.compacted()).then(failure::compacted),
        }
    }

    pub(super) fn is_lost(&self) -> bool {
        self.lost.is_some()
    }

    /// The connection broke. What was not yet heard was still on its way.
    pub(super) fn break_off(&mut self, why: &StoreError) {
        self.lost.get_or_insert_with(|| why.clone());
    }

    /// What happened before this revision is about to be forgotten. Loses the watch if some of
    /// that is its own and unheard; other keys' changes are nothing to it.
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

    /// What it hears next; `None` while there is nothing.
    pub(super) fn hear(&mut self, history: &History, stalled: bool) -> Option<WatchEvent> {
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
        std::mem::take(&mut self.progress_asked).then(|| WatchEvent::Progress {
            revision: history.revision(),
        })
    }

    /// The next events, of the range that is furthest behind: so none waits for another for ever.
    fn events(&mut self, history: &History) -> Option<WatchEvent> {
        loop {
            let places = self.places.iter_mut().zip(self.ranges.iter()).enumerate();
            let (number, (place, range)) = places
                .min_by_key(|(_, (place, _))| **place)
                .filter(|(_, (place, _))| **place <= history.revision())?;
            let mut events = Vec::new();
            for commit in history.since(*place) {
                if events.len() >= ENOUGH {
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
            // Also where a compaction left no commit to look at.
            *place = history.revision().next();
        }
    }
}

/// The listener's end of a [`Watching`].
pub(super) struct Listener {
    shared: Arc<Shared>,
    number: u64,
}

impl Listener {
    pub(super) fn new(shared: Arc<Shared>, number: u64) -> Self {
        Self { shared, number }
    }
}

impl WatchStream for Listener {
    fn next(&mut self) -> Answer<'_, WatchEvent> {
        Box::pin(self.shared.answer(|state| state.hear(self.number)))
    }

    fn ask_progress(&mut self) -> bool {
        if let Some(watching) = self.shared.lock().watches.get_mut(&self.number) {
            watching.progress_asked = true;
        }
        // A call of `next` may already wait elsewhere in the same task.
        self.shared.changed.notify_waiters();
        true
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.shared.lock().watches.remove(&self.number);
    }
}
