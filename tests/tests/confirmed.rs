//! What is confirmed, where what the watch brings is late, or comes from a member that lags behind
//! without knowing it: fresh is what has everything that was acknowledged longer ago than the
//! staleness limit, and nothing else.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test says what it expects by failing"
)]

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use etcd_client::Client;
use hotconfig::store::Etcd;
use hotconfig::{Hot, HotConfig};
use hotconfig_tests::{Cluster, LIMIT, Proxy, Server, Version, eventually, version};
use tokio::task::JoinHandle;

const STALENESS: Duration = Duration::from_secs(2);

#[derive(HotConfig, Clone, Debug, PartialEq)]
#[hot(prefix = "/confirmed")]
struct Service {
    #[hot(default = 0)]
    number: u64,
}

/// Writes ever higher numbers, one each so often, and notes when they were acknowledged.
struct Writer {
    acknowledged: Arc<Mutex<Vec<(Instant, u64)>>>,
    over: Arc<AtomicBool>,
    task: JoinHandle<()>,
}

impl Writer {
    fn start(mut client: Client, pause: Duration) -> Self {
        let acknowledged = Arc::new(Mutex::new(Vec::new()));
        let over = Arc::new(AtomicBool::new(false));
        let (noted, is_over) = (Arc::clone(&acknowledged), Arc::clone(&over));
        let task = tokio::spawn(async move {
            let mut number = 0_u64;
            while !is_over.load(Ordering::SeqCst) {
                number += 1;
                let written = client.put("/confirmed/number", number.to_string(), None);
                if written.await.is_ok() {
                    noted.lock().unwrap().push((Instant::now(), number));
                }
                tokio::time::sleep(pause).await;
            }
        });
        Self {
            acknowledged,
            over,
            task,
        }
    }

    /// The newest number that was acknowledged before then.
    fn before(&self, then: Instant) -> u64 {
        let acknowledged = self.acknowledged.lock().unwrap();
        let mut before = acknowledged.iter().rev();
        before
            .find(|(at, _)| *at < then)
            .map_or(0, |(_, number)| *number)
    }

    async fn stop(self) -> u64 {
        self.over.store(true, Ordering::SeqCst);
        self.task.await.unwrap();
        self.acknowledged
            .lock()
            .unwrap()
            .last()
            .map_or(0, |last| last.1)
    }
}

/// Looks once; answers whether it was stale.
fn look(hot: &Hot<Service>, writer: &Writer) -> bool {
    let looked = Instant::now();
    let status = hot.status();
    // After the status: it can only be newer.
    let number = hot.load().number;
    let old = looked.checked_sub(STALENESS).unwrap();
    let must = writer.before(old);
    assert!(
        !status.is_fresh() || number >= must,
        "P9: it has {number}, and {must} was acknowledged more than {STALENESS:?} ago, but: {status}"
    );
    !status.is_fresh()
}

async fn fresh(hot: &Hot<Service>) {
    eventually("to be fresh", || async { hot.status().is_fresh() }).await;
}

/// The looks that follow the opening of a watch are behind it.
async fn settled(hot: &Hot<Service>) {
    for _ in 0..2 {
        let before = hot.status().confirmed;
        eventually("a look", || async { hot.status().confirmed > before }).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn p09_events_that_come_late_make_nobody_fresh() {
    let server = Server::start().await;
    let proxy = Proxy::start(server.port()).await;
    let etcd = Etcd::builder([proxy.endpoint()]).build().unwrap();
    let hot = Hot::<Service>::builder(etcd).staleness_limit(STALENESS);
    let hot = hot.start().await.unwrap();
    settled(&hot).await;
    // Each event is some hundred bytes, and more of them come than get through.
    let writer = Writer::start(server.client().await, Duration::from_millis(20));
    proxy.slow(Duration::ZERO, Some(1_500));
    let began = Instant::now();
    while !look(&hot, &writer) {
        assert!(began.elapsed() < LIMIT, "never stale");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    // What arrives now is old, and must not make it fresh again.
    for _ in 0..200 {
        look(&hot, &writer);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let last = writer.stop().await;
    proxy.heal().await;
    eventually("the last", || async { hot.load().number == last }).await;
    fresh(&hot).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn p09_a_member_that_lags_without_knowing_it_makes_nobody_fresh() {
    let cluster = Cluster::builder(3).with_proxies_between().start().await;
    let mut leader = None;
    while leader.is_none() {
        leader = cluster.leader().await;
    }
    let leader = leader.unwrap();
    let follower = (leader + 1) % 3;
    let endpoint = cluster.endpoints()[follower].clone();
    let etcd = Etcd::builder([endpoint]).build().unwrap();
    let hot = Hot::<Service>::builder(etcd).staleness_limit(STALENESS);
    let hot = hot.start().await.unwrap();
    settled(&hot).await;
    let writer = Writer::start(cluster.client(leader).await, Duration::from_millis(1));
    // It hears the others, and is not heard: after some hundred entries nothing more is sent to it.
    let way = cluster.way_to(follower).unwrap();
    way.stall(true, true);
    let began = Instant::now();
    let mut stale = false;
    while !stale && began.elapsed() < LIMIT / 2 {
        stale = look(&hot, &writer);
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    // The old ones go on sending.
    assert!(stale || version() < Version::new(3, 5, 0), "never stale");
    for _ in 0..200 {
        look(&hot, &writer);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let last = writer.stop().await;
    cluster.way_to(follower).unwrap().heal().await;
    eventually("the last", || async { hot.load().number == last }).await;
    fresh(&hot).await;
}
