//! What is measured, and against what.

/// What is measured, and the peers that it is compared with.
#[derive(Clone, Copy)]
pub struct Workload {
    pub name: &'static str,
    /// Iterations are counted in multiples of this: updates come in blocks, and evaluations every so many
    /// steps.
    pub unit: u64,
    pub peers: &'static [Peer],
    /// The ratio to be reached against the peers that are rivals.
    pub goal: Option<f64>,
}

/// The other side of one row.
#[derive(Clone, Copy)]
pub struct Peer {
    pub name: &'static str,
    pub does: Does,
    /// Whether the goal is set against this peer: the fastest code for the same work.
    pub rival: bool,
}

#[derive(Clone, Copy)]
pub enum Does {
    /// A script in `tests/peers`, which has the workload under the same name.
    Script(&'static str),
    /// Our own program, doing another workload.
    Ours(&'static str),
    /// One copy of our own program, against two copies on a core each.
    Alone(&'static str),
}

pub const fn script(name: &'static str, file: &'static str) -> Peer {
    let does = Does::Script(file);
    Peer {
        name,
        does,
        rival: false,
    }
}

const fn rival(name: &'static str, file: &'static str) -> Peer {
    let does = Does::Script(file);
    Peer {
        name,
        does,
        rival: true,
    }
}

pub const JAX: Peer = rival("jax", "jax_peer.py");
const TORCH: Peer = script("torch", "torch_peer.py");
const SPIKINGJELLY: Peer = script("spikingjelly", "spikingjelly_peer.py");
const FLOOR: Peer = script("dense floor", "dense_floor.py");
const JAX_LOOP: Peer = rival("jax+gymnasium", "jax_peer.py");
const SBX: Peer = rival("sbx", "sbx_peer.py");
const SB3: Peer = script("stable-baselines3", "sb3_peer.py");

/// One training alone, and what two of them on a core each are compared with.
pub const TRAINING: &str = "training_step";
/// The same for products of small matrices.
pub const PRODUCTS: &str = "small_products";

/// The row that says how much of two cores two jobs use.
pub const TWO_JOBS_OF_TWO_CORES: &str = "two_jobs ÷ two_cores";

/// The workloads of `bench`.
pub const LEARNING: [Workload; 45] = [
    updates("td3_update", &[JAX, TORCH, SPIKINGJELLY, FLOOR], 2.0),
    updates(
        "td3_update_trained_rates",
        &[JAX, TORCH, SPIKINGJELLY, FLOOR],
        1.8,
    ),
    // Components that are loaded from a shared library lose nothing.
    updates(
        "td3_update_loaded",
        &[Peer {
            name: "linked",
            does: Does::Ours("td3_update"),
            rival: true,
        }],
        0.97,
    ),
    updates("td3_update_halfcheetah", &[JAX, TORCH], 2.0),
    updates("td3_update_ant", &[JAX, TORCH], 2.0),
    updates("td3_update_analog", &[JAX, TORCH], 1.5),
    updates("td3_update_mlp", &[JAX], 1.5),
    updates("td3_update_mdcsan", &[JAX], 1.8),
    updates("td3_update_mdcsan_proxy", &[JAX], 1.8),
    updates("td3_update_ilcsan", &[JAX], 1.5),
    updates("td3_update_noisysan", &[JAX], 1.5),
    updates("td3_update_popsan_t16", &[JAX], 1.5),
    updates("td3_update_popsan_batch_256", &[JAX], 1.8),
    updates("td3_update_popsan_400_300", &[JAX], 1.8),
    updates("td3_update_popsan_humanoid", &[JAX], 1.8),
    updates("ddpg_update_mlp", &[JAX], 1.5),
    updates("ddpg_update_popsan", &[JAX], 2.0),
    updates("sac_update_mlp", &[JAX], 1.5),
    updates("sac_update_popsan", &[JAX], 1.5),
    rollouts("ppo_update_mlp_64", 320, &[JAX], 1.5),
    rollouts("ppo_update_popsan", 100, &[JAX], 1.5),
    rollouts("ppo_update_popsan_zoo", 100, &[JAX], 1.5),
    updates("dqn_update_mlp_64", &[JAX], 1.5),
    updates("dqn_update_mlp_256", &[JAX], 1.5),
    updates("dqn_update_dsqn_64", &[JAX], 1.5),
    updates("dqn_update_dsqn_256", &[JAX], 1.5),
    Workload {
        name: "act",
        unit: 1,
        peers: &[JAX, TORCH],
        goal: None,
    },
    Workload {
        name: "env_hopper",
        unit: 1,
        peers: &[
            script("gymnasium", "gymnasium_peer.py"),
            Peer {
                name: "mj_step",
                does: Does::Ours("mj_step"),
                rival: false,
            },
        ],
        goal: None,
    },
    Workload {
        name: TRAINING,
        unit: 100,
        peers: &[JAX_LOOP, script("torch+gymnasium", "torch_peer.py")],
        goal: Some(2.0),
    },
    steps("td3_loop_mlp", 100, &[JAX_LOOP, SBX, SB3]),
    steps("td3_loop_popsan", 100, &[JAX_LOOP]),
    steps("ddpg_loop_mlp", 100, &[JAX_LOOP, SBX, SB3]),
    steps("ddpg_loop_popsan", 100, &[JAX_LOOP]),
    steps("sac_loop_mlp", 100, &[JAX_LOOP, SBX, SB3]),
    steps("sac_loop_popsan", 100, &[JAX_LOOP]),
    steps("ppo_loop_mlp_64", 2048, &[JAX_LOOP, SBX, SB3]),
    steps("ppo_loop_mlp_64_cartpole", 2048, &[JAX_LOOP, SBX, SB3]),
    steps("ppo_loop_popsan", 2000, &[JAX_LOOP]),
    steps("ppo_loop_popsan_zoo", 500, &[JAX_LOOP]),
    steps("dqn_loop_mlp_64", 100, &[JAX_LOOP, SBX, SB3]),
    steps("dqn_loop_mlp_256", 100, &[JAX_LOOP, SBX, SB3]),
    steps("dqn_loop_dsqn_64", 100, &[JAX_LOOP]),
    Workload {
        name: "checkpoint",
        unit: 1,
        peers: &[TORCH],
        goal: None,
    },
    Workload {
        name: "two_jobs",
        unit: 100,
        peers: &[Peer {
            name: "one job",
            does: Does::Alone(TRAINING),
            rival: false,
        }],
        goal: Some(0.97),
    },
    // `two_jobs` measures this too, in turn with its own rounds.
    Workload {
        name: "two_cores",
        unit: 1,
        peers: &[Peer {
            name: "one core",
            does: Does::Alone(PRODUCTS),
            rival: false,
        }],
        goal: None,
    },
];

/// The comparison of scores, which takes the peers minutes.
pub const STATISTICS: [Workload; 1] = [Workload {
    name: "stats",
    unit: 1,
    peers: &[script("scipy+rliable", "score_statistics.py")],
    goal: None,
}];

const fn updates(name: &'static str, peers: &'static [Peer], goal: f64) -> Workload {
    rollouts(name, 50, peers, goal)
}

/// Updates of an agent that learns from rollouts, with so many of them after each.
const fn rollouts(name: &'static str, unit: u64, peers: &'static [Peer], goal: f64) -> Workload {
    Workload {
        name,
        unit,
        peers,
        goal: Some(goal),
    }
}

/// Steps of a whole training loop, whose updates come after every so many steps.
const fn steps(name: &'static str, unit: u64, peers: &'static [Peer]) -> Workload {
    rollouts(name, unit, peers, 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entry_of_the_list_that_both_sides_read_is_measured() {
        let text = include_str!("../../../tests/peers/works.json");
        let works: serde_json::Map<String, serde_json::Value> = serde_json::from_str(text).unwrap();
        for (name, work) in &works {
            let workload = LEARNING.iter().find(|workload| workload.name == name);
            let unit = workload
                .unwrap_or_else(|| panic!("{name} is not measured"))
                .unit;
            let Some(ppo) = work["agent"].get("ppo") else {
                continue;
            };
            let of = |key: &str| ppo[key].as_u64().unwrap();
            let block = match work.get("environment") {
                Some(_) => of("horizon"),
                None => {
                    of("epochs") * of("horizon").div_ceil(ppo["batch_size"].as_u64().unwrap_or(100))
                }
            };
            assert_eq!(unit, block, "{name} learns in blocks of another size");
        }
    }
}
