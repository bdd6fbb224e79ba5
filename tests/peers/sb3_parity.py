"""Stable-Baselines3's TD3 on Hopper-v5 with the settings of suites/parity.yaml. Writes `method,task,seed,step,score` for
`spikebench compare`: the mean return of ten episodes without noise at every evaluation.

    python sb3_parity.py --seed 0 --out sb3-0.csv

Every hyperparameter is given, so that no default of the library counts. Two details cannot be set: the first updates are after 10 050
steps instead of 10 001, and within a block of updates the delayed ones are the even instead of the odd ones.
"""
import argparse
import csv

import gymnasium
import numpy as np
import torch
from stable_baselines3 import TD3
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.noise import NormalActionNoise

START_STEPS = 10_000


class NoiseAfterStart(NormalActionNoise):
    """No noise on the random actions at the beginning, to which the library would add it."""

    def __init__(self, actions):
        super().__init__(np.zeros(actions), np.full(actions, 0.1))
        self.steps = 0

    def __call__(self):
        self.steps += 1
        return super().__call__() if self.steps > START_STEPS else np.zeros_like(self._mu)


class Evaluations(BaseCallback):
    def __init__(self, task, every, episodes, seed, rows):
        super().__init__()
        self.environment, self.every, self.episodes, self.rows = gymnasium.make(task), every, episodes, rows
        self.environment.reset(seed=10_000 + seed)

    def _on_step(self):
        if self.num_timesteps % self.every == 0:
            score = np.mean([self.episode() for _ in range(self.episodes)])
            self.rows(self.num_timesteps, score)
        return True

    def episode(self):
        observation, total, over = self.environment.reset()[0], 0.0, False
        while not over:
            action, _ = self.model.predict(observation, deterministic=True)
            observation, reward, terminated, truncated, _ = self.environment.step(action)
            total, over = total + reward, terminated or truncated
        return total


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--task", default="Hopper-v5")
    options.add_argument("--seed", type=int, required=True)
    options.add_argument("--steps", type=int, default=100_000)
    options.add_argument("--every", type=int, default=5_000)
    options.add_argument("--out", required=True)
    chosen = options.parse_args()
    torch.set_num_threads(1)
    environment = gymnasium.make(chosen.task)
    model = TD3(
        "MlpPolicy",
        environment,
        learning_rate=1e-3,
        buffer_size=1_000_000,
        learning_starts=START_STEPS,
        batch_size=100,
        tau=0.005,
        gamma=0.99,
        train_freq=(50, "step"),
        gradient_steps=50,
        action_noise=NoiseAfterStart(environment.action_space.shape[0]),
        replay_buffer_kwargs={"handle_timeout_termination": True},
        policy_delay=2,
        target_policy_noise=0.2,
        target_noise_clip=0.5,
        policy_kwargs={"net_arch": {"pi": [256, 256], "qf": [256, 256]}, "activation_fn": torch.nn.ReLU, "n_critics": 2},
        seed=chosen.seed,
        device="cpu",
    )
    with open(chosen.out, "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["method", "task", "seed", "step", "score"])

        def row(step, score):
            writer.writerow(["Stable-Baselines3", chosen.task, chosen.seed, step, f"{score:.4f}"])
            file.flush()

        model.learn(chosen.steps, callback=Evaluations(chosen.task, chosen.every, 10, chosen.seed, row))


if __name__ == "__main__":
    main()
