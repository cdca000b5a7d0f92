//! What it costs to come to a state, beside a bare `etcd-client` that does the same and keeps
//! nothing: `recovery [rounds [start | reading | burst]]`.
//!
//! Below the prefix lie the 500 keys of a configuration and 99,500 that nobody knows.
//!
//! - **start**: from nothing to the first configuration, beside connecting and reading the same
//!   pages at one revision. In time.
//! - **reading again**: one comparison of everything with everything, nothing having changed,
//!   beside reading the same pages. In processor time of this process, since comparisons have rests
//!   between them.
//! - **burst**: 100,000 events in transactions of 125, from the first put to the last value seen,
//!   beside draining a bare watch. In time; both wait for the same writer.
//!
//! In each round every contender runs once, in random order, with nothing of the others alive. The
//! control is the floor once more.
#![allow(
    clippy::print_stdout,
    clippy::large_futures,
    reason = "a program of the benchmarks, which prints; the futures run once"
)]

use std::error::Error;
use std::time::{Duration, Instant};

use etcd_client::{Client, GetOptions, Txn, TxnOp, WatchOptions};
use hotconfig::{Hot, store::Etcd};
use hotconfig_benches::config::{FiveHundred, MeasuredConfig};
use hotconfig_benches::stats::{Rounds, pooled, quantile, ratios};
use hotconfig_tests::{Server, metrics};
use nix::sys::resource::{UsageWho, getrusage};
use tokio::runtime::Builder;
use tokio::time::{sleep, timeout};

const ROUNDS: usize = 10;
const KEYS: usize = 100_000;
/// As many as the runtime reads at once.
const PAGE: i64 = 10_000;
/// How many bare readings are measured together, how long comparisons are, and the calls of one.
const AGAIN: u32 = 8;
const WHILE: Duration = Duration::from_secs(3);
const CALLS: u64 = KEYS as u64 / PAGE as u64;
/// How many transactions a burst has, and keys a transaction.
const TRANSACTIONS: u64 = 800;
const WRITTEN: usize = 125;

/// An upper bound for what must happen.
const LIMIT: Duration = Duration::from_secs(60);

type Outcome<R = ()> = Result<R, Box<dyn Error>>;

fn main() -> Outcome {
    let mut arguments = std::env::args().skip(1);
    let rounds = arguments
        .next()
        .map_or(Ok(ROUNDS), |rounds| rounds.parse())?;
    let only = arguments.next();
    let runtime = Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let bench = Bench {
            server: Server::start().await,
        };
        println!(
            "etcd {}; {rounds} rounds; × the floor [95 % of the spread]\n",
            bench.server.version()
        );
        bench.fill().await?;
        for (task, name, goal) in [
            (Task::Start, "start", 1.25),
            (Task::Again, "reading again", 1.1),
            (Task::Burst, "burst", 1.2),
        ] {
            if only.as_deref().is_none_or(|only| name.starts_with(only)) {
                bench.measure(rounds, task, name, goal).await?;
            }
        }
        Ok(())
    })
}

#[derive(Debug, Clone, Copy)]
enum Task {
    Start,
    Again,
    Burst,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Contender {
    Bare,
    Control,
    Hotconfig,
}

use Contender::{Bare, Control, Hotconfig};

struct Bench {
    server: Server,
}

impl Bench {
    async fn fill(&self) -> Outcome {
        let mut client = self.server.client().await;
        let own = FiveHundred::entries().map(|(key, value)| (key, value.to_owned()));
        let others = (FiveHundred::entries().count()..KEYS).map(|number| {
            let key = format!("{}/other/{number:06}", FiveHundred::PREFIX);
            (key, format!("somebody else's, number {number}"))
        });
        let all: Vec<_> = own.chain(others).collect();
        for some in all.chunks(WRITTEN) {
            let puts = some.iter().cloned();
            let puts = puts.map(|(key, value)| TxnOp::put(key, value, None));
            client
                .txn(Txn::new().and_then(puts.collect::<Vec<_>>()))
                .await?;
        }
        Ok(())
    }

