"""DQN in JAX, double Q-learning with small steps of the target network."""
from dataclasses import dataclass

import jax
import jax.numpy as jnp

from jax_optimiser import adam, begin, follow, tree


@dataclass(frozen=True)
class Dqn:
    network: object
    features: int
    outputs: int
    actor_lr: float = 3e-4
    gamma: float = 0.98
    reward_scale: float = 0.02
    batch_size: int = 128
    polyak: float = 0.99
    buffer_size: int = 50_000
    # Where it ends.
    epsilon: float = 0.05
    delay = 1
    noise = ()

    def begin(self, actor):
        return {"actor": actor, "target": tree(jnp.copy, actor), "adam": begin(actor)}

    def act(self, state, observation):
        """The best choice for one observation [1, features]."""
        values, kept = self.network.propose(state["actor"], observation)
        return jnp.argmax(values[0]), kept

    def update(self, state, batch, noise, delayed):
        observation, action, following, reward, ended = batch
        action = action.astype(jnp.int32)
        of_target, _ = self.network.propose(state["target"], following)
        of_online, _ = self.network.propose(state["actor"], following)
        chosen = jnp.argmax(of_online, -1, keepdims=True)
        best = jnp.take_along_axis(of_target, chosen, -1)
        target = self.reward_scale * reward + self.gamma * (1 - ended) * best

        def loss(actor):
            proposed, kept = self.network.propose(actor, observation)
            error = jnp.take_along_axis(proposed, action, -1) - target
            far = jnp.abs(error)
            return jnp.mean(jnp.where(far < 1, 0.5 * error**2, far - 0.5)), kept

        (value, seen), gradient = jax.value_and_grad(loss, has_aux=True)(state["actor"])
        actor, moments = adam(state["actor"], state["adam"], gradient, self.actor_lr)
        state = {
            "actor": actor,
            "target": follow(state["target"], actor, self.polyak),
            "adam": moments,
        }
        return state, {"loss": value}, seen
