"""Gymnasium's environments: one step of Hopper-v5 with a zero action, and a reset at the end of the episode."""
import gymnasium
import numpy as np

import protocol


class Episodes:
    """An environment that starts the next episode by itself."""

    def __init__(self, name):
        self.environment = gymnasium.make(name)
        self.observation, _ = self.environment.reset(seed=0)

    def step(self, action):
        """Returns the reward, whether the episode terminated, and whether the time limit cut it. `last` is the observation before a
        reset."""
        self.last, reward, terminated, truncated, _ = self.environment.step(action)
        self.observation = self.environment.reset()[0] if terminated or truncated else self.last
        return reward, terminated, truncated


def steps():
    hopper = Episodes("Hopper-v5")
    action = np.zeros(3, np.float32)

    def run(count):
        for _ in range(count):
            hopper.step(action)

    run(1000)
    return run


if __name__ == "__main__":
    protocol.serve({"env_hopper": steps})
