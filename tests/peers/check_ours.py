"""Checks that our agents and those in JAX compute the same: from the same weights, transitions and random numbers, the losses of
one update must be equal to 1e-5, and the mean losses and actions after ten updates nearly so.

`cargo xtask bench check` runs it. By hand: `check_ours.py PROGRAM [NAME]...`, where PROGRAM is the built benchmark `works`. NoisySAN is
left out, because the two sides draw their noise differently; without noise it is ILC-SAN.
"""
import os

os.environ.setdefault("JAX_PLATFORMS", "cpu")

import pathlib
import subprocess
import sys
import tempfile

import jax.numpy as jnp
import numpy as np

import jax_ppo
import jax_replay
import jax_works
import setting as s
from jax_optimiser import begin, tree

# Rounding decides which neurons fire at their threshold, and the sign of Adam's step where a gradient is close to zero.
ONCE, TEN = 1e-5, 2e-3
NAMES = {
    "encoder.mean": "mean",
    "encoder.std": "std",
    "decoder.weight": "decoder_w",
    "decoder.bias": "decoder_b",
    "decoder.connection.weight": "connection_w",
    "decoder.connection.bias": "connection_b",
    "noise.decoder": "deviation",
    "log_std": "log_std",
}


def weights(told, prefix, copies=False):
    """The weights below a prefix with the names of `jax_networks`; without the dimension of replicas."""
    found = {}
    for name in told.files:
        if not name.startswith(prefix + "."):
            continue
        short, value = name[len(prefix) + 1 :], told[name][0]
        parts = short.split(".")
        if parts[-1] in ("weight", "bias") and parts[-2].isdigit():
            value = value.squeeze(-2) if parts[-1] == "bias" else value
            found[parts[-1][0] + parts[-2]] = value
        else:
            found[NAMES[short]] = value
    if copies and found["w0"].ndim == 2:
        found = {name: value[None] for name, value in found.items()}
    return tree(jnp.asarray, found)


def state_of(told, when, agent):
    """The networks of an agent as our program wrote them."""
    actor = weights(told, f"{when}.actor")
    if isinstance(agent, jax_works.Dqn):
        return {"actor": actor, "target": weights(told, f"{when}.actor_target"), "adam": begin(actor)}
    ppo = isinstance(agent, jax_works.Ppo)
    critic = weights(told, f"{when}.critic", copies=not ppo)
    state = {"actor": actor, "actor_adam": begin(actor), "critic": critic, "critic_adam": begin(critic)}
    if not ppo:
        state["critic_target"] = weights(told, f"{when}.critic_target", copies=True)
    if isinstance(agent, jax_works.Sac):
        state["log_std"] = weights(told, f"{when}.log_std")
        state["log_std_adam"] = begin(state["log_std"])
    elif not ppo:
        state["actor_target"] = weights(told, f"{when}.actor_target")
    return state


def rows_of(told):
    parts = [told[f"seen.{name}"] for name in ("observation", "action", "next_observation")]
    return parts, [told[f"seen.{name}"][:, None] for name in ("reward", "terminated", "truncated")]


def learn(agent, told, updates):
    """The state after the updates, and the mean losses."""
    before = state_of(told, "before", agent)
    (observation, action, following), (reward, terminated, truncated) = rows_of(told)
    chosen = told["drawn.indices"]
    if isinstance(agent, jax_works.Ppo):
        scale = told["before.normaliser.mean"][0], told["before.normaliser.variance"][0]
        rows = np.concatenate([observation, action, following, reward, terminated, truncated], 1)
        scale = scale[0], np.sqrt(scale[1] + s.EPSILON)
        state, losses, _ = jax_ppo.learn(agent, before, rows, chosen, *scale)
        return state, {name: float(value.mean()) for name, value in losses.items()}
    scale = told["after.experience.normaliser.mean"][0], told["after.experience.normaliser.variance"][0]
    scale = scale[0], np.sqrt(scale[1] + np.float32(s.EPSILON))
    rows = np.concatenate([observation, action, following, reward, terminated], 1)[chosen]
    policy = told["drawn.policy"]
    noise = {"target": policy[0::2], "policy": policy[1::2]}
    if isinstance(agent, jax_works.Td3):
        noise["target"] = told["drawn.target policy noise"]
    noise = {kind: noise[kind] for kind in agent.noise}
    if updates < agent.delay:
        # A program for one update: the first of a step of the scan.
        rows, noise = tree(lambda all: np.repeat(all, agent.delay, 0), (rows, noise))
    state, told_by = jax_replay.learn(agent, before, rows, noise, *scale)
    if updates < agent.delay:
        return None, {name: float(value[0]) for name, value in told_by[0][0].items()}
    losses = {}
    for told_once, _ in told_by:
        for name, values in told_once.items():
            losses.setdefault(name, []).append(values)
    return state, {name: float(np.mean(np.stack(values))) for name, values in losses.items()}


def compare(program, name, work, folder):
    def ours(updates):
        file = folder / f"{name}.{updates}.npz"
        subprocess.run([program, "losses", name, str(updates), str(file)], check=True)
        return np.load(file)

    agent = jax_works.agent(work)
    if isinstance(agent, jax_works.Ppo):
        told = ours(1)
        size = len(told["seen.reward"])
        agent = jax_works.agent({**work, "agent": {"ppo": {**work["agent"]["ppo"], "horizon": size, "batch_size": size}}})
    worst = {}
    for updates, bound in ((1, ONCE), (10, TEN)):
        told = ours(updates)
        state, losses = learn(agent, told, updates)
        for loss, found in losses.items():
            wanted = float(told[f"told.{loss}"][0])
            apart = abs(found - wanted) / max(abs(wanted), 1e-3)
            worst[updates] = max(worst.get(updates, 0.0), apart)
            if not apart <= bound:
                print(f"{name}: {loss} of {updates} updates is {found:.8g} in JAX and {wanted:.8g} in ours")
                return False
    seen = jnp.asarray(np.random.default_rng(8).standard_normal((200, agent.features)), jnp.float32)
    after, _ = agent.network.propose(weights(told, "after.actor"), seen)
    found, _ = agent.network.propose(state["actor"], seen)
    moved, _ = agent.network.propose(weights(told, "before.actor"), seen)
    apart, moved = float(jnp.abs(after - found).mean()), float(jnp.abs(after - moved).mean())
    print(
        f"{name}: losses of one update apart by {worst[1]:.1e}, of ten by {worst[10]:.1e}; after ten, outputs apart by {apart:.1e} "
        f"of {moved:.1e} that they moved"
    )
    return apart <= 0.2 * moved


if __name__ == "__main__":
    program, *names = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        same = [
            compare(program, name, work, pathlib.Path(folder))
            for name, work in jax_works.WORKS.items()
            if (name in names or not names) and "environment" not in work and "noisysan" not in work["actor"]
        ]
    if not all(same):
        raise SystemExit("ours and JAX differ")
    print("OK")
