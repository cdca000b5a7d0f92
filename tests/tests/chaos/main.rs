//! The chaos program: a real etcd of three members, everything that can befall it, many writers,
//! several instances with many subscribers, and a judge.
//!
//! A run has rounds. In each, everybody writes and reads while faults strike; at its end all is
//! healed, the writers stop, and once every instance has come to rest, `checker` judges all that
//! was seen against what etcd held, which `recorder` took down by itself.
//!
//! `HOTCONFIG_CHAOS_SEED` repeats the decisions of a run (not its timing), and
//! `HOTCONFIG_CHAOS_SECONDS` is how long it goes on; `cargo xtask soak chaos` sets them.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    clippy::large_futures,
    clippy::too_many_lines,
    reason = "a test says what it expects by failing"
)]
#![cfg(unix)]

mod checker;
mod config;
mod history;
mod instance;
mod load;
mod recorder;
mod weather;
mod writers;

use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use hotconfig::store::{Etcd, EtcdBuilder};
use hotconfig_tests::{Cluster, LIMIT, version};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use checker::{SLACK, Violation, is_settled, judge};
use config::PREFIX;
use instance::{Instance, ON_PURPOSE, Plan};
use recorder::Recorder;
use weather::Weather;
use writers::{Desk, Written};

/// How long a run is, where nobody says otherwise: the ordinary tests have one on each of two
/// etcds, two minutes together.
const SECONDS: u64 = 60;

const WRITERS: u64 = 5;

fn number_of(variable: &str) -> Option<u64> {
    let text = std::env::var(variable)
        .ok()
        .filter(|text| !text.is_empty())?;
    let number = text.parse();
    Some(number.unwrap_or_else(|_| panic!("{variable} is {text:?}, which is no number")))
}

/// What was done, in numbers.
#[derive(Default)]
struct Numbers {
    rounds: u64,
    histories: u64,
    publications: usize,
    judged: usize,
    mixed: usize,
    revisions: u64,
    late: u64,
    not_started: u64,
    /// The largest share of a processor that a thread took while cut off.
    busiest: f64,
}

/// An instance, and its number with the weather.
struct Guest {
    instance: Instance,
    user: usize,
}

struct Chaos {
    seed: u64,
    weather: Weather,
    recorder: Recorder,
    desk: Arc<Desk>,
    writers: Vec<JoinHandle<()>>,
    written: mpsc::UnboundedReceiver<Written>,
    guests: Vec<Guest>,
    /// What was noticed before the end of the round.
    violations: Vec<Violation>,
    numbers: Numbers,
}

fn millis(number: u64) -> Duration {
    Duration::from_millis(number)
}

fn plan(name: &str, staleness: u64, compare: u64, backoff: (u64, u64)) -> Plan {
    Plan {
        name: name.to_owned(),
        staleness: millis(staleness),
        compare: millis(compare),
        backoff: (millis(backoff.0), millis(backoff.1)),
        late: false,
    }
}

fn builder(endpoints: Vec<String>) -> EtcdBuilder {
    Etcd::builder(endpoints)
        .connect_timeout(millis(500))
        .call_timeout(millis(1_000))
        .keep_alive(millis(5_000), millis(1_000))
}

fn etcd(endpoints: Vec<String>) -> Etcd {
    builder(endpoints).build().unwrap()
}

impl Chaos {
    async fn start(seed: u64) -> Self {
        // A member that was away must often be sent a snapshot instead of the log.
        let cluster = Cluster::builder(3)
            .with_proxies_between()
            .flag("--snapshot-count=200")
            .start()
            .await;
        let endpoints = cluster.endpoints();
        let mut random = fastrand::Rng::with_seed(seed);
        let weather = Weather::new(cluster, random.u64(..)).await;
        let mut recorder = Recorder::new(endpoints.clone());
        recorder.begin(Instant::now()).await;
        let (sender, written) = mpsc::unbounded_channel();
        let desk = Desk::new(endpoints.clone(), sender);
        let mut chaos = Self {
            seed,
            weather,
            recorder,
            desk,
            writers: Vec::new(),
            written,
            guests: Vec::new(),
            violations: Vec::new(),
            numbers: Numbers::default(),
        };
        let mut client = chaos.weather.cluster.client(0).await;
        client
            .put(format!("{PREFIX}need"), "1", None)
            .await
            .unwrap();
        chaos.invite().await;
        for _ in 0..WRITERS {
            chaos
                .writers
                .push(writers::start(&chaos.desk, random.u64(..)));
        }
        chaos
    }

