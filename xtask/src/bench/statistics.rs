//! The times of one program's rounds.

/// Nanoseconds per iteration, one value a round.
#[derive(Clone, Debug, Default)]
pub struct Times(Vec<f64>);

impl Times {
    pub fn add(&mut self, nanoseconds: u64, count: u64) {
        self.0.push(nanoseconds as f64 / count as f64);
    }

    /// These times as shares of others, round by round.
    pub fn divided_by(&self, others: &Self) -> Self {
        let rounds = self.0.iter().zip(&others.0);
        Self(rounds.map(|(own, other)| own / other).collect())
    }

    /// The median of shares.
    pub fn share(&self) -> f64 {
        self.quantile(0.5)
    }

    /// The median in milliseconds.
    pub fn median(&self) -> f64 {
        self.quantile(0.5) / 1e6
    }

    /// Half the distance between the quartiles, as a fraction of the median.
    pub fn spread(&self) -> f64 {
        (self.quantile(0.75) - self.quantile(0.25)) / 2.0 / self.quantile(0.5)
    }

    /// Linear interpolation between the neighbouring ranks.
    fn quantile(&self, fraction: f64) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        let rank = fraction * (sorted.len() as f64 - 1.0);
        let (low, high) = (sorted[rank.floor() as usize], sorted[rank.ceil() as usize]);
        low + (high - low) * rank.fract()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn median_and_spread_are_those_of_the_rounds() {
        let mut times = Times::default();
        for milliseconds in [4, 1, 2, 3, 5] {
            times.add(milliseconds * 10_000_000, 10);
        }
        assert_eq!(times.median(), 3.0);
        assert!((times.spread() - 1.0 / 3.0).abs() < 1e-12);
    }
}
