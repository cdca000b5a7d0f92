//! From a put to the value in the program, beside a bare `etcd-client` watch of the same keys:
//! `propagation [rounds]`.
//!
//! A contender is alone: each round starts every contender once, in random order, with nothing of
//! the others alive, has it follow some puts, and ends it. So no contender takes a core or a
//! place in etcd's queue from another, and a machine that is busy for a while is busy for all.
//! The control is the floor once more; where its ratio is not 1, the machine was too noisy.
//!
//! The clock starts before the put is sent, by a client of its own on a thread of its own, and
//! stops:
//!
//! - **bare watch**: when `message()` returned in a task, on a thread with a runtime of its own:
//!   nothing is decoded, nothing is shared with other threads yet;
//! - **visible**: when `hot.load()` gives the new value. Nobody spins to see it: the waker of a
//!   watch is called on the loop's thread, after the swap and the status that belongs to it, and
//!   looks;
//! - **told**: when `watch.changed()` returned in a task, on a thread like that of the bare watch.
//!
//! Puts come one at a time, 0.2 to 1.2 ms after the one before was seen: a configuration changes
//! while everything is at rest, and a put must not meet the end of the one before.
#![allow(clippy::print_stdout, reason = "a program of the benchmarks prints")]

use std::error::Error;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread;
use std::time::{Duration, Instant};

use etcd_client::{Client, WatchOptions};
use hotconfig::{Hot, Watch, store::Etcd};
use hotconfig_benches::config::{FiveHundred, MeasuredConfig, Ten};
use hotconfig_benches::stats::{Rounds, pooled, quantile, ratios};
use hotconfig_tests::Server;
use tokio::runtime::Builder;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;
use tokio::time::timeout;

const ROUNDS: usize = 50;
/// In each round, for each contender.
const WARM_UP: usize = 20;
const PUTS: usize = 100;

/// An upper bound for what must happen.
const LIMIT: Duration = Duration::from_secs(10);
/// The number that ends a bare watch.
const STOP: u64 = u64::MAX;

const PARTS: [f64; 3] = [0.5, 0.99, 0.999];
/// The goal for 500 fields, at p50 and p99.
const GOAL: [f64; 2] = [1.05, 1.1];

type Outcome<R = ()> = Result<R, Box<dyn Error>>;

