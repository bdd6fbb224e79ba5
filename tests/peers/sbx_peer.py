"""SBX, Stable-Baselines3 in JAX, on one core."""
import os

os.environ.setdefault("JAX_PLATFORMS", "cpu")

import jax
import torch
from flax import linen
from sbx import DDPG, DQN, PPO, SAC, TD3

import baselines

torch.set_num_threads(1)


def wait(model):
    states = [value for value in vars(model.policy).values() if hasattr(value, "params")]
    jax.block_until_ready([state.params for state in states])


library = {"td3": TD3, "ddpg": DDPG, "sac": SAC, "ppo": PPO, "dqn": DQN}
baselines.serve(library, wait, linen.relu)
