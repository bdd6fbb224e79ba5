"""Writes the trajectories that tests/trajectories.rs replays, from Gymnasium itself.

    python3 -m venv venv && venv/bin/pip install gymnasium==1.4.0 mujoco==3.3.7 numpy==2.4.6 imageio packaging blake3
    venv/bin/python tests/golden/environments/make.py            # writes the JSON files beside this script
    venv/bin/python tests/golden/environments/make.py Ant-v5     # writes only these
    venv/bin/python tests/golden/environments/make.py numpy      # prints the tables in framework/src/numpy/mod.rs

    venv/bin/pip install mujoco==3.5.0
    venv/bin/python tests/golden/environments/make.py sum        # writes contact-margin-*.json

A file holds runs of one environment. A run is made of rows, the resets and steps in the order in which they happened:

- at the beginning a reset with the run's seed; a reset without one before every `between_resets` steps;
- actions are drawn from `default_rng(seed)`, uniform within their bounds, in float32, every 7th of them 1.3 times too
  large; or one of so many, as `int(uniform(0, n))`. An action is held for `hold` steps.

The environments are unwrapped: nothing ends an episode but a reset, so that most runs step on through falls.

In a file each block of ten rows is a hash, and the last row is there in full. A hash is the first 16 digits of BLAKE3 of
the rows' numbers as float64, little endian: of a reset the observation, of a step action, observation, reward and
`terminated` as 0 or 1. `ended` counts the steps with `terminated`, so that a reader sees that there are some.
"""

import json
import sys
from importlib.metadata import version
from pathlib import Path

import gymnasium
import numpy as np
from blake3 import blake3

VERSIONS = {"gymnasium": "1.4.0", "mujoco": "3.3.7", "numpy": "2.4.6"}
BLOCK = 10

PLAIN = {"seed": 12345, "steps": 1000}
WIDE_SEED = {"seed": 2**63 + 5, "steps": 1000}
RESETS = {"seed": 0, "steps": 300, "between_resets": 20}
# In a range, null stands for no bound.
ALL = [PLAIN, WIDE_SEED, RESETS]


def variant(parameters, **run):
    return {"seed": 1, "steps": 300, "between_resets": 20, **run, "parameters": parameters}


def held(steps, seed=3):
    """Actions that are held long enough to get somewhere."""
    return {"seed": seed, "steps": 2000, "between_resets": 500, "hold": steps}


LEGGED = {"ctrl_cost_weight": 0.03, "healthy_reward": 0.7, "terminate_when_unhealthy": False}
UNHIDDEN = {"reset_noise_scale": 0.02, "exclude_current_positions_from_observation": False}
HOPPER = variant({
    **LEGGED,
    "forward_reward_weight": 1.1,
    "healthy_state_range": [-2.0, 3.0],
    "healthy_z_range": [None, 1.26],
    "healthy_angle_range": [-0.1, 0.3],
    **UNHIDDEN,
})
WALKER = variant({
    **LEGGED,
    "forward_reward_weight": 1.1,
    "healthy_z_range": [None, 1.26],
    "healthy_angle_range": [-0.1, 0.3],
    **UNHIDDEN,
})
RUNNER = variant({"forward_reward_weight": 1.1, "ctrl_cost_weight": 0.03, **UNHIDDEN})
ANT = {
    **LEGGED,
    "contact_cost_weight": 0.003,
    "healthy_z_range": [0.3, None],
    "contact_force_range": [-2.0, 3.0],
    **UNHIDDEN,
}
HUMANOID = {**LEGGED, "forward_reward_weight": 1.1, "healthy_z_range": [1.3, None], **UNHIDDEN}
ALTERNATELY = {
    "include_cinert_in_observation": False,
    "include_cvel_in_observation": True,
    "include_qfrc_actuator_in_observation": False,
    "include_cfrc_ext_in_observation": True,
}
REVERSED = {name: not included for name, included in ALTERNATELY.items()}

