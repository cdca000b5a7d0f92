//! What reading one field costs, beside every other way to share a configuration.
//!
//! `alone`: one thread reads and nobody writes. `shared`: two threads read, one of them measured,
//! and a third publishes a hundred times a second. Compare within one run; instructions, which
//! don't depend on the machine's mood, are counted by `cargo xtask bench instructions`.

use std::hint::black_box;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, criterion_group, criterion_main};
use hotconfig_benches::reads::{
    Atomic, CachedSwap, Channel, FieldReader, HotLoad, HotReader, MemoryService, RwLockArc,
    SharedConfig, Swap,
};

const PAUSE: Duration = Duration::from_millis(10);

fn alone(group: &mut BenchmarkGroup<'_, WallTime>, name: &str, place: &impl SharedConfig) {
    let mut reader = place.reader();
    group.bench_function(name, |bencher| {
        bencher.iter(|| black_box(&mut reader).read());
    });
}

fn shared(group: &mut BenchmarkGroup<'_, WallTime>, name: &str, place: &impl SharedConfig) {
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut reader = place.reader();
            while !done.load(Ordering::Relaxed) {
                black_box(black_box(&mut reader).read());
            }
        });
        scope.spawn(|| {
            for limit in 1.. {
                if done.load(Ordering::Relaxed) {
                    break;
                }
                place.publish(limit);
                thread::sleep(PAUSE);
            }
        });
        alone(group, name, place);
        done.store(true, Ordering::Relaxed);
    });
}

fn read(criterion: &mut Criterion) {
    macro_rules! all {
        ($group:literal, $measure:ident) => {{
            let mut group = criterion.benchmark_group($group);
            let started = || MemoryService::start().expect("a store in this process answers");
            $measure(&mut group, "atomic", &Atomic::default());
            $measure(&mut group, "arc_swap::Cache::load", &CachedSwap::default());
            $measure(&mut group, "Reader::get", &HotReader(started()));
            $measure(&mut group, "ArcSwap::load", &Swap::default());
            $measure(&mut group, "Hot::load", &HotLoad(started()));
            $measure(&mut group, "RwLock<Arc>", &RwLockArc::default());
            $measure(&mut group, "tokio::sync::watch", &Channel::default());
            group.finish();
        }};
    }
    all!("alone", alone);
    all!("shared", shared);
}

criterion_group!(benches, read);
criterion_main!(benches);
