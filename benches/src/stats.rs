//! From latencies to ratios with their spread.
//!
//! In: for each contender one list of latencies a round; a round is the same stretch of time for
//! all of them. Out: the ratio of a quantile to the floor's, and how far it moves when the rounds
//! are drawn anew (a bootstrap over whole rounds, because latencies within one depend on each
//! other).

use std::fmt;

use fastrand::Rng;

/// The lists of latencies of one contender, one a round.
pub type Rounds = Vec<Vec<f64>>;

/// How often the rounds are drawn.
const DRAWS: usize = 400;

/// A ratio, and the middle 95 % of what other draws of the rounds would have given.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ratio {
    /// Of all rounds together.
    pub ratio: f64,
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

impl fmt::Display for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { ratio, low, high } = self;
        f.pad(&format!("{ratio:.2} [{low:.2}, {high:.2}]"))
    }
}

/// The smallest latency that this part of all is not above; `NaN` of none.
pub fn quantile(sorted: &[f64], part: f64) -> f64 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a rank: within a list, and rounded up"
    )]
    let rank = (sorted.len() as f64 * part).ceil() as usize;
    let last = sorted.len().saturating_sub(1);
    sorted
        .get(rank.saturating_sub(1).min(last))
        .copied()
        .unwrap_or(f64::NAN)
}

/// The latencies of these rounds, sorted.
pub fn pooled<'a>(rounds: impl Iterator<Item = &'a Vec<f64>>) -> Vec<f64> {
    let mut all: Vec<f64> = rounds.flatten().copied().collect();
    all.sort_unstable_by(f64::total_cmp);
    all
}

/// The ratios of these quantiles to those of the floor, in the same rounds.
pub fn ratios<const N: usize>(contender: &Rounds, floor: &Rounds, parts: [f64; N]) -> [Ratio; N] {
    let of = |drawn: &[usize]| {
        let pick = |rounds: &Rounds| pooled(drawn.iter().filter_map(|round| rounds.get(*round)));
        let (contender, floor) = (pick(contender), pick(floor));
        parts.map(|part| quantile(&contender, part) / quantile(&floor, part))
    };
    let rounds = contender.len().min(floor.len());
    let all: Vec<usize> = (0..rounds).collect();
    let mut rng = Rng::with_seed(0);
    let mut drawn: [Vec<f64>; N] = std::array::from_fn(|_| Vec::new());
    for _ in 0..DRAWS {
        let draw: Vec<usize> = all.iter().map(|_| rng.usize(..rounds)).collect();
        for (drawn, ratio) in drawn.iter_mut().zip(of(&draw)) {
            drawn.push(ratio);
        }
    }
    let mut ratios = of(&all).into_iter();
    drawn.map(|mut drawn| {
        drawn.sort_unstable_by(f64::total_cmp);
        Ratio {
            ratio: ratios.next().unwrap_or(f64::NAN),
            low: quantile(&drawn, 0.025),
            high: quantile(&drawn, 0.975),
        }
    })
}

#[cfg(test)]
#[allow(clippy::float_cmp, reason = "small whole numbers, and ratios of them")]
mod tests {
    use super::*;

    #[test]
    fn a_quantile_is_one_of_the_latencies() {
        let sorted: Vec<f64> = (1..=100).map(f64::from).collect();
        let quantiles = [0.0, 0.5, 0.99, 0.999, 1.0].map(|part| quantile(&sorted, part));
        assert_eq!(quantiles, [1.0, 50.0, 99.0, 100.0, 100.0]);
        assert!(quantile(&[], 0.5).is_nan());
    }

    #[test]
    fn a_contender_that_is_twice_as_slow_in_every_round_has_no_spread() {
        // Rounds may differ as they like: both were in the same one.
        let floor: Rounds = (1..=20).map(|round| vec![f64::from(round); 10]).collect();
        let slow = floor
            .iter()
            .map(|round| round.iter().map(|one| one * 2.0).collect())
            .collect();
        let twice = Ratio {
            ratio: 2.0,
            low: 2.0,
            high: 2.0,
        };
        assert_eq!(ratios(&slow, &floor, [0.5, 0.99]), [twice, twice]);
    }

    #[test]
    fn rounds_that_disagree_spread() {
        let floor: Rounds = vec![vec![1.0; 10]; 20];
        let mixed = (0..20)
            .map(|round| vec![f64::from(1 + round % 2); 10])
            .collect();
        let [Ratio { low, high, .. }] = ratios(&mixed, &floor, [0.5]);
        assert!(low < high, "{low} {high}");
    }
}
