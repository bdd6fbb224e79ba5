//! What agents compute element by element.

use spikebench::api::{Formula, Real};
use spikebench::elementwise::elementwise;
use spikebench::replay::Batch;
use tch::Tensor;

/// From unbounded values to actions within `±limit`.
pub fn squash(proposed: &Tensor, limit: f64) -> Tensor {
    elementwise(Squash { limit }, &[proposed])
}

/// From an unbounded value to an action.
#[derive(Debug)]
struct Squash {
    limit: f64,
}

impl Formula for Squash {
    type Inputs<R: Real> = [R; 1];

    #[inline(always)]
    fn value<R: Real>(&self, [proposed]: [R; 1]) -> R {
        proposed.tanh() * self.limit
    }
}

/// The target policy's action (Fujimoto et al. 2018, section 5.3), from its unbounded value and standard normal noise.
#[derive(Debug)]
pub struct Smoothed {
    /// The largest action.
    pub limit: f64,
    /// Standard deviation of the noise.
    pub noise: f64,
    /// Its bound.
    pub clip: f64,
}

impl Formula for Smoothed {
    type Inputs<R: Real> = [R; 2];

    #[inline(always)]
    fn value<R: Real>(&self, [proposed, noise]: [R; 2]) -> R {
        let noise = (noise * self.noise).clamp(-self.clip, self.clip);
        (proposed.tanh() * self.limit + noise).clamp(-self.limit, self.limit)
    }
}

/// What the transitions of a batch are worth if what follows them is worth `next`; all `[R, B, 1]`.
pub fn worth(batch: &Batch, next: &Tensor, gamma: f64) -> Tensor {
    elementwise(Bellman { gamma }, &[&batch.reward, &batch.terminated, next])
}

/// What a transition is worth, from its reward, whether it ended the task, and the value of what follows.
#[derive(Debug)]
struct Bellman {
    gamma: f64,
}

impl Formula for Bellman {
    type Inputs<R: Real> = [R; 3];

    #[inline(always)]
    fn value<R: Real>(&self, [reward, terminated, next]: [R; 3]) -> R {
        reward + (R::from(1.0) - terminated) * next * self.gamma
    }
}
