"""Stable-Baselines3 on one core."""
import torch
from stable_baselines3 import DDPG, DQN, PPO, SAC, TD3

import baselines

torch.set_num_threads(1)


def wait(model):
    """Nothing to wait for: PyTorch has finished on return."""


library = {"td3": TD3, "ddpg": DDPG, "sac": SAC, "ppo": PPO, "dqn": DQN}
baselines.serve(library, wait, torch.nn.ReLU)
