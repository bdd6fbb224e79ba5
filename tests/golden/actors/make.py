#!/usr/bin/env python3
"""Golden data for encoders, decoders and actors, by PyTorch on the CPU in double precision.

    python tests/golden/actors/make.py        # writes actors.json beside this file

Needs torch 2.11 (see xtask/src/bench/python.rs for an installation without CUDA), numpy and blake3. Written from the
equations in the papers that the components name, not from Spikebench's code: time steps are a loop here, there every
layer is one operation. Every seed is searched for, so that no neuron is so near to its threshold, or to a kink of its
surrogate, that single precision could decide otherwise.
"""

import json
import math
from functools import cache
from pathlib import Path

import torch

import noise

HERE = Path(__file__).parent
STEPS = 5
MARGIN = 2e-4
KIND = torch.float64


class Step(torch.autograd.Function):
    """1[x > 0]; the derivative is the given tensor."""

    @staticmethod
    def forward(ctx, x, slope):
        ctx.save_for_backward(slope)
        return (x > 0).to(x.dtype)

    @staticmethod
    def backward(ctx, gradient):
        (slope,) = ctx.saved_tensors
        return gradient * slope, None


class Fragile(Exception):
    """A number is too near to where the result jumps."""


def away(x, *places):
    for place in places:
        if (x.detach() - place).abs().min() < MARGIN:
            raise Fragile
    return x


def rectangular(u):
    away(u, 0.0, 0.5, -0.5)
    return Step.apply(u, (u.detach().abs() < 0.5).to(u.dtype))


def triangular(u):
    away(u, 0.0, 1.0, -1.0)
    return Step.apply(u, (1.0 - u.detach().abs()).clamp(min=0.0))


SURROGATES = {"rectangular": rectangular, "triangular": triangular}


# ------------------------------------------------------------------------------------------------- encoders


def integrate(a, threshold, exact):
    """Spikes of an integrator; `exact` if their derivative by `a` is to be one."""
    u, spikes = torch.zeros_like(a), []
    for _ in range(STEPS):
        u = u + a
        s = Step.apply(away(u - threshold, 0.0), torch.ones_like(u))
        u = u - threshold * s
        spikes.append(a + (s - a).detach() if exact else s)
    return torch.stack(spikes)


def coin(a, uniforms):
    away(uniforms - a, 0.0)
    return torch.stack([a + ((u < a).to(a.dtype) - a).detach() for u in uniforms])


def coded(a, options, uniforms):
    way = options.get("spikes", "deterministic")
    if way == "analog":
        return a.unsqueeze(0)
    if way == "bernoulli":
        return coin(a, uniforms)
    return integrate(a, options.get("threshold", 0.999), options.get("gradient") == "identity")


def gaussian(x, mean, std):
    """[B, F] and [F, P] to [B, F P], the neurons of one observed value side by side."""
    return torch.exp(-((x.unsqueeze(-1) - mean) ** 2) / (2 * std**2)).flatten(1)


def population(x, p, options, uniforms):
    return coded(gaussian(x, p["mean"], p["std"]), options, uniforms)


def linear(x, p, options, uniforms):
    return coded(torch.sigmoid(x @ p["linear.weight"] + p["linear.bias"]), options, uniforms)


def direct(x, p, options, uniforms):
    return x.unsqueeze(0)


def share(x, options):
    low, high = options.get("range", (-3.0, 3.0))
    return ((away(x, low, high) - low) / (high - low)).clamp(0.0, 1.0)


def poisson(x, p, options, uniforms):
    return coin(share(x, options), uniforms)


def latency(x, p, options, uniforms):
    early = share(x, options)
    if options.get("function") == "logarithmic":
        step = (STEPS - 1) - torch.log(early * (math.exp(STEPS - 1) - 1) + 1)
    else:
        step = (STEPS - 1) * (1 - early)
    away(step - step.floor(), 0.5)
    return torch.nn.functional.one_hot(step.round().long(), STEPS).to(x.dtype).movedim(-1, 0)


