//! What the loop says of itself: the watch on the status, and readiness.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test says what it expects by failing"
)]
#![allow(clippy::trivially_copy_pass_by_ref, reason = "as users write it")]

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::task::{Context, Wake, Waker};
use std::time::Duration;

use futures_util::FutureExt;
use hotconfig::store::{ErrorKind, Memory};
use hotconfig::{
    Hot, HotBuilder, HotConfig, Invalid, NotReady, Reached, Revision, StaleCause, Status,
    StatusWatch, field,
};

/// An upper bound for what must happen; nothing waits for it to pass.
const LIMIT: Duration = Duration::from_secs(20);

#[derive(HotConfig, Clone, Debug, PartialEq)]
#[hot(prefix = "/users")]
struct Service {
    #[hot(default = 8, range(1..=64))]
    size: u32,
    #[hot(default = 4, restart)]
    workers: u16,
}

fn builder(store: &Memory) -> HotBuilder<Service> {
    Hot::<Service>::builder(store.clone())
        .backoff(Duration::from_millis(5), Duration::from_millis(20))
}

/// With a watch that stands, so that there is no news to come.
async fn started(builder: HotBuilder<Service>) -> Hot<Service> {
    let hot = builder.start().await.unwrap();
    until("connected", || hot.status().connected).await;
    hot
}

async fn soon<R>(what: &str, happens: impl Future<Output = R>) -> R {
    tokio::time::timeout(LIMIT, happens)
        .await
        .unwrap_or_else(|_| panic!("in vain: {what}"))
}

async fn until(what: &str, holds: impl Fn() -> bool) {
    soon(what, async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    })
    .await;
}

/// The first news that is so.
async fn news(watch: &mut StatusWatch, what: &str, is: impl Fn(&Status) -> bool) -> Status {
    soon(what, async {
        loop {
            let status = watch.changed().await.unwrap();
            if is(&status) {
                return status;
            }
        }
    })
    .await
}

async fn settled(hot: &Hot<Service>, revision: Revision) -> Reached {
    hot.wait_for(revision, LIMIT).await.unwrap()
}

// The watch.

#[tokio::test]
async fn a_lost_connection_and_a_new_one_are_news() {
    let store = Memory::new();
    let hot = started(builder(&store)).await;
    let mut watch = hot.watch_status();
    assert!(watch.current().connected);
    store.faults().disconnect();
    let lost = soon("the loss", watch.changed()).await.unwrap();
    assert!(!lost.connected);
    assert_eq!(lost.failure.unwrap().kind(), ErrorKind::Unreachable);
    assert!(!watch.current().connected);
    store.faults().reconnect();
    let back = news(&mut watch, "the connection", |status| status.connected).await;
    assert_eq!(back.failure, None);
}

#[tokio::test]
async fn what_is_held_is_news_and_a_change_that_gets_in_is_none() {
    let store = Memory::new();
    let hot = started(builder(&store)).await;
    let mut watch = hot.watch_status();
    for size in 1..=20_u32 {
        settled(&hot, store.put("/users/size", size.to_string())).await;
    }
    assert!(watch.changed().now_or_never().is_none());

    let held = store.put("/users/size", "900");
    let status = soon("the held change", watch.changed()).await.unwrap();
    assert_eq!(status.held[0].revision, held);
    assert_eq!(status.revision, Some(held));
    assert!(status.to_string().contains("900"), "{status}");
    store.put("/users/size", "9");
    let status = soon("its release", watch.changed()).await.unwrap();
    assert!(status.held.is_empty());

    store.put("/users/workers", "5");
    let status = soon("the pending restart", watch.changed()).await.unwrap();
    assert_eq!(status.pending_restart.len(), 1);
    assert!(
        status.to_string().contains("running with 4, pending 5"),
        "{status}"
    );
    let typo = store.put("/users/sise", "5");
    let status = soon("the unknown key", watch.changed()).await.unwrap();
    assert_eq!(status.unknown[0].key, "/users/sise");
    assert!(
        status.to_string().contains(&format!(
            "unknown key /users/sise (revision {typo}); did you mean `size`?"
        )),
        "{status}"
    );
    // Written again, it is no news.
    settled(&hot, store.put("/users/sise", "6")).await;
    assert!(watch.changed().now_or_never().is_none());
}