fn main() -> Outcome {
    let rounds = std::env::args()
        .nth(1)
        .map_or(Ok(ROUNDS), |rounds| rounds.parse())?;
    Builder::new_current_thread()
        .enable_all()
        .build()?
        .block_on(async {
            let server = Server::start().await;
            println!(
                "etcd {}; {rounds} rounds of {PUTS} puts each; × bare watch [95 % of the spread]",
                server.version()
            );
            measure::<Ten>(&server, rounds).await?;
            let [p50, p99, _] = measure::<FiveHundred>(&server, rounds).await?;
            let [most50, most99] = GOAL;
            let met = if p50 <= most50 && p99 <= most99 {
                "met"
            } else {
                "missed"
            };
            println!(
                "\nthe goal for 500 fields, visible ≤ {most50} at p50 and ≤ {most99} at p99: {met}"
            );
            Ok(())
        })
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Contender {
    Bare,
    Control,
    Visible,
    Told,
}

use Contender::{Bare, Control, Told, Visible};

/// A number, and when it was seen.
struct Sighting {
    limit: u64,
    at: Instant,
}

/// Measures all contenders with one configuration; answers the ratios of `Visible`.
async fn measure<T: MeasuredConfig>(server: &Server, rounds: usize) -> Outcome<[f64; 3]> {
    let mut writer = Writer::<T> {
        client: server.client().await,
        endpoint: server.endpoint(),
        limit: 0,
        key: T::key(),
        config: PhantomData,
    };
    for (key, value) in T::entries() {
        writer.client.put(key, value, None).await?;
    }
    let mut latencies: [(Contender, Rounds); 4] =
        [Bare, Control, Visible, Told].map(|contender| (contender, Rounds::new()));
    for _ in 0..rounds {
        fastrand::shuffle(&mut latencies);
        for (contender, rounds) in &mut latencies {
            rounds.push(writer.round(*contender).await?);
        }
    }
    let of = |contender| {
        let found = latencies.iter().find(|(other, _)| *other == contender);
        found
            .map(|(_, rounds)| rounds)
            .ok_or("a contender is missing")
    };
    let floor = of(Bare)?;
    let shown = PARTS.map(|part| format!("{:.0} µs", quantile(&pooled(floor.iter()), part)));
    println!("\n{} fields", T::TREE.leaves().len());
    line("", ["p50", "p99", "p99.9"]);
    line("bare watch", shown.each_ref().map(String::as_str));
    let mut visible = [f64::NAN; 3];
    for (contender, name) in [
        (Control, "bare watch again"),
        (Visible, "hot.load()"),
        (Told, "watch.changed()"),
    ] {
        let ratios = ratios(of(contender)?, floor, PARTS);
        line(
            name,
            ratios
                .map(|ratio| ratio.to_string())
                .each_ref()
                .map(String::as_str),
        );
        if contender == Visible {
            visible = ratios.map(|ratio| ratio.ratio);
        }
    }
    Ok(visible)
}

fn line(name: &str, cells: [&str; 3]) {
    println!(
        "{name:18}{}",
        cells.map(|cell| format!("{cell:>20}")).concat()
    );
}

/// Puts numbers, one after the other, and waits for the contender to see each.
struct Writer<T> {
    client: Client,
    endpoint: String,
    key: String,
    limit: u64,
    config: PhantomData<T>,
}

impl<T: MeasuredConfig> Writer<T> {
    /// The latencies of one contender, in microseconds.
    async fn round(&mut self, contender: Contender) -> Outcome<Vec<f64>> {
        let (seen, mut sights) = unbounded_channel();
        match contender {
            Bare | Control => {
                let (standing, stands) = oneshot::channel();
                let endpoint = self.endpoint.clone();
                let watch = on_a_thread(move || bare::<T>(endpoint, standing, seen))?;
                timeout(LIMIT, stands).await??;
                let latencies = self.puts(&mut sights, None).await?;
                self.client
                    .put(self.key.clone(), STOP.to_string(), None)
                    .await?;
                watch.join().map_err(|_| "the bare watch panicked")?;
                Ok(latencies)
            }
            Visible => {
                let hot = self.hot().await?;
                let watch = hot.watch(T::LIMIT);
                let waker = Waker::from(Arc::new(VisibilityWaker {
                    hot: hot.clone(),
                    seen,
                }));
                let latencies = self.puts(&mut sights, Some((watch, waker))).await?;
                hot.shutdown().await;
                Ok(latencies)
            }
            Told => {
                let hot = self.hot().await?;
                let mut watch = hot.watch(T::LIMIT);
                let told = on_a_thread(move || async move {
                    while let Some(change) = watch.changed().await {
                        let at = Instant::now();
                        let _ = seen.send(Sighting {
                            limit: *change.current(),
                            at,
                        });
                    }
                })?;
                let latencies = self.puts(&mut sights, None).await?;
                hot.shutdown().await;
                told.join().map_err(|_| "the watch panicked")?;
                Ok(latencies)
            }
        }
    }

    async fn hot(&self) -> Outcome<Hot<T>> {
        let etcd = Etcd::builder([self.endpoint.as_str()]).build()?;
        Ok(Hot::builder(etcd).start().await?)
    }

    async fn puts(
        &mut self,
        sights: &mut UnboundedReceiver<Sighting>,
        mut watch: Option<(Watch<u64>, Waker)>,
    ) -> Outcome<Vec<f64>> {
        let mut latencies = Vec::with_capacity(PUTS);
        for put in 0..WARM_UP + PUTS {
            thread::sleep(Duration::from_micros(fastrand::u64(200..1200)));
            let latency = match &mut watch {
                None => self.put(sights).await?,
                Some((watch, waker)) => {
                    let mut changed = pin!(watch.changed());
                    let mut context = Context::from_waker(waker);
                    if changed.as_mut().poll(&mut context).is_ready() {
                        return Err("a change that nobody put".into());
                    }
                    let latency = self.put(sights).await?;
                    match changed.poll(&mut context) {
                        Poll::Ready(Some(change)) if *change.current() == self.limit => {}
                        _ => return Err("visible, and not told".into()),
                    }
                    latency
                }
            };
            if put >= WARM_UP {
                latencies.push(latency.as_secs_f64() * 1e6);
            }
        }
        Ok(latencies)
    }

    async fn put(&mut self, sights: &mut UnboundedReceiver<Sighting>) -> Outcome<Duration> {
        self.limit += 1;
        let (key, value) = (self.key.clone(), self.limit.to_string());
        let sent = Instant::now();
        self.client.put(key, value, None).await?;
        let sight = timeout(LIMIT, sights.recv())
            .await?
            .ok_or("the contender ended")?;
        if sight.limit != self.limit {
            return Err(format!("put {}, seen {}", self.limit, sight.limit).into());
        }
        Ok(sight.at.duration_since(sent))
    }
}

/// Reads the value when it is woken.
struct VisibilityWaker<T: MeasuredConfig> {
    hot: Hot<T>,
    seen: UnboundedSender<Sighting>,
}

impl<T: MeasuredConfig> Wake for VisibilityWaker<T> {
    fn wake(self: Arc<Self>) {
        let limit = *T::LIMIT.get(&self.hot.load());
        let at = Instant::now();
        let _ = self.seen.send(Sighting { limit, at });
    }
}

/// Follows the keys with nothing but a client, until it sees [`STOP`].
async fn bare<T: MeasuredConfig>(
    endpoint: String,
    standing: oneshot::Sender<()>,
    seen: UnboundedSender<Sighting>,
) {
    let key = T::key();
    let follow = async {
        let mut client = Client::connect([endpoint], None).await?;
        let below = WatchOptions::new().with_prefix();
        let mut stream = client.watch(format!("{}/", T::PREFIX), Some(below)).await?;
        // The first message says that it stands.
        stream.message().await?;
        let _ = standing.send(());
        while let Some(message) = stream.message().await? {
            let at = Instant::now();
            let pairs = message.events().iter().filter_map(etcd_client::Event::kv);
            for pair in pairs.filter(|pair| pair.key() == key.as_bytes()) {
                match pair.value_str()?.parse()? {
                    STOP => return Ok(()),
                    limit => drop(seen.send(Sighting { limit, at })),
                }
            }
        }
        Outcome::Ok(())
    };
    if let Err(error) = follow.await {
        println!("the bare watch failed: {error}");
    }
}

/// Runs this on a thread with a runtime of its own.
fn on_a_thread<F: Future<Output = ()>>(
    task: impl FnOnce() -> F + Send + 'static,
) -> std::io::Result<thread::JoinHandle<()>> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    thread::Builder::new()
        .name("contender".to_owned())
        .spawn(move || runtime.block_on(task()))
}