    async fn measure(&self, rounds: usize, task: Task, name: &str, goal: f64) -> Outcome {
        let mut took: [(Contender, Rounds); 3] =
            [Bare, Control, Hotconfig].map(|contender| (contender, Rounds::new()));
        for _ in 0..rounds {
            fastrand::shuffle(&mut took);
            for (contender, rounds) in &mut took {
                let took = match (task, *contender) {
                    (Task::Start, Hotconfig) => self.start().await?,
                    (Task::Start, _) => self.bare_start().await?,
                    (Task::Again, Hotconfig) => self.again().await?,
                    (Task::Again, _) => self.bare_again().await?,
                    (Task::Burst, contender) => self.burst(contender == Hotconfig).await?,
                };
                rounds.push(vec![took.as_secs_f64() * 1e3]);
            }
        }
        took.sort_by_key(|(contender, _)| *contender as u8);
        let [(_, floor), (_, control), (_, ours)] = &took;
        let half = quantile(&pooled(floor.iter()), 0.5);
        let [ours] = ratios(ours, floor, [0.5]);
        let [control] = ratios(control, floor, [0.5]);
        let met = match ours.ratio <= goal {
            true => "met",
            false => "missed",
        };
        println!(
            "{name:16}{half:>8.1} ms × {ours} (goal {goal}: {met}); the floor again × {control}"
        );
        Ok(())
    }

    async fn hot(&self, compare: Duration) -> Outcome<Hot<FiveHundred>> {
        let etcd = Etcd::builder([self.server.endpoint()]).build()?;
        let builder = Hot::builder(etcd).compare_interval(compare);
        Ok(builder.start().await?)
    }

    async fn start(&self) -> Outcome<Duration> {
        let begun = Instant::now();
        let hot = self.hot(LIMIT * 60).await?;
        let took = begun.elapsed();
        hot.shutdown().await;
        Ok(took)
    }

    async fn bare_start(&self) -> Outcome<Duration> {
        let begun = Instant::now();
        let mut client = Client::connect([self.server.endpoint()], None).await?;
        let keys = read(&mut client).await?;
        let took = begun.elapsed();
        if keys == KEYS {
            Ok(took)
        } else {
            Err(format!("{keys} keys read, and not {KEYS}").into())
        }
    }

    /// The processor time of one comparison.
    async fn again(&self) -> Outcome<Duration> {
        let hot = self.hot(Duration::from_millis(100)).await?;
        let first = hot.snapshot().revision();
        let mut watch = hot.watch(FiveHundred::LIMIT);
        let ranges = metrics::calls("Range");
        // Begins and ends between two readings, as far as the server counts them.
        let from = self.after(&ranges, 0).await?;
        let used = processor_time()?;
        // To ask the server meanwhile would cost time, too.
        sleep(WHILE).await;
        let to = self.after(&ranges, from).await?;
        let used = processor_time()?.saturating_sub(used);
        if timeout(Duration::ZERO, watch.changed()).await.is_ok() {
            return Err("somebody was told, although nothing changed".into());
        }
        if hot.snapshot().revision() != first {
            return Err("swapped, although nothing changed".into());
        }
        hot.shutdown().await;
        #[expect(clippy::cast_precision_loss, reason = "a small number of calls")]
        let readings = (to - from) as f64 / CALLS as f64;
        Ok(used.div_f64(readings))
    }

    /// Waits until the server has counted more calls than these, and a reading is over.
    async fn after(&self, calls: &str, before: u64) -> Outcome<u64> {
        let counted = async {
            let mut last = 0;
            loop {
                let now = self.server.metric(calls).await;
                if now > before && now == last {
                    return now;
                }
                last = now;
                sleep(Duration::from_millis(40)).await;
            }
        };
        Ok(timeout(LIMIT, counted).await?)
    }

