"""Checks that the peers compute the same: actions and gradients of the actors, and the critics' weights after a block of
updates.

`cargo xtask bench check` runs it, and then `check_ours.py`.
"""
import os

os.environ.setdefault("JAX_PLATFORMS", "cpu")

import jax
import jax.numpy as jnp
import numpy as np
import torch

import jax_td3
import setting as s
import spikingjelly_popsan
import torch_popsan
import torch_td3
from jax_networks import Population, Spiking
from jax_optimiser import tree
from jax_replay import ReplayLearner
from jax_replicas import Replicas

NAMES = ("mean", "std", "w0", "b0", "w1", "b1", "w2", "b2", "decoder_w", "decoder_b")


def of_torch(actor, observation):
    """The actions, and the gradients of their weighted sum with the names and layout of `setting`."""
    action = actor(torch.tensor(observation))
    (action * torch.arange(1.0, 1 + action.shape[1])).sum().backward()
    gradients = {}
    for name, weight in actor.named_parameters():
        *_, last = name.split(".")
        numbers = [int(part) for part in name.split(".") if part.isdigit()]
        gradient = weight.grad.numpy()
        if numbers:
            layer = numbers[0] if isinstance(actor, torch_popsan.PopSan) else numbers[0] // 2
            last, gradient = (f"w{layer}", gradient.T) if last == "weight" else (f"b{layer}", gradient)
        gradients[last] = gradient
    return action.detach().numpy(), gradients


def of_jax(weights, observation, analog):
    network = Spiking(encoder=Population(analog=analog))
    act = lambda weights: jnp.tanh(network.propose(weights, observation)[0])

    def loss(weights):
        action = act(weights)
        return (action * np.arange(1.0, 1 + action.shape[1], dtype=np.float32)).sum()

    action = act(weights)
    return np.asarray(action), {name: np.asarray(one) for name, one in jax.grad(loss)(weights).items()}


def compare(what, found, wanted):
    scale = max(1.0, float(np.abs(wanted).max()))
    apart = float(np.abs(found.reshape(wanted.shape) - wanted).max()) / scale
    if not apart <= 1e-5:
        raise SystemExit(f"{what}: differs by {apart:.2g}")


def actors():
    draw = np.random.default_rng(7)
    observation = draw.standard_normal((32, s.HOPPER[0])).astype(np.float32)
    first = s.actor_weights(s.HOPPER)
    for kind, weights in (("first weights", first), ("trained rates", s.at_rates(first))):
        for analog in (False, True):
            wanted = of_torch(torch_popsan.PopSan(s.HOPPER, weights, analog), observation)
            others = {"jax": of_jax(weights, observation, analog)}
            if not analog:
                jelly = spikingjelly_popsan.PopSan(s.HOPPER, weights)
                others["spikingjelly"] = of_torch(jelly, observation)
            for peer, (action, gradients) in others.items():
                compare(f"{peer}, {kind}: actions", action, wanted[0])
                for name in NAMES:
                    compare(f"{peer}, {kind}: gradient of {name}", gradients[name], wanted[1][name])
        rates = [layer.mean() for layer in s.spikes_of_layers(weights, observation)]
        print(kind, "give the firing rates", ", ".join(f"{rate:.2f}" for rate in rates))


class Once:
    """A replay buffer that gives every learner the same batches in the same order."""

    def __init__(self, replay, batches):
        self.parts, self.batches = replay.parts, iter(batches)

    def sample(self, *shape):
        return np.stack([next(self.batches) for _ in range(int(np.prod(shape[:-1])))]).reshape(*shape, -1)


def updates():
    """After a block of updates without target noise, critics and actors must be the same."""
    s.TARGET_NOISE = 0.0
    replay = s.random_replay(s.HOPPER)
    normaliser = s.normaliser_of(replay)
    batches = replay.sample(s.BLOCK, s.BATCH)
    weights = s.actor_weights(s.HOPPER)
    ours, theirs = jax_td3.learner(s.HOPPER, weights, target_noise=0.0), torch_td3.Learner(s.HOPPER, weights)
    for learner in (ours, theirs):
        learner.learn(Once(replay, batches), normaliser, s.BLOCK)
    state = ours.state
    for index, critic in enumerate(theirs.critics):
        for layer in range(3):
            found = np.asarray(state["critic"][f"w{layer}"][index])
            wanted = critic.q[2 * layer].weight.detach().numpy().T
            # Adam divides by the magnitude of the gradient, so rounding decides the sign where that is close to zero. The
            # bound is a five-hundredth of 0.05, the most that a weight can have moved.
            apart = np.abs(found - wanted)
            print(f"critic {index}, layer {layer}: mean {apart.mean():.1e}, largest {apart.max():.1e}")
            if apart.mean() > 1e-4:
                raise SystemExit("the critics differ")
    observation = np.random.default_rng(8).standard_normal((200, s.HOPPER[0])).astype(np.float32)
    found = np.asarray(jnp.tanh(Spiking().propose(state["actor_target"], observation)[0]))
    wanted = theirs.actor_target(torch.tensor(observation)).detach().numpy()
    apart = np.abs(found - wanted)
    print(f"target actor after {s.BLOCK} updates: actions differ by {apart.mean():.1e} on average")
    if apart.mean() > 1e-3:
        raise SystemExit("the actors differ")


def replicas():
    """After two updates, each of several learners must be what it is alone."""
    replay = s.random_replay(s.HOPPER)
    agent = jax_td3.Td3(Spiking(), *s.HOPPER)
    several, alone = Replicas(agent, 2), ReplayLearner(agent)
    begun = tree(np.array, several.state)
    drawn = tree(lambda all: all[:, :2], several.drawn(replay))
    scale = several.scale(s.normaliser_of(replay))
    found, _ = several.compiled_learn(several.state, *drawn, *scale)
    for index in range(2):
        own = lambda all: tree(lambda part: np.asarray(part[index]), all)
        wanted, _ = alone.compiled_learn(own(begun), *own(drawn), *scale)
        leaves = zip(jax.tree_util.tree_leaves(own(found)), jax.tree_util.tree_leaves(wanted))
        for found_leaf, wanted_leaf in leaves:
            compare(f"replica {index}", found_leaf, np.asarray(wanted_leaf))
    print("learners side by side are what each is alone")


actors()
updates()
replicas()
print("OK")
