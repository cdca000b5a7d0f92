//! The guarantees for subscribers, one case at a time.

mod history;

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use futures_util::FutureExt;
use tokio::runtime::Handle;
use tokio::sync::mpsc;

use super::{CAPACITY, Change, Changes, Hub, Part, Reader, Update, View, Watch};
use crate::snapshot::{Origin, Snapshot};
use crate::typed::compile::lookup::Span;
use crate::typed::id::LeafId;
use crate::typed::tree::{Field as SchemaField, Leaf, Tree};
use crate::typed::{checks::Checks, path::Step, read::LeafReader};
use crate::{Field, HotConfig, ManyKeys, Revision, field};

#[derive(HotConfig, Clone, Debug, PartialEq, Default)]
pub(super) struct Config {
    level: u32,
    #[hot(nested)]
    db: Db,
    name: u32,
}

#[derive(HotConfig, Clone, Debug, PartialEq, Default)]
struct Db {
    size: u32,
    wait: u32,
    /// A section of one leaf: both have the same leaves.
    #[hot(nested)]
    tls: Tls,
}

#[derive(HotConfig, Clone, Debug, PartialEq, Default)]
struct Tls {
    on: u32,
}

impl Config {
    pub(super) fn of_level(level: u32) -> Self {
        Self {
            level,
            ..Self::default()
        }
    }
}

pub(super) const LEVEL: Field<Config, u32> = field!(Config, level);
const NAME: Field<Config, u32> = field!(Config, name);
const SIZE: Field<Config, u32> = field!(Config, db.size);
const TLS_ON: Field<Config, u32> = field!(Config, db.tls.on);
const WHOLE_DB: Field<Config, Db, ManyKeys> = field!(Config, db);
const WHOLE_TLS: Field<Config, Tls, ManyKeys> = field!(Config, db.tls);
const WHOLE: Field<Config, Config, ManyKeys> = field!(Config);

/// The writer, with direct access to the last configuration.
struct Writer {
    hub: Arc<Hub<Config>>,
    config: Config,
    revision: u64,
}

impl Writer {
    fn new() -> Self {
        let config = Config::default();
        let hub = Hub::new(snapshot(config.clone(), 1));
        Self {
            hub,
            config,
            revision: 1,
        }
    }

    /// Publishes, and notifies of the leaves that differ.
    fn publish(&mut self, change: impl FnOnce(&mut Config)) {
        let before = self.config.clone();
        change(&mut self.config);
        self.revision += 1;
        let changed: Vec<LeafId> = Config::TREE
            .leaves()
            .iter()
            .filter(|leaf| !before.__same(&self.config, leaf.path.fixed()))
            .map(Leaf::id)
            .collect();
        let next = snapshot(self.config.clone(), self.revision);
        self.hub.publish(next, &changed);
    }
}

pub(super) fn snapshot(config: Config, revision: u64) -> Snapshot<Config> {
    let revision = Revision::new(revision);
    let origins = (0..Config::TREE.len())
        .map(|leaf| Origin::key(format!("/app/{leaf}"), revision, 0, None))
        .collect();
    Snapshot::new(config, Some(revision), 1, origins)
}

/// The answer of the watch, without waiting.
fn now<V: 'static>(watch: &mut Watch<V>) -> Poll<Option<Change<V>>> {
    watch
        .changed()
        .now_or_never()
        .map_or(Poll::Pending, Poll::Ready)
}

/// The change in that answer.
fn given<V>(told: Poll<Option<Change<V>>>) -> Option<Change<V>> {
    match told {
        Poll::Ready(change) => change,
        Poll::Pending => None,
    }
}

fn told<V: 'static + Clone>(watch: &mut Watch<V>) -> Option<(V, V)> {
    match now(watch) {
        Poll::Ready(change) => Some(both(&change.expect("the loop runs"))),
        Poll::Pending => None,
    }
}

fn both<V: 'static + Clone>(change: &Change<V>) -> (V, V) {
    (change.previous().clone(), change.current().clone())
}

#[derive(Debug, PartialEq)]
pub(super) enum TestUpdate {
    Changed(u32, u32),
    Missed(u64),
}

/// Everything that is in the queue now.
pub(super) fn drain(changes: &mut Changes<u32>) -> Vec<TestUpdate> {
    std::iter::from_fn(|| changes.next().now_or_never().flatten())
        .map(|update| match update {
            Update::Changed(change) => TestUpdate::Changed(*change.previous(), *change.current()),
            Update::Missed(count) => TestUpdate::Missed(count),
        })
        .collect()
}

