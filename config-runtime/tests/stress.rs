//! Publishing, subscribing, reading and ending on many threads at once.
//!
//! Every run is watched: one that does not end fails.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test says what it expects by failing"
)]

use std::future::Future;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::Duration;

use hotconfig::store::Memory;
use hotconfig::{Changes, Hot, HotConfig, Subscription, Update, Watch, field};

/// After this long it hangs.
const LIMIT: Duration = Duration::from_secs(120);

/// How many changes are published.
const WRITES: u64 = 600;

#[derive(HotConfig, Clone, Debug, PartialEq)]
#[hot(prefix = "/stress")]
struct Service {
    #[hot(default = 0)]
    fast: u64,
    #[hot(default = 0)]
    slow: u64,
    #[hot(nested)]
    pair: Pair,
}

/// Always written together.
#[derive(HotConfig, Clone, Debug, PartialEq)]
struct Pair {
    #[hot(default = 0)]
    left: u64,
    #[hot(default = 0)]
    right: u64,
}

/// Runs this on a thread of its own, and fails where it panics or does not end.
fn watched(what: &'static str, run: impl FnOnce() + Send + 'static) {
    let (ended, end) = mpsc::channel::<()>();
    let thread = thread::spawn(move || {
        let _ended = ended;
        run();
    });
    // Nothing is ever sent: what ends is the thread, however it does.
    let hangs = end.recv_timeout(LIMIT) == Err(mpsc::RecvTimeoutError::Timeout);
    assert!(!hangs, "{what} hangs");
    if let Err(panic) = thread.join() {
        std::panic::resume_unwind(panic);
    }
}

fn block_on<R>(future: impl Future<Output = R>) -> R {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_time().build().unwrap().block_on(future)
}

/// Subscribes and unsubscribes until it is over, in every way there is. Some callbacks panic, and
/// some block until the end. Counts itself once it has done so for a while.
fn churn(
    hot: &Hot<Service>,
    over: &AtomicBool,
    blocked: &Arc<Mutex<()>>,
    churning: &AtomicUsize,
    seed: u64,
) {
    let mut random = fastrand::Rng::with_seed(seed);
    let mut watches: Vec<Watch<u64>> = Vec::new();
    let mut queues: Vec<Changes<Pair>> = Vec::new();
    let mut callbacks: Vec<Subscription> = Vec::new();
    let mut rounds = 0_u64;
    while !over.load(Ordering::Relaxed) {
        rounds += 1;
        if rounds == 20 {
            churning.fetch_add(1, Ordering::SeqCst);
        }
        match random.u8(..6) {
            0 => watches.push(hot.watch(field!(Service, fast))),
            1 => queues.push(hot.changes_with_capacity(field!(Service, pair), 2)),
            2 => callbacks.push(hot.on_change(field!(Service, fast), |change| {
                assert!(*change.current() % 2 == 0, "as callbacks do");
            })),
            3 if callbacks.len() < 20 => {
                let blocked = Arc::clone(blocked);
                callbacks.push(hot.on_change(field!(Service, slow), move |_| {
                    drop(blocked.lock());
                }));
            }
            4 => {
                let view = hot.view(field!(Service, pair));
                let part = view.load();
                assert_eq!(part.left, part.right, "half of a transaction");
                watches.push(view.watch(field!(Pair, left)));
            }
            _ => {
                let mut reader = hot.reader();
                let first = reader.snapshot().revision();
                assert!(hot.snapshot().revision() >= first, "it went back");
            }
        }
        if random.u8(..4) == 0 {
            let most = random.usize(..50);
            watches.truncate(most);
            queues.truncate(most);
            callbacks.truncate(most);
        }
    }
}

/// One that stays to the end.
enum Survivor {
    Watch(Watch<u64>),
    Queue(Changes<u64>),
}

impl Survivor {
    /// Follows to the end, and answers what it was given last.
    async fn last(self) -> u64 {
        match self {
            Self::Watch(mut watch) => {
                let mut last = *watch.current();
                while let Some(change) = watch.changed().await {
                    assert_eq!(*change.previous(), last);
                    last = *change.current();
                }
                last
            }
            Self::Queue(mut queue) => {
                let mut last = *queue.current();
                while let Some(update) = queue.next().await {
                    if let Update::Changed(change) = update {
                        last = *change.current();
                    }
                }
                last
            }
        }
    }
}

/// Two threads that write, and say how far they are.
fn write(store: &Memory, written: &Arc<AtomicU64>) -> Vec<thread::JoinHandle<()>> {
    (0..2)
        .map(|writer| {
            let (store, written) = (store.clone(), Arc::clone(written));
            thread::spawn(move || {
                for number in 1..=WRITES {
                    if writer == 0 {
                        store.put("/stress/fast", number.to_string());
                        written.store(number, Ordering::SeqCst);
                    } else {
                        let number = number.to_string();
                        let both = store.transaction();
                        both.put("/stress/pair/left", &number)
                            .put("/stress/pair/right", &number)
                            .put("/stress/slow", &number)
                            .commit()
                            .unwrap();
                    }
                    thread::yield_now();
                }
            })
        })
        .collect()
}

