"""DDPG in JAX."""
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np

import setting as s
from jax_critic import critics, squared_error, values
from jax_optimiser import adam, begin, follow, tree


@dataclass(frozen=True)
class Ddpg:
    network: object
    features: int
    outputs: int
    actor_lr: float = 1e-4
    critic_lr: float = 1e-3
    critic_hidden: tuple = (256, 256)
    gamma: float = 0.99
    polyak: float = 0.995
    batch_size: int = 100
    action_noise: float = s.ACTION_NOISE
    delay = 1
    noise = ()

    def begin(self, actor):
        critic = critics(self.features + self.outputs, self.critic_hidden, 1)
        return {
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
        observation, action, following, reward, ended = batch
        proposed, kept = self.network.propose(state["actor_target"], following)
        value = values(state["critic_target"], following, jnp.tanh(proposed))
        target = reward + self.gamma * (1 - ended) * value
        critic_loss, gradient = jax.value_and_grad(squared_error)(
            state["critic"], observation, action, target
        )
        critic, critic_adam = adam(state["critic"], state["critic_adam"], gradient, self.critic_lr)

        def loss(actor):
            proposed, kept = self.network.propose(actor, observation)
            return -jnp.mean(values(critic, observation, jnp.tanh(proposed))), kept

        (actor_loss, seen), gradient = jax.value_and_grad(loss, has_aux=True)(state["actor"])
        actor, actor_adam = adam(state["actor"], state["actor_adam"], gradient, self.actor_lr)
        state = {
            "actor": actor,
            "actor_target": follow(state["actor_target"], actor, self.polyak),
            "actor_adam": actor_adam,
            "critic": critic,
            "critic_target": follow(state["critic_target"], critic, self.polyak),
            "critic_adam": critic_adam,
        }
        return state, {"critic_loss": critic_loss, "actor_loss": actor_loss}, (kept, seen)