#[tokio::test]
async fn p06_what_came_and_went_before_anybody_looked_is_no_news() {
    let store = Memory::new();
    let hot = started(builder(&store)).await;
    let mut watch = hot.watch_status();
    let held = settled(&hot, store.put("/users/size", "900")).await;
    assert!(matches!(held, Reached::Held(_)));
    settled(&hot, store.put("/users/size", "9")).await;
    assert!(watch.changed().now_or_never().is_none());
}

#[tokio::test]
async fn p09_that_it_grew_stale_is_told_although_nothing_happens() {
    let store = Memory::new();
    // No call fails before the test does: only the clock can tell.
    store.faults().set_call_timeout(10 * LIMIT);
    let hot = started(builder(&store).staleness_limit(Duration::from_millis(300))).await;
    let mut watch = hot.watch_status();
    store.faults().stall();
    let status = news(&mut watch, "stale", |status| !status.is_fresh()).await;
    let stale = status.stale.unwrap();
    assert_eq!(Some(stale.since), status.confirmed);
    assert!(status.connected && status.failure.is_none());
    assert_eq!(stale.cause, StaleCause::Silent);
    store.faults().resume();
    news(&mut watch, "fresh", Status::is_fresh).await;
}

#[tokio::test]
async fn the_end_is_news_once_and_the_watch_does_not_keep_the_loop_alive() {
    let store = Memory::new();
    let hot = started(builder(&store)).await;
    let (mut one, mut other) = (hot.watch_status(), hot.watch_status());
    drop(hot);
    let status = soon("the end", one.changed()).await.unwrap();
    assert!(status.ended && !status.connected && !status.is_fresh());
    assert!(soon("nothing more", one.changed()).await.is_none());
    assert!(soon("nothing more, again", one.changed()).await.is_none());
    assert!(soon("the end", other.changed()).await.unwrap().ended);
    until("the watch in the store ends", || store.watches() == 0).await;
}

#[tokio::test]
async fn the_last_status_before_the_end_is_in_it() {
    let store = Memory::new();
    let hot = started(builder(&store)).await;
    let mut watch = hot.watch_status();
    settled(&hot, store.put("/users/size", "900")).await;
    hot.shutdown().await;
    let last = soon("the end", watch.changed()).await.unwrap();
    assert_eq!((last.ended, last.held.len()), (true, 1));
    assert!(watch.changed().now_or_never().unwrap().is_none());
    // Whoever comes late finds the end as it is.
    assert!(
        hot.watch_status()
            .changed()
            .now_or_never()
            .unwrap()
            .is_none()
    );
}

#[tokio::test]
async fn a_wait_that_was_given_up_has_taken_nothing() {
    let store = Memory::new();
    let hot = started(builder(&store)).await;
    let mut watch = hot.watch_status();
    {
        let mut waiting = Box::pin(watch.changed());
        assert!(futures_util::poll!(&mut waiting).is_pending());
        settled(&hot, store.put("/users/size", "900")).await;
    }
    let status = watch.changed().now_or_never().unwrap().unwrap();
    assert_eq!(status.held.len(), 1);
}

#[test]
fn it_is_watched_without_a_runtime() {
    let store = Memory::new();
    let hot = pollster::block_on(builder(&store).start()).unwrap();
    let mut watch = hot.watch_status();
    let held = store.put("/users/size", "900");
    let status = pollster::block_on(async {
        loop {
            let status = watch.changed().await.unwrap();
            if !status.held.is_empty() {
                return status;
            }
        }
    });
    assert_eq!(status.held[0].revision, held);
}

/// An executor with a mistake in it.
struct Panics(AtomicBool);

impl Wake for Panics {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
        panic!("woken");
    }
}