/// Waits for a future that must complete. The limit is for a broken build alone.
async fn soon<R>(future: impl Future<Output = R>) -> R {
    tokio::time::timeout(Duration::from_secs(60), future)
        .await
        .expect("it never came")
}

/// Counts its wake-ups.
#[derive(Default)]
struct Bell(AtomicUsize);

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

#[test]
fn p05_a_watch_gives_the_last_value_and_skips_those_between() {
    let mut writer = Writer::new();
    let mut size = writer.hub.watch(SIZE);
    for value in 1..=5 {
        writer.publish(|config| config.db.size = value);
    }
    let change = given(now(&mut size)).expect("told");
    assert_eq!(both(&change), (0, 5));
    assert_eq!(change.revision(), Some(Revision::new(6)));
    assert_eq!(change.epoch(), 1);
    assert!(now(&mut size).is_pending(), "told once");
}

#[test]
fn p05_a_dropped_future_has_taken_nothing() {
    let mut writer = Writer::new();
    let mut size = writer.hub.watch(SIZE);
    let mut sizes = writer.hub.changes(SIZE, CAPACITY);
    {
        let notify = Arc::new(Bell::default());
        let waker = Waker::from(Arc::clone(&notify));
        let mut context = Context::from_waker(&waker);
        let mut changed = pin!(size.changed());
        let mut next = pin!(sizes.next());
        assert!(changed.as_mut().poll(&mut context).is_pending());
        assert!(next.as_mut().poll(&mut context).is_pending());
        writer.publish(|config| config.db.size = 7);
        assert_eq!(notify.0.load(Ordering::SeqCst), 2, "both are woken");
        // Woken, and dropped before they are polled again.
    }
    assert_eq!(told(&mut size), Some((0, 7)));
    assert_eq!(drain(&mut sizes), [TestUpdate::Changed(0, 7)]);
}

#[test]
fn p05_the_last_change_is_given_before_none() {
    let mut writer = Writer::new();
    let mut size = writer.hub.watch(SIZE);
    let mut sizes = writer.hub.changes(SIZE, 2);
    let mut quiet = writer.hub.watch(LEVEL);
    for value in 1..=3 {
        writer.publish(|config| config.db.size = value);
    }
    writer.hub.end();
    assert_eq!(told(&mut size), Some((0, 3)));
    assert!(matches!(now(&mut size), Poll::Ready(None)));
    assert!(matches!(now(&mut size), Poll::Ready(None)), "and again");
    assert_eq!(
        drain(&mut sizes),
        [
            TestUpdate::Missed(1),
            TestUpdate::Changed(0, 2),
            TestUpdate::Changed(2, 3)
        ]
    );
    assert!(matches!(sizes.next().now_or_never(), Some(None)));
    assert!(matches!(now(&mut quiet), Poll::Ready(None)));
    let mut late = writer.hub.watch(SIZE);
    assert!(
        matches!(now(&mut late), Poll::Ready(None)),
        "subscribed after the end"
    );
}

#[test]
fn p05_the_end_wakes_who_waits() {
    let writer = Writer::new();
    let mut size = writer.hub.watch(SIZE);
    let notify = Arc::new(Bell::default());
    let waker = Waker::from(Arc::clone(&notify));
    let mut context = Context::from_waker(&waker);
    let mut changed = pin!(size.changed());
    assert!(changed.as_mut().poll(&mut context).is_pending());
    writer.hub.end();
    assert_eq!(notify.0.load(Ordering::SeqCst), 1);
    assert!(matches!(
        changed.as_mut().poll(&mut context),
        Poll::Ready(None)
    ));
}

#[test]
fn p06_only_the_subscribers_of_what_changed_are_woken_once_each() {
    let mut writer = Writer::new();
    let hub = Arc::clone(&writer.hub);
    let bells: [Arc<Bell>; 5] = std::array::from_fn(|_| Arc::default());
    let [mut level, mut size] = [hub.watch(LEVEL), hub.watch(SIZE)];
    let mut db = hub.watch(WHOLE_DB);
    let mut tls = hub.watch(WHOLE_TLS);
    let mut whole = hub.watch(WHOLE);
    let mut waits = [
        level.changed().map(drop).boxed(),
        size.changed().map(drop).boxed(),
        db.changed().map(drop).boxed(),
        tls.changed().map(drop).boxed(),
        whole.changed().map(drop).boxed(),
    ];
    for (wait, notify) in waits.iter_mut().zip(&bells) {
        let waker = Waker::from(Arc::clone(notify));
        assert!(
            wait.poll_unpin(&mut Context::from_waker(&waker))
                .is_pending()
        );
    }
    let woken = || {
        bells
            .each_ref()
            .map(|notify| notify.0.load(Ordering::SeqCst))
    };

    writer.publish(|config| config.name = 1);
    assert_eq!(woken(), [0, 0, 0, 0, 1], "the whole alone holds the name");
    writer.publish(|config| (config.db.size, config.db.wait) = (1, 1));
    assert_eq!(
        woken(),
        [0, 1, 1, 0, 1],
        "two leaves of a section, told once"
    );
    writer.publish(|config| config.db.tls.on = 1);
    assert_eq!(
        woken(),
        [0, 1, 1, 1, 1],
        "who was woken and has not looked is not woken again"
    );
    writer.publish(|_| ());
    assert_eq!(woken(), [0, 1, 1, 1, 1], "nothing changed");
}