TASKS = {
    "Ant-v4": [*ALL, variant({**ANT, "use_contact_forces": True}), variant({"reward": "v3"})],
    "Ant-v5": [
        *ALL,
        variant({**ANT, "forward_reward_weight": 1.1, "include_cfrc_ext_in_observation": False}),
        variant({"reward": "v3"}),
    ],
    "HalfCheetah-v4": [*ALL, RUNNER],
    "HalfCheetah-v5": [*ALL, RUNNER],
    "Hopper-v4": [*ALL, HOPPER],
    "Hopper-v5": [*ALL, HOPPER],
    "Humanoid-v4": [*ALL, variant(HUMANOID), variant({"reward": "v3"})],
    "Humanoid-v5": [
        *ALL,
        variant({
            **HUMANOID,
            **ALTERNATELY,
            "contact_cost_weight": 1e-3,
            "contact_cost_range": [0.5, 3.0],
        }),
        variant(REVERSED),
        variant({"reward": "v3"}),
    ],
    "HumanoidStandup-v4": ALL,
    "HumanoidStandup-v5": [
        *ALL,
        variant({
            "ctrl_cost_weight": 0.03,
            "impact_cost_weight": 1e-4,
            "impact_cost_range": [0.5, 3.0],
            **ALTERNATELY,
            **UNHIDDEN,
        }),
        variant(REVERSED),
    ],
    "InvertedDoublePendulum-v4": ALL,
    "InvertedDoublePendulum-v5": [*ALL, variant({"healthy_reward": 7.5, "reset_noise_scale": 0.3})],
    "InvertedPendulum-v4": ALL,
    "InvertedPendulum-v5": [*ALL, variant({"reset_noise_scale": 0.1})],
    "Pusher-v5": [
        *ALL,
        variant({
            "reward_near_weight": 0.7,
            "reward_dist_weight": 1.1,
            "reward_control_weight": 0.3,
        }),
    ],
    "Reacher-v4": ALL,
    "Reacher-v5": [*ALL, variant({"reward_dist_weight": 1.1, "reward_control_weight": 0.3})],
    "Swimmer-v4": [*ALL, RUNNER],
    "Swimmer-v5": [*ALL, RUNNER],
    "Walker2d-v4": [*ALL, WALKER],
    "Walker2d-v5": [*ALL, WALKER],
    "Acrobot-v1": [*ALL, held(5)],
    "CartPole-v1": [*ALL, variant({"sutton_barto_reward": True})],
    "MountainCar-v0": [*ALL, held(20), {**held(20), "parameters": {"goal_velocity": 0.03}}],
    "MountainCarContinuous-v0": [*ALL, held(20), {**held(20), "parameters": {"goal_velocity": 0.03}}],
    "Pendulum-v1": [*ALL, variant({"g": 9.81}), held(10)],
}

# MuJoCo's rule of contact since version 3.5, on the models whose later versions compute the rest alike.
SUMMED = ["Humanoid-v5", "HumanoidStandup-v5", "Pusher-v5"]


class VersionThree(gymnasium.ObservationWrapper):
    """What mujoco-py made of Ant-v3 and Humanoid-v3: version 4, with zeros for the contact forces."""

    FORCES = 14 * 6

    def __init__(self, name):
        super().__init__(gymnasium.make(f"{name}-v4").unwrapped)
        self.seen = {"Ant": 27, "Humanoid": 376 - self.FORCES}[name]
        size = self.seen + self.FORCES
        self.observation_space = gymnasium.spaces.Box(-np.inf, np.inf, (size,), np.float64)

    def observation(self, observation):
        return np.concatenate([observation[: self.seen], np.zeros(self.FORCES)])


def make(identifier, parameters):
    if parameters == {"reward": "v3"}:
        return VersionThree(identifier.split("-")[0])
    return gymnasium.make(identifier, **keyword_arguments(parameters)).unwrapped


def keyword_arguments(parameters):
    """JSON has no infinity: in a range, null stands for it."""

    def bounds(value):
        if not isinstance(value, list):
            return value
        low, high = value
        return (-np.inf if low is None else low, np.inf if high is None else high)

    return {name: bounds(value) for name, value in parameters.items()}


