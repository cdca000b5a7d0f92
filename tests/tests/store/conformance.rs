//! How every store behaves, asked of whichever one is given.
//!
//! In: a store, and the hand of an operator who writes to it. Out: nothing, or a failed
//! assertion. Each behaviour has a prefix of its own, so that one store does for all.

use std::future::Future;
use std::sync::Arc;

use futures_util::FutureExt;
use hotconfig::Revision;
use hotconfig::store::backend::{Backend, WatchStream};
use hotconfig::store::{Entries, Entry, ErrorKind, Event, Range, Store, WatchEvent};
use hotconfig_tests::LIMIT;

/// What is written at once: keys with their values, or to be deleted.
pub(crate) type Changes<'a> = &'a [(&'a str, Option<&'a str>)];

/// Whoever writes to the store.
pub(crate) trait Writer: Sync {
    /// Makes one revision of these changes, and says which.
    fn write(&self, changes: Changes<'_>) -> impl Future<Output = Revision> + Send;

    /// Forgets the history before this revision.
    fn compact(&self, revision: Revision) -> impl Future<Output = ()> + Send;
}

/// All behaviours.
pub(crate) async fn all(store: &impl Store, writer: &impl Writer) {
    an_empty_prefix_has_a_reading(store, writer).await;
    a_reading_holds_its_prefixes_and_nothing_else(store, writer).await;
    a_probe_says_what_a_reading_would(store, writer).await;
    a_watch_tells_the_past_and_then_the_present(store, writer).await;
    a_transaction_over_two_ranges_is_one_revision(store, writer).await;
    nothing_is_lost_where_a_wait_is_dropped(store, writer).await;
    progress_comes_after_the_events_it_speaks_of(store, writer).await;
    one_watch_ends_and_another_goes_on(store, writer).await;
    // Last, because it takes the past away.
    a_watch_from_a_compacted_revision_is_lost(store, writer).await;
}

pub(crate) fn ranges<const N: usize>(prefixes: [&str; N]) -> Arc<[Range]> {
    prefixes.map(Range::below).into()
}

/// Waits, but not for ever.
pub(crate) async fn soon<F: Future>(what: &str, future: F) -> F::Output {
    let waited = tokio::time::timeout(LIMIT, future).await;
    waited.unwrap_or_else(|_| panic!("waited {LIMIT:?} in vain for {what}"))
}

pub(crate) async fn next(watch: &mut Box<dyn WatchStream>) -> WatchEvent {
    soon("a watch to say something", watch.next()).await
}

/// A watch, past the words that it stands.
pub(crate) async fn watch(
    store: &impl Backend,
    of: Arc<[Range]>,
    from: Revision,
) -> Box<dyn WatchStream> {
    let count = of.len();
    let mut watch = soon("a watch", store.watch(of, from)).await.unwrap();
    for range in 0..count {
        match next(&mut watch).await {
            WatchEvent::Created { range: created, .. } => assert_eq!(created, range),
            other => panic!("{other:?} before watcher {range} stands"),
        }
    }
    watch
}

/// The next events, with their ranges, until there are that many.
pub(crate) async fn events(watch: &mut Box<dyn WatchStream>, count: usize) -> Vec<(usize, Event)> {
    let mut all = Vec::new();
    while all.len() < count {
        match next(watch).await {
            WatchEvent::Events { range, events } => {
                all.extend(events.into_iter().map(|event| (range, event)));
            }
            other => panic!("{other:?} after {} of {count} events", all.len()),
        }
    }
    assert_eq!(all.len(), count, "more events than there were changes");
    all
}

/// Hears a watch out until it is lost, and says why.
pub(crate) async fn lost(watch: &mut Box<dyn WatchStream>) -> ErrorKind {
    loop {
        if let WatchEvent::Lost(error) = next(watch).await {
            return error.kind();
        }
    }
}

fn entry<'a>(key: &'a str, value: &'a str, revision: Revision) -> Entry<'a> {
    Entry {
        key: key.as_bytes(),
        value: value.as_bytes(),
        mod_revision: revision,
    }
}

fn event(key: &str, value: Option<&str>, revision: Revision) -> Event {
    Event {
        key: key.into(),
        value: value.map(|value| value.as_bytes().into()),
        revision,
    }
}

async fn an_empty_prefix_has_a_reading(store: &impl Store, writer: &impl Writer) {
    let written = writer.write(&[("/empty2/key", Some("of another"))]).await;
    let reading = soon("a reading", store.read(ranges(["/empty"]))).await;
    let reading = reading.unwrap();
    assert_eq!(reading.entries, [Entries::default()]);
    assert!(reading.revision >= written);
}

async fn a_reading_holds_its_prefixes_and_nothing_else(store: &impl Store, writer: &impl Writer) {
    let first = writer.write(&[("/read/a/z", Some("1"))]).await;
    let second = writer
        .write(&[
            ("/read/a/b/c", Some("2")),
            ("/read/a2/x", Some("of a neighbour")),
            ("/read/b/x", Some("")),
            ("/read/a/gone", Some("3")),
        ])
        .await;
    let third = writer.write(&[("/read/a/gone", None)]).await;
    let reading = soon("a reading", store.read(ranges(["/read/b", "/read/a"]))).await;
    let reading = reading.unwrap();
    assert!(reading.revision >= third);
    assert_eq!(
        reading.entries,
        [
            Entries::from_iter([entry("/read/b/x", "", second)]),
            Entries::from_iter([
                entry("/read/a/b/c", "2", second),
                entry("/read/a/z", "1", first),
            ]),
        ],
    );
}

async fn a_probe_says_what_a_reading_would(store: &impl Store, writer: &impl Writer) {
    let old = writer.write(&[("/probe/a/k1", Some("1"))]).await;
    let new = writer
        .write(&[("/probe/a/k2", Some("1")), ("/probe/b/k", Some("1"))])
        .await;
    let of = ranges(["/probe/a", "/probe/b", "/probe/nothing"]);
    let probe = soon("a probe", store.probe(Arc::clone(&of))).await.unwrap();
    assert!(old < new && probe.revision >= new);
    assert_eq!(
        probe.ranges,
        vec![(2, Some(new)), (1, Some(new)), (0, None)],
    );

    // What a delete leaves behind is seen by the count alone.
    let deleted = writer.write(&[("/probe/b/k", None)]).await;
    let probe = soon("a probe", store.probe(of)).await.unwrap();
    assert!(probe.revision >= deleted);
    assert_eq!(probe.ranges, vec![(2, Some(new)), (0, None), (0, None)]);
}

async fn a_watch_tells_the_past_and_then_the_present(store: &impl Store, writer: &impl Writer) {
    writer.write(&[("/past/k", Some("before"))]).await;
    let put = writer.write(&[("/past/k", Some("1"))]).await;
    let again = writer.write(&[("/past/k", Some("1"))]).await;
    let deleted = writer.write(&[("/past/k", None)]).await;
    let mut watch = watch(store, ranges(["/past"]), put).await;
    let past = events(&mut watch, 3).await;
    let neighbour = writer.write(&[("/past2/k", Some("not watched"))]).await;
    let present = writer.write(&[("/past/k", Some("2"))]).await;
    assert!(neighbour < present);
    assert_eq!(
        past,
        vec![
            (0, event("/past/k", Some("1"), put)),
            (0, event("/past/k", Some("1"), again)),
            (0, event("/past/k", None, deleted)),
        ],
    );
    assert_eq!(
        events(&mut watch, 1).await,
        vec![(0, event("/past/k", Some("2"), present))],
    );
}

async fn a_transaction_over_two_ranges_is_one_revision(store: &impl Store, writer: &impl Writer) {
    let before = writer.write(&[("/two/a/x", Some("0"))]).await;
    let mut watch = watch(store, ranges(["/two/a", "/two/b"]), before.next()).await;
    let revision = writer
        .write(&[
            ("/two/a/x", None),
            ("/two/a/y", Some("1")),
            ("/two/b/z", Some("1")),
        ])
        .await;
    // Each range's part comes whole; which range comes first is not said.
    let mut parts = Vec::new();
    for _ in 0..2 {
        match next(&mut watch).await {
            WatchEvent::Events { range, mut events } => {
                events.sort_by(|left, right| left.key.cmp(&right.key));
                parts.push((range, events));
            }
            other => panic!("{other:?}"),
        }
    }
    parts.sort_by_key(|(range, _)| *range);
    assert_eq!(
        parts,
        vec![
            (
                0,
                vec![
                    event("/two/a/x", None, revision),
                    event("/two/a/y", Some("1"), revision),
                ],
            ),
            (1, vec![event("/two/b/z", Some("1"), revision)]),
        ],
    );
}

async fn nothing_is_lost_where_a_wait_is_dropped(store: &impl Store, writer: &impl Writer) {
    let first = writer.write(&[("/drop/k", Some("0"))]).await;
    let mut watch = watch(store, ranges(["/drop"]), first).await;
    let mut heard = Vec::new();
    for number in 1..=20 {
        let value = number.to_string();
        writer.write(&[("/drop/k", Some(&value))]).await;
        // Polled once, then dropped, whether it was ready or not.
        if let Some(WatchEvent::Events { events, .. }) = watch.next().now_or_never() {
            heard.extend(events);
        }
    }
    while heard.len() < 21 {
        let count = 21 - heard.len();
        let rest = events(&mut watch, count).await;
        heard.extend(rest.into_iter().map(|(_, event)| event));
    }
    let values: Vec<_> = heard
        .into_iter()
        .map(|event| event.value.unwrap())
        .collect();
    let expected: Vec<Arc<[u8]>> = (0..=20)
        .map(|number: u32| number.to_string().into_bytes().into())
        .collect();
    assert_eq!(values, expected);
}

async fn progress_comes_after_the_events_it_speaks_of(store: &impl Store, writer: &impl Writer) {
    let mut last = writer.write(&[("/progress/a/k", Some("0"))]).await;
    let of = ranges(["/progress/a", "/progress/b"]);
    let mut watch = watch(store, of, last).await;
    let mut heard = Revision::default();
    for round in 0..20 {
        last = writer.write(&[("/progress/b/k", Some("1"))]).await;
        let elsewhere = writer.write(&[("/elsewhere/k", Some("1"))]).await;
        if !watch.ask_progress() {
            assert_eq!(round, 0, "a store is believed, or it is not");
            return;
        }
        // A watch that is still catching up is not answered: ask again.
        loop {
            let said = tokio::time::timeout(std::time::Duration::from_millis(500), watch.next());
            match said.await {
                Ok(WatchEvent::Events { events, .. }) => {
                    // Which range comes first is not said.
                    heard = heard.max(events.last().unwrap().revision);
                }
                Ok(WatchEvent::Progress { revision }) => {
                    assert!(
                        heard >= last || revision < last,
                        "progress to {revision}, but of {last} there was nothing yet"
                    );
                    if revision >= elsewhere {
                        break;
                    }
                    assert!(watch.ask_progress());
                }
                Ok(other) => panic!("{other:?}"),
                Err(_) => assert!(watch.ask_progress()),
            }
        }
        assert_eq!(heard, last);
    }
}

async fn one_watch_ends_and_another_goes_on(store: &impl Store, writer: &impl Writer) {
    let before = writer.write(&[("/other/k", Some("0"))]).await;
    let first = watch(store, ranges(["/other"]), before.next()).await;
    let mut second = watch(store, ranges(["/other"]), before.next()).await;
    drop(first);
    let after = writer.write(&[("/other/k", Some("1"))]).await;
    assert_eq!(
        events(&mut second, 1).await,
        vec![(0, event("/other/k", Some("1"), after))],
    );
}

async fn a_watch_from_a_compacted_revision_is_lost(store: &impl Store, writer: &impl Writer) {
    let first = writer.write(&[("/compacted/k", Some("1"))]).await;
    writer.write(&[("/compacted/k", Some("2"))]).await;
    let last = writer.write(&[("/compacted/k", Some("3"))]).await;
    writer.compact(last).await;

    let kind = match soon("a watch", store.watch(ranges(["/compacted"]), first)).await {
        Err(error) => error.kind(),
        Ok(mut watch) => {
            let kind = lost(&mut watch).await;
            assert_eq!(lost(&mut watch).await, kind);
            kind
        }
    };
    assert_eq!(kind, ErrorKind::Compacted);

    // From the compacted revision itself everything is still there.
    let mut watch = watch(store, ranges(["/compacted"]), last).await;
    assert_eq!(
        events(&mut watch, 1).await,
        vec![(0, event("/compacted/k", Some("3"), last))],
    );
}
