"""TD3 with the Pop-SAN actor in JAX, as one compiled program for a block of updates.

It goes layer by layer: one product over the rows of all time steps, then the unrolled recurrence of the neurons, whose backward
pass is written by hand. The twin critics are one batched product per layer. Everything is float32.

Variants measured on one core of an EPYC (family 25, model 17), in milliseconds per update: one compiled call for two updates
5.36; the recurrence left to automatic differentiation 5.54; the encoder's exponential recomputed in each step 5.60; the critics'
first layers joined 5.34; the critics batched 5.20; a scan over the block 5.09; the scan with batched critics, which is the
one here, 5.04. Of XLA's flags, 512-bit vectors, fast mathematics, oneDNN, YNNPACK, no XNNPACK, the older fusions and the
presets all make no difference beyond the noise.
"""
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

import setting as s


@jax.custom_vjp
def clif(current):
    """From currents [T, B, N] to spikes."""
    return clif_forward(current)[0]


def clif_forward(currents):
    current = voltage = kept = 0.0
    voltages, spikes = [], []
    for step in range(s.STEPS):
        current = s.CURRENT_DECAY * current + currents[step]
        voltage = kept + current
        fired = voltage > s.THRESHOLD
        kept = jnp.where(fired, 0.0, s.VOLTAGE_DECAY * voltage)
        voltages.append(voltage)
        spikes.append(fired.astype(jnp.float32))
    return jnp.stack(spikes), voltages


def clif_backward(voltages, errors):
    """The gradient also flows through the reset."""
    of_current = of_next = 0.0
    out = [None] * s.STEPS
    for step in reversed(range(s.STEPS)):
        voltage = voltages[step]
        of_spike = errors[step] - s.VOLTAGE_DECAY * voltage * of_next
        near = jnp.abs(voltage - s.THRESHOLD) < s.HALF_WIDTH
        through = jnp.where(voltage > s.THRESHOLD, 0.0, s.VOLTAGE_DECAY * of_next)
        of_next = jnp.where(near, of_spike, 0.0) + through
        of_current = of_next + s.CURRENT_DECAY * of_current
        out[step] = of_current
    return (jnp.stack(out),)


clif.defvjp(clif_forward, clif_backward)


@jax.custom_vjp
def integrate(activation):
    """From activations [B, N] to spikes [T, B, N]. The backward pass treats a spike as the membrane potential."""
    return integrate_forward(activation)[0]


def integrate_forward(activation):
    integral, spikes = 0.0, []
    for _ in range(s.STEPS):
        integral = integral + activation
        spikes.append((integral > s.ENCODER_THRESHOLD).astype(jnp.float32))
        integral = integral - s.ENCODER_THRESHOLD * spikes[-1]
    return jnp.stack(spikes), None


def integrate_backward(_, errors):
    # u' = u + A - threshold * s, and ds/du is taken to be 1.
    of_integral = total = 0.0
    for step in reversed(range(s.STEPS)):
        of_integral = errors[step] + (1 - s.ENCODER_THRESHOLD) * of_integral
        total = total + of_integral
    return (total,)


integrate.defvjp(integrate_forward, integrate_backward)


def propose(actor, observation, analog=False):
    """The actor's action before exploration, in [-1, 1], and the encoder's activation.

    A compiled program should return the activation as well, because XLA then stores it instead of computing the exponential
    again for every time step.
    """
    batch = len(observation)
    distance = observation[:, :, None] - actor["mean"]
    activation = jnp.exp(-0.5 * distance**2 / actor["std"] ** 2).reshape(batch, -1)
    if analog:
        same = activation @ actor["w0"] + actor["b0"]
        current = jnp.broadcast_to(same, (s.STEPS, *same.shape))
    else:
        spikes = integrate(activation).reshape(s.STEPS * batch, -1)
        current = (spikes @ actor["w0"] + actor["b0"]).reshape(s.STEPS, batch, -1)
    for layer in (1, 2):
        spikes = clif(current).reshape(s.STEPS * batch, -1)
        current = (spikes @ actor[f"w{layer}"] + actor[f"b{layer}"]).reshape(s.STEPS, batch, -1)
    rate = clif(current).mean(0).reshape(batch, -1, s.POPULATION)
    return jnp.tanh((rate * actor["decoder_w"]).sum(-1) + actor["decoder_b"]), activation


def values(critics, observation, action):
    """The critics' values [critics, B, 1]."""
    seen = jnp.concatenate([observation, action], 1)
    hidden = jax.nn.relu(jnp.einsum("bi,kio->kbo", seen, critics["w0"]) + critics["b0"][:, None])
    hidden = jax.nn.relu(jnp.einsum("kbi,kio->kbo", hidden, critics["w1"]) + critics["b1"][:, None])
    return jnp.einsum("kbi,kio->kbo", hidden, critics["w2"]) + critics["b2"][:, None]


def adam(weights, moments, gradient, learning_rate):
    step = moments["step"] + 1
    b1, b2 = 0.9, 0.999
    c1, c2 = 1 - b1**step, 1 - b2**step
    tree = jax.tree_util.tree_map
    first = tree(lambda m, g: b1 * m + (1 - b1) * g, moments["first"], gradient)
    second = tree(lambda v, g: b2 * v + (1 - b2) * g * g, moments["second"], gradient)
    move = lambda w, m, v: w - learning_rate / c1 * m / (jnp.sqrt(v) / jnp.sqrt(c2) + 1e-8)
    return tree(move, weights, first, second), {"step": step, "first": first, "second": second}