/// Two threads publish while four subscribe and unsubscribe, two read, and forty subscribers stay.
/// The end comes when all is written, or in the middle of it.
fn storm(seed: u64, shutdown_at: u64) {
    let store = Memory::new();
    let hot = block_on(Hot::<Service>::builder(store.clone()).start()).unwrap();
    let over = Arc::new(AtomicBool::new(false));
    let blocked = Arc::new(Mutex::new(()));
    let blocking = blocked.lock().unwrap();
    let called = Arc::new(AtomicU64::new(0));

    let survivors: Vec<_> = (0..40)
        .map(|number| match number % 2 {
            0 => Survivor::Watch(hot.watch(field!(Service, fast))),
            _ => Survivor::Queue(hot.changes_with_capacity(field!(Service, fast), 3)),
        })
        .collect();
    let last_called = Arc::clone(&called);
    hot.on_change(field!(Service, fast), move |change| {
        last_called.store(*change.current(), Ordering::SeqCst);
    })
    .detach();
    let followers = thread::spawn(move || {
        block_on(futures_util::future::join_all(
            survivors.into_iter().map(Survivor::last),
        ))
    });
    let churning = Arc::new(AtomicUsize::new(0));
    let churns: Vec<_> = (0..4)
        .map(|number| {
            let (hot, over, blocked) = (hot.clone(), Arc::clone(&over), Arc::clone(&blocked));
            let churning = Arc::clone(&churning);
            thread::spawn(move || churn(&hot, &over, &blocked, &churning, seed * 10 + number))
        })
        .collect();
    let readers: Vec<_> = (0..2)
        .map(|_| {
            let (mut reader, over) = (hot.reader(), Arc::clone(&over));
            thread::spawn(move || {
                let mut last = 0;
                while !over.load(Ordering::Relaxed) {
                    let config = reader.get();
                    assert_eq!(config.pair.left, config.pair.right, "half of a transaction");
                    assert!(config.pair.left >= last, "it went back");
                    last = config.pair.left;
                }
            })
        })
        .collect();
    while churning.load(Ordering::SeqCst) < 4 {
        thread::yield_now();
    }
    let written = Arc::new(AtomicU64::new(0));
    let writers = write(&store, &written);

    while written.load(Ordering::SeqCst) < shutdown_at.min(WRITES) {
        thread::yield_now();
    }
    if shutdown_at >= WRITES {
        for writer in writers {
            writer.join().unwrap();
        }
        let last = store.put("/stress/slow", "1000000");
        block_on(hot.wait_for(last, LIMIT)).unwrap();
        assert_eq!(hot.load().fast, WRITES);
        // Callbacks run beside the loop.
        while called.load(Ordering::SeqCst) != WRITES {
            thread::yield_now();
        }
        block_on(hot.shutdown());
    } else {
        block_on(hot.shutdown());
        for writer in writers {
            writer.join().unwrap();
        }
    }
    let last = hot.load().fast;
    for given in followers.join().unwrap() {
        assert_eq!(given, last, "a subscriber has not the last value");
    }
    over.store(true, Ordering::Relaxed);
    for churn in churns {
        churn.join().unwrap();
    }
    for reader in readers {
        reader.join().unwrap();
    }
    assert_eq!(hot.load().fast, last, "published after the end");
    drop(blocking);
}

#[test]
fn p05_p11_every_survivor_of_a_storm_has_the_last_value() {
    for seed in 0..2 {
        watched("the storm", move || storm(seed, WRITES));
    }
}

#[test]
fn p05_a_shutdown_in_the_middle_of_a_storm_ends_everything() {
    for seed in 0..4 {
        watched("the shutdown", move || storm(seed, seed * 130 + 1));
    }
}

#[test]
fn the_last_handle_dropped_in_the_middle_of_a_storm_ends_everything() {
    for round in 0..20_u64 {
        watched("the end", move || {
            let store = Memory::new();
            let hot = block_on(Hot::<Service>::builder(store.clone()).start()).unwrap();
            let watches: Vec<_> = (0..20).map(|_| hot.watch(field!(Service, fast))).collect();
            let followers: Vec<_> = watches
                .into_iter()
                .map(|watch| thread::spawn(move || block_on(Survivor::Watch(watch).last())))
                .collect();
            let handles: Vec<_> = (0..4)
                .map(|_| {
                    let hot = hot.clone();
                    thread::spawn(move || drop(hot.view(field!(Service, pair))))
                })
                .collect();
            for number in 1..=round * 10 {
                store.put("/stress/fast", number.to_string());
            }
            let mut reader = hot.reader();
            drop(hot);
            for handle in handles {
                handle.join().unwrap();
            }
            let given: Vec<_> = followers
                .into_iter()
                .map(|one| one.join().unwrap())
                .collect();
            // No handle is left, so this is what was published last.
            let last = reader.get().fast;
            assert!(
                given.iter().all(|one| *one == last),
                "{given:?}, and not {last}"
            );
        });
    }
}
