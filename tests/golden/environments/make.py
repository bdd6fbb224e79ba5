"""Writes the trajectories that tests/trajectories.rs replays, from Gymnasium itself.

    python3 -m venv venv && venv/bin/pip install gymnasium==1.4.0 mujoco==3.3.7 numpy==2.4.6 imageio packaging
    venv/bin/python tests/golden/environments/make.py          # writes the CSV files beside this script
    venv/bin/python tests/golden/environments/make.py numpy    # prints the table in framework/src/numpy.rs

A file begins with one `#` line: JSON with the environment, its parameters, the limits that Gymnasium states and the
versions that made the file. The rows are resets and steps in the order in which they happened:

    reset          the seed of a reset; `continue` for a reset without one; empty for a step
    action_i       float32
    observation_i  float64
    reward         float64
    terminated     0 or 1

Numbers are the shortest decimals that read back as the same bits. The environments are unwrapped: nothing ends an
episode but a `reset` row, so that most runs step on through falls.
"""

import json
import sys
from importlib.metadata import version
from pathlib import Path

import gymnasium
import numpy as np

VERSIONS = {"gymnasium": "1.4.0", "mujoco": "3.3.7", "numpy": "2.4.6"}

UNINTERRUPTED = None
# Each: file name, environment, parameters (null in a range: unbounded), seed, steps, steps between resets.
TRAJECTORIES = [
    ("hopper", "Hopper-v5", {}, 12345, 1000, UNINTERRUPTED),
    ("hopper-wide-seed", "Hopper-v5", {}, 2**63 + 5, 1000, UNINTERRUPTED),
    ("hopper-resets", "Hopper-v5", {}, 0, 300, 20),
    (
        "hopper-parameters",
        "Hopper-v5",
        {
            "forward_reward_weight": 1.1,
            "ctrl_cost_weight": 0.03,
            "healthy_reward": 0.7,
            "terminate_when_unhealthy": False,
            "healthy_state_range": [-2.0, 3.0],
            "healthy_z_range": [None, 1.26],
            "healthy_angle_range": [-0.1, 0.3],
            "reset_noise_scale": 0.02,
            "exclude_current_positions_from_observation": False,
        },
        1,
        300,
        20,
    ),
    ("inverted-pendulum", "InvertedPendulum-v5", {}, 12345, 1000, UNINTERRUPTED),
    ("inverted-pendulum-wide-seed", "InvertedPendulum-v5", {}, 2**63 + 5, 1000, UNINTERRUPTED),
    ("inverted-pendulum-resets", "InvertedPendulum-v5", {"reset_noise_scale": 0.1}, 0, 300, 10),
    ("pendulum", "Pendulum-v1", {}, 12345, 1000, UNINTERRUPTED),
    ("pendulum-wide-seed", "Pendulum-v1", {}, 2**63 + 5, 1000, UNINTERRUPTED),
    ("pendulum-resets", "Pendulum-v1", {"g": 9.81}, 0, 1000, 20),
]


def keyword_arguments(parameters):
    """JSON has no infinity: in a range, null stands for it."""

    def bounds(value):
        if not isinstance(value, list):
            return value
        low, high = value
        return (-np.inf if low is None else low, np.inf if high is None else high)

    return {name: bounds(value) for name, value in parameters.items()}


def rows(environment, seed, steps, between_resets):
    """Drives the environment with uniform actions, every 7th of them 1.3 times too large."""
    actions = np.random.default_rng(seed)
    low, high = environment.action_space.low, environment.action_space.high
    no_action, no_outcome = [""] * low.size, ["", ""]

    observation, _ = environment.reset(seed=seed)
    yield [str(seed), *no_action, *texts(observation, np.float64), *no_outcome]
    for step in range(steps):
        if between_resets and step > 0 and step % between_resets == 0:
            observation, _ = environment.reset()
            yield ["continue", *no_action, *texts(observation, np.float64), *no_outcome]
        action = actions.uniform(low, high).astype(np.float32)
        if step % 7 == 6:
            action *= np.float32(1.3)
        observation, reward, terminated, _, _ = environment.step(action)
        yield [
            "",
            *texts(action, np.float32),
            *texts(observation, np.float64),
            *texts([reward], np.float64),
            str(int(terminated)),
        ]


def texts(values, kind):
    return [str(kind(value)) for value in values]


def write(name, identifier, parameters, seed, steps, between_resets):
    environment = gymnasium.make(identifier, **keyword_arguments(parameters)).unwrapped
    bounds = zip(environment.action_space.low, environment.action_space.high, strict=True)
    about = {
        "environment": identifier,
        "parameters": parameters,
        "action": [[float(low), float(high)] for low, high in bounds],
        "max_episode_steps": gymnasium.spec(identifier).max_episode_steps,
        **VERSIONS,
    }
    columns = [
        "reset",
        *(f"action_{i}" for i in range(environment.action_space.shape[0])),
        *(f"observation_{i}" for i in range(environment.observation_space.shape[0])),
        "reward",
        "terminated",
    ]
    lines = [f"# {json.dumps(about)}", ",".join(columns)]
    lines += [",".join(row) for row in rows(environment, seed, steps, between_resets)]
    environment.close()
    (Path(__file__).parent / f"{name}.csv").write_text("\n".join(lines) + "\n")


def print_numpy_table():
    """Per seed: the bits of three draws of uniform(0, 1), and of the 1000th of uniform(-0.005, 0.005) after them."""
    for seed in [0, 1, 12345, 2**32, 2**63 + 5]:
        generator = np.random.default_rng(seed)
        draws = [*generator.uniform(0, 1, 3), generator.uniform(-0.005, 0.005, 1000)[-1]]
        bits = ", ".join(f"0x{np.float64(draw).view(np.uint64):016x}" for draw in draws)
        print(f"({seed}, [{bits}]),")


def main():
    found = {package: version(package) for package in VERSIONS}
    if found != VERSIONS:
        sys.exit(f"made for {VERSIONS}, found {found}")
    if sys.argv[1:] == ["numpy"]:
        print_numpy_table()
    elif not sys.argv[1:]:
        for trajectory in TRAJECTORIES:
            write(*trajectory)
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