    async fn bare_again(&self) -> Outcome<Duration> {
        let mut client = self.server.client().await;
        read(&mut client).await?;
        let used = processor_time()?;
        for _ in 0..AGAIN {
            read(&mut client).await?;
        }
        let used = processor_time()?.saturating_sub(used);
        Ok(used / AGAIN)
    }

    async fn burst(&self, with_hotconfig: bool) -> Outcome<Duration> {
        let follower = match with_hotconfig {
            true => Follower::Hot(self.hot(LIMIT * 60).await?),
            false => {
                let mut client = self.server.client().await;
                let below = WatchOptions::new().with_prefix();
                let below = client.watch(FiveHundred::PREFIX, Some(below)).await?;
                Follower::Bare(Box::new(below))
            }
        };
        let mut writer = self.server.client().await;
        let begun = Instant::now();
        let writing = async {
            for number in 1..=TRANSACTIONS {
                let last = number.to_string();
                let mut puts = vec![TxnOp::put(FiveHundred::key(), last, None)];
                puts.extend((1..WRITTEN).map(|key| {
                    let key = format!("{}/other/{:06}", FiveHundred::PREFIX, 1_000 + key);
                    TxnOp::put(key, number.to_string(), None)
                }));
                writer.txn(Txn::new().and_then(puts)).await?;
            }
            Outcome::Ok(())
        };
        let (written, seen) = tokio::join!(writing, timeout(LIMIT, follower.sees(TRANSACTIONS)));
        written?;
        seen??;
        let took = begun.elapsed();
        self.server
            .client()
            .await
            .put(FiveHundred::key(), "0", None)
            .await?;
        Ok(took)
    }
}

enum Follower {
    Hot(Hot<FiveHundred>),
    Bare(Box<etcd_client::WatchStream>),
}

impl Follower {
    /// Until it has seen that number.
    async fn sees(self, number: u64) -> Outcome {
        match self {
            Self::Hot(hot) => {
                let mut watch = hot.watch(FiveHundred::LIMIT);
                while *FiveHundred::LIMIT.get(&hot.load()) != number {
                    watch.changed().await.ok_or("the loop ended")?;
                }
                hot.shutdown().await;
            }
            Self::Bare(mut stream) => {
                let (key, last) = (FiveHundred::key(), number.to_string());
                let mut over = false;
                while !over {
                    let message = stream.message().await?.ok_or("the watch ended")?;
                    let mut pairs = message.events().iter().filter_map(etcd_client::Event::kv);
                    over = pairs.any(|pair| {
                        pair.key() == key.as_bytes() && pair.value() == last.as_bytes()
                    });
                }
            }
        }
        Ok(())
    }
}

/// Reads everything below the prefix, page by page, at one revision; answers how many keys.
async fn read(client: &mut Client) -> Outcome<usize> {
    let mut key = format!("{}/", FiveHundred::PREFIX).into_bytes();
    // `0` comes right after `/`.
    let end = format!("{}0", FiveHundred::PREFIX);
    let (mut keys, mut revision) = (0, 0);
    loop {
        let options = GetOptions::new()
            .with_range(end.clone())
            .with_limit(PAGE)
            .with_revision(revision);
        let page = client.get(key, Some(options)).await?;
        keys += page.kvs().len();
        match page.kvs().last() {
            Some(last) if page.more() => {
                key = last.key().to_vec();
                key.push(0);
            }
            _ => return Ok(keys),
        }
        revision = page
            .header()
            .map_or(revision, etcd_client::ResponseHeader::revision);
    }
}

/// The processor time that this process has used.
fn processor_time() -> Outcome<Duration> {
    let usage = getrusage(UsageWho::RUSAGE_SELF)?;
    let times = [usage.user_time(), usage.system_time()];
    let micros = times.map(|time| time.tv_sec() * 1_000_000 + time.tv_usec());
    Ok(Duration::from_micros(u64::try_from(
        micros.iter().sum::<i64>(),
    )?))
}
