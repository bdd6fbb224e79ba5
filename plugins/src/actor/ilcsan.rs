//! Pop-SAN with intra-layer connections in the output population (Chen et al. 2024, TNNLS, arXiv 2401.05444): the decoder is
//! the last membrane potential of non-spiking neurons, read from output populations that are connected with themselves. And
//! the same with noise while it explores (NoisySAN, arXiv 2403.04162).
//!
//! The noise is as in NoisySAN's code: it goes on over the steps of an episode; `td3`, `ddpg`, `sac` and `dqn` replay it
//! with the transitions, and `ppo`, which the paper does not have, keeps it with its trajectory; targets have none; and a
//! penalty drives the mean of the decoder's deviations to zero as the returns rise. The code has these `returns`, by tasks: `[0, 4000]`
//! Hopper; `[0, 6000]`, the default, Ant, Walker2d, Humanoid; `[0, 10000]` InvertedDoublePendulum; `[0, 12000]`
//! HalfCheetah; `[0, 180000]` HumanoidStandup. Its `colour` is 0 unless another is asked for.
//!
//! Different from it: the noise of an episode is looked up in a table of some two hundred series, from a sample and with a
//! sign drawn for each neuron, and not made anew and stored, some 23 kB a transition; it has variance one with its constant
//! part, not beside it; `k` follows the return of the last training episode, not of the last evaluation; and the output
//! neurons' threshold is that of all others.
//!
//! It is meant to explore by this noise alone, which an actor cannot see to: give `td3` and `ddpg` `action_noise: 0`, as
//! `suites/noisysan.yaml` does. (They act at random for `start_steps` all the same; `sac` and `ppo` draw actions, `dqn`
//! has its epsilon.)

use spikebench::register;

use super::spiking::SpikingActor;

register! {
    /// ILC-SAN: intra-layer connections in the output population, membrane read-out.
    actor "ilcsan" | "ilc-san" => SpikingActor { "decoder": { "ilc": {} } }
}

register! {
    /// NoisySAN: ILC-SAN with coloured noise on currents, spikes and decoder for exploration.
    actor "noisysan" | "noisy-san" => SpikingActor {
        "decoder": { "ilc": {} },
        "noise": { "current": 0.5, "spike": 0.5, "decoder": 0.5, "colour": 1.0 }
    }
}

spikebench::conforms!(actor "ilcsan", "noisysan");
