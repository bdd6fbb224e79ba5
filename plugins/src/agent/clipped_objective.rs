//! The objective of PPO (Schulman et al. 2017, equation 7).

use spikebench::api::{Formula, Real};

/// The negative of the clipped objective and of the weighted entropy, from the logarithms of an action's probability now and
/// before, its advantage, and the entropy.
#[derive(Debug, Clone)]
pub struct ClippedObjective {
    /// The ratio of probabilities is clipped to within this distance of one.
    pub clip: f64,
    /// The reward for one nat of entropy.
    pub entropy_coefficient: f64,
}

impl Formula for ClippedObjective {
    type Inputs<R: Real> = [R; 4];

    #[inline(always)]
    fn value<R: Real>(&self, [now, before, advantage, entropy]: [R; 4]) -> R {
        let ratio = (now - before).exp();
        let clipped = ratio.clamp(1.0 - self.clip, 1.0 + self.clip) * advantage;
        -(ratio * advantage).min(clipped) - entropy * self.entropy_coefficient
    }
}