#[test]
fn p06_back_before_the_look_tells_nothing() {
    let mut writer = Writer::new();
    let mut size = writer.hub.watch(SIZE);
    let mut db = writer.hub.watch(WHOLE_DB);
    writer.publish(|config| config.db.size = 1);
    writer.publish(|config| config.db.size = 0);
    assert!(now(&mut size).is_pending());
    assert!(now(&mut db).is_pending());
    writer.publish(|config| config.db.size = 2);
    assert_eq!(told(&mut size), Some((0, 2)));
}

#[test]
fn p06_a_queue_gives_one_item_for_each_publication_that_differs() {
    let mut writer = Writer::new();
    let mut sizes = writer.hub.changes(SIZE, CAPACITY);
    writer.publish(|config| config.db.size = 1);
    writer.publish(|config| config.db.wait = 1);
    writer.publish(|config| config.db.size = 0);
    writer.publish(|config| config.db.size = 2);
    assert_eq!(
        drain(&mut sizes),
        [
            TestUpdate::Changed(0, 1),
            TestUpdate::Changed(1, 0),
            TestUpdate::Changed(0, 2)
        ]
    );
}

#[test]
fn p11_a_full_queue_drops_the_oldest_and_says_how_many() {
    let mut writer = Writer::new();
    let mut sizes = writer.hub.changes(SIZE, CAPACITY);
    let mut few = writer.hub.changes(SIZE, 0);
    for value in 1..=70 {
        writer.publish(|config| config.db.size = value);
    }
    let said = drain(&mut sizes);
    assert_eq!(said.len(), 65);
    assert_eq!(said[0], TestUpdate::Missed(6));
    assert_eq!(
        said[1],
        TestUpdate::Changed(0, 7),
        "previous is what was given last"
    );
    assert_eq!(said[64], TestUpdate::Changed(69, 70));
    assert_eq!(
        drain(&mut few),
        [TestUpdate::Missed(69), TestUpdate::Changed(0, 70)]
    );
}

#[test]
fn p06_a_queue_does_not_tell_of_the_way_back_from_what_it_dropped() {
    let mut writer = Writer::new();
    let mut sizes = writer.hub.changes(SIZE, 1);
    writer.publish(|config| config.db.size = 1);
    writer.publish(|config| config.db.size = 0);
    assert_eq!(drain(&mut sizes), [TestUpdate::Missed(2)]);
    writer.publish(|config| config.db.size = 3);
    assert_eq!(drain(&mut sizes), [TestUpdate::Changed(0, 3)]);
}

#[test]
fn a_baseline_is_what_is_compared_with() {
    let mut writer = Writer::new();
    let hub = Arc::clone(&writer.hub);
    let old = hub.snapshot();
    writer.publish(|config| config.db.size = 1);
    let mut since_old = hub.watch(SIZE).since(&old);
    let mut queue_since_old = hub.changes(SIZE, CAPACITY).since(&old);
    assert_eq!(*since_old.current(), 0);
    writer.publish(|config| config.db.size = 2);
    assert_eq!(told(&mut since_old), Some((0, 2)));
    assert_eq!(
        drain(&mut queue_since_old),
        [TestUpdate::Changed(0, 1), TestUpdate::Changed(1, 2)]
    );
    let mut unchanged = hub.watch(LEVEL).since(&old);
    assert!(now(&mut unchanged).is_pending());
    assert!(
        now(&mut hub.watch(SIZE)).is_pending(),
        "the current one is the default"
    );
}