ENCODERS = {"population": population, "linear": linear, "direct": direct, "poisson": poisson, "latency": latency}

ENCODER_CASES = [
    {"population": {"neurons": 4}},
    {"population": {"neurons": 4, "threshold": 1.0}},
    {"population": {"neurons": 4, "gradient": "identity"}},
    {"population": {"neurons": 4, "spikes": "bernoulli"}},
    {"population": {"neurons": 4, "spikes": "analog", "range": [-1.0, 1.0], "variance": 0.05}},
    {"linear": {"neurons": 3}},
    {"linear": {"neurons": 3, "spikes": "bernoulli"}},
    {"linear": {"neurons": 3, "spikes": "analog"}},
    {"direct": {}},
    {"poisson": {"range": [-2.0, 1.0]}},
    {"latency": {"range": [-2.0, 2.0]}},
    {"latency": {"range": [-2.0, 2.0], "function": "logarithmic"}},
]


def encoder_begin(g, name, options, features):
    n = options.get("neurons")
    if name == "population":
        low, high = options.get("range", (-3.0, 3.0))
        centres = torch.linspace(low, high, n, dtype=KIND).expand(features, n)
        spread = math.sqrt(options.get("variance", 0.15))
        return {
            "mean": centres + uniform(g, features, n, bound=0.2 * spread),
            "std": spread * (1.0 + uniform(g, features, n, bound=0.2)),
        }
    if name == "linear":
        return {
            "linear.weight": uniform(g, features, features * n, bound=0.8),
            "linear.bias": uniform(g, 1, features * n, bound=0.5),
        }
    return {}


def encoder_width(name, options, features):
    return features * options.get("neurons", 1)


# ------------------------------------------------------------------------------------------------- decoders


def weigh(spikes, p, options):
    """[.., width] to [.., A]."""
    if options.get("population") == "shared":
        return spikes @ p["weight"].T + p["bias"]
    actions, neurons = p["weight"].shape
    return (spikes.unflatten(-1, (actions, neurons)) * p["weight"]).sum(-1) + p["bias"]


def potentials(spikes, p, options, added):
    v, all_of_them = 0.0, []
    for t, s in enumerate(spikes):
        x = weigh(s, p, options)
        if added is not None:
            x = x + added[t]
        v = v + x if options.get("tau") is None else v + (x - v) / options["tau"]
        all_of_them.append(v)
    v = torch.stack(all_of_them)
    read = options.get("read", "last")
    if read == "last":
        return v[-1]
    if read == "mean":
        return v.mean(0)
    size = v.abs() if read == "max_abs" else v
    two = size.detach().topk(2, dim=0).values
    away(two[0] - two[1], 0.0)
    return v.gather(0, size.argmax(0, keepdim=True)).squeeze(0)


def decode(name, spikes, p, options, added=None):
    return weigh(spikes.mean(0), p, options) if name == "rate" else potentials(spikes, p, options, added)


DECODER_CASES = (
    [{"rate": {"neurons": 3}}, {"rate": {"neurons": 4, "population": "shared"}}]
    + [{"membrane": {"neurons": 3, "read": read}} for read in ("last", "max", "max_abs", "mean")]
    + [{"membrane": {"neurons": 3, "read": read, "tau": 2.0}} for read in ("last", "max", "max_abs", "mean")]
    + [{"membrane": {"neurons": 4, "read": "max", "tau": 1.5, "population": "shared"}}]
)


def decoder_begin(g, name, options, actions):
    n = options.get("neurons", 10)
    p = {"weight": uniform(g, actions, n, bound=1.0), "bias": uniform(g, actions, bound=0.3)}
    if name == "ilc":
        if options.get("self", True) or options.get("lateral", True):
            p["connection.weight"] = uniform(g, actions, n, n, bound=0.8)
        if options.get("bias", True):
            p["connection.bias"] = uniform(g, actions, n, bound=0.3)
    return p


