"""Adam and the averages of target networks in JAX, over trees of weights."""
import jax
import jax.numpy as jnp

tree = jax.tree_util.tree_map


def begin(weights):
    zeros = lambda: tree(jnp.zeros_like, weights)
    return {"step": jnp.float32(0), "first": zeros(), "second": zeros()}


def adam(weights, moments, gradient, learning_rate):
    step = moments["step"] + 1
    b1, b2 = 0.9, 0.999
    c1, c2 = 1 - b1**step, 1 - b2**step
    first = tree(lambda m, g: b1 * m + (1 - b1) * g, moments["first"], gradient)
    second = tree(lambda v, g: b2 * v + (1 - b2) * g * g, moments["second"], gradient)
    move = lambda w, m, v: w - learning_rate / c1 * m / (jnp.sqrt(v) / jnp.sqrt(c2) + 1e-8)
    return tree(move, weights, first, second), {"step": step, "first": first, "second": second}


def follow(targets, online, polyak):
    """The targets, moved towards the online weights."""
    return tree(lambda target, weight: polyak * target + (1 - polyak) * weight, targets, online)
