"""The actors in JAX: a perceptron and networks of spiking neurons, as pure functions of their weights. Everything is float32.

A network is a frozen dataclass, so that it can be a static argument of a compiled function. `weights(features, outputs, draw)` draws
its initial weights as in PyTorch, with matrices [inputs, outputs]. `see(observation, mean, deviation)` is what the actor, and with
it every other network of an agent, sees of an observation. `propose(weights, observation)` maps such
observations [B, features] to [B, outputs] before any squashing. It also returns the activation of a population encoder (else nothing): a
compiled program should return it too, because XLA then stores it instead of computing the exponential again for every time step.

Spiking networks go layer by layer: one product over the rows of all time steps, then the unrolled recurrence of the neurons.
"""
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np

import setting as s
from jax_neurons import CLIF, Neuron, integrate
from jax_noise import Noise


def normalise(observation, mean, deviation):
    return jnp.clip((observation - mean) / deviation, -s.NORMALISE_CLIP, s.NORMALISE_CLIP)


def linear(inputs, outputs, draw):
    bound = inputs**-0.5
    weight = draw.uniform(-bound, bound, (inputs, outputs)).astype(np.float32)
    return weight, draw.uniform(-bound, bound, outputs).astype(np.float32)


def layers(widths, draw):
    weights = {}
    for layer, (inputs, outputs) in enumerate(zip(widths, widths[1:])):
        weights[f"w{layer}"], weights[f"b{layer}"] = linear(inputs, outputs, draw)
    return weights


@dataclass(frozen=True)
class Perceptron:
    """Layers with ReLU between them."""

    hidden: tuple = (256, 256)
    noise = None

    def see(self, observation, mean, deviation):
        return normalise(observation, mean, deviation)

    def weights(self, features, outputs, draw):
        return layers((features, *self.hidden, outputs), draw)

    def propose(self, weights, observation):
        value = observation
        for layer in range(len(self.hidden)):
            value = jax.nn.relu(value @ weights[f"w{layer}"] + weights[f"b{layer}"])
        last = len(self.hidden)
        return value @ weights[f"w{last}"] + weights[f"b{last}"], ()


@dataclass(frozen=True)
class Population:
    """Gaussian receptive fields for each observed value, as deterministic spikes or as analog currents."""

    neurons: int = 10
    reach: float = 3.0
    variance: float = 0.15
    analog: bool = False

    def width(self, features):
        return features * self.neurons

    def weights(self, features):
        means = np.linspace(-self.reach, self.reach, self.neurons, dtype=np.float32)
        return {
            "mean": np.tile(means, (features, 1)),
            "std": np.full((features, self.neurons), np.sqrt(self.variance), np.float32),
        }

    def current(self, weights, observation, steps):
        """The first layer's currents [T, B, N], and the activation."""
        distance = observation[:, :, None] - weights["mean"]
        activation = jnp.exp(-0.5 * distance**2 / weights["std"] ** 2).reshape(len(observation), -1)
        if self.analog:
            return constant(activation, weights, steps), activation
        return project(integrate(activation, steps), weights, 0), activation


@dataclass(frozen=True)
class Direct:
    """The observation itself as a constant current."""

    def width(self, features):
        return features

    def weights(self, features):
        return {}

    def current(self, weights, observation, steps):
        return constant(observation, weights, steps), ()


def constant(value, weights, steps):
    same = value @ weights["w0"] + weights["b0"]
    return jnp.broadcast_to(same, (steps, *same.shape))


def project(spikes, weights, layer):
    """Currents [T, B, outputs] from spikes [T, B, inputs], as one product."""
    steps, batch, width = spikes.shape
    rows = spikes.reshape(steps * batch, width) @ weights[f"w{layer}"] + weights[f"b{layer}"]
    return rows.reshape(steps, batch, -1)


