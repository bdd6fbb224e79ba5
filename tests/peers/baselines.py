"""The training loops of Stable-Baselines3 and of SBX, its sibling in JAX, on the entries of `works.json` with a perceptron. Both have
the same interface.

They do the same work as ours as far as they can: sizes of networks and batches, the number of updates per step and updates in
blocks are the same. They do less where they have no such thing: observations are not normalised, one network gives SAC's mean and
standard deviation, and DQN does without double Q-learning.
"""
import json
import pathlib
from functools import partial

import protocol

WORKS = json.loads(pathlib.Path(__file__).with_name("works.json").read_text())
# Random steps before learning, and the steps before the first answer.
BEFORE, WARM = 1_000, 1_200
BLOCK = 50

OFF_POLICY = {"learning_starts": BEFORE, "batch_size": 100, "gamma": 0.99, "tau": 0.005}
BLOCKS = {**OFF_POLICY, "train_freq": BLOCK, "gradient_steps": BLOCK, "learning_rate": 1e-3}
SETTINGS = {
    "td3": BLOCKS,
    "ddpg": BLOCKS,
    "sac": {**BLOCKS, "ent_coef": 0.2},
    "dqn": {
        "learning_starts": BEFORE,
        "batch_size": 128,
        "buffer_size": 50_000,
        "gamma": 0.98,
        "tau": 0.01,
        "target_update_interval": 1,
        "train_freq": 1,
        "gradient_steps": 1,
        "learning_rate": 3e-4,
        "exploration_fraction": 1e-6,
    },
}


def rollouts(parameters):
    """PPO's settings."""
    return {
        "n_steps": parameters["horizon"],
        "n_epochs": parameters["epochs"],
        "batch_size": parameters["batch_size"],
        "learning_rate": 1e-4,
    }


def train(library, work, wait, relu, clock):
    """Trains for ever. `library` maps the names of agents to classes, `wait(model)` waits for what has been started."""
    from stable_baselines3.common.callbacks import BaseCallback

    ((name, parameters),) = work["agent"].items()
    hidden = work["actor"]["mlp"].get("hidden", [256, 256])
    settings = rollouts(parameters) if name == "ppo" else SETTINGS[name]
    layers = {"net_arch": hidden, "activation_fn": relu}
    model = library[name]("MlpPolicy", work["environment"], policy_kwargs=layers, seed=0, **settings)
    # The number of steps before the loop begins to answer.
    warm = settings.get("n_steps", WARM)

    class Ticks(BaseCallback):
        def _on_step(self):
            if self.num_timesteps == warm:
                wait(self.model)
                clock.begin()
            elif self.num_timesteps > warm:
                clock.tick(lambda: wait(self.model))
            return True

    model.learn(10**9, callback=Ticks())


def works(library, wait, relu):
    fits = lambda work: "environment" in work and "mlp" in work["actor"]
    return {
        name: partial(train, library, work, wait, relu) for name, work in WORKS.items() if fits(work)
    }


def serve(library, wait, relu):
    protocol.serve_loops(works(library, wait, relu))
