"""Coloured noise at any moment of an episode (framework/src/network/noise/coloured.rs) once more, from its definition."""

import sys
from pathlib import Path

import numpy as np

sys.path.append(str(Path(__file__).parents[1] / "agents"))
from streams import Stream  # noqa: E402

SAMPLES = 1 << 20


GROUP = 16


def table(colour, length):
    """Series of one common power spectrum, 1/f^colour, and variance one."""
    series = -(-SAMPLES // (length * GROUP)) * GROUP
    stream = Stream(0, "coloured noise")
    white = np.array([stream.one_normal() for _ in range(series * length)]).reshape(series, length)
    waves = np.fft.rfft(white)
    waves /= np.sqrt((np.abs(waves) ** 2).mean(0))
    waves *= np.maximum(np.arange(length // 2 + 1), 1) ** (-colour / 2)
    coloured = np.fft.irfft(waves, length)
    return coloured / np.sqrt((coloured**2).mean())


MASK = (1 << 64) - 1


def mixed(state):
    """The output of SplitMix64 in a state."""
    state = (state ^ state >> 30) * 0xBF58476D1CE4E5B9 & MASK
    state = (state ^ state >> 27) * 0x94D049BB133111EB & MASK
    return state ^ state >> 31


def at(table, place, moment, neurons, steps):
    """[steps, neurons] at the moment (life, episode, step)."""
    (series, length), (life, episode, step) = table.shape, moment
    seed = mixed(Stream(0, place).word() ^ Stream(life, f"noise in episode {episode}").word())
    found = np.empty((steps, neurons))
    draw = lambda number: mixed(seed + (number + 1) * 0x9E3779B97F4A7C15 & MASK)
    for neuron in range(neurons):
        group, within = divmod(neuron, GROUP)
        word, signs = draw(2 * group), draw(2 * group + 1)
        own = table[((word >> 32) * (series // GROUP) >> 32) * GROUP + within]
        begin = (word & 0xFFFFFFFF) * length >> 32
        sign = -1 if signs >> within & 1 else 1
        found[:, neuron] = [sign * own[(begin + step * steps + t) % length] for t in range(steps)]
    return found
