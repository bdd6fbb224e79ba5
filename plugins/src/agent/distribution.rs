//! The distribution over actions that an actor's outputs stand for in PPO.

use std::f64::consts::PI;

use spikebench::api::Streams;
use tch::{Kind, Tensor, no_grad};

use super::formulas::squash;

/// The distribution that outputs `[R, B, width]` parametrise.
pub enum Distribution {
    /// A normal distribution, whose mean is the hyperbolic tangent of the outputs, in units of the limit.
    Normal {
        /// The limit of the actions.
        limit: f64,
        /// The logarithm of the standard deviation in units of the limit, `[R, 1, actions]`.
        log_std: Tensor,
    },
    /// A categorical distribution; the outputs are the logarithms of the probabilities, up to a constant.
    Categorical,
}

impl Distribution {
    /// The most likely action.
    pub fn mode(&self, output: &Tensor) -> Tensor {
        match self {
            Self::Normal { limit, .. } => squash(output, *limit),
            Self::Categorical => output.argmax(-1, true).to_kind(Kind::Float),
        }
    }

    /// A random action.
    pub fn draw(&self, output: &Tensor, draws: &mut Streams) -> Tensor {
        match self {
            Self::Normal { limit, log_std } => {
                let normal = draws.normal(&output.size());
                no_grad(|| (output.tanh() + log_std.exp() * normal) * *limit)
            }
            Self::Categorical => {
                // The Gumbel-max trick: the index of the largest sum is a draw from the distribution.
                let uniform = draws.uniform(&output.size());
                let gumbel = -(-uniform.log()).log();
                (output + gumbel).argmax(-1, true).to_kind(Kind::Float)
            }
        }
    }

    /// The logarithm of the probability, or of the density, of actions and the entropy, `[R, B, 1]` each.
    pub fn judge(&self, output: &Tensor, action: &Tensor) -> (Tensor, Tensor) {
        match self {
            Self::Normal { limit, log_std } => normal(&(action / *limit), &output.tanh(), log_std),
            Self::Categorical => categorical(action, output),
        }
    }
}

/// The log densities of actions `[R, B, actions]` under a normal distribution, and its entropy, `[R, B, 1]` each.
fn normal(action: &Tensor, mean: &Tensor, log_std: &Tensor) -> (Tensor, Tensor) {
    let distance = (action - mean) / log_std.exp();
    let log_density = distance.square() * -0.5 - log_std - 0.5 * (2.0 * PI).ln();
    let entropy = (log_std + 0.5 + 0.5 * (2.0 * PI).ln()).expand_as(mean);
    (over_actions(log_density), over_actions(entropy))
}

/// The log probabilities of the choices `[R, B, 1]` and the entropy, from unnormalised log probabilities of all choices.
fn categorical(choice: &Tensor, all: &Tensor) -> (Tensor, Tensor) {
    let log_probability = all.log_softmax(-1, Kind::Float);
    let entropy = -(log_probability.exp() * &log_probability);
    let choice = choice.to_kind(Kind::Int64);
    (
        log_probability.gather(-1, &choice, false),
        over_actions(entropy),
    )
}

fn over_actions(values: Tensor) -> Tensor {
    values.sum_dim_intlist(&[-1i64][..], true, Kind::Float)
}
