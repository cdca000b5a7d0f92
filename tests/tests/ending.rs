//! The end comes in a bounded time, whatever etcd does meanwhile. In a program of its own, which
//! counts its threads.
//!
//! The limits of the calls are an hour here: whoever waited for one of them would not be through
//! in time.
#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test says what it expects by failing"
)]

use std::future::Future;
use std::net::TcpListener;
use std::time::Duration;

use hotconfig::store::{Etcd, EtcdBuilder, Tls};
use hotconfig::{Hot, HotBuilder, HotConfig, WaitError, field};
use hotconfig_tests::metrics::WATCHERS;
use hotconfig_tests::{LIMIT, Server, eventually};
use tokio::sync::{Mutex, MutexGuard};

const HOUR: Duration = Duration::from_secs(60 * 60);

#[derive(HotConfig, Clone, Debug)]
#[hot(prefix = "/configs/{env}")]
struct Service {
    #[hot(default = 8)]
    size: u32,
}

/// Threads are counted: one test at a time.
async fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::const_new(());
    let guard = ALONE.lock().await;
    no_thread().await;
    guard
}

/// How many threads of ours there are.
fn threads() -> usize {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    let names =
        tasks.filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("comm")).ok());
    names.filter(|name| name.starts_with("hotconfig")).count()
}

async fn no_thread() {
    eventually("all threads of ours to end", async || threads() == 0).await;
}

async fn soon<R>(what: &str, happens: impl Future<Output = R>) -> R {
    tokio::time::timeout(LIMIT, happens)
        .await
        .unwrap_or_else(|_| panic!("in vain: {what}"))
}

fn patient(endpoint: String) -> EtcdBuilder {
    Etcd::builder([endpoint]).call_timeout(HOUR)
}

fn builder(etcd: EtcdBuilder) -> HotBuilder<Service> {
    Hot::<Service>::builder(etcd.build().unwrap())
        .var("env", "prod")
        .start_timeout(HOUR)
        .read_timeout(HOUR)
        // It asks often, so that there is something unanswered.
        .staleness_limit(Duration::from_millis(300))
        .backoff(Duration::from_millis(1), Duration::from_millis(20))
}

async fn start(server: &Server) -> Hot<Service> {
    builder(patient(server.endpoint())).start().await.unwrap()
}

/// Everybody who waits is told of the end, and nothing is left.
async fn shut_down(hot: Hot<Service>) {
    let mut watch = hot.watch(field!(Service, size));
    let waiting = hot.wait_for(1_000_000_u64, HOUR);
    let mut waiting = Box::pin(waiting);
    assert!(futures_util::poll!(&mut waiting).is_pending());
    soon("the shutdown", hot.shutdown()).await;
    assert_eq!(soon("the wait's end", waiting).await, Err(WaitError::Ended));
    assert!(soon("the watch's end", watch.changed()).await.is_none());
    assert!(hot.status().ended && !hot.status().is_fresh());
    assert_eq!(hot.load().size, 8);
    // A second one has nothing to wait for.
    soon("the second shutdown", hot.shutdown()).await;
    drop(hot);
    no_thread().await;
}

async fn let_go(hot: Hot<Service>) {
    let mut watch = hot.watch(field!(Service, size));
    drop(hot);
    assert!(soon("the watch's end", watch.changed()).await.is_none());
    no_thread().await;
}

/// A server that takes connections and never says a word.
fn silent() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = listener.local_addr().unwrap().to_string();
    (listener, endpoint)
}

