"""SAC in JAX, with a fixed temperature; a perceptron beside the actor gives the standard deviation."""
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np

from jax_critic import critics, squared_error, values
from jax_networks import Perceptron
from jax_optimiser import adam, begin, follow, tree


@dataclass(frozen=True)
class Sac:
    network: object
    features: int
    outputs: int
    actor_lr: float = 1e-4
    log_std_lr: float = 1e-3
    critic_lr: float = 1e-3
    log_std_hidden: tuple = (256, 256)
    critic_hidden: tuple = (256, 256)
    log_std_range: tuple = (-20.0, 2.0)
    alpha: float = 0.2
    gamma: float = 0.99
    polyak: float = 0.995
    batch_size: int = 100
    delay = 1
    noise = ("target", "policy")

    def begin(self, actor):
        critic = critics(self.features + self.outputs, self.critic_hidden, 2)
        deviation = Perceptron(self.log_std_hidden)
        deviation = deviation.weights(self.features, self.outputs, np.random.default_rng(20))
        deviation = tree(jnp.asarray, deviation)
        return {
            "actor": actor,
            "actor_adam": begin(actor),
            "log_std": deviation,
            "log_std_adam": begin(deviation),
            "critic": critic,
            "critic_target": tree(jnp.copy, critic),
            "critic_adam": begin(critic),
        }

    def draw(self, actor, log_std, observation, normal):
        """Actions, the logarithms of their densities [B, 1], and what the actor's network keeps."""
        mean, kept = self.network.propose(actor, observation)
        deviation, _ = Perceptron(self.log_std_hidden).propose(log_std, observation)
        deviation = jnp.clip(deviation, *self.log_std_range)
        chosen = mean + jnp.exp(deviation) * normal
        density = -0.5 * normal**2 - deviation - 0.5 * np.log(2 * np.pi)
        slope = 2 * (np.log(2) - chosen - jax.nn.softplus(-2 * chosen))
        return jnp.tanh(chosen), (density - slope).sum(-1, keepdims=True), kept

    def act(self, state, observation):
        """The mean and the standard deviation before squashing for one observation [1, features]."""
        mean, kept = self.network.propose(state["actor"], observation)
        deviation, _ = Perceptron(self.log_std_hidden).propose(state["log_std"], observation)
        return jnp.concatenate([mean, jnp.exp(jnp.clip(deviation, *self.log_std_range))]), kept

    def explore(self, told, draw):
        mean, deviation = told
        return np.tanh(mean + deviation * draw.standard_normal(self.outputs, np.float32))

    def update(self, state, batch, noise, delayed):
        observation, action, following, reward, ended = batch
        proposed, density, kept = self.draw(state["actor"], state["log_std"], following, noise["target"])
        value = values(state["critic_target"], following, proposed).min(0) - self.alpha * density
        target = reward + self.gamma * (1 - ended) * value
        critic_loss, gradient = jax.value_and_grad(squared_error)(
            state["critic"], observation, action, target
        )
        critic, critic_adam = adam(state["critic"], state["critic_adam"], gradient, self.critic_lr)

        def loss(actor, log_std):
            proposed, density, kept = self.draw(actor, log_std, observation, noise["policy"])
            value = values(critic, observation, proposed).min(0)
            return jnp.mean(self.alpha * density - value), kept

        differentiate = jax.value_and_grad(loss, (0, 1), has_aux=True)
        (actor_loss, seen), (of_actor, of_log_std) = differentiate(state["actor"], state["log_std"])
        actor, actor_adam = adam(state["actor"], state["actor_adam"], of_actor, self.actor_lr)
        log_std, log_std_adam = adam(
            state["log_std"], state["log_std_adam"], of_log_std, self.log_std_lr
        )
        state = {
            "actor": actor,
            "actor_adam": actor_adam,
            "log_std": log_std,
            "log_std_adam": log_std_adam,
            "critic": critic,
            "critic_target": follow(state["critic_target"], critic, self.polyak),
            "critic_adam": critic_adam,
        }
        return state, {"critic_loss": critic_loss, "actor_loss": actor_loss}, (kept, seen)