def decoder_width(options, actions):
    n = options.get("neurons", 10)
    return n if options.get("population") == "shared" else actions * n


# -------------------------------------------------------------------------------------------------- neurons


class Clif:
    """Tang et al. 2020: c = c/2 + I; v = 3/4 v (1 - s) + c."""

    def __init__(self, spike, detach_reset=False):
        self.spike, self.detach_reset, self.state = spike, detach_reset, None

    def __call__(self, current):
        c, v, s = self.state or [torch.zeros_like(current)] * 3
        if self.detach_reset:
            s = s.detach()
        c = 0.5 * c + current
        v = 0.75 * v * (1 - s) + c
        s = self.spike(v - 0.5)
        self.state = [c, v, s]
        return s


class Dynamic:
    """Zhang et al. 2022 (MDC-SAN), equations 7 and 8 in unit Euler steps; `sign` of the decay of U is -1 in the paper."""

    THETA = (-0.172, 0.529, 0.021, 0.132)

    def __init__(self, spike, sign=-1.0):
        self.spike, self.sign, self.state = spike, sign, None

    def __call__(self, current):
        theta_v, theta_u, theta_r, theta_s = self.THETA
        c, v, u, s = self.state or [torch.zeros_like(current)] * 4
        c = 0.5 * c + current
        v1 = v * (1 - s) + theta_r * s
        u1 = u + theta_s * s
        v = v1 + (v1**2 - v1 - u1 + c)
        u = u1 + (theta_v * v1 + self.sign * theta_u * u1)
        s = self.spike(v - 0.5)
        self.state = [c, v, u, s]
        return s


# --------------------------------------------------------------------------------------------------- actors


ACTOR_CASES = [
    ("popsan-eq9", {}, "triangular"),
    ("popsan-eq9", {}, "rectangular"),
    ("mdcsan", {}, "rectangular"),
    ("mdcsan", {}, "triangular"),
    ("mdcsan-proxy", {}, "triangular"),
    ("noisysan", {"read": "max"}, "rectangular"),
    ("ilcsan", {"read": "max"}, "rectangular"),
    ("ilcsan", {}, "rectangular"),
    ("ilcsan", {"self": False}, "triangular"),
    ("ilcsan", {"lateral": False, "read": "max_abs"}, "triangular"),
    ("ilcsan", {"self": False, "lateral": False}, "triangular"),
    ("ilcsan", {"bias": False, "read": "mean", "tau": 2.0}, "triangular"),
    ("noisysan", {}, "triangular"),
]

FEATURES, ACTIONS, HIDDEN, BATCH, NEURONS = 3, 2, [9, 8], 6, 4

PRESETS = {
    "popsan-eq9": ({"gradient": "identity"}, lambda spike: Clif(spike, True), "rate"),
    "mdcsan": ({"spikes": "analog"}, Dynamic, "rate"),
    "mdcsan-proxy": ({"range": [-1.0, 1.0], "variance": 0.05}, lambda spike: Dynamic(spike, 1.0), "rate"),
    "ilcsan": ({}, Clif, "ilc"),
    "noisysan": ({}, Clif, "ilc"),
}


@cache
def pink():
    return noise.table(1.0, 1000 * STEPS)


def noise_at(place, moments, width):
    """[T, B, width] of deviation one, or nothing where there are no moments."""
    if moments is None:
        return torch.zeros(STEPS, BATCH, width, dtype=KIND)
    rows = [noise.at(pink(), place, moment, width, STEPS) for moment in moments]
    return torch.stack([torch.from_numpy(row) for row in rows], 1)


