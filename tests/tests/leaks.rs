//! Nothing is left over by starts and stops, however they end. In a program of its own, which
//! counts its threads, its sockets, its memory, and what the server has open for it.
//!
//! `HOTCONFIG_STARTS` says how many starts; without it ten thousand.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test says what it expects by failing")]

use std::alloc::System;
use std::time::Duration;

use hotconfig::store::Etcd;
use hotconfig::{Hot, HotBuilder, HotConfig, field};
use hotconfig_tests::metrics::{OPEN_FILES, WATCHERS};
use hotconfig_tests::{Server, eventually};
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

#[global_allocator]
static MEMORY: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// How many starts are under way at a time.
const AT_A_TIME: usize = 8;
/// How many starts there are before counting begins: what is made once is made by then.
const WARM: usize = 25 * AT_A_TIME;
const STARTS: usize = 10_000;

#[derive(HotConfig, Clone)]
#[hot(prefix = "/configs/{env}")]
struct Service {
    #[hot(default = 8)]
    size: u32,
    #[hot(nested)]
    db: Pool,
}

#[derive(HotConfig, Clone)]
struct Pool {
    #[hot(default)]
    hosts: Vec<String>,
}

fn count(folder: &str) -> usize {
    std::fs::read_dir(folder).unwrap().count()
}

/// What this process has allocated and not given back: how often, and how many bytes.
fn alive() -> (i64, i64) {
    let stats = MEMORY.stats();
    let left =
        |given: usize, back: usize| i64::try_from(given).unwrap() - i64::try_from(back).unwrap();
    (
        left(stats.allocations, stats.deallocations),
        left(stats.bytes_allocated, stats.bytes_deallocated),
    )
}

fn etcd(server: &Server) -> Etcd {
    Etcd::builder([server.endpoint()]).build().unwrap()
}

fn builder(etcd: Etcd) -> HotBuilder<Service> {
    Hot::<Service>::builder(etcd).var("env", "prod")
}

/// One start, ended in the way of its number.
async fn one(server: &Server, shared: &Etcd, number: usize) {
    let etcd = etcd(server);
    match number % 8 {
        0 => {
            let hot = builder(etcd).start().await.unwrap();
            hot.shutdown().await;
            assert_eq!(hot.load().size, 8);
        }
        1 => drop(builder(etcd).start().await.unwrap()),
        2 => {
            let hot = builder(etcd).start().await.unwrap();
            let mut watch = hot.watch(field!(Service, size));
            let mut changes = hot.changes(field!(Service, db));
            let callback = hot.on_change(field!(Service, size), |_| {});
            hot.on_change(field!(Service, db.hosts), |_| {}).detach();
            let view = hot.view(field!(Service, db));
            let reader = hot.reader();
            drop(hot);
            assert!(view.load().hosts.is_empty());
            drop(view);
            assert!(watch.changed().await.is_none());
            assert!(changes.next().await.is_none());
            drop((callback, reader));
        }
        // Given up after some polls: while the way is being made, while it reads, while the
        // watch is being opened.
        3 | 4 => {
            let start = builder(etcd).start();
            let given = Duration::from_micros(number as u64 % 64 * 100);
            let _ = tokio::time::timeout(given, start).await;
        }
        5 => {
            let here = tokio::runtime::Handle::current();
            let hot = builder(etcd).runtime(here).start().await.unwrap();
            hot.shutdown().await;
        }
        6 => {
            let here = tokio::runtime::Handle::current();
            drop(builder(etcd).runtime(here).start().await.unwrap());
        }
        _ => {
            let (one, other) = tokio::join!(
                builder(shared.clone()).start(),
                builder(shared.clone()).start()
            );
            one.unwrap().shutdown().await;
            drop(other.unwrap());
        }
    }
}

/// What is there when everything has ended.
#[derive(Debug)]
struct Left {
    threads: usize,
    sockets: usize,
    tasks: usize,
    at_the_server: u64,
    alive: (i64, i64),
}

/// Waits for all ends, which nobody waited for, and counts.
async fn left(server: &Server, before: Option<&Left>) -> Left {
    let tasks = || {
        tokio::runtime::Handle::current()
            .metrics()
            .num_alive_tasks()
    };
    let is = |now: usize, then: fn(&Left) -> usize| before.is_none_or(|before| now <= then(before));
    eventually("the server's watchers to be gone", async || {
        server.metric(WATCHERS).await == 0
    })
    .await;
    eventually("the threads to end", async || {
        let names = std::fs::read_dir("/proc/self/task").unwrap().flatten();
        let names = names.filter_map(|task| std::fs::read_to_string(task.path().join("comm")).ok());
        // One is the shared etcd's.
        names.filter(|name| name.starts_with("hotconfig")).count() <= 1
            && is(count("/proc/self/task"), |left| left.threads)
    })
    .await;
    eventually("the sockets to be closed", async || {
        is(count("/proc/self/fd"), |left| left.sockets)
    })
    .await;
    eventually("the tasks to end", async || is(tasks(), |left| left.tasks)).await;
    eventually("the server's sockets to be closed", async || {
        let now = server.metric(OPEN_FILES).await;
        before.is_none_or(|before| now <= before.at_the_server + 2)
    })
    .await;
    Left {
        threads: count("/proc/self/task"),
        sockets: count("/proc/self/fd"),
        tasks: tasks(),
        at_the_server: server.metric(OPEN_FILES).await,
        alive: alive(),
    }
}

#[tokio::test]
async fn nothing_is_left_over_by_ten_thousand_starts_and_stops() {
    let starts = std::env::var("HOTCONFIG_STARTS").map_or(STARTS, |text| text.parse().unwrap());
    let server = Server::start().await;
    let shared = etcd(&server);
    let mut numbers = 0..;
    let mut run = async |starts: usize| {
        for _ in 0..starts.div_ceil(AT_A_TIME) {
            let round = numbers.by_ref().take(AT_A_TIME);
            let round = round.map(|number| one(&server, &shared, number));
            futures_util::future::join_all(round).await;
        }
    };
    run(WARM).await;
    let before = left(&server, None).await;
    run(starts).await;
    let after = left(&server, Some(&before)).await;
    println!("{starts} starts: {before:?} before, {after:?} after");
    // The least that a start could leave is one allocation.
    let most = i64::try_from(starts / 20).unwrap();
    assert!(
        after.alive.0 - before.alive.0 < most,
        "{before:?} {after:?}"
    );
    assert!(
        after.alive.1 - before.alive.1 < most * 64,
        "{before:?} {after:?}"
    );
}
