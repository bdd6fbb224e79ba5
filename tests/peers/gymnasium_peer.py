"""Gymnasium's Hopper-v5: one step with the zero action, and a reset where the episode ends."""
import gymnasium
import numpy as np

import protocol


class Hopper:
    """An environment that begins a new episode by itself."""

    def __init__(self):
        self.environment = gymnasium.make("Hopper-v5")
        self.observation, _ = self.environment.reset(seed=0)

    def step(self, action):
        """Reward and whether the episode has terminated; `last` is the observation before any reset."""
        self.last, reward, terminated, truncated, _ = self.environment.step(action)
        self.observation = self.environment.reset()[0] if terminated or truncated else self.last
        return reward, terminated


def steps():
    hopper = Hopper()
    action = np.zeros(3, np.float32)

    def run(count):
        for _ in range(count):
            hopper.step(action)

    run(1000)
    return run


if __name__ == "__main__":
    protocol.serve({"env_hopper": steps})