#[test]
fn a_baseline_may_be_newer_than_the_subscription() {
    let mut writer = Writer::new();
    let hub = Arc::clone(&writer.hub);
    let (size, sizes) = (hub.watch(SIZE), hub.changes(SIZE, CAPACITY));
    writer.publish(|config| config.db.size = 9);
    writer.publish(|config| config.db.size = 1);
    writer.publish(|config| config.level = 1); // notifies neither
    let (mut size, mut sizes) = (size.since(&hub.load()), sizes.since(&hub.load()));
    assert!(now(&mut size).is_pending());
    assert_eq!(drain(&mut sizes), []);
    writer.publish(|config| config.db.size = 2);
    assert_eq!(told(&mut size), Some((1, 2)));
    assert_eq!(drain(&mut sizes), [TestUpdate::Changed(1, 2)]);
}

#[test]
fn a_baseline_of_another_struct_is_ignored() {
    let mut writer = Writer::new();
    let foreign = Part::whole(Snapshot::new(Other(5), None, 1, [].into()));
    let mut size = writer.hub.watch(SIZE).since(&foreign);
    let mut sizes = writer.hub.changes(SIZE, CAPACITY).since(&foreign);
    writer.publish(|config| config.db.size = 1);
    assert_eq!(told(&mut size), Some((0, 1)));
    assert_eq!(drain(&mut sizes), [TestUpdate::Changed(0, 1)]);
}

