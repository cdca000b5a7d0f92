//! The back-off after a failure.
//!
//! In: failures and health, with the time. Out: the length of the back-off. It has no clock of its
//! own.

use std::time::Duration;

/// A doubling back-off with full jitter. It is reset only after sustained health: a store that
/// accepts a connection and drops it at once is not healthy.
#[derive(Debug)]
pub(crate) struct Backoff {
    min: Duration,
    max: Duration,
    forget_after: Duration,
    failures: u32,
    healthy_since: Option<Duration>,
    random: fastrand::Rng,
}

impl Backoff {
    pub(crate) fn new(min: Duration, max: Duration, forget_after: Duration, seed: u64) -> Self {
        Self {
            min,
            max,
            forget_after,
            failures: 0,
            healthy_since: None,
            random: fastrand::Rng::with_seed(seed),
        }
    }

    /// Notes that the store answers.
    pub(crate) fn healthy(&mut self, now: Duration) {
        self.healthy_since.get_or_insert(now);
    }

    /// Notes that the store failed. Returns the length of the back-off.
    pub(crate) fn failed(&mut self, now: Duration) -> Duration {
        if let Some(since) = self.healthy_since.take()
            && now.saturating_sub(since) >= self.forget_after
        {
            self.failures = 0;
        }
        let doubled = self
            .min
            .saturating_mul(1_u32.checked_shl(self.failures).unwrap_or(u32::MAX));
        let limit = doubled.min(self.max);
        self.failures = self.failures.saturating_add(1).min(31);
        // At least a quarter of the minimum, since zero would be no back-off. It is added and not
        // used as a lower bound: otherwise many instances would come back at exactly that time.
        let min = self.min / 4;
        min + limit.saturating_sub(min).mul_f64(self.random.f64())
    }

    /// A random length around this one, ± 20 %.
    pub(crate) fn around(&mut self, length: Duration) -> Duration {
        length.mul_f64(0.8 + 0.4 * self.random.f64())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn backoff(seed: u64) -> Backoff {
        let (min, max) = (Duration::from_millis(100), Duration::from_secs(30));
        Backoff::new(min, max, Duration::from_secs(60), seed)
    }

    /// The longest of the back-offs that many seeds take at each failure.
    fn longest(failures: usize) -> Vec<Duration> {
        let mut max = vec![Duration::ZERO; failures];
        for seed in 0..500 {
            let mut backoff = backoff(seed);
            for at in &mut max {
                *at = (*at).max(backoff.failed(Duration::ZERO));
            }
        }
        max
    }

    #[test]
    fn p10_rests_double_up_to_the_most_and_are_never_nothing() {
        let max = longest(40);
        assert!(max[0] <= Duration::from_millis(100) && max[0] > Duration::from_millis(90));
        assert!(max[3] <= Duration::from_millis(800) && max[3] > Duration::from_millis(700));
        assert!(max[39] <= Duration::from_secs(30) && max[39] > Duration::from_secs(28));
        let mut backoff = backoff(1);
        assert!((0..1000).all(|_| backoff.failed(Duration::ZERO) >= Duration::from_millis(25)));
    }

    #[test]
    fn drill_26_two_instances_rest_differently() {
        let delays = |seed| {
            let mut backoff = backoff(seed);
            (0..8)
                .map(|_| backoff.failed(Duration::ZERO))
                .collect::<Vec<_>>()
        };
        assert_ne!(delays(1), delays(2));
    }

    #[test]
    fn drill_26_no_two_of_a_thousand_instances_rest_equally_long() {
        let first = |seed| backoff(seed).failed(Duration::ZERO);
        let delays: std::collections::BTreeSet<_> = (0..1_000).map(first).collect();
        assert!(delays.len() > 990, "{} delays", delays.len());
    }

    #[test]
    fn only_sustained_health_is_forgiven() {
        let at = Duration::from_secs;
        for (health, forgiven) in [(59, false), (60, true)] {
            let mut max = Duration::ZERO;
            for seed in 0..200 {
                let mut backoff = backoff(seed);
                for _ in 0..9 {
                    backoff.failed(at(0));
                }
                backoff.healthy(at(10));
                backoff.healthy(at(20));
                max = max.max(backoff.failed(at(10 + health)));
            }
            assert_eq!(max <= Duration::from_millis(100), forgiven, "{max:?}");
        }
    }
}