#[tokio::test]
async fn p11_a_waker_that_panics_stops_neither_the_loop_nor_the_next_watch() {
    let store = Memory::new();
    let hot = started(builder(&store)).await;
    let (mut panicking, mut watch) = (hot.watch_status(), hot.watch_status());
    let panics = Arc::new(Panics(AtomicBool::new(false)));
    let waker = Waker::from(Arc::clone(&panics));
    let mut waiting = Box::pin(panicking.changed());
    let polled = Pin::as_mut(&mut waiting).poll(&mut Context::from_waker(&waker));
    assert!(polled.is_pending());
    store.put("/users/size", "900");
    let status = soon("the other's news", watch.changed()).await.unwrap();
    assert_eq!(status.held.len(), 1);
    until("woken", || panics.0.load(Ordering::Relaxed)).await;
    settled(&hot, store.put("/users/size", "9")).await;
    assert_eq!(hot.load().size, 9);
}

// Readiness.

#[tokio::test]
async fn drill_19_defaults_without_a_store_are_not_ready_before_it_confirms_them() {
    let store = Memory::new();
    store.faults().disconnect();
    let start = builder(&store)
        .start_timeout(Duration::from_millis(50))
        .defaults_without_store()
        .start();
    let hot = start.await.unwrap();
    let refused = hot.status().ready_within(Duration::MAX).unwrap_err();
    let text = refused.to_string();
    let NotReady::NeverConfirmed { cause, .. } = refused else {
        panic!("{text}");
    };
    assert!(cause.to_string().contains("cannot be reached"), "{cause}");
    assert!(hot.status().to_string().contains("never confirmed"));
    store.faults().reconnect();
    until("ready", || hot.status().ready_within(LIMIT).is_ok()).await;
    hot.shutdown().await;
    let ended = hot.status().ready_within(Duration::MAX);
    assert_eq!(ended, Err(NotReady::Ended));
}

/// Whether the validator below is to hang, and whether it does.
static HANGS: (Mutex<(bool, bool)>, Condvar) = (Mutex::new((false, false)), Condvar::new());

#[derive(HotConfig, Clone, Debug)]
#[hot(prefix = "/hangs")]
struct Hanging {
    #[hot(default = 1, validate = hang)]
    number: u32,
}

#[expect(clippy::unnecessary_wraps, reason = "a rule looks like that")]
fn hang(_: &u32) -> Result<(), Invalid> {
    let mut state = HANGS.0.lock().unwrap();
    while state.0 {
        state.1 = true;
        state = HANGS.1.wait(state).unwrap();
    }
    Ok(())
}

#[tokio::test]
async fn p09_it_is_stale_and_not_ready_while_a_validator_hangs() {
    let store = Memory::new();
    let limit = Duration::from_millis(300);
    let hot = Hot::<Hanging>::builder(store.clone()).staleness_limit(limit);
    let hot = hot.start().await.unwrap();
    until("ready", || hot.status().ready_within(limit).is_ok()).await;
    HANGS.0.lock().unwrap().0 = true;
    store.put("/hangs/number", "2");
    until("the validator to hang", || HANGS.0.lock().unwrap().1).await;
    until("not ready", || hot.status().ready_within(limit).is_err()).await;
    assert!(!hot.status().is_fresh());
    // One that was taken before says the same by now.
    let kept = hot.status();
    HANGS.0.lock().unwrap().0 = false;
    HANGS.1.notify_all();
    until("ready again", || hot.status().ready_within(limit).is_ok()).await;
    assert!(kept.ready_within(limit).is_err());
    assert_eq!(hot.load().number, 2);
}

#[tokio::test]
async fn a_fixed_configuration_is_ready_until_it_ends() {
    let hot = Hot::fixed(Service {
        size: 1,
        workers: 1,
    });
    assert_eq!(hot.status().ready_within(Duration::ZERO), Ok(()));
    assert!(hot.status().to_string().contains("fixed"));
    let mut watch = hot.watch_status();
    assert!(watch.changed().now_or_never().is_none());
    hot.shutdown().await;
    assert!(soon("the end", watch.changed()).await.unwrap().ended);
    assert!(soon("nothing more", watch.changed()).await.is_none());
    assert_eq!(hot.status().ready_within(LIMIT), Err(NotReady::Ended));

    let hot = Hot::fixed(Service {
        size: 1,
        workers: 1,
    });
    let mut watch = hot.watch_status();
    let mut size = hot.watch(field!(Service, size));
    drop(hot);
    assert!(soon("the end", watch.changed()).await.unwrap().ended);
    assert!(soon("the end", size.changed()).await.is_none());
}