def actor(preset, options, spike, p, x, moments):
    coding, neuron, decoder = PRESETS[preset]
    part = lambda name: {key[len(name) + 1 :]: one for key, one in p.items() if key.startswith(name + ".")}
    encoded = population(x, part("encoder"), coding, None)
    sequence = [encoded[min(t, len(encoded) - 1)] for t in range(STEPS)]
    counts = []
    last = len(HIDDEN)
    for index in range(last + 1):
        layer, cells = part(f"layer.{index}"), neuron(spike)
        width = layer["weight"].shape[1]
        on_currents, on_spikes = (
            0.5 / math.sqrt(width) * noise_at(f"{what} of layer {index}", moments, width) for what in ("currents", "spikes")
        )
        count, fired, before = 0, [], torch.zeros(BATCH, width, dtype=KIND)
        for t in range(STEPS):
            current = sequence[t] @ layer["weight"] + layer["bias"] + on_currents[t]
            if decoder == "ilc" and index == last:
                current = current + connected(before, part("decoder"), options)
            spikes = cells(current)
            count += int(spikes.sum())
            before = spikes + on_spikes[t]
            fired.append(before)
        counts.append(count)
        sequence = fired
    for count, width in zip(counts, [*HIDDEN, ACTIONS * NEURONS]):
        if not 0.08 < count / (STEPS * BATCH * width) < 0.8:
            raise Fragile
    added = None
    if moments is not None:
        added = p["noise.decoder"] * noise_at("decoder", moments, ACTIONS)
    return decode(decoder, torch.stack(sequence), part("decoder"), options, added), counts


def connected(before, p, options):
    grouped = before.unflatten(-1, (ACTIONS, NEURONS))
    total = torch.zeros_like(grouped)
    for j in range(NEURONS):
        for i in range(NEURONS):
            if (i == j and options.get("self", True)) or (i != j and options.get("lateral", True)):
                total[..., j] = total[..., j] + grouped[..., i] * p["connection.weight"][:, i, j]
    if options.get("bias", True):
        total = total + p["connection.bias"]
    return total.flatten(1)


# ------------------------------------------------------------------------------------------------------ data


def uniform(g, *shape, bound):
    """Numbers that single precision has exactly."""
    drawn = (2 * torch.rand(*shape, generator=g, dtype=torch.float32) - 1) * bound
    return drawn.to(KIND)


def leaves(p):
    return {name: one.float().to(KIND).requires_grad_() for name, one in p.items()}


def gradients(loss, p):
    found = torch.autograd.grad(loss, list(p.values()), allow_unused=True)
    if any(one.abs().max() < 1e-3 for one in found if one is not None):
        raise Fragile  # a gradient that is nothing shows nothing
    return {name: numbers(one) for name, one in zip(p, found) if one is not None}


def numbers(x):
    x = x.detach()
    return [numbers(row) for row in x] if x.dim() else float(f"{float(x):.9g}")


def robust(make):
    for seed in range(100_000):
        try:
            return make(torch.Generator().manual_seed(seed))
        except Fragile:
            continue
    raise SystemExit("no seed is robust")


def encoder_case(component):
    (name, options), features, batch = *component.items(), 3, 5

    def make(g):
        p = leaves(encoder_begin(g, name, options, features))
        width = encoder_width(name, options, features)
        x = uniform(g, batch, features, bound=2.5).requires_grad_()
        uniforms = torch.rand(STEPS, batch, width, generator=g).to(KIND)
        out = ENCODERS[name](x, p, options, uniforms)
        weights = uniform(g, *out.shape, bound=1.0)
        back = {}
        if out.requires_grad:
            back = gradients((out * weights).sum(), {**p, "observation": x})
        return {
            "encoder": component,
            "observation": numbers(x),
            "uniforms": numbers(uniforms),
            "learned": {key: numbers(one) for key, one in p.items()},
            "output": numbers(out),
            "loss_weights": numbers(weights),
            "gradients": back,
        }

    return robust(make)


