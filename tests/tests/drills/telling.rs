//! Who is told, when, and what happens to those who are slow or panic.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, mpsc};

use hotconfig::field;
use hotconfig_tests::eventually;

use super::*;

/// The next call of a callback; other threads make it.
fn called<R>(calls: &mpsc::Receiver<R>) -> R {
    calls.recv_timeout(LIMIT).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p11_drill_28_drill_29_a_callback_may_use_the_configuration_and_finds_the_new_value() {
    let (_server, mut client, hot) = started().await;
    let (tell, calls) = mpsc::channel();
    let own = hot.clone();
    let subscription = hot.on_change(field!(Service, db.pool_size), move |change| {
        let _another = own.watch(field!(Service, note));
        let _callback = own.on_change(field!(Service, note), |_| {});
        let seen = own.snapshot();
        let view = own.view(field!(Service, db));
        let _ = tell.send((
            *change.current(),
            own.load().db.pool_size,
            view.load().pool_size,
            seen.revision() >= change.revision(),
            own.status().revision >= change.revision(),
            own.describe().fields.len(),
        ));
    });
    for size in [16, 17, 18] {
        let revision = put(&mut client, "db/pool_size", size.to_string()).await;
        visible(&hot, revision).await;
        let (told, loaded, viewed, new, known, fields) = called(&calls);
        assert_eq!((told, loaded, viewed), (size, size, size));
        assert!(new && known && fields > 0);
    }
    drop(subscription);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p11_drill_30_drill_31_callbacks_that_panic_or_block_stop_nothing() {
    let (_server, mut client, hot) = started().await;
    let (tell, calls) = mpsc::channel();
    let panics = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&panics);
    let panicking = hot.on_change(field!(Service, db.pool_size), move |_| {
        counted.fetch_add(1, Ordering::SeqCst);
        panic!("as callbacks do");
    });
    let (release, blocked) = mpsc::channel::<()>();
    let blocking = hot.on_change(field!(Service, db.pool_size), move |_| {
        let _ = blocked.recv();
    });
    let good = hot.on_change(field!(Service, db.pool_size), move |change| {
        let _ = tell.send(*change.current());
    });
    let mut watch = hot.watch(field!(Service, db.pool_size));
    for size in 101..=105_u32 {
        visible(
            &hot,
            put(&mut client, "db/pool_size", size.to_string()).await,
        )
        .await;
        assert_eq!(called(&calls), size);
        let change = soon("the change", watch.changed()).await.unwrap();
        assert_eq!(*change.current(), size);
        eventually("the panicking one is called each time", async || {
            panics.load(Ordering::SeqCst) == size - 100
        })
        .await;
    }
    drop((release, blocking, panicking, good));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p06_drill_32_nobody_is_told_of_what_did_not_change_or_twice() {
    let (mut server, mut client, hot) = started().await;
    let mut db = hot.changes(field!(Service, db));
    let mut note = hot.changes(field!(Service, note));
    let (tell, calls) = mpsc::channel();
    let callback = hot.on_change(field!(Service, db.pool_size), move |change| {
        let _ = tell.send(*change.current());
    });
    put(&mut client, "db/pool_size", "16").await;
    put(&mut client, "db/pool_size", "16").await;
    put(&mut client, "db/pool_size", " 16\n").await;
    let same = put(&mut client, "db/idle_timeout", "30000ms").await;
    visible(&hot, same).await;
    server.restart().await;
    let mut client = server.client().await;
    visible(&hot, put(&mut client, "db/pool_size", "17").await).await;
    assert_eq!((called(&calls), called(&calls)), (16, 17));
    hot.shutdown().await;
    let mut told = Vec::new();
    while let Some(update) = db.next().await {
        let hotconfig::Update::Changed(change) = update else {
            panic!("{update:?}");
        };
        told.push(change.current().pool_size);
    }
    assert_eq!(told, [16, 17]);
    assert!(note.next().await.is_none());
    drop(callback);
    assert!(calls.recv().is_err(), "told again");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p05_drill_33_the_way_back_is_told_although_the_listener_failed() {
    let (_server, mut client, hot) = started().await;
    let (tell, calls) = mpsc::channel();
    let _callback = hot.on_change(field!(Service, db.pool_size), move |change| {
        let _ = tell.send((*change.previous(), *change.current()));
        assert_eq!(*change.current(), 8, "it can't be applied");
    });
    visible(&hot, put(&mut client, "db/pool_size", "16").await).await;
    assert_eq!(called(&calls), (8, 16));
    visible(&hot, delete(&mut client, "db/pool_size").await).await;
    assert_eq!(called(&calls), (16, 8));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn drill_34_dropped_means_gone() {
    let (_server, mut client, hot) = started().await;
    let (tell, calls) = mpsc::channel();
    let callback = |number: u32| {
        let tell = tell.clone();
        hot.on_change(field!(Service, db.pool_size), move |_| {
            let _ = tell.send(number);
        })
    };
    let mut kept = Vec::new();
    for number in 0..1_000 {
        let (watch, changes) = (
            hot.watch(field!(Service, db)),
            hot.changes(field!(Service, db.pool_size)),
        );
        let callback = callback(number);
        if number % 100 == 0 {
            kept.push((watch, changes, callback));
        }
    }
    visible(&hot, put(&mut client, "db/pool_size", "16").await).await;
    let mut told: Vec<u32> = kept.iter().map(|_| called(&calls)).collect();
    told.sort_unstable();
    assert_eq!(told, (0..1_000).step_by(100).collect::<Vec<_>>());
    kept.clear();
    visible(&hot, put(&mut client, "db/pool_size", "17").await).await;
    let last = callback(1_000);
    visible(&hot, put(&mut client, "db/pool_size", "18").await).await;
    assert_eq!(called(&calls), 1_000, "one that was dropped was told");
    drop(last);
    drop(tell);
    assert!(calls.recv().is_err(), "a callback is still kept");
}
