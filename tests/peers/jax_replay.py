"""Learning from a replay buffer in JAX: a whole block of updates is one compiled program, a scan over donated state. Batches are
drawn by NumPy, which is faster at it than JAX on a CPU."""
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

import setting as s
from jax_optimiser import tree


def learn(agent, state, rows, noise, mean, deviation):
    """Rows are [updates, B, columns], with the keys of the steps as their last columns if the network has noise, and each kind of noise is [updates, B, actions].

    Every agent does the same in each update, but for those that delay the update of their actor: a step of the scan holds as many
    updates as that takes.
    """
    keys = 2 if agent.network.noise else 0
    width = rows.shape[-1] - 2 * agent.features - 2 - keys
    cuts = np.cumsum([agent.features, width, agent.features, 1] + ([1] if keys else []))

    def step(state, drawn):
        all_told = []
        for index in range(agent.delay):
            rows, noise = tree(lambda all: all[index], drawn)
            observation, action, following, *rest = jnp.split(rows, cuts, 1)
            see = lambda seen: agent.network.see(seen, mean, deviation)
            observation, following = see(observation), see(following)
            batch = observation, action, following, *rest
            state, told, kept = agent.update(state, batch, noise, delayed=index == 0)
            all_told.append((told, kept))
        return state, all_told

    blocks = tree(lambda all: all.reshape(-1, agent.delay, *all.shape[1:]), (rows, noise))
    return jax.lax.scan(step, state, blocks)


def act(agent, state, observation, mean, deviation):
    return agent.act(state, agent.network.see(observation, mean, deviation)[None])


def learn_and_act(agent, state, rows, noise, observation, mean, deviation):
    """Both in one program, which saves a call where there is an update after every step."""
    state, _ = learn(agent, state, rows, noise, mean, deviation)
    return state, act(agent, state, observation, mean, deviation)[0]


class ReplayLearner:
    def __init__(self, agent, weights=None, block=s.BLOCK):
        self.agent, self.block = agent, block
        self.compiled_learn = jax.jit(partial(learn, agent), donate_argnums=0)
        self.compiled_both = jax.jit(partial(learn_and_act, agent), donate_argnums=0)
        self.compiled_act = jax.jit(partial(act, agent))
        if weights is None:
            weights = agent.network.weights(agent.features, agent.outputs, np.random.default_rng(0))
        self.state = agent.begin(tree(jnp.asarray, weights))
        self.draw = np.random.default_rng(4)
        self.known = None

    def scale(self, normaliser):
        """Mean and standard deviation on the device, transferred only when they have changed."""
        if normaliser.mean is not self.known:
            self.known = normaliser.mean
            self.sent = jax.device_put((normaliser.mean, normaliser.deviation))
        return self.sent

    def drawn(self, replay):
        """Rows and noise for a block."""
        agent, block = self.agent, self.block
        shape = (block, agent.batch_size, agent.outputs)
        noise = {kind: self.draw.standard_normal(shape, np.float32) for kind in agent.noise}
        return replay.sample(block, agent.batch_size), noise

    def learn(self, replay, normaliser, updates):
        """Rounds up to whole blocks, as in the training loop, because the program is compiled for that length."""
        for _ in range(-(-updates // self.block)):
            drawn, scale = self.drawn(replay), self.scale(normaliser)
            self.state, _ = self.compiled_learn(self.state, *drawn, *scale)

    def learn_and_act(self, replay, normaliser, observation):
        """A block of updates, and then the action for an observation."""
        drawn, scale = self.drawn(replay), self.scale(normaliser)
        observation = np.asarray(observation, np.float32)
        self.state, action = self.compiled_both(self.state, *drawn, observation, *scale)
        return action

    def act(self, observation, normaliser):
        observation = np.asarray(observation, np.float32)
        action, _ = self.compiled_act(self.acting(), observation, *self.scale(normaliser))
        return np.asarray(action)

    def acting(self):
        """The weights that it takes to act; a call is faster with few arguments."""
        return {name: self.state[name] for name in ("actor", "log_std") if name in self.state}

    def wait(self):
        jax.block_until_ready(self.state)