def draws(space, seed):
    """Actions as Gymnasium takes them."""
    generator = np.random.default_rng(seed)
    draw = 0
    while True:
        draw += 1
        if isinstance(space, gymnasium.spaces.Discrete):
            yield int(generator.uniform(0, space.n))
        else:
            action = generator.uniform(space.low, space.high).astype(np.float32)
            yield action * np.float32(1.3) if draw % 7 == 0 else action


def rows(environment, seed, steps, between_resets=None, hold=1):
    actions = draws(environment.action_space, seed)
    observation, _ = environment.reset(seed=seed)
    yield numbers(observation)
    for step in range(steps):
        if between_resets and step > 0 and step % between_resets == 0:
            observation, _ = environment.reset()
            yield numbers(observation)
        if step % hold == 0:
            action = next(actions)
        observation, reward, terminated, _, _ = environment.step(action)
        yield numbers(action, observation, reward, terminated)


def numbers(*values):
    return np.concatenate([np.ravel(value).astype("<f8") for value in values])


def record(identifier, parameters={}, **run):
    environment = make(identifier, parameters)
    lived = list(rows(environment, **run))
    environment.close()
    blocks = [lived[start : start + BLOCK] for start in range(0, len(lived), BLOCK)]
    size = lived[0].size
    return {
        "parameters": parameters,
        **run,
        "observation": size,
        "ended": sum(int(row[-1]) for row in lived if row.size != size),
        "last": [float(value) for value in lived[-1]],
        "blocks": [blake3(np.concatenate(block).tobytes()).hexdigest()[:16] for block in blocks],
    }


def write(name, identifier, runs, versions, **about):
    space = gymnasium.make(identifier).unwrapped.action_space
    if isinstance(space, gymnasium.spaces.Discrete):
        action = int(space.n)
    else:
        bounds = zip(space.low, space.high, strict=True)
        action = [[float(low), float(high)] for low, high in bounds]
    about = {
        "environment": identifier,
        "action": action,
        "max_episode_steps": gymnasium.spec(identifier).max_episode_steps,
        **versions,
        **about,
    }
    lines = ",\n".join(json.dumps(record(identifier, **run)) for run in runs)
    text = f'{{"about": {json.dumps(about)},\n"runs": [\n{lines}\n]}}\n'
    (Path(__file__).parent / f"{name}.json").write_text(text)


def print_numpy_tables():
    """Per seed: the bits of three draws of uniform(0, 1), and of the 1000th of uniform(-0.005, 0.005) after them.
    Then per seed a hash of the bits of a million normal draws."""
    for seed in [0, 1, 12345, 2**32, 2**63 + 5]:
        generator = np.random.default_rng(seed)
        uniform = [*generator.uniform(0, 1, 3), generator.uniform(-0.005, 0.005, 1000)[-1]]
        bits = ", ".join(f"0x{np.float64(draw).view(np.uint64):016x}" for draw in uniform)
        print(f"({seed}, [{bits}]),")
    for seed in [0, 2**63 + 5]:
        normal = np.random.default_rng(seed).standard_normal(1_000_000)
        print(f'({seed}, "{blake3(normal.tobytes()).hexdigest()[:16]}"),')


def check(versions):
    found = {package: version(package) for package in versions}
    if found != versions:
        sys.exit(f"made for {versions}, found {found}")


def main(arguments):
    if arguments == ["numpy"]:
        check(VERSIONS)
        print_numpy_tables()
    elif arguments == ["sum"]:
        versions = {**VERSIONS, "mujoco": "3.5.0"}
        check(versions)
        for identifier in SUMMED:
            name = f"contact-margin-{identifier.lower()}"
            write(name, identifier, [PLAIN], versions, ours={"contact_margin": "sum"})
    elif set(arguments) <= TASKS.keys():
        check(VERSIONS)
        for identifier in arguments or TASKS:
            write(identifier.lower(), identifier, TASKS[identifier], VERSIONS)
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