    fn ways(&self) -> Vec<String> {
        let proxies = self.weather.proxies.iter();
        proxies.map(hotconfig_tests::Proxy::endpoint).collect()
    }

    /// The instances that are there from the beginning.
    async fn invite(&mut self) {
        let ways = self.ways();
        let shared = etcd(ways.clone());
        // A reading is many pages, and many answers are too big for it.
        let narrow = builder(vec![ways[0].clone()]).decode_limit(64 << 10);
        let narrow = narrow.build().unwrap();
        let in_pages = builder(vec![ways[1].clone()]).page_size(4);
        let in_pages = in_pages.build().unwrap();
        let straight = etcd(self.desk.endpoints.clone());
        let all = vec![0, 1, 2];
        let guests = [
            (
                plan("shared, quick", 2_000, 2_000, (10, 200)),
                shared.clone(),
                all.clone(),
            ),
            (
                plan("shared, patient", 30_000, 5_000, (50, 1_000)),
                shared,
                all,
            ),
            (
                plan("one way, narrow", 1_000, 3_000, (10, 100)),
                narrow,
                vec![0],
            ),
            (
                plan("one way, in pages", 3_000, 3_000, (100, 2_000)),
                in_pages,
                vec![1],
            ),
            (plan("straight", 5_000, 4_000, (20, 500)), straight, vec![]),
        ];
        for (plan, etcd, proxies) in guests {
            let user = self.weather.user(proxies);
            let instance = Instance::start(plan, etcd).await.unwrap();
            self.guests.push(Guest { instance, user });
        }
    }

    /// One more, in the midst of it: it may find the store down or its keys bad.
    async fn late(&mut self) {
        self.numbers.late += 1;
        let name = format!("late {}", self.numbers.late);
        let proxies: Vec<usize> = (0..self.weather.proxies.len()).collect();
        let user = self.weather.user(proxies);
        let mut plan = plan(&name, 2_000, 2_000, (10, 300));
        plan.late = true;
        match Instance::start(plan, etcd(self.ways())).await {
            Ok(instance) => self.guests.push(Guest { instance, user }),
            Err(error) => {
                self.numbers.not_started += 1;
                let error = error.to_string();
                let first = error.lines().take(2).collect::<Vec<_>>().join(" ");
                self.weather.tell(format!("{name} does not start: {first}"));
            }
        }
    }

    /// Somebody waits for what was written.
    fn expect(&mut self) {
        let place = self.recorder.place();
        while let Ok((key, revision)) = self.written.try_recv() {
            let which = self.weather.random().usize(..self.guests.len());
            self.guests[which].instance.wait_for(key, revision, place);
        }
    }

    async fn round(&mut self, random: &mut fastrand::Rng) {
        self.numbers.rounds += 1;
        let until = Instant::now() + millis(random.u64(9_000..15_000));
        let new_history = random.u32(..5) < 2;
        let long_cut = random.u32(..2) == 0;
        let mut at = 0;
        let (cut_at, history_at, late_at) = (random.u32(2..6), random.u32(4..9), random.u32(3..7));
        while Instant::now() < until || (new_history && at <= history_at) {
            at += 1;
            self.weather.strike(self.recorder.last()).await;
            self.expect();
            if at == late_at {
                self.late().await;
            }
            if at == cut_at && long_cut {
                self.weather.cut_all().await;
                self.cut_off(millis(random.u64(4_000..8_000))).await;
                self.weather.open_all().await;
            }
            if at == history_at && new_history {
                self.another_history(random).await;
            }
            // A compaction or a wiped member takes its time; what follows need not be apart.
            tokio::time::sleep(millis(random.u64(30..900))).await;
        }
        self.rest(random).await;
    }

    /// Nobody behind a proxy can do anything, and so nobody does (P10).
    async fn cut_off(&mut self, time: Duration) {
        tokio::time::sleep(SLACK).await;
        let (before, began) = (load::of_the_library(), Instant::now());
        tokio::time::sleep(time.saturating_sub(SLACK)).await;
        // The one that needs no proxy goes on, and applies what is written.
        if let Some((name, share)) = load::busiest(&before, began.elapsed()) {
            self.numbers.busiest = self.numbers.busiest.max(share);
            if share > load::TOO_MUCH {
                self.violations.push(Violation {
                    promise: "P10",
                    instance: name,
                    what: format!("it takes {share:.2} of a processor while cut off"),
                });
            }
        }
    }

