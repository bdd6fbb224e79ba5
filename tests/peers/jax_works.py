"""The entries of `works.json` in JAX."""
import json
import pathlib
from dataclasses import replace
from functools import partial

import numpy as np

import jax_loop
import jax_networks as networks
import jax_neurons as neurons
import setting as s
from jax_ddpg import Ddpg
from jax_dqn import Dqn
from jax_noise import Noise
from jax_ppo import Ppo, RolloutLearner
from jax_replay import ReplayLearner
from jax_replicas import Replicas
from jax_sac import Sac
from jax_td3 import Td3

WORKS = json.loads(pathlib.Path(__file__).with_name("works.json").read_text())
AGENTS = {"td3": Td3, "ddpg": Ddpg, "sac": Sac, "dqn": Dqn, "ppo": Ppo}
DYNAMIC = neurons.Dynamic()
ACTORS = {
    "mlp": networks.Perceptron(),
    "popsan": networks.Spiking(),
    "mdcsan": networks.Spiking(encoder=networks.Population(analog=True), neuron=DYNAMIC),
    "mdcsan-proxy": networks.Spiking(
        encoder=networks.Population(reach=1.0, variance=0.05),
        neuron=neurons.Dynamic(recovery_sign=1.0),
        squashed=True,
    ),
    "ilcsan": networks.Spiking(decoder=networks.IntraLayer()),
    "noisysan": networks.Spiking(decoder=networks.IntraLayer(), noise=Noise()),
    "dsqn": networks.Spiking(
        hidden=(64,),
        steps=8,
        encoder=networks.Direct(),
        neuron=neurons.IntegrateAndFire(),
        decoder=networks.Rate(neurons=64, shared=True),
    ),
}


def arguments(parameters):
    """The parameters of a component as arguments, which must be hashable."""
    named = {"T": "steps"}
    tuples = lambda value: tuple(value) if isinstance(value, list) else value
    return {named.get(name, name): tuples(value) for name, value in parameters.items()}


TASKS = {"Hopper-v5": (*s.HOPPER, False), "CartPole-v1": (4, 2, True)}


def task(work):
    """The number of observed values, that of action dimensions or of choices, and whether there are choices."""
    if "environment" in work:
        return TASKS[work["environment"]]
    discrete = "choices" in work
    return work["observation"], work["choices" if discrete else "actions"], discrete


def agent(work, **set):
    """The agent of an entry, with some parameters set."""
    ((actor, actor_parameters),) = work["actor"].items()
    ((name, parameters),) = work["agent"].items()
    network = replace(ACTORS[actor], **arguments(actor_parameters))
    features, outputs, discrete = task(work)
    sizes = {"features": features, "outputs": outputs}
    if name == "ppo":
        sizes["discrete"] = discrete
    # When learning begins is up to the loop.
    parameters = {key: value for key, value in parameters.items() if key != "start_steps"}
    return AGENTS[name](network=network, **sizes, **arguments(parameters), **set)


def updates(work):
    learner = agent(work, actor_lr=s.FROZEN_LR)
    replay = s.random_replay((work["observation"], work.get("actions")), work.get("choices"))
    normaliser = s.normaliser_of(replay)
    if isinstance(learner, Ppo):
        return rollouts(RolloutLearner(learner), replay, normaliser)
    learner = Replicas(learner, work["replicas"]) if "replicas" in work else ReplayLearner(learner)
    if learner.agent.network.noise:
        replay.rows = with_keys(replay.rows)

    def run(count):
        learner.learn(replay, normaliser, count)
        learner.wait()

    run(s.BLOCK)
    return run


def with_keys(rows):
    """The rows with the keys of their steps: the episode, and the step in it."""
    first = np.concatenate([[0], np.flatnonzero(rows[:-1, -1]) + 1])
    episode = np.searchsorted(first, np.arange(len(rows)), side="right") - 1
    return np.column_stack([rows, episode, np.arange(len(rows)) - first[episode]]).astype(np.float32)


def training(work):
    learner = agent(work)
    name = work["environment"]
    loops = {Ppo: jax_loop.from_rollouts, Dqn: jax_loop.from_values}
    return loops.get(type(learner), jax_loop.from_replay)(learner, name)


def rollouts(learner, replay, normaliser):
    """Rollouts of random steps, none of which is cut by a time limit."""
    agent = learner.agent
    rows = np.pad(replay.rows[: agent.horizon], ((0, 0), (0, 1)))
    scale = normaliser.mean, normaliser.deviation

    def run(count):
        for _ in range(-(-count // agent.updates)):
            learner.learn(rows, *scale)
        learner.wait()

    run(1)
    return run


def works(words):
    """All entries, and the words of the command line that are entries themselves."""
    own = {word: json.loads(word) for word in words if word.startswith("{")}
    kind = lambda work: training if "environment" in work else updates
    return {name: partial(kind(work), work) for name, work in {**WORKS, **own}.items()}
