"""The critics in JAX, any number of them side by side as one batched product per layer, and what agents with critics share."""
import jax
import jax.numpy as jnp
import numpy as np

from jax_networks import layers
from jax_optimiser import tree


def critics(inputs, hidden, count):
    """Weights [critics, inputs, outputs] of each layer."""
    draws = [np.random.default_rng(10 + index) for index in range(count)]
    each = [layers((inputs, *hidden, 1), draw) for draw in draws]
    return tree(lambda *parts: jnp.stack(parts), *each)


def values(weights, observation, action):
    """The critics' values [critics, B, 1]."""
    hidden = jnp.concatenate([observation, action], 1)
    hidden = jnp.einsum("bi,kio->kbo", hidden, weights["w0"]) + weights["b0"][:, None]
    for layer in range(1, len(weights) // 2):
        hidden = jax.nn.relu(hidden)
        hidden = jnp.einsum("kbi,kio->kbo", hidden, weights[f"w{layer}"]) + weights[f"b{layer}"][:, None]
    return hidden


def squared_error(weights, observation, action, target):
    """The sum over the critics of their mean squared errors."""
    return jnp.sum(jnp.mean((values(weights, observation, action) - target) ** 2, (1, 2)))
