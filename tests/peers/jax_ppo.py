"""PPO in JAX: everything that is learned from a rollout is one compiled program, advantages included."""
from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from jax_networks import Perceptron
from jax_optimiser import adam, begin, tree


@dataclass(frozen=True)
class Ppo:
    network: object
    features: int
    outputs: int
    discrete: bool
    actor_lr: float = 1e-5
    critic_lr: float = 1e-4
    critic_hidden: tuple = (256, 256)
    log_std: float = -0.5
    gamma: float = 0.99
    gae_lambda: float = 0.95
    clip: float = 0.2
    value_coefficient: float = 0.5
    entropy_coefficient: float = 0.001
    horizon: int = 10_000
    epochs: int = 25
    batch_size: int = 100

    @property
    def updates(self):
        return self.epochs * -(-self.horizon // self.batch_size)

    def begin(self, actor):
        if not self.discrete:
            actor = {**actor, "log_std": jnp.full(self.outputs, self.log_std, jnp.float32)}
        critic = self.critic.weights(self.features, 1, np.random.default_rng(10))
        critic = tree(jnp.asarray, critic)
        return {
            "actor": actor,
            "actor_adam": begin(actor),
            "critic": critic,
            "critic_adam": begin(critic),
        }

    @property
    def critic(self):
        return Perceptron(self.critic_hidden)

    def act(self, actor, observation):
        """The mean of the action, or the logarithms of the probabilities, for one observation [1, features]."""
        proposed, kept = self.network.propose(actor, observation)
        return (proposed if self.discrete else jnp.tanh(proposed))[0], kept

    def judge(self, actor, observation, action):
        """The logarithm of the actions' probability [B, 1], the entropy, and what the actor's network keeps."""
        proposed, kept = self.network.propose(actor, observation)
        if not self.discrete:
            log_std = actor["log_std"]
            distance = (action - jnp.tanh(proposed)) * jnp.exp(-log_std)
            density = -0.5 * distance**2 - log_std - 0.5 * np.log(2 * np.pi)
            entropy = jnp.sum(log_std + 0.5 + 0.5 * np.log(2 * np.pi))
            return density.sum(-1, keepdims=True), entropy, kept
        every = jax.nn.log_softmax(proposed)
        entropy = -jnp.mean(jnp.sum(jnp.exp(every) * every, -1))
        return jnp.take_along_axis(every, action.astype(jnp.int32), -1), entropy, kept

    def advantages(self, value, following, reward, terminated, truncated):
        """Generalised advantage estimates [H, 1]."""
        goes_on = 1 - terminated
        surprise = reward + self.gamma * goes_on * following - value
        carried = self.gamma * self.gae_lambda * goes_on * (1 - truncated)

        def back(after, step):
            surprise, carried = step
            now = surprise + carried * after
            return now, now

        _, advantage = jax.lax.scan(back, jnp.zeros(1), (surprise, carried), reverse=True)
        return advantage

    def update(self, state, observation, action, before, advantage, target):
        def actor_loss(actor):
            after, entropy, kept = self.judge(actor, observation, action)
            ratio = jnp.exp(after - before)
            clipped = jnp.clip(ratio, 1 - self.clip, 1 + self.clip) * advantage
            objective = jnp.mean(jnp.minimum(ratio * advantage, clipped))
            return -objective - self.entropy_coefficient * entropy, kept

        def critic_loss(critic):
            error = self.critic.propose(critic, observation)[0] - target
            return self.value_coefficient * jnp.mean(error**2)

        (of_actor, kept), gradient = jax.value_and_grad(actor_loss, has_aux=True)(state["actor"])
        actor, actor_adam = adam(state["actor"], state["actor_adam"], gradient, self.actor_lr)
        of_critic, gradient = jax.value_and_grad(critic_loss)(state["critic"])
        critic, critic_adam = adam(state["critic"], state["critic_adam"], gradient, self.critic_lr)
        state = {
            "actor": actor,
            "actor_adam": actor_adam,
            "critic": critic,
            "critic_adam": critic_adam,
        }
        return state, {"critic_loss": of_critic, "actor_loss": of_actor}, kept


def learn(agent, state, rows, chosen, mean, deviation):
    """Rows are the rollout's steps [H, columns], `chosen` are those of each batch [updates, B]."""
    width = 1 if agent.discrete else agent.outputs
    cuts = np.cumsum([agent.features, width, agent.features, 1, 1])
    observation, action, following, reward, terminated, truncated = jnp.split(rows, cuts, 1)
    observation, following = (
        agent.network.see(seen, mean, deviation) for seen in (observation, following)
    )
    value, after = (agent.critic.propose(state["critic"], seen)[0] for seen in (observation, following))
    advantage = agent.advantages(value, after, reward, terminated, truncated)
    target = advantage + value
    advantage = (advantage - advantage.mean()) / (advantage.std(ddof=1) + 1e-8)
    # One batch at a time, because all time steps of all neurons are in memory at once.
    before = jax.lax.map(
        lambda step: agent.judge(state["actor"], *(part[None] for part in step))[0][0],
        (observation, action),
        batch_size=agent.batch_size,
    )
    joined = jnp.concatenate([observation, action, before, advantage, target], 1)
    cuts = np.cumsum([agent.features, width, 1, 1])

    def one(state, chosen):
        state, told, kept = agent.update(state, *jnp.split(joined[chosen], cuts, 1))
        return state, (told, kept)

    state, (told, kept) = jax.lax.scan(one, state, chosen)
    return state, told, kept


def act(agent, actor, observation, mean, deviation):
    return agent.act(actor, agent.network.see(observation, mean, deviation)[None])


class RolloutLearner:
    def __init__(self, agent, weights=None):
        self.agent = agent
        self.compiled_learn = jax.jit(partial(learn, agent), donate_argnums=0)
        self.compiled_act = jax.jit(partial(act, agent))
        if weights is None:
            weights = agent.network.weights(agent.features, agent.outputs, np.random.default_rng(0))
        self.state = agent.begin(tree(jnp.asarray, weights))
        self.deviation = np.exp(np.float32(agent.log_std))
        self.draw = np.random.default_rng(4)

    def learn(self, rows, mean, deviation):
        """All updates after a rollout."""
        chosen = self.draw.integers(0, len(rows), (self.agent.updates, self.agent.batch_size), np.int32)
        self.state, told, _ = self.compiled_learn(self.state, rows, chosen, mean, deviation)
        if not self.agent.discrete:
            self.deviation = np.exp(np.asarray(self.state["actor"]["log_std"]))
        return told

    def act(self, observation, normaliser, draw):
        """A random action from the policy; randomness comes from NumPy, which is faster at it."""
        observation = np.asarray(observation, np.float32)
        scale = normaliser.mean, normaliser.deviation
        proposed, _ = self.compiled_act(self.state["actor"], observation, *scale)
        proposed = np.asarray(proposed)
        if self.agent.discrete:
            return np.argmax(proposed + draw.gumbel(size=proposed.shape))
        return proposed + self.deviation * draw.standard_normal(proposed.shape, np.float32)

    def wait(self):
        jax.block_until_ready(self.state)