    /// Nobody writes, no lease is left to end, and all that was written is recorded. Answers the
    /// last revision.
    async fn quiet(&self) -> u64 {
        let began = Instant::now();
        let mut last = None;
        loop {
            assert!(
                began.elapsed() < LIMIT * 2,
                "the store does not come to rest"
            );
            let mut client = self.weather.cluster.client(0).await;
            let leases = client.leases().await;
            let leases = leases.map(|leases| leases.leases().len());
            let now = self.recorder.revision().await;
            if let (Ok(0), Some(revision)) = (leases, now) {
                // What was under way when its writer gave up may still be done.
                if last == Some(revision) {
                    if let Err(gap) = self.recorder.caught_up(revision).await {
                        panic!("the recording is of no use: {gap}");
                    }
                    return revision;
                }
                last = Some(revision);
            }
            tokio::time::sleep(millis(200)).await;
        }
    }

    /// The store is wiped, or restored from a snapshot.
    async fn another_history(&mut self, random: &mut fastrand::Rng) {
        let desk = Arc::clone(&self.desk);
        let still = desk.gate.write().await;
        self.weather.heal_members().await;
        let revision = self.quiet().await;
        let snapshots = &self.weather.snapshots;
        let snapshot = match random.u32(..4) {
            0 => None,
            _ => random.choice(snapshots).cloned(),
        };
        let since = Instant::now();
        self.recorder.end();
        match &snapshot {
            Some(file) => {
                let shown = file.file_name().map(|name| name.display().to_string());
                self.weather
                    .tell(format!("at revision {revision}, {shown:?} is restored"));
                self.weather.cluster.restore(file).await.unwrap();
            }
            None => {
                self.weather
                    .tell(format!("at revision {revision}, the store is wiped"));
                self.weather.cluster.wipe();
            }
        }
        self.weather.heal_members().await;
        self.recorder.begin(since).await;
        self.numbers.histories += 1;
        drop(still);
        let last = self.recorder.last();
        self.weather
            .tell(format!("the new history begins at {last}"));
        if random.bool() {
            // It outruns what was known.
            let mut client = self.weather.cluster.client(1).await;
            let still = desk.gate.write().await;
            for _ in 0..random.u32(..400) {
                let number = desk.number().to_string();
                let _ = client.put(format!("{PREFIX}a0"), number, None).await;
            }
            drop(still);
        }
    }

