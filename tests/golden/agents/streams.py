"""The framework's random streams (framework/src/api/random.rs) once more, from their definitions.

xoshiro256++ of Blackman and Vigna, seeded with a BLAKE3 hash of seed and purpose; indices by Lemire's product; normal
numbers by the ziggurat of Marsaglia and Tsang 2000 in 256 layers, as the crate rand_distr lays it out.
"""

from math import exp, log, sqrt

import numpy as np
from blake3 import blake3

MASK = (1 << 64) - 1
# Where the tail of the ziggurat begins, and the area of a layer.
TAIL = 3.654152885361008796
AREA = 0.00492867323399


def density(x):
    return exp(-x * x / 2)


def layers():
    edges = [AREA / density(TAIL), TAIL]
    while len(edges) < 256:
        edges.append(sqrt(-2 * log(AREA / edges[-1] + density(edges[-1]))))
    return edges + [0.0]


LAYERS = layers()


class Stream:
    def __init__(self, seed, purpose):
        material = seed.to_bytes(8, "little") + purpose.encode()
        digest = blake3(material, derive_key_context="spikebench random stream v1").digest()
        self.state = [int.from_bytes(digest[i : i + 8], "little") for i in range(0, 32, 8)]

    def word(self):
        s = self.state
        rotated = lambda x, by: ((x << by) | (x >> (64 - by))) & MASK
        result = (rotated((s[0] + s[3]) & MASK, 23) + s[0]) & MASK
        shifted = (s[1] << 17) & MASK
        s[2] ^= s[0]
        s[3] ^= s[1]
        s[1] ^= s[2]
        s[0] ^= s[3]
        s[2] ^= shifted
        s[3] = rotated(s[3], 45)
        return result

    def indices(self, count, bound):
        return [(self.word() * bound) >> 64 for _ in range(count)]

    def normal(self, *shape):
        numbers = [self.one_normal() for _ in range(int(np.prod(shape)))]
        return np.array(numbers).astype(np.float32).reshape(shape)

    def one_normal(self):
        while True:
            bits = self.word()
            layer = bits & 0xFF
            # 52 bits as a number in [2, 4), less 3.
            u = 2 * (1 + (bits >> 12) / 2**52) - 3
            x = u * LAYERS[layer]
            if abs(x) < LAYERS[layer + 1]:
                return x
            if layer == 0:
                return self.tail(u)
            low, high = density(LAYERS[layer]), density(LAYERS[layer + 1])
            if high + (low - high) * (self.word() >> 11) / 2**53 < density(x):
                return x

    def tail(self, u):
        beyond, other = 1.0, 0.0
        while -2 * other < beyond * beyond:
            # 52 bits as a number above 0 and below 1.
            first, second = (((self.word() >> 12) + 0.5) / 2**52 for _ in range(2))
            beyond, other = log(first) / TAIL, log(second)
        return beyond - TAIL if u < 0 else TAIL - beyond
