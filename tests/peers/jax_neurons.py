"""Spiking neurons in JAX, with the rectangular surrogate. Each recurrence is unrolled over the time steps, and its backward pass is
written by hand where every neuron is independent of the others."""
from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp

import setting as s


@jax.custom_jvp
def spike(distance):
    """One where the distance from the threshold is positive; its derivative is the surrogate."""
    return (distance > 0).astype(jnp.float32)


@spike.defjvp
def spike_slope(distance, tangent):
    (distance,), (tangent,) = distance, tangent
    return spike(distance), jnp.where(jnp.abs(distance) < s.HALF_WIDTH, tangent, 0.0)


@jax.custom_vjp
def clif(currents):
    """From currents [T, B, N] to spikes."""
    return clif_forward(currents)[0]


def clif_forward(currents):
    current = voltage = kept = 0.0
    voltages, spikes = [], []
    for step in range(len(currents)):
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
    out = [None] * len(voltages)
    for step in reversed(range(len(voltages))):
        voltage = voltages[step]
        of_spike = errors[step] - s.VOLTAGE_DECAY * voltage * of_next
        near = jnp.abs(voltage - s.THRESHOLD) < s.HALF_WIDTH
        through = jnp.where(voltage > s.THRESHOLD, 0.0, s.VOLTAGE_DECAY * of_next)
        of_next = jnp.where(near, of_spike, 0.0) + through
        of_current = of_next + s.CURRENT_DECAY * of_current
        out[step] = of_current
    return (jnp.stack(out),)


clif.defvjp(clif_forward, clif_backward)


@partial(jax.custom_vjp, nondiff_argnums=(1,))
def integrate(activation, steps):
    """From activations [B, N] to spikes [T, B, N]. The backward pass treats a spike as the membrane potential."""
    return integrate_forward(activation, steps)[0]


def integrate_forward(activation, steps):
    integral, spikes = 0.0, []
    for _ in range(steps):
        integral = integral + activation
        spikes.append((integral > s.ENCODER_THRESHOLD).astype(jnp.float32))
        integral = integral - s.ENCODER_THRESHOLD * spikes[-1]
    return jnp.stack(spikes), None


def integrate_backward(steps, _, errors):
    # u' = u + A - threshold * s, and ds/du is taken to be 1.
    of_integral = total = 0.0
    for step in reversed(range(steps)):
        of_integral = errors[step] + (1 - s.ENCODER_THRESHOLD) * of_integral
        total = total + of_integral
    return (total,)


integrate.defvjp(integrate_forward, integrate_backward)


@jax.custom_vjp
def soft(currents):
    """Integrate-and-fire neurons with threshold 1 and reset by subtraction, through which no gradient flows."""
    return soft_forward(currents)[0]


def soft_forward(currents):
    voltage, voltages, spikes = 0.0, [], []
    for step in range(len(currents)):
        voltage = voltage + currents[step]
        voltages.append(voltage)
        spikes.append((voltage > 1.0).astype(jnp.float32))
        voltage = voltage - spikes[-1]
    return jnp.stack(spikes), voltages


def soft_backward(voltages, errors):
    of_next, out = 0.0, [None] * len(voltages)
    for step in reversed(range(len(voltages))):
        near = jnp.abs(voltages[step] - 1.0) < s.HALF_WIDTH
        of_next = of_next + jnp.where(near, errors[step], 0.0)
        out[step] = of_next
    return (jnp.stack(out),)


soft.defvjp(soft_forward, soft_backward)


class Neuron:
    """`rest` is the state before the first step; `step` takes a current and a state to the next state and spikes."""

    def fire(self, currents):
        """From currents [T, B, N] to spikes."""
        state, spikes = self.rest, []
        for step in range(len(currents)):
            state, fired = self.step(currents[step], state)
            spikes.append(fired)
        return jnp.stack(spikes)


@dataclass(frozen=True)
class Clif(Neuron):
    """Current-based leaky integrate-and-fire with a hard reset."""

    rest = (0.0, 0.0)

    def fire(self, currents):
        return clif(currents)

    def step(self, current, state):
        kept, before = state
        current = s.CURRENT_DECAY * before + current
        voltage = kept + current
        fired = spike(voltage - s.THRESHOLD)
        return (s.VOLTAGE_DECAY * voltage * (1 - fired), current), fired


CLIF = Clif()


@dataclass(frozen=True)
class IntegrateAndFire(Neuron):
    rest = 0.0

    def fire(self, currents):
        return soft(currents)


@dataclass(frozen=True)
class Dynamic(Neuron):
    """The dynamic neuron of MDC-SAN."""

    recovery_sign: float = -1.0
    rest = (0.0, 0.0, 0.0)

    def step(self, current, state):
        voltage, recovery, before = state
        current = s.CURRENT_DECAY * before + current
        pulled = -0.172 * voltage + self.recovery_sign * 0.529 * recovery
        voltage, recovery = voltage**2 - recovery + current, recovery + pulled
        fired = spike(voltage - s.THRESHOLD)
        return (voltage * (1 - fired) + 0.021 * fired, recovery + 0.132 * fired, current), fired
