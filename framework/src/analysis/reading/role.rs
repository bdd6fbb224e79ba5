//! What a column of a file of scores is, and the names by which it is known.

/// What a column tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// What is compared.
    Method,
    /// What it is compared on.
    Task,
    /// What is the same for all methods of one comparison.
    Context,
    /// The run.
    Seed,
    /// How long it had trained.
    Step,
    /// The number of an evaluation or of an episode at that step.
    Score,
    /// One of several episodes that are averaged.
    Episode,
    /// Which of several quantities a line is of.
    Tag,
}

impl Role {
    /// Every role; the place of one in this list is its discriminant.
    pub const ALL: [Self; 8] = [
        Self::Method,
        Self::Task,
        Self::Context,
        Self::Seed,
        Self::Step,
        Self::Score,
        Self::Episode,
        Self::Tag,
    ];

    /// The name in our own files and on the command line.
    pub fn name(self) -> &'static str {
        self.names()[0]
    }

    /// The names that are recognised, in lower case with `_` between words; the earlier ones win. They are those of our own
    /// files and of CleanRL, Stable-Baselines3 with its zoo, rlberry, Spinning Up, Weights & Biases and marl-eval.
    pub fn names(self) -> &'static [&'static str] {
        match self {
            Self::Method => &[
                "method",
                "algorithm",
                "algo",
                "alg",
                "exp_name",
                "agent",
                "agent_name",
                "approach",
                "model",
                "name",
            ],
            Self::Task => &[
                "task",
                "env_id",
                "env",
                "env_name",
                "environment",
                "environment_id",
                "environment_name",
                "game",
                "domain",
            ],
            Self::Context => &["context"],
            Self::Seed => &[
                "seed",
                "random_seed",
                "n_simu",
                "run",
                "run_id",
                "trial",
                "replicate",
                "repetition",
                "rep",
            ],
            Self::Step => &[
                "step",
                "global_step",
                "steps",
                "timestep",
                "timesteps",
                "time_step",
                "time_steps",
                "total_timesteps",
                "time/total_timesteps",
                "num_timesteps",
                "total_steps",
                "total_env_steps",
                "totalenvinteracts",
                "env_step",
                "env_steps",
                "environment_steps",
                "num_env_steps",
                "training_steps",
                "step_count",
                "frame",
                "frames",
                "_step",
            ],
            Self::Score => &[
                "score",
                "return",
                "charts/episodic_return",
                "episodic_return",
                "eval/mean_reward",
                "eval/episodic_return",
                "eval/episode_reward",
                "eval/mean_return",
                "evaluation/return",
                "evaluation/mean_reward",
                "test/reward",
                "charts/episode_return",
                "metrics/averagereturn",
                "eval/return",
                "eval_return",
                "evaluation_return",
                "mean_return",
                "average_return",
                "avg_return",
                "mean_reward",
                "average_reward",
                "avg_reward",
                "rollout/ep_rew_mean",
                "ep_rew_mean",
                "train/episodic_return",
                "train/episode_reward",
                "averageepret",
                "averagetestepret",
                "episode_return",
                "episode_returns",
                "mean_episode_return",
                "episode_reward",
                "episode_rewards",
                "ep_return",
                "ep_ret",
                "ep_reward",
                "total_reward",
                "returns",
                "reward",
                "value",
            ],
            Self::Episode => &[
                "episode",
                "ep",
                "episode_id",
                "episode_index",
                "episode_number",
                "eval_episode",
                "evaluation_episode",
            ],
            Self::Tag => &["tag"],
        }
    }

    /// The role by its name in our own files.
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }
}

/// A name as [`Role::names`] are written.
pub fn plain(name: &str) -> String {
    let name = name.trim().trim_matches('"').to_lowercase();
    name.replace([' ', '-'], "_")
}
