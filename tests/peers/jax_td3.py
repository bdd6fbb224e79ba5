"""TD3 in JAX.

Variants measured with the Pop-SAN actor on one core of an EPYC (family 25, model 17), in milliseconds per update: one compiled
call for two updates 5.36; the recurrence left to automatic differentiation 5.54; the encoder's exponential recomputed in each
step 5.60; the critics' first layers joined 5.34; the critics batched 5.20; a scan over the block 5.09; the scan with batched
critics, which is the one here, 5.04. Of XLA's flags, 512-bit vectors, fast mathematics, oneDNN, YNNPACK, no XNNPACK, the older
fusions and the presets all make no difference beyond the noise.
"""
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np

import setting as s
from jax_critic import critics, squared_error, values
from jax_networks import Population, Spiking
from jax_optimiser import adam, begin, follow, tree
from jax_replay import ReplayLearner


# The episodes whose noise is known: as many as a replay buffer may hold.
EPISODES = 1_000


@dataclass(frozen=True)
class Td3:
    network: object
    features: int
    outputs: int
    actor_lr: float = s.ACTOR_LR
    critic_lr: float = s.CRITIC_LR
    critic_hidden: tuple = (s.HIDDEN, s.HIDDEN)
    gamma: float = s.GAMMA
    polyak: float = s.POLYAK
    batch_size: int = s.BATCH
    target_noise: float = s.TARGET_NOISE
    noise_clip: float = s.NOISE_CLIP
    action_noise: float = s.ACTION_NOISE
    delay = 2
    noise = ("target",)

    def begin(self, actor):
        critic = critics(self.features + self.outputs, self.critic_hidden, 2)
        of_network = {}
        if self.network.noise:
            sizes = self.network.steps, self.network.layers(self.outputs), self.outputs
            draw = np.random.default_rng(30)
            of_network["noise"] = tree(jnp.asarray, self.network.noise.begin(*sizes, EPISODES, draw))
        return {
            **of_network,
            "actor": actor,
            "actor_target": tree(jnp.copy, actor),
            "actor_adam": begin(actor),
            "critic": critic,
            "critic_target": tree(jnp.copy, critic),
            "critic_adam": begin(critic),
        }

    def act(self, state, observation):
        """The action for one observation [1, features], and what the actor's network keeps."""
        proposed, kept = self.network.propose(state["actor"], observation)
        return jnp.tanh(proposed)[0], kept

    def explore(self, action, draw):
        noise = self.action_noise * draw.standard_normal(self.outputs)
        return np.clip(action + noise, -1, 1)

    def update(self, state, batch, noise, delayed):
        observation, action, following, reward, ended, *keys = batch
        of_network = None
        if keys:
            layers = self.network.layers(self.outputs)
            of_network = self.network.noise.at(state["noise"], *keys, self.network.steps, layers)
        # The noise of the network is that of the steps at which it acted; the target is free of it.
        noise = jnp.clip(self.target_noise * noise["target"], -self.noise_clip, self.noise_clip)
        proposed, kept = self.network.propose(state["actor_target"], following)
        proposed = jnp.clip(jnp.tanh(proposed) + noise, -1, 1)
        least = values(state["critic_target"], following, proposed).min(0)
        target = reward + self.gamma * (1 - ended) * least
        critic_loss, gradient = jax.value_and_grad(squared_error)(
            state["critic"], observation, action, target
        )
        critic, critic_adam = adam(state["critic"], state["critic_adam"], gradient, self.critic_lr)
        state = {**state, "critic": critic, "critic_adam": critic_adam}
        if not delayed:
            return state, {"critic_loss": critic_loss}, kept

        first = tree(lambda weight: weight[:1], critic)

        def loss(actor):
            if of_network is None:
                proposed, seen = self.network.propose(actor, observation)
                penalty = 0.0
            else:
                proposed, seen = self.network.propose(actor, observation, of_network)
                penalty = self.network.noise.penalty * jnp.mean(actor["deviation"]) ** 2
            return penalty - jnp.mean(values(first, observation, jnp.tanh(proposed))), seen

        (actor_loss, seen), gradient = jax.value_and_grad(loss, has_aux=True)(state["actor"])
        actor, actor_adam = adam(state["actor"], state["actor_adam"], gradient, self.actor_lr)
        state = {
            **state,
            "actor": actor,
            "actor_adam": actor_adam,
            "actor_target": follow(state["actor_target"], actor, self.polyak),
            "critic_target": follow(state["critic_target"], critic, self.polyak),
        }
        return state, {"critic_loss": critic_loss, "actor_loss": actor_loss}, (kept, seen)


def learner(sizes, weights, analog=False, **constants):
    """With Pop-SAN, or with its analog variant, which begins with these weights."""
    network = Spiking(encoder=Population(analog=analog))
    return ReplayLearner(Td3(network, *sizes, **constants), weights)
