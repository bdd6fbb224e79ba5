mod ddpg;
mod dqn;
mod ppo;
mod sac;
mod td3;

use spikebench::api::{ActionSpace, Broken, Fault, Formula, Real, Spec};
use spikebench::elementwise::elementwise;
use spikebench::replay::Batch;
use tch::Tensor;

/// The bound of an action space that is symmetric and the same in every dimension.
fn symmetric_bound(agent: &str, spec: &Spec) -> Result<f64, Broken> {
    match &spec.action {
        ActionSpace::Discrete(_) => Err(Broken::new(format!(
            "{agent} needs a continuous action space, this one is discrete"
        ))),
        ActionSpace::Box(bounds) => {
            let (low, high) = bounds[0];
            if bounds.iter().any(|&other| other != (low, high)) || low != -high {
                return Err(Broken::new(format!(
                    "{agent} needs action bounds that are symmetric and the same in every dimension"
                )));
            }
            Ok(high.into())
        }
    }
}

/// From unbounded values to actions.
fn squash(proposed: &Tensor, limit: f64) -> Tensor {
    elementwise(Squash { limit }, &[proposed])
}

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

/// What the transitions of a batch are worth if what follows them is worth `next`; all `[R, B, 1]`.
fn worth(batch: &Batch, next: &Tensor, gamma: f64) -> Tensor {
    elementwise(Bellman { gamma }, &[&batch.reward, &batch.terminated, next])
}

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

/// The sizes of a perceptron with these hidden layers.
fn sizes(inputs: i64, hidden: &[u32], outputs: i64) -> Vec<i64> {
    let hidden = hidden.iter().map(|&size| i64::from(size));
    [inputs]
        .into_iter()
        .chain(hidden)
        .chain([outputs])
        .collect()
}

/// The diagnostics of which there is anything to tell.
fn known<const N: usize>(
    numbers: [(&'static str, Option<Vec<f64>>); N],
) -> Vec<(&'static str, Vec<f64>)> {
    let known = numbers.into_iter();
    known
        .filter_map(|(name, numbers)| Some((name, numbers?)))
        .collect()
}

/// Refuses hidden layers without neurons.
fn check_hidden(field: &str, hidden: &[u32]) -> Result<(), Fault> {
    hidden.iter().enumerate().try_for_each(|(index, &size)| {
        Fault::unless_at_least(&format!("{field}[{index}]"), size.into(), 1)
    })
}

/// Refuses a negative number.
fn check_not_negative(field: &str, value: f64) -> Result<(), Fault> {
    Fault::unless(value >= 0.0, field, value, "must not be negative")
}