@dataclass(frozen=True)
class Rate:
    """Weighted firing rates, of a population for each output or of one that all outputs share."""

    neurons: int = 10
    shared: bool = False

    def width(self, outputs):
        return self.neurons if self.shared else outputs * self.neurons

    def weights(self, outputs, draw):
        return readout(self.neurons, outputs, draw)

    def read(self, neuron, current, weights, noise):
        rate = neuron.fire(current).mean(0)
        if self.shared:
            return rate @ weights["decoder_w"].T + weights["decoder_b"]
        return grouped(rate, weights)


@dataclass(frozen=True)
class IntraLayer:
    """The last membrane potential of integrators, from populations whose spikes feed back into their own currents."""

    neurons: int = 10

    def width(self, outputs):
        return outputs * self.neurons

    def weights(self, outputs, draw):
        bound, shape = self.neurons**-0.5, (outputs, self.neurons, self.neurons)
        return {
            **readout(self.neurons, outputs, draw),
            "connection_w": draw.uniform(-bound, bound, shape).astype(np.float32),
            "connection_b": draw.uniform(-bound, bound, shape[:2]).astype(np.float32),
        }

    def read(self, neuron, current, weights, noise):
        """`noise` is that on the spikes and that on the read-out's input, if there is any."""
        steps, batch, _ = current.shape
        groups = (batch, -1, self.neurons)
        state, spikes, total = neuron.rest, 0.0, 0.0
        for step in range(steps):
            back = weights["connection_b"]
            if step > 0:
                back = back + jnp.einsum("bgi,gij->bgj", spikes, weights["connection_w"])
            state, spikes = neuron.step(current[step].reshape(groups) + back, state)
            if noise:
                spikes = spikes + noise[0][step].reshape(groups)
            total = total + spikes
        # An integrator without a leak holds the sum of its inputs, which are linear in the spikes.
        summed = (total * weights["decoder_w"]).sum(-1)
        summed = summed + steps * weights["decoder_b"]
        return summed + noise[1].sum(0) * weights["deviation"] if noise else summed


def readout(neurons, outputs, draw):
    bound = neurons**-0.5
    return {
        "decoder_w": draw.uniform(-bound, bound, (outputs, neurons)).astype(np.float32),
        "decoder_b": draw.uniform(-bound, bound, outputs).astype(np.float32),
    }


def grouped(rate, weights):
    rate = rate.reshape(len(rate), *weights["decoder_w"].shape)
    return (rate * weights["decoder_w"]).sum(-1) + weights["decoder_b"]


@dataclass(frozen=True)
class Spiking:
    """Encoder, layers of spiking neurons, decoder."""

    hidden: tuple = (256, 256)
    steps: int = 5
    encoder: object = Population()
    neuron: Neuron = CLIF
    decoder: object = Rate()
    squashed: bool = False
    noise: Noise = None

    def see(self, observation, mean, deviation):
        return jnp.tanh(observation) if self.squashed else normalise(observation, mean, deviation)

    def layers(self, outputs):
        return (*self.hidden, self.decoder.width(outputs))

    def weights(self, features, outputs, draw):
        deviation = {}
        if self.noise:
            begin = np.float32(self.noise.decoder / outputs**0.5)
            deviation["deviation"] = np.full(outputs, begin)
        return {
            **self.encoder.weights(features),
            **layers((self.encoder.width(features), *self.layers(outputs)), draw),
            **self.decoder.weights(outputs, draw),
            **deviation,
        }

    def propose(self, weights, observation, noise=None):
        """`noise` is that on the currents and that on the spikes of every layer, and that at the read-out, if there is any."""
        current, activation = self.encoder.current(weights, observation, self.steps)
        last = len(self.hidden)
        for layer in range(last):
            if noise:
                current = current + noise[0][layer][0]
            spikes = self.neuron.fire(current)
            if noise:
                spikes = spikes + noise[0][layer][1]
            current = project(spikes, weights, layer + 1)
        of_reading = None
        if noise:
            current = current + noise[0][last][0]
            of_reading = noise[0][last][1], noise[1]
        return self.decoder.read(self.neuron, current, weights, of_reading), activation
