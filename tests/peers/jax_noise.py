"""NoisySAN's exploration noise in JAX: coloured along the steps of an episode, and replayed with a transition.

What a neuron sees in an episode is a series from a table, from some sample on and with either sign. The three are drawn when an
episode begins, and stored; an update looks up the samples of the steps of its batch.
"""
from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np

SAMPLES = 1 << 20


@dataclass(frozen=True)
class Noise:
    """Standard deviations times the square root of the number of neurons, and the noise's period in environment steps."""

    current: float = 0.5
    spike: float = 0.5
    decoder: float = 0.5
    colour: float = 1.0
    memory: int = 1000
    # The weight of the penalty on the read-out's deviation, which rises with the returns.
    penalty: float = 0.01

    def width(self, layers, outputs):
        """The number of places with noise: currents and spikes of every layer, and the read-out."""
        return 2 * sum(layers) + outputs

    def table(self, steps, draw):
        """Series of variance one, each followed by its first samples."""
        length = self.memory * steps
        amplitude = np.maximum(np.arange(length // 2 + 1), 1.0) ** (-self.colour / 2)
        parts = draw.standard_normal((2, SAMPLES // length + 1, len(amplitude)))
        series = np.fft.irfft((parts[0] + 1j * parts[1]) * amplitude, length)
        series /= series.std()
        return np.concatenate([series, series[:, : steps - 1]], 1).astype(np.float32)

    def begin(self, steps, layers, outputs, episodes, draw):
        """The table and what is drawn for each of so many episodes."""
        table, width = self.table(steps, draw), self.width(layers, outputs)
        shape = (episodes, width)
        scale = [deviation / count**0.5 for count in layers for deviation in (self.current, self.spike)]
        sizes = [count for count in layers for _ in range(2)]
        scale = np.repeat([*scale, 1.0], [*sizes, outputs]).astype(np.float32)
        return {
            "table": table.reshape(-1),
            "series": draw.integers(0, len(table), shape, np.int32) * table.shape[1],
            "first": draw.integers(0, self.memory * steps, shape, np.int32),
            "factor": draw.choice(np.float32([-1, 1]), shape) * scale,
        }

    def at(self, known, keys, steps, layers):
        """The noise at environment steps with keys [B, 2], their episode and their number in it: for each layer that on its
        currents and that on its spikes, [T, B, N] each, and that at the read-out."""
        episode, step = keys[:, 0].astype(jnp.int32), keys[:, 1].astype(jnp.int32)
        of = lambda name, index: known[name].at[index].get(mode="promise_in_bounds")
        first = (of("first", episode) + step[:, None] * steps) % (self.memory * steps)
        place = of("series", episode) + first
        noise = of("table", place + jnp.arange(steps)[:, None, None]) * of("factor", episode)
        cuts = np.cumsum([count for count in layers for _ in range(2)])
        *of_layers, of_decoder = jnp.split(noise, cuts, -1)
        return list(zip(of_layers[0::2], of_layers[1::2])), of_decoder