def begin(weights):
    zeros = lambda: jax.tree_util.tree_map(jnp.zeros_like, weights)
    return {"step": jnp.float32(0), "first": zeros(), "second": zeros()}


def update(state, rows, noise, mean, deviation, delayed, sizes, actor_lr, analog):
    features, actions = sizes
    cuts = np.cumsum([features, actions, features, 1])
    observation, action, following, reward, ended = jnp.split(rows, cuts, 1)
    normalise = lambda o: jnp.clip((o - mean) / deviation, -s.NORMALISE_CLIP, s.NORMALISE_CLIP)
    observation, following = normalise(observation), normalise(following)

    noise = jnp.clip(s.TARGET_NOISE * noise, -s.NOISE_CLIP, s.NOISE_CLIP)
    proposed, activation = propose(state["actor_target"], following, analog)
    proposed = jnp.clip(proposed + noise, -1, 1)
    least = values(state["critics_target"], following, proposed).min(0)
    target = reward + s.GAMMA * (1 - ended) * least

    def critic_loss(critics):
        error = values(critics, observation, action) - target
        return jnp.sum(jnp.mean(error**2, (1, 2)))

    critics, critic_adam = adam(
        state["critics"], state["critic_adam"], jax.grad(critic_loss)(state["critics"]), s.CRITIC_LR
    )
    state = {**state, "critics": critics, "critic_adam": critic_adam}
    if not delayed:
        return state, activation

    first = jax.tree_util.tree_map(lambda weight: weight[:1], critics)

    def actor_loss(actor):
        return -jnp.mean(values(first, observation, propose(actor, observation, analog)[0]))

    actor, actor_adam = adam(
        state["actor"], state["actor_adam"], jax.grad(actor_loss)(state["actor"]), actor_lr
    )
    follow = lambda target, online: s.POLYAK * target + (1 - s.POLYAK) * online
    tree = jax.tree_util.tree_map
    return {
        **state,
        "actor": actor,
        "actor_adam": actor_adam,
        "actor_target": tree(follow, state["actor_target"], actor),
        "critics_target": tree(follow, state["critics_target"], critics),
    }, activation


@partial(jax.jit, static_argnames=("sizes", "actor_lr", "analog"), donate_argnums=0)
def learn(state, rows, noise, mean, deviation, sizes, actor_lr, analog):
    """Pairs of a delayed update and one of the critics only. Rows are [pairs, 2, B, columns], noise is [pairs, 2, B, actions]."""
    rest = (mean, deviation)

    def two(state, drawn):
        rows, noise = drawn
        state, first = update(state, rows[0], noise[0], *rest, True, sizes, actor_lr, analog)
        state, second = update(state, rows[1], noise[1], *rest, False, sizes, actor_lr, analog)
        return state, (first, second)

    return jax.lax.scan(two, state, (rows, noise))


@jax.jit
def act(actor, observation, mean, deviation):
    """One action for one observation [features]."""
    seen = jnp.clip((observation - mean) / deviation, -s.NORMALISE_CLIP, s.NORMALISE_CLIP)
    action, activation = propose(actor, seen[None])
    return action[0], activation


class Learner:
    def __init__(self, sizes, actor_weights, actor_lr=s.ACTOR_LR, analog=False):
        tree = jax.tree_util.tree_map
        actor = tree(jnp.asarray, actor_weights)
        twins = [s.critic_weights(sizes, seed) for seed in (10, 11)]
        critics = tree(lambda *pair: jnp.stack(pair), *twins)
        self.state = {
            "actor": actor,
            "actor_target": tree(jnp.copy, actor),
            "actor_adam": begin(actor),
            "critics": critics,
            "critics_target": tree(jnp.copy, critics),
            "critic_adam": begin(critics),
        }
        self.sizes, self.actor_lr, self.analog = sizes, actor_lr, analog
        self.draw = np.random.default_rng(4)
        self.known = None

    def scale(self, normaliser):
        """Mean and standard deviation on the device, transferred only when they have changed."""
        if normaliser.mean is not self.known:
            self.known = normaliser.mean
            self.sent = jax.device_put((normaliser.mean, normaliser.deviation))
        return self.sent

    def learn(self, replay, normaliser, updates):
        """Rounds up to whole blocks, as in the training loop, because the program is compiled for that length."""
        pairs = s.BLOCK // 2
        for _ in range(-(-updates // s.BLOCK)):
            rows = replay.sample(pairs, 2, s.BATCH)
            noise = self.draw.standard_normal((pairs, 2, s.BATCH, self.sizes[1]), np.float32)
            self.state, _ = learn(
                self.state, rows, noise, *self.scale(normaliser),
                sizes=self.sizes, actor_lr=self.actor_lr, analog=self.analog,
            )

    def act(self, observation, normaliser):
        observation = np.asarray(observation, np.float32)
        action, _ = act(self.state["actor"], observation, *self.scale(normaliser))
        return np.asarray(action)

    def wait(self):
        jax.block_until_ready(self.state)