def decoder_case(component):
    (name, options), actions, batch = *component.items(), 2, 5

    def make(g):
        p = leaves(decoder_begin(g, name, options, actions))
        width = decoder_width(options, actions)
        spikes = (torch.rand(STEPS, batch, width, generator=g) < 0.4).to(KIND).requires_grad_()
        out = decode(name, spikes, p, options)
        weights = uniform(g, batch, actions, bound=1.0)
        return {
            "decoder": component,
            "spikes": numbers(spikes),
            "learned": {key: numbers(one) for key, one in p.items()},
            "output": numbers(out),
            "loss_weights": numbers(weights),
            "gradients": gradients((out * weights).sum(), {**p, "spikes": spikes}),
        }

    return robust(make)


def actor_case(preset, options, surrogate):
    coding, _, decoder = PRESETS[preset]
    widths = [FEATURES * NEURONS, *HIDDEN, ACTIONS * NEURONS]

    def make(g):
        p = {}
        for key, one in encoder_begin(g, "population", {"neurons": NEURONS, **coding}, FEATURES).items():
            p[f"encoder.{key}"] = one
        for index, (fan_in, fan_out) in enumerate(zip(widths, widths[1:])):
            p[f"layer.{index}.weight"] = uniform(g, fan_in, fan_out, bound=2.5 / math.sqrt(fan_in))
            p[f"layer.{index}.bias"] = uniform(g, 1, fan_out, bound=0.2)
        for key, one in decoder_begin(g, decoder, {"neurons": NEURONS, **options}, ACTIONS).items():
            p[f"decoder.{key}"] = one
        if preset == "noisysan":
            p["noise.decoder"] = uniform(g, ACTIONS, bound=1.0)
        p = leaves(p)
        x = uniform(g, BATCH, FEATURES, bound=1.0 if preset == "mdcsan-proxy" else 2.5).requires_grad_()
        moments = None
        if preset == "noisysan":
            moments = [torch.randint(below, [BATCH], generator=g).tolist() for below in (1 << 24, 1000, 5000)]
            moments = list(zip(*moments))
        out, counts = actor(preset, options, SURROGATES[surrogate], p, x, moments)
        weights = uniform(g, BATCH, ACTIONS, bound=1.0)
        return {
            "actor": {
                preset: {
                    "encoder": {"population": {"neurons": NEURONS}},
                    "decoder": {decoder: {"neurons": NEURONS, **options}},
                    "hidden": HIDDEN,
                }
            },
            "surrogate": surrogate,
            "observation": numbers(x),
            "moments": moments,
            "learned": {key: numbers(one) for key, one in p.items()},
            "spike_counts": counts,
            "output": numbers(out),
            "loss_weights": numbers(weights),
            "gradients": gradients((out * weights).sum(), {**p, "observation": x}),
        }

    return robust(make)


def check_dynamic():
    """The worked potentials of the dynamic neuron for a constant input of 0.4."""
    for sign, expected in ((-1.0, (0.4, 0.76, 0.637, 0.592, 0.573)), (1.0, (0.4, 0.76, 0.637, 0.525, 0.303))):
        cell, found = Dynamic(lambda u: (u > 0).to(u.dtype), sign), []
        for _ in range(STEPS):
            cell(torch.tensor([0.4], dtype=KIND))
            found.append(float(cell.state[1]))
        assert all(abs(a - b) < 6e-4 for a, b in zip(found, expected)), (sign, found)


def main():
    torch.set_num_threads(1)
    check_dynamic()
    golden = {
        "torch": torch.__version__,
        "steps": STEPS,
        "encoders": [encoder_case(one) for one in ENCODER_CASES],
        "decoders": [decoder_case(one) for one in DECODER_CASES],
        "actors": [actor_case(*one) for one in ACTOR_CASES],
    }
    path = HERE / "actors.json"
    path.write_text(json.dumps(golden) + "\n")
    print(f"{path.name}: {path.stat().st_size} bytes")
    for case in golden["actors"]:
        print(*case["actor"], case["surrogate"], case["spike_counts"])


if __name__ == "__main__":
    main()