#[derive(Clone)]
struct Other(#[expect(dead_code, reason = "it is never looked at")] u32);

impl HotConfig for Other {
    const TREE: &'static Tree = &Tree::new("Other");

    fn __build(_: &mut LeafReader<'_>) -> Option<Self> {
        None
    }

    fn __set(&mut self, _: &[Step<'_>], _: &mut LeafReader<'_>) {}

    fn __same(&self, _: &Self, _: &[Step<'_>]) -> bool {
        true
    }

    fn __show(&self, _: &[Step<'_>]) -> Option<String> {
        None
    }

    fn __validate(&self, _: &mut Checks) {}
}

#[tokio::test]
async fn drill_28_a_callback_may_read_publish_subscribe_and_unsubscribe() {
    let mut writer = Writer::new();
    let hub = Arc::clone(&writer.hub);
    let (tell, mut heard) = mpsc::unbounded_channel();
    let inner = Arc::clone(&hub);
    let _subscription = hub.on_change(SIZE, Some(&Handle::current()), move |change| {
        let mut reader = inner.reader();
        let other = inner.watch(LEVEL);
        let callback = inner.on_change(LEVEL, Some(&Handle::current()), |_| ());
        drop(callback);
        let read = (inner.load().db.size, reader.get().db.size, *other.current());
        inner.publish(
            snapshot(
                Config {
                    level: 9,
                    ..inner.load().clone()
                },
                9,
            ),
            &[LeafId::fixed(0)],
        );
        tell.send((*change.current(), read))
            .expect("the test listens");
    });
    writer.publish(|config| config.db.size = 4);
    assert_eq!(soon(heard.recv()).await, Some((4, (4, 4, 0))));
    assert_eq!(hub.load().level, 9);
}

#[tokio::test]
async fn drill_29_a_callback_sees_the_new_value() {
    let mut writer = Writer::new();
    let inner = Arc::clone(&writer.hub);
    let (tell, mut heard) = mpsc::unbounded_channel();
    let _subscription = writer
        .hub
        .on_change(SIZE, Some(&Handle::current()), move |change| {
            tell.send((both(&change), inner.load().db.size))
                .expect("the test listens");
        });
    for value in 1..=20 {
        writer.publish(|config| config.db.size = value);
        assert_eq!(soon(heard.recv()).await, Some(((value - 1, value), value)));
    }
}

/// The moment of swap and notification, without a scheduler in between.
#[test]
fn drill_29_who_is_woken_finds_the_new_value() {
    struct Look(Arc<Hub<Config>>, AtomicUsize);

    impl Wake for Look {
        fn wake(self: Arc<Self>) {
            self.1
                .store(self.0.load().db.size as usize, Ordering::SeqCst);
        }
    }

    let mut writer = Writer::new();
    let mut size = writer.hub.watch(SIZE);
    let look = Arc::new(Look(Arc::clone(&writer.hub), AtomicUsize::new(0)));
    let waker = Waker::from(Arc::clone(&look));
    let mut changed = pin!(size.changed());
    assert!(
        changed
            .as_mut()
            .poll(&mut Context::from_waker(&waker))
            .is_pending()
    );
    writer.publish(|config| config.db.size = 6);
    assert_eq!(look.1.load(Ordering::SeqCst), 6);
}

#[tokio::test]
async fn drill_30_a_callback_that_panics_is_called_again() {
    let mut writer = Writer::new();
    let (tell, mut heard) = mpsc::unbounded_channel();
    let _subscription = writer
        .hub
        .on_change(SIZE, Some(&Handle::current()), move |change| {
            tell.send(both(&change)).expect("the test listens");
            assert!(*change.current() % 2 == 0, "an odd size");
        });
    for value in 1..=4 {
        writer.publish(|config| config.db.size = value);
        assert_eq!(soon(heard.recv()).await, Some((value - 1, value)));
    }
}

#[tokio::test]
async fn drill_31_a_callback_that_blocks_holds_up_nobody() {
    let mut writer = Writer::new();
    let (release, gate) = std::sync::mpsc::channel::<()>();
    let (entered, mut inside) = mpsc::unbounded_channel();
    let (tell, mut heard) = mpsc::unbounded_channel();
    let running = AtomicUsize::new(0);
    let slow = writer
        .hub
        .on_change(SIZE, Some(&Handle::current()), move |change| {
            assert_eq!(running.fetch_add(1, Ordering::SeqCst), 0, "calls overlap");
            entered.send(both(&change)).expect("the test listens");
            gate.recv().ok();
            running.fetch_sub(1, Ordering::SeqCst);
        });
    let _quick = writer
        .hub
        .on_change(SIZE, Some(&Handle::current()), move |change| {
            tell.send(*change.current()).expect("the test listens");
        });
    let mut watch = writer.hub.watch(SIZE);

    writer.publish(|config| config.db.size = 1);
    assert_eq!(soon(inside.recv()).await, Some((0, 1)));
    for value in 1..=10 {
        writer.publish(|config| config.db.size = value);
        if value > 1 {
            assert_eq!(told(&mut watch), Some((value - 1, value)));
        } else {
            assert_eq!(told(&mut watch), Some((0, 1)));
        }
        assert_eq!(soon(heard.recv()).await, Some(value));
    }
    release.send(()).expect("the callback waits");
    assert_eq!(soon(inside.recv()).await, Some((1, 10)), "then the latest");
    assert!(inside.try_recv().is_err());
    drop((slow, release));
}

#[tokio::test]
async fn drill_32_nobody_is_told_of_what_did_not_change_or_twice() {
    let mut writer = Writer::new();
    let (tell, mut heard) = mpsc::unbounded_channel();
    let _subscription = writer
        .hub
        .on_change(WHOLE_DB, Some(&Handle::current()), move |change| {
            tell.send(both(&change)).expect("the test listens");
        });
    let mut watch = writer.hub.watch(WHOLE_DB);
    let mut queue = writer.hub.changes(TLS_ON, CAPACITY);
    writer.publish(|_| ());
    writer.publish(|config| config.level = 1);
    assert!(now(&mut watch).is_pending());
    writer.publish(|config| {
        (config.db.size, config.db.wait, config.db.tls.on) = (1, 1, 1);
    });
    let now_it_is = writer.config.db.clone();
    assert_eq!(told(&mut watch), Some((Db::default(), now_it_is.clone())));
    assert!(now(&mut watch).is_pending());
    assert_eq!(drain(&mut queue), [TestUpdate::Changed(0, 1)]);
    let first = soon(heard.recv()).await.expect("told");
    assert_eq!(first, (Db::default(), now_it_is.clone()));
    writer.hub.end();
    assert_eq!(
        soon(heard.recv()).await,
        None,
        "the callback is gone, and was not called again"
    );
}

#[tokio::test]
async fn drill_33_the_way_back_is_told_although_the_listener_failed() {
    let mut writer = Writer::new();
    let (tell, mut heard) = mpsc::unbounded_channel();
    let _subscription = writer
        .hub
        .on_change(SIZE, Some(&Handle::current()), move |change| {
            tell.send(both(&change)).expect("the test listens");
            assert!(*change.current() != 1, "this size cannot be had");
        });
    writer.publish(|config| config.db.size = 1);
    assert_eq!(soon(heard.recv()).await, Some((0, 1)));
    writer.publish(|config| config.db.size = 0);
    assert_eq!(soon(heard.recv()).await, Some((1, 0)));
}

#[tokio::test]
async fn drill_34_dropped_means_gone() {
    let mut writer = Writer::new();
    let hub = Arc::clone(&writer.hub);
    let alive: Arc<()> = Arc::new(());
    let view = hub.view(WHOLE_DB, Some(Handle::current()), Arc::clone(&alive) as _);
    let held = Arc::new(());
    for _ in 0..1_000 {
        let kept = Arc::clone(&held);
        let all = (
            hub.watch(SIZE),
            hub.changes(WHOLE, CAPACITY),
            hub.on_change(SIZE, Some(&Handle::current()), move |_| {
                drop(Arc::clone(&kept));
            }),
            view.watch(view.field()),
        );
        assert_eq!(hub.subscribers(), 4);
        writer.publish(|config| config.db.size += 1);
        drop(all);
        assert_eq!(hub.subscribers(), 0, "at once");
    }
    // The tasks end when the runtime polls them, and the callbacks with them.
    while Arc::strong_count(&held) > 1 {
        tokio::task::yield_now().await;
    }
    drop((view, hub));
    assert_eq!(Arc::strong_count(&alive), 1);
    while Arc::strong_count(&writer.hub) > 1 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn drill_34_a_dropped_callback_is_not_called_and_a_detached_one_is() {
    let mut writer = Writer::new();
    let (tell, mut heard) = mpsc::unbounded_channel();
    let dropped = tell.clone();
    let subscription = writer
        .hub
        .on_change(SIZE, Some(&Handle::current()), move |_| {
            dropped.send("dropped").ok();
        });
    writer
        .hub
        .on_change(SIZE, Some(&Handle::current()), move |_| {
            tell.send("detached").ok();
        })
        .detach();
    assert_eq!(writer.hub.subscribers(), 2);
    writer.publish(|config| config.db.size = 1);
    // Its task was woken, but was not polled yet.
    drop(subscription);
    assert_eq!(writer.hub.subscribers(), 1);
    assert_eq!(soon(heard.recv()).await, Some("detached"));
    writer.hub.end();
    assert_eq!(soon(heard.recv()).await, None);
}

#[test]
fn drill_34_a_call_that_waits_for_a_thread_does_not_begin_after_the_drop() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .max_blocking_threads(1)
        .build()
        .expect("runtime");
    runtime.block_on(async {
        let mut writer = Writer::new();
        let (release, gate) = std::sync::mpsc::channel::<()>();
        let (entered, mut inside) = mpsc::unbounded_channel();
        let (tell, mut heard) = mpsc::unbounded_channel();
        let blocker = writer
            .hub
            .on_change(LEVEL, Some(runtime.handle()), move |_| {
                entered.send(()).expect("the test listens");
                gate.recv().ok();
            });
        let waiting = writer
            .hub
            .on_change(SIZE, Some(runtime.handle()), move |change| {
                tell.send(*change.current()).ok();
            });
        writer.publish(|config| config.level = 1);
        soon(inside.recv()).await.expect("the only thread is taken");
        writer.publish(|config| config.db.size = 1);
        // One poll takes the change and queues the call.
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
        drop(waiting);
        release.send(()).expect("the callback waits");
        assert_eq!(soon(heard.recv()).await, None, "dropped without a call");
        drop(blocker);
    });
}

#[tokio::test]
async fn the_last_change_reaches_a_callback_before_the_end() {
    let mut writer = Writer::new();
    let (tell, mut heard) = mpsc::unbounded_channel();
    writer
        .hub
        .on_change(SIZE, Some(&Handle::current()), move |change| {
            tell.send(*change.current()).ok();
        })
        .detach();
    writer.publish(|config| config.db.size = 8);
    writer.hub.end();
    assert_eq!(soon(heard.recv()).await, Some(8));
    assert_eq!(soon(heard.recv()).await, None);
}

#[tokio::test]
async fn a_view_knows_its_part_alone() {
    let size: Field<Db, u32> = field!(Db, size);
    let tls: Field<Db, Tls, ManyKeys> = field!(Db, tls);
    let on: Field<Tls, u32> = field!(Tls, on);
    let mut writer = Writer::new();
    let alive: Arc<()> = Arc::new(());
    let db: View<Db> = writer
        .hub
        .view(WHOLE_DB, Some(Handle::current()), Arc::clone(&alive) as _);
    let tls: View<Tls> = db.view(tls);
    let leaf: View<u32> = tls.view(on);
    assert_eq!(Arc::strong_count(&alive), 4);
    let (mut whole, mut sized) = (db.watch(db.field()), db.changes(size));
    let (mut section, mut inner) = (tls.watch(tls.field()), tls.watch(on));
    let mut this = leaf.watch(leaf.field());
    let (tell, mut heard) = mpsc::unbounded_channel();
    let _subscription = leaf.on_change(leaf.field(), move |change| {
        tell.send(both(&change)).expect("the test listens");
    });
    assert_eq!(format!("{this:?}"), r#"Watch { field: "db.tls.on", .. }"#);

    let before = leaf.load();
    writer.publish(|config| config.level = 1);
    assert!(now(&mut whole).is_pending());
    writer.publish(|config| config.db.tls.on = 1);
    assert_eq!(told(&mut whole).expect("told").1.tls.on, 1);
    assert_eq!(told(&mut section), Some((Tls { on: 0 }, Tls { on: 1 })));
    assert_eq!(told(&mut inner), Some((0, 1)));
    assert_eq!(told(&mut this), Some((0, 1)));
    assert_eq!(soon(heard.recv()).await, Some((0, 1)));
    assert_eq!(drain(&mut sized), []);
    assert_eq!((*before, *leaf.load(), tls.load().on), (0, 1, 1));
    assert_eq!(leaf.load().revision(), Some(Revision::new(3)));
    let mut since = leaf.watch(leaf.field()).since(&before);
    assert_eq!(told(&mut since), Some((0, 1)));

    drop((db, tls, leaf));
    assert_eq!(
        Arc::strong_count(&alive),
        1,
        "watches and callbacks do not hold it"
    );
    writer.publish(|config| config.db.size = 5);
    assert_eq!(drain(&mut sized), [TestUpdate::Changed(0, 5)]);
}

#[test]
fn handles_read_what_was_published_last() {
    let mut writer = Writer::new();
    let hub = Arc::clone(&writer.hub);
    let mut reader: Reader<Config> = hub.reader();
    let before = hub.load();
    writer.publish(|config| config.level = 3);
    assert_eq!(before.level, 0, "a guard stays what it is");
    assert_eq!(
        (
            hub.load().level,
            reader.get().level,
            reader.clone().get().level
        ),
        (3, 3, 3)
    );
    assert_eq!(hub.load().snapshot().level, hub.snapshot().level);
    assert_eq!(reader.snapshot().revision(), Some(Revision::new(2)));
    assert_eq!(
        (hub.load().epoch(), hub.load().revision()),
        (1, Some(Revision::new(2)))
    );
}

#[test]
fn a_snapshot_knows_where_its_fields_came_from() {
    let origins = [
        Origin::Default,
        Origin::key("/app/db/size", Revision::new(7), 1, None),
        Origin::Default,
        Origin::key("/app/db/tls/on", Revision::new(3), 0, None)
            .held()
            .held(),
        Origin::Fixed,
    ];
    let snapshot = Snapshot::new(Config::default(), None, 1, origins.into());
    let said = |origin: &Origin| origin.to_string();
    assert_eq!(said(snapshot.origin(LEVEL)), "the default");
    assert_eq!(said(snapshot.origin(SIZE)), "/app/db/size (revision 7)");
    assert_eq!(said(snapshot.origin(NAME)), "the program");
    assert!(snapshot.origin(TLS_ON).is_held());
    let all: Vec<_> = snapshot
        .origins()
        .map(|(name, origin)| format!("{name}: {origin}"))
        .collect();
    assert_eq!(
        all,
        [
            "level: the default",
            "db.size: /app/db/size (revision 7)",
            "db.wait: the default",
            "db.tls.on: the last good value, from /app/db/tls/on (revision 3)",
            "name: the program",
        ]
    );
}

#[test]
fn a_change_clones_no_value_shows_it_as_it_shows_itself_and_goes_anywhere() {
    fn goes_anywhere<X: Send + Sync + 'static>() {}
    fn is_send<X: Send>(x: X) -> X {
        x
    }
    goes_anywhere::<Change<std::rc::Rc<u32>>>();
    goes_anywhere::<Watch<std::rc::Rc<u32>>>();
    goes_anywhere::<Changes<std::rc::Rc<u32>>>();
    goes_anywhere::<View<std::rc::Rc<u32>>>();
    goes_anywhere::<Reader<Config>>();

    let mut writer = Writer::new();
    let mut db = writer.hub.watch(WHOLE_DB);
    writer.publish(|config| config.db.size = 1);
    let change = is_send(db.changed())
        .now_or_never()
        .flatten()
        .expect("told");
    assert!(std::ptr::eq(
        change.current(),
        &raw const writer.hub.load().db
    ));
    assert!(std::ptr::eq(change.clone().previous(), change.previous()));
    assert!(format!("{change:?}").contains("size: 1"));
    writer.publish(|config| config.db.size = 2);
    assert_eq!(change.current().size, 1, "it keeps its snapshots");
}

/// A comparison that panics, in a subscriber's own task.
#[test]
fn p11_a_comparison_that_panics_tells() {
    let hub = Hub::new(Snapshot::new(Touchy(0), None, 1, [].into()));
    let field: Field<Touchy, Touchy> = Field::__new(|it| it, Span { first: 0, len: 1 }, "");
    let mut watch = hub.watch(field);
    hub.publish(
        Snapshot::new(Touchy(1), None, 1, [].into()),
        &[LeafId::fixed(0)],
    );
    let change = given(now(&mut watch)).expect("told");
    assert_eq!(change.current().0, 1);
}

#[derive(Clone)]
struct Touchy(u32);

impl HotConfig for Touchy {
    const TREE: &'static Tree = &Tree {
        fields: &[SchemaField::new(0, "it", "it", "u32")],
        ..Tree::new("Touchy")
    };

    fn __build(_: &mut LeafReader<'_>) -> Option<Self> {
        None
    }

    fn __set(&mut self, _: &[Step<'_>], _: &mut LeafReader<'_>) {}

    fn __same(&self, _: &Self, _: &[Step<'_>]) -> bool {
        panic!("not comparable")
    }

    fn __show(&self, _: &[Step<'_>]) -> Option<String> {
        None
    }

    fn __validate(&self, _: &mut Checks) {}
}

/// A waker that panics belongs to a broken executor; the writer outlives it.
#[test]
fn p11_a_waker_that_panics_stops_neither_the_writer_nor_the_next_subscriber() {
    struct BrokenRule;

    impl Wake for BrokenRule {
        fn wake(self: Arc<Self>) {
            panic!("a broken executor");
        }
    }

    let mut writer = Writer::new();
    let (mut broken, mut sound) = (writer.hub.watch(SIZE), writer.hub.watch(SIZE));
    let waker = Waker::from(Arc::new(BrokenRule));
    let mut changed = pin!(broken.changed());
    assert!(
        changed
            .as_mut()
            .poll(&mut Context::from_waker(&waker))
            .is_pending()
    );
    writer.publish(|config| config.db.size = 1);
    assert_eq!(told(&mut sound), Some((0, 1)));
}

/// Threads watch while others publish, subscribe and unsubscribe: every watcher receives the last
/// value before the end could wake it.
#[test]
fn p05_under_threads_everyone_ends_with_the_last_value() {
    const PUBLICATIONS: u32 = 5_000;
    const WATCHERS: usize = 4;

    let mut writer = Writer::new();
    let hub = Arc::clone(&writer.hub);
    let (arrived, arrivals) = std::sync::mpsc::channel();
    std::thread::scope(|scope| {
        for _ in 0..WATCHERS {
            let (hub, arrived) = (&hub, arrived.clone());
            scope.spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .build()
                    .expect("runtime");
                // Subscribes in the middle of the publications, like the others.
                let mut watch = hub.watch(SIZE);
                let mut queue = hub.changes(SIZE, 8);
                let mut last = *watch.current();
                runtime.block_on(async {
                    while last < PUBLICATIONS {
                        let change = watch.changed().await.expect("the loop runs");
                        assert_eq!(*change.previous(), last);
                        assert!(*change.current() > last, "told, but no change");
                        last = *change.current();
                    }
                    let (first, mut sum) = (*queue.current(), 0);
                    while *queue.current() < PUBLICATIONS {
                        match queue.next().await.expect("the loop runs") {
                            Update::Changed(_) => sum += 1,
                            Update::Missed(count) => sum += count,
                        }
                    }
                    assert_eq!(sum, u64::from(PUBLICATIONS - first), "each told or counted");
                    arrived.send(()).expect("the test listens");
                    assert!(watch.changed().await.is_none());
                    assert!(queue.next().await.is_none());
                });
            });
        }
        let churn = scope.spawn(|| {
            for _ in 0..2_000 {
                let watch = hub.watch(WHOLE_DB);
                let mut queue = hub.changes(SIZE, CAPACITY);
                // A publication at the moment of subscribing is in the baseline or in the queue.
                let first = (0..50).find_map(|_| queue.next().now_or_never().flatten());
                if let Some(Update::Changed(change)) = first {
                    assert_eq!(*change.current(), change.previous() + 1);
                }
                drop(watch);
            }
        });
        for value in 1..=PUBLICATIONS {
            writer.publish(|config| config.db.size = value);
        }
        let limit = Duration::from_secs(60);
        let all = (0..WATCHERS).all(|_| arrivals.recv_timeout(limit).is_ok());
        let churned = churn.join();
        // Before any assertion fails: otherwise the waiting threads would wait forever.
        writer.hub.end();
        assert!(all, "a wake-up was lost, or a watcher failed");
        churned.expect("every publication after the baseline is queued");
    });
    assert_eq!(hub.subscribers(), 0);
}
