//! The dynamic neuron of MDC-SAN.

use serde::{Deserialize, Serialize};
use spikebench::api::{Learnable, NeuronModel, ParameterError, Real};
use spikebench::register;

/// `c ← current_decay · c + I`, then simultaneously `v ← v² − u + c` and `u ← u + theta_v · v ± theta_u · u`, which are Euler steps of
/// `dv/dt = v² − v − u + I`, `du/dt = theta_v · v ± theta_u · u`; a spike sets `v` to `theta_r` and adds `theta_s` to `u`
/// (Zhang et al. 2022, AAAI, equations 7–8 and algorithm 1, whose constants are the defaults). The paper has the minus sign, and so
/// does the code of ILC-SAN: `u_sign: -1`. The code of Proxy Target and that of CaRe-BN have the plus sign: `u_sign: 1`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Dynamic {
    #[serde(alias = "threshold", alias = "v_th")]
    v_threshold: f64,
    #[serde(alias = "c_decay")]
    current_decay: f64,
    theta_v: f64,
    theta_u: f64,
    /// The potential after a spike.
    #[serde(alias = "v_reset")]
    theta_r: f64,
    /// How much a spike adds to the recovery variable.
    theta_s: f64,
    /// The sign of the recovery variable's own term: -1 or 1.
    u_sign: i8,
    detach_reset: bool,
}

impl Default for Dynamic {
    fn default() -> Self {
        Self {
            v_threshold: 0.5,
            current_decay: 0.5,
            theta_v: -0.172,
            theta_u: 0.529,
            theta_r: 0.021,
            theta_s: 0.132,
            u_sign: -1,
            detach_reset: false,
        }
    }
}

impl Dynamic {
    #[inline(always)]
    fn theta<R: Real>(&self) -> [R; 4] {
        [
            R::from(self.theta_v),
            R::from(self.theta_u),
            R::from(self.theta_r),
            R::from(self.theta_s),
        ]
    }

    #[inline(always)]
    fn step<R: Real>(&self, current: R, [v, u, c]: [R; 3], [by_v, by_u, ..]: [R; 4]) -> [R; 3] {
        let c = c * self.current_decay + current;
        let pulled = by_v * v + by_u * u * (self.u_sign as f64);
        [v * v - u + c, u + pulled, c]
    }

    #[inline(always)]
    fn spiked<R: Real>(&self, spike: R, [v, u, c]: [R; 3], [.., to, add]: [R; 4]) -> [R; 3] {
        let seen = if self.detach_reset {
            spike.detach()
        } else {
            spike
        };
        let v = v * (R::from(1.0) - seen) + seen * to;
        [v, u + spike * add, c]
    }

    fn valid(&self) -> Result<(), ParameterError> {
        ParameterError::unless_positive("v_threshold", self.v_threshold)?;
        ParameterError::unless_fraction("current_decay", self.current_decay)?;
        let known = self.u_sign.abs() == 1;
        ParameterError::unless(known, "u_sign", self.u_sign, "must be -1 or 1")
    }
}

impl NeuronModel for Dynamic {
    type State<R: Real> = [R; 3];
    type Learned<R: Real> = [R; 0];

    fn rest(&self) -> [f64; 3] {
        [0.0; 3]
    }

    fn v_threshold(&self) -> f64 {
        self.v_threshold
    }

    #[inline(always)]
    fn charge<R: Real>(&self, current: R, state: [R; 3], _: [R; 0]) -> [R; 3] {
        self.step(current, state, self.theta())
    }

    #[inline(always)]
    fn reset<R: Real>(&self, spike: R, charged: [R; 3], _: [R; 0]) -> [R; 3] {
        self.spiked(spike, charged, self.theta())
    }

    fn check(&self) -> Result<(), ParameterError> {
        self.valid()
    }
}

register! {
    /// Dynamic neuron with a recovery variable (MDC-SAN).
    neuron "dynamic" | "dn" | "mdc" => Dynamic
}

/// The dynamic neuron whose four constants are learned by every neuron, starting from the given values. MDC-SAN found its
/// constants like this, as the mean over all neurons after such a training; the initial values there are not published.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
struct DynamicLearned(Dynamic);

impl NeuronModel for DynamicLearned {
    type State<R: Real> = [R; 3];
    type Learned<R: Real> = [R; 4];

    fn rest(&self) -> [f64; 3] {
        [0.0; 3]
    }

    fn learned(&self) -> Vec<Learnable> {
        let names = ["theta_v", "theta_u", "theta_r", "theta_s"];
        let values: [f64; 4] = self.0.theta();
        let one = |(name, init)| Learnable {
            name,
            init,
            per_neuron: true,
        };
        names.into_iter().zip(values).map(one).collect()
    }

    fn v_threshold(&self) -> f64 {
        self.0.v_threshold
    }

    #[inline(always)]
    fn charge<R: Real>(&self, current: R, state: [R; 3], theta: [R; 4]) -> [R; 3] {
        self.0.step(current, state, theta)
    }

    #[inline(always)]
    fn reset<R: Real>(&self, spike: R, charged: [R; 3], theta: [R; 4]) -> [R; 3] {
        self.0.spiked(spike, charged, theta)
    }

    fn check(&self) -> Result<(), ParameterError> {
        self.0.valid()
    }
}

register! {
    /// Dynamic neuron that learns its four constants (pre-learning of MDC-SAN).
    neuron "dynamic-learned" | "dn-learnable" => DynamicLearned
}

spikebench::conforms!(neuron "dynamic", "dynamic-learned");
