"""What all peers share: sizes, constants, initial weights and stored transitions. Needs only NumPy.

The constants are those of the Pop-SAN code (Tang et al. 2020, `popsan_td3/td3_cuda_norm.py` and `popsan.py`).
"""
import numpy as np

HOPPER, HALFCHEETAH, ANT = (11, 3), (17, 6), (105, 8)  # observed values, action dimensions
STEPS = 5
POPULATION = 10
HIDDEN = 256
BATCH = 100
STORED = 10_000
BLOCK = 50  # this many steps, then as many updates
ENCODER_THRESHOLD = 0.999
CURRENT_DECAY, VOLTAGE_DECAY, THRESHOLD = 0.5, 0.75, 0.5
HALF_WIDTH = 0.5  # of the rectangular surrogate; its height is 1
ACTOR_LR, CRITIC_LR = 1e-4, 1e-3
GAMMA, POLYAK = 0.99, 0.995
TARGET_NOISE, NOISE_CLIP = 0.2, 0.5
ACTION_NOISE = 0.1
NORMALISE_CLIP = 3.0
EPSILON = float(np.finfo(np.float32).eps)
# With this learning rate, the firing rates remain as they were set.
FROZEN_LR = 1e-12
TRAINED_RATES = (0.33, 0.49)


def actor_weights(sizes, seed=0):
    """Initial weights as in PyTorch. Matrices are [inputs, outputs]."""
    features, actions = sizes
    draw = np.random.default_rng(seed)
    means = np.linspace(-3.0, 3.0, POPULATION, dtype=np.float32)
    widths = (features * POPULATION, HIDDEN, HIDDEN, actions * POPULATION)
    weights = {
        "mean": np.tile(means, (features, 1)),
        "std": np.full((features, POPULATION), np.sqrt(0.15), np.float32),
    }
    for layer, (inputs, outputs) in enumerate(zip(widths, widths[1:])):
        bound = inputs**-0.5
        weights[f"w{layer}"] = draw.uniform(-bound, bound, (inputs, outputs)).astype(np.float32)
        weights[f"b{layer}"] = draw.uniform(-bound, bound, outputs).astype(np.float32)
    bound = POPULATION**-0.5
    weights["decoder_w"] = draw.uniform(-bound, bound, (actions, POPULATION)).astype(np.float32)
    weights["decoder_b"] = draw.uniform(-bound, bound, actions).astype(np.float32)
    return weights


def critic_weights(sizes, seed):
    widths = (sum(sizes), HIDDEN, HIDDEN, 1)
    draw = np.random.default_rng(seed)
    weights = {}
    for layer, (inputs, outputs) in enumerate(zip(widths, widths[1:])):
        bound = inputs**-0.5
        weights[f"w{layer}"] = draw.uniform(-bound, bound, (inputs, outputs)).astype(np.float32)
        weights[f"b{layer}"] = draw.uniform(-bound, bound, outputs).astype(np.float32)
    return weights


def spikes_of_layers(weights, observation):
    """The spikes [T, B, width] of the encoder and of every layer."""
    distance = observation[:, :, None] - weights["mean"]
    activation = np.exp(-0.5 * distance**2 / weights["std"] ** 2).reshape(len(observation), -1)
    integral, encoded = np.zeros_like(activation), []
    for _ in range(STEPS):
        integral += activation
        encoded.append((integral > ENCODER_THRESHOLD).astype(np.float32))
        integral -= ENCODER_THRESHOLD * encoded[-1]
    layers = [np.stack(encoded)]
    for layer in range(3):
        current = voltage = spike = np.float32(0)
        fired = []
        for step in layers[-1] @ weights[f"w{layer}"] + weights[f"b{layer}"]:
            current = CURRENT_DECAY * current + step
            voltage = VOLTAGE_DECAY * voltage * (1 - spike) + current
            spike = (voltage > THRESHOLD).astype(np.float32)
            fired.append(spike)
        layers.append(np.stack(fired))
    return layers


def at_rates(weights, rates=TRAINED_RATES):
    """The weights with one bias for each hidden layer, such that the layer has the given firing rate on normal observations."""
    weights = dict(weights)
    features = len(weights["mean"])
    observation = np.random.default_rng(1).standard_normal((BATCH, features)).astype(np.float32)
    for layer, rate in enumerate(rates):
        low, high = -1.0, 1.0
        for _ in range(25):
            bias = (low + high) / 2
            weights[f"b{layer}"] = np.full(HIDDEN, bias, np.float32)
            below = spikes_of_layers(weights, observation)[layer + 1].mean() < rate
            low, high = (bias, high) if below else (low, bias)
    return weights


class Replay:
    """Transitions as rows: observation, action, next observation, reward, and 1 if the episode ended."""

    def __init__(self, sizes, capacity):
        features, actions = sizes
        self.rows = np.zeros((capacity, 2 * features + actions + 2), np.float32)
        self.cuts = np.cumsum([features, actions, features, 1])
        self.next, self.size = 0, 0
        self.draw = np.random.default_rng(2)

    def push(self, *parts):
        np.concatenate(parts, out=self.rows[self.next], casting="unsafe")
        self.next = (self.next + 1) % len(self.rows)
        self.size = min(self.size + 1, len(self.rows))

    def sample(self, *shape):
        """Rows drawn uniformly with replacement, [*shape, columns]."""
        return self.rows.take(self.draw.integers(0, self.size, shape), axis=0)

    def parts(self, rows):
        """Views of the columns: observation, action, next observation, reward, ended."""
        a, b, c, d = self.cuts
        return rows[..., :a], rows[..., a:b], rows[..., b:c], rows[..., c:d], rows[..., d:]


def random_replay(sizes, choices=None):
    """Random transitions, with continuous actions or with one of so many choices."""
    features, actions = sizes
    replay = Replay((features, 1) if choices else sizes, STORED)
    draw = np.random.default_rng(3)
    for _ in range(STORED):
        replay.push(
            draw.standard_normal(features),
            draw.integers(0, choices, 1) if choices else draw.uniform(-1, 1, actions),
            draw.standard_normal(features),
            draw.uniform(0, 1, 1),
            draw.random(1) < 0.01,
        )
    return replay


class Normaliser:
    """Running mean and variance of observations, merged in blocks."""

    def __init__(self, features):
        self.mean, self.variance = np.zeros(features, np.float32), np.ones(features, np.float32)
        self.count = EPSILON

    def observe(self, block):
        mean, variance, count = block.mean(0), block.var(0), len(block)
        total = self.count + count
        off = mean - self.mean
        self.mean = (self.mean + off * count / total).astype(np.float32)
        sums = self.variance * self.count + variance * count + off**2 * self.count * count / total
        self.variance = (sums / total).astype(np.float32)
        self.count = total

    @property
    def deviation(self):
        return np.sqrt(self.variance + np.float32(EPSILON))


def normaliser_of(replay):
    normaliser = Normaliser(replay.cuts[0])
    normaliser.observe(replay.parts(replay.rows)[0])
    return normaliser
