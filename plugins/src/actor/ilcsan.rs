//! Pop-SAN with intra-layer connections in the output populations (Chen et al. 2024, TNNLS, arXiv 2401.05444): the decoder
//! reads the last membrane potential of non-spiking neurons, from output populations that are connected with themselves.
//! Also the same actor with exploration noise inside the network (NoisySAN, arXiv 2403.04162).
//!
//! The noise is that of NoisySAN's code: it persists over the steps of an episode; `td3`, `ddpg`, `sac` and `dqn` replay it
//! with the transitions, and `ppo`, which the paper does not cover, keeps it with its rollout; targets are free of noise;
//! and a penalty drives the mean of the decoder's standard deviations to zero as the returns rise. The code uses these
//! `returns`: `[0, 4000]` for Hopper; `[0, 6000]`, the default, for Ant, Walker2d and Humanoid; `[0, 10000]` for
//! InvertedDoublePendulum; `[0, 12000]` for HalfCheetah; `[0, 180000]` for HumanoidStandup. Its default `colour` is 0.
//!
//! It differs from the code in four ways. The noise of an episode is looked up in a table of some two hundred series, from
//! a sample that is drawn for every sixteen neurons and with a sign that is drawn for each, instead of being generated anew
//! and stored, which takes some 23 kB per transition. Its variance is one including its constant component, not without it.
//! `k` follows the return of the last training episode, not of the last evaluation. The threshold of the output neurons is
//! that of all others.
//!
//! NoisySAN is meant to explore with this noise alone, which an actor cannot enforce: set `action_noise: 0` for `td3` and
//! `ddpg`, as `suites/noisysan.yaml` does. (They still act at random for `start_steps`; `sac` and `ppo` draw their actions,
//! and `dqn` has its epsilon.)

use spikebench::register;

use super::spiking::SpikingActor;

register! {
    /// ILC-SAN: intra-layer connections in the output populations, membrane read-out.
    actor "ilcsan" | "ilc-san" => SpikingActor { "decoder": { "ilc": {} } };
    cites "ILC-SAN: D. Chen, P. Peng, T. Huang, Y. Tian. Fully spiking actor network with intra-layer connections for reinforcement \
           learning. IEEE Transactions on Neural Networks and Learning Systems, 2024."
}

register! {
    /// NoisySAN: ILC-SAN that explores with coloured noise on currents, spikes and decoder.
    actor "noisysan" | "noisy-san" => SpikingActor {
        "decoder": { "ilc": {} },
        "noise": { "current": 0.5, "spike": 0.5, "decoder": 0.5, "colour": 1.0 }
    };
    cites "NoisySAN: D. Chen, P. Peng, T. Huang, Y. Tian. Noisy spiking actor network for exploration. arXiv 2403.04162, 2024."
}

spikebench::conforms!(actor "ilcsan", "noisysan");