    /// Everything is healed and comes to rest; then it is judged.
    async fn rest(&mut self, random: &mut fastrand::Rng) {
        let desk = Arc::clone(&self.desk);
        let still = desk.gate.write().await;
        self.weather.heal().await;
        if random.u32(..5) > 0 {
            let mut client = self.weather.cluster.client(0).await;
            let number = desk.number().to_string();
            let _ = client.put(format!("{PREFIX}need"), number, None).await;
        }
        let mut violations = std::mem::take(&mut self.violations);
        let began = Instant::now();
        let mut revision = self.quiet().await;
        'settling: loop {
            let branches = self.recorder.branches();
            let branch = branches.last().unwrap();
            for guest in &self.guests {
                let mut last = String::new();
                let settled = loop {
                    let settled = match guest.instance.at(revision).await {
                        Ok(row) => is_settled(branch, &row),
                        Err(other) => Err(other),
                    };
                    match settled {
                        Ok(()) => break true,
                        Err(why) => last = why,
                    }
                    if began.elapsed() > LIMIT {
                        break false;
                    }
                };
                if !settled {
                    let now = self.quiet().await;
                    if now != revision {
                        revision = now;
                        continue 'settling;
                    }
                    violations.push(Violation {
                        promise: "P4",
                        instance: guest.instance.plan.name.clone(),
                        what: format!("{:?} after the healing: {last}", began.elapsed()),
                    });
                }
            }
            let now = self.quiet().await;
            if now == revision {
                break;
            }
            revision = now;
        }
        self.weather.tell(format!("at rest at revision {revision}"));
        for guest in &self.guests {
            if let Err(who) = guest.instance.at_rest().await {
                violations.push(Violation {
                    promise: "P5",
                    instance: guest.instance.plan.name.clone(),
                    what: format!("{who} does not get the last value"),
                });
            }
        }
        self.judge(violations);
        if let Err(error) = self.recorder.forget().await {
            let story = self.weather.story.join("\n");
            panic!("the recording is of no use: {error}\nwhat happened:\n{story}");
        }
        self.weather.story.clear();
        // Those that came late leave.
        let all = std::mem::take(&mut self.guests);
        for guest in all {
            if guest.instance.plan.late {
                guest.instance.end().await;
            } else {
                self.guests.push(guest);
            }
        }
        drop(still);
    }

    fn judge(&mut self, mut violations: Vec<Violation>) {
        if let Some(gap) = self.recorder.gap() {
            panic!("the recording is of no use: {gap}");
        }
        let branches = self.recorder.branches();
        self.numbers.revisions += branches.iter().map(|one| one.last - one.base).sum::<u64>();
        let mut told = 0;
        for guest in &mut self.guests {
            let cut_off = self.weather.cut_off(guest.user);
            let seen = guest.instance.seen(cut_off);
            self.numbers.publications += seen.publications.len();
            told += seen
                .subscribers
                .iter()
                .map(|one| one.told.len())
                .sum::<usize>();
            let verdict = judge(&branches, &seen);
            self.numbers.judged += verdict.judged;
            self.numbers.mixed += verdict.mixed;
            violations.extend(verdict.violations);
        }
        let Numbers {
            rounds,
            publications,
            judged,
            mixed,
            ..
        } = self.numbers;
        eprintln!(
            "round {rounds}: {} faults, {} branches up to revision {}, {} writes; so far \
             {publications} publications, {judged} sights judged ({mixed} mixed), {told} told in this round",
            self.weather.faults,
            branches.len(),
            branches.last().map_or(0, |last| last.last),
            self.desk.done.load(Ordering::Relaxed),
        );
        if violations.is_empty() {
            return;
        }
        let mut report = format!(
            "seed {}, round {rounds}, etcd {}: promises were broken\n",
            self.seed,
            version()
        );
        for Violation {
            promise,
            instance,
            what,
        } in &violations
        {
            let _ = writeln!(report, "\n{promise}, by \"{instance}\": {what}");
        }
        let story = self.weather.story.join("\n");
        panic!("{report}\nwhat happened:\n{story}\n");
    }
}

/// Callbacks that panic on purpose say nothing.
fn quieten() {
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let payload = panic.payload();
        let formatted = || payload.downcast_ref::<String>().map(String::as_str);
        let text = payload.downcast_ref::<&str>().copied();
        if text.or_else(formatted) != Some(ON_PURPOSE) {
            before(panic);
        }
    }));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn chaos() {
    quieten();
    let seed = number_of("HOTCONFIG_CHAOS_SEED").unwrap_or_else(|| fastrand::u64(..));
    let seconds = number_of("HOTCONFIG_CHAOS_SECONDS").unwrap_or(SECONDS);
    eprintln!(
        "seed {seed}: HOTCONFIG_CHAOS_SEED={seed} makes the same decisions again; etcd {}",
        version()
    );
    let began = Instant::now();
    let mut chaos = Chaos::start(seed).await;
    let mut random = fastrand::Rng::with_seed(seed ^ 0x5eed);
    while began.elapsed() < Duration::from_secs(seconds) {
        chaos.round(&mut random).await;
    }
    chaos.writers.iter().for_each(JoinHandle::abort);
    for guest in chaos.guests.drain(..) {
        guest.instance.end().await;
    }
    let numbers = &chaos.numbers;
    eprintln!(
        "chaos: seed {seed}, etcd {}, {:.0?}: {} rounds, {} faults, {} wipes and restores, {} writes, \
         {} revisions, {} instances started late and {} not, {} publications, {} sights judged, {} mixed; cut off, \
         the busiest thread took {:.2} of a processor",
        version(),
        began.elapsed(),
        numbers.rounds,
        chaos.weather.faults,
        numbers.histories,
        chaos.desk.done.load(Ordering::Relaxed),
        numbers.revisions,
        numbers.late - numbers.not_started,
        numbers.not_started,
        numbers.publications,
        numbers.judged,
        numbers.mixed,
        numbers.busiest,
    );
    assert!(
        numbers.rounds > 0 && numbers.publications > 0,
        "nothing was judged"
    );
}
