//! How much the library's threads compute, as the system counts it: who is cut off has nothing to
//! do (P10).
//!
//! In: nothing. Out: the processor time of each of its threads. Where the system does not tell,
//! there is none.

use std::collections::BTreeMap;
use std::time::Duration;

/// The share of a processor that is too much for a thread that has nothing to do. One that
/// spins takes all that it can get.
pub(crate) const TOO_MUCH: f64 = 0.6;

/// How the names of the library's threads begin.
const LIBRARY: &str = "hotconfig";

/// The processor time of each thread of the library.
pub(crate) fn of_the_library() -> BTreeMap<String, Duration> {
    threads_named(LIBRARY)
}

/// The processor time of each thread whose name begins like that.
fn threads_named(names: &str) -> BTreeMap<String, Duration> {
    let Ok(tasks) = std::fs::read_dir("/proc/self/task") else {
        return BTreeMap::new();
    };
    let times = tasks.flatten().filter_map(|task| {
        let stat = std::fs::read_to_string(task.path().join("stat")).ok()?;
        let (head, rest) = stat.rsplit_once(')')?;
        let (id, name) = head.split_once('(')?;
        // The 14th and the 15th of all, in hundredths of a second.
        let mut times = rest.split_whitespace().skip(11);
        let ticks: u64 = times.next()?.parse().ok()?;
        let of_the_system: u64 = times.next()?.parse().ok()?;
        let spent = Duration::from_millis((ticks + of_the_system) * 10);
        name.starts_with(names)
            .then(|| (format!("{name} {}", id.trim()), spent))
    });
    times.collect()
}

/// The thread that computed most since then, and its share of that time.
pub(crate) fn busiest(
    before: &BTreeMap<String, Duration>,
    time: Duration,
) -> Option<(String, f64)> {
    busiest_of(LIBRARY, before, time)
}

fn busiest_of(
    names: &str,
    before: &BTreeMap<String, Duration>,
    time: Duration,
) -> Option<(String, f64)> {
    let shares = threads_named(names)
        .into_iter()
        .filter_map(|(name, spent)| {
            let since = spent.saturating_sub(*before.get(&name)?);
            Some((name, since.as_secs_f64() / time.as_secs_f64()))
        });
    shares.max_by(|one, other| one.1.total_cmp(&other.1))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::time::Instant;

    use hotconfig_tests::eventually;

    use super::*;

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn a_thread_that_spins_is_the_busiest() {
        static OVER: AtomicBool = AtomicBool::new(false);
        let spin = || {
            while !OVER.load(Ordering::Relaxed) {
                std::hint::spin_loop();
            }
        };
        let named = std::thread::Builder::new().name("spins".to_owned());
        let thread = named.spawn(spin).unwrap();
        // A thread gives itself its name.
        eventually("its name", || async { !threads_named("spins").is_empty() }).await;
        let before = threads_named("spins");
        let began = Instant::now();
        eventually("a thread to have spun", || async {
            let busiest = busiest_of("spins", &before, began.elapsed());
            busiest.is_some_and(|(name, share)| name.starts_with("spins") && share > 0.1)
        })
        .await;
        OVER.store(true, Ordering::Relaxed);
        thread.join().unwrap();
    }
}
