//! The queue of a watch's events. It is bounded, so that a reader that stopped reading costs a
//! limited amount of memory, and never blocks, so that it delays no other watch.
//!
//! In: each [`WatchEvent`], from the task that drains the connection. Out: the same with the time
//! of its arrival, in order, to one reader. If the queue is full, the watch is lost: all waiting
//! events are dropped, since a full read replaces them.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use tokio::sync::Notify;

use crate::store::{ErrorKind, StoreError, WatchEvent};

/// The maximum number of waiting events.
const MAX_EVENTS: usize = 1_000_000;

/// The size of an event beside its key and value.
const EVENT_OVERHEAD: usize = 64;

#[derive(Debug)]
pub(super) struct Queue {
    state: Mutex<QueueState>,
    arrived: Notify,
    max_bytes: usize,
}

#[derive(Debug, Default)]
struct QueueState {
    waiting: VecDeque<(WatchEvent, Instant)>,
    events: usize,
    bytes: usize,
    lost: Option<StoreError>,
}

impl Queue {
    /// Creates a queue for that many bytes. A single event always fits.
    pub(super) fn new(max_bytes: usize) -> Self {
        Self {
            state: Mutex::new(QueueState::default()),
            arrived: Notify::new(),
            max_bytes,
        }
    }

    /// Adds an event. `false` if the watch is over now.
    pub(super) fn push(&self, event: WatchEvent) -> bool {
        let mut state = self.lock();
        if state.lost.is_some() {
            return false;
        }
        let (events, bytes) = size(&event);
        let full = !state.waiting.is_empty()
            && (state.events + events > MAX_EVENTS || state.bytes + bytes > self.max_bytes);
        if full {
            *state = QueueState {
                lost: Some(StoreError::new(
                    ErrorKind::TooBig,
                    format!(
                        "{} events ({} bytes) of a watch were not read in time",
                        state.events + events,
                        state.bytes + bytes
                    ),
                )),
                ..QueueState::default()
            };
        } else {
            state.events += events;
            state.bytes += bytes;
            state.waiting.push_back((event, Instant::now()));
        }
        drop(state);
        self.arrived.notify_one();
        !full
    }

    /// Ends the watch, after the waiting events.
    pub(super) fn end(&self, error: StoreError) {
        self.lock().lost.get_or_insert(error);
        self.arrived.notify_one();
    }

    /// The next event; after the last one [`WatchEvent::Lost`], without end. For one reader at a
    /// time.
    pub(super) async fn next(&self) -> (WatchEvent, Instant) {
        loop {
            // A message that arrives after this check leaves a permit.
            if let Some(event) = self.lock().take() {
                return event;
            }
            self.arrived.notified().await;
        }
    }

    /// Whether the watch is over, even if messages still wait.
    pub(super) fn is_over(&self) -> bool {
        self.lock().lost.is_some()
    }

    fn lock(&self) -> MutexGuard<'_, QueueState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl QueueState {
    fn take(&mut self) -> Option<(WatchEvent, Instant)> {
        let Some((event, at)) = self.waiting.pop_front() else {
            let lost = self.lost.clone()?;
            return Some((WatchEvent::Lost(lost), Instant::now()));
        };
        let (events, bytes) = size(&event);
        self.events -= events;
        self.bytes -= bytes;
        Some((event, at))
    }
}

fn size(event: &WatchEvent) -> (usize, usize) {
    let WatchEvent::Events { events, .. } = event else {
        return (0, 0);
    };
    let bytes = events
        .iter()
        .map(|event| {
            EVENT_OVERHEAD + event.key.len() + event.value.as_ref().map_or(0, |value| value.len())
        })
        .sum();
    (events.len(), bytes)
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use futures_util::FutureExt;

    use super::*;
    use crate::Revision;
    use crate::store::Event;

    fn events(revision: u64, bytes: usize) -> WatchEvent {
        let event = Event {
            key: b"k".to_vec(),
            value: Some(vec![0; bytes].into()),
            revision: Revision::new(revision),
        };
        WatchEvent::Events {
            range: 0,
            events: vec![event],
        }
    }

    fn next(queue: &Queue) -> Option<WatchEvent> {
        queue.next().now_or_never().map(|(heard, _)| heard)
    }

    #[test]
    fn messages_come_in_order_and_then_the_end_without_end() {
        let queue = Queue::new(1_000);
        assert!(queue.push(events(2, 10)));
        assert!(queue.push(events(3, 10)));
        let error = StoreError::new(ErrorKind::Unreachable, "gone");
        queue.end(error.clone());
        queue.end(StoreError::new(ErrorKind::Other, "a later one"));
        assert!(
            !queue.push(events(4, 10)),
            "nothing follows the end of a watch"
        );
        assert_eq!(next(&queue), Some(events(2, 10)));
        assert_eq!(next(&queue), Some(events(3, 10)));
        assert_eq!(next(&queue), Some(WatchEvent::Lost(error.clone())));
        assert_eq!(next(&queue), Some(WatchEvent::Lost(error)));
    }

    #[test]
    fn a_reader_that_stopped_reading_loses_its_watch() {
        let queue = Queue::new(1_000);
        assert!(queue.push(events(2, 600)));
        assert!(!queue.push(events(3, 600)));
        let event = next(&queue);
        let Some(WatchEvent::Lost(error)) = event else {
            panic!("{event:?}");
        };
        assert_eq!(error.kind(), ErrorKind::TooBig);
    }

    #[test]
    fn what_was_read_makes_room() {
        let queue = Queue::new(1_000);
        for revision in 2..50 {
            assert!(queue.push(events(revision, 600)));
            assert_eq!(next(&queue), Some(events(revision, 600)));
        }
    }

    #[test]
    fn a_message_bigger_than_the_queue_still_gets_through() {
        let queue = Queue::new(1_000);
        assert!(queue.push(events(2, 5_000)));
        assert_eq!(next(&queue), Some(events(2, 5_000)));
    }

    #[test]
    fn p09_what_waited_says_when_it_came_in() {
        let queue = Queue::new(1_000);
        assert!(queue.push(events(2, 10)));
        let pushed = Instant::now();
        // A later event must not change the arrival of the first one.
        assert!(queue.push(events(3, 10)));
        let (_, arrived) = queue.next().now_or_never().expect("it is there");
        assert!(arrived <= pushed);
    }

    #[test]
    fn a_dropped_wait_loses_nothing() {
        let queue = Queue::new(1_000);
        {
            let mut waiting = pin!(queue.next());
            assert_eq!((&mut waiting).now_or_never(), None);
            assert!(queue.push(events(2, 10)));
        }
        assert_eq!(next(&queue), Some(events(2, 10)));
    }
}