/// An etcd that nothing can be had of: its name, and how to reach it.
fn hanging(listener: &str) -> [(&'static str, EtcdBuilder); 4] {
    let refused = TcpListener::bind("127.0.0.1:0").unwrap();
    let dead = format!("http://{}", refused.local_addr().unwrap());
    drop(refused);
    let plain = format!("http://{listener}");
    [
        ("it refuses", patient(dead)),
        ("it says nothing", patient(plain.clone())),
        ("the login hangs", patient(plain).user("reader", "password")),
        (
            "the handshake hangs",
            patient(format!("https://{listener}")).tls(Tls::new()),
        ),
    ]
}

#[tokio::test]
async fn a_shutdown_ends_while_etcd_is_frozen_and_while_it_is_gone() {
    let _alone = alone().await;
    let mut server = Server::start().await;
    for kill in [false, true] {
        let (one, other) = (start(&server).await, start(&server).await);
        if kill {
            server.kill();
            eventually("the loss is noticed", async || !one.status().connected).await;
        } else {
            server.stop();
            eventually("it is stale", async || !one.status().is_fresh()).await;
        }
        drop(other);
        shut_down(one).await;
        if !kill {
            server.cont();
            eventually("the watchers are gone from the server", async || {
                server.metric(WATCHERS).await == 0
            })
            .await;
        }
    }
}

#[tokio::test]
async fn a_shutdown_ends_while_there_is_no_way_to_etcd() {
    let _alone = alone().await;
    let (_listener, silent) = silent();
    for (what, etcd) in hanging(&silent) {
        for shut in [true, false] {
            let started = builder(etcd.clone())
                .defaults_without_store()
                .start_timeout(Duration::from_millis(50))
                .start();
            let hot = soon(what, started).await.unwrap();
            if shut {
                shut_down(hot).await;
            } else {
                let_go(hot).await;
            }
        }
    }
}

#[tokio::test]
async fn a_start_that_is_given_up_leaves_nothing() {
    let _alone = alone().await;
    let (_listener, silent) = silent();
    let server = Server::start().await;
    server.stop();
    let frozen = ("it is frozen", patient(server.endpoint()));
    for (what, etcd) in hanging(&silent).into_iter().chain([frozen]) {
        let mut started = Box::pin(builder(etcd).start());
        assert!(futures_util::poll!(&mut started).is_pending(), "{what}");
        // The loop's, etcd's, and the one that keeps the time of the start.
        eventually(what, async || threads() == 3).await;
        drop(started);
        no_thread().await;
    }
}

#[tokio::test]
async fn a_start_that_nobody_waits_for_any_more_ends_at_every_step() {
    let _alone = alone().await;
    let server = Server::start().await;
    for step in 0..100 {
        let started = builder(patient(server.endpoint())).start();
        let _ = tokio::time::timeout(Duration::from_micros(step * 200), started).await;
    }
    no_thread().await;
    eventually("the watchers are gone from the server", async || {
        server.metric(WATCHERS).await == 0
    })
    .await;
}

/// On a runtime of one's own the loop is a task of it.
async fn on_this_runtime(server: &mut Server) {
    let here = tokio::runtime::Handle::current();
    let tasks = || {
        tokio::runtime::Handle::current()
            .metrics()
            .num_alive_tasks()
    };
    let before = tasks();
    let on_it = |endpoint| builder(patient(endpoint)).runtime(here.clone());
    for frozen in [false, true] {
        let one = on_it(server.endpoint()).start().await.unwrap();
        let other = on_it(server.endpoint()).start().await.unwrap();
        let callback = one.on_change(field!(Service, size), |_| {});
        assert_eq!(tasks(), before + 3);
        if frozen {
            server.stop();
            eventually("it is stale", async || !one.status().is_fresh()).await;
        }
        drop(other);
        shut_down(one).await;
        drop(callback);
        eventually("the tasks to end", async || tasks() == before).await;
        // And a start that is given up.
        let mut started = Box::pin(on_it(server.endpoint()).start());
        assert!(futures_util::poll!(&mut started).is_pending());
        // Etcd's, and the one that keeps the time of the start.
        eventually("the task to begin", async || threads() == 2).await;
        drop(started);
        eventually("the task to end", async || tasks() == before).await;
        no_thread().await;
    }
    server.cont();
}

#[tokio::test]
async fn on_a_current_thread_runtime_of_ones_own_it_ends_too() {
    let _alone = alone().await;
    on_this_runtime(&mut Server::start().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_a_runtime_of_ones_own_it_ends_too() {
    let _alone = alone().await;
    on_this_runtime(&mut Server::start().await).await;
}

/// A runtime that ends takes its loops with it: whoever still has a handle is told.
#[tokio::test]
async fn a_runtime_that_ends_ends_its_loops() {
    let _alone = alone().await;
    let server = Server::start().await;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_time()
        .build()
        .unwrap();
    let on_it = builder(patient(server.endpoint())).runtime(runtime.handle().clone());
    let hot = on_it.start().await.unwrap();
    let mut watch = hot.watch(field!(Service, size));
    runtime.shutdown_background();
    assert!(soon("the watch's end", watch.changed()).await.is_none());
    let waited = soon("the wait's end", hot.wait_for(1_000_000_u64, HOUR)).await;
    assert_eq!(waited, Err(WaitError::Ended));
    soon("the shutdown", hot.shutdown()).await;
    eventually("the status says so", async || hot.status().ended).await;
    drop((hot, watch));
    no_thread().await;
}

/// Dropped where blocking is forbidden, by its own callback, and by one that blocks.
#[tokio::test]
async fn the_last_handle_may_be_dropped_anywhere() {
    let _alone = alone().await;
    let server = Server::start().await;
    let mut client = server.client().await;
    let hot = start(&server).await;
    let mut watch = hot.watch(field!(Service, size));
    let mut own = Some(hot.clone());
    hot.on_change(field!(Service, size), move |_| drop(own.take()))
        .detach();
    let (blocked, release) = std::sync::mpsc::channel::<()>();
    let callback = hot.on_change(field!(Service, size), move |_| {
        // It blocks for as long as the sender lives.
        let _ = release.recv();
    });
    callback.detach();
    drop(hot);
    client.put("/configs/prod/size", "9", None).await.unwrap();
    assert_eq!(
        soon("the change", watch.changed())
            .await
            .map(|change| *change.current()),
        Some(9)
    );
    assert!(soon("the watch's end", watch.changed()).await.is_none());
    // The callback that blocks keeps nothing but its own thread, which has no name of ours.
    eventually(
        "the threads of the loop and of the connections to end",
        async || {
            let tasks = std::fs::read_dir("/proc/self/task").unwrap();
            let names = tasks
                .filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("comm")).ok());
            names.filter(|name| name.trim() == "hotconfig-etcd").count() == 0
        },
    )
    .await;
    drop(blocked);
    no_thread().await;
}
