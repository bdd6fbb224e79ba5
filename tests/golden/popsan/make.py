#!/usr/bin/env python3
"""PyTorch reference of the Pop-SAN spiking actor.

Writes, next to itself,

* ``popsan.json``: one small actor, one batch, the action, the spike counts
  and every gradient for encoder x reset gradient x surrogate;
* ``worked.json``: one CLIF neuron under a constant input of 0.2.

The equations are those of the PopSAN paper and of its released code, written
op by op and differentiated by autograd; the spike's derivative is the only one
that is supplied by hand.  Run with PyTorch 2.11 and NumPy:

    python make.py
"""

import itertools
import json
import math
import platform
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

HERE = Path(__file__).resolve().parent

STEPS = 5
BATCH = 6
OBSERVATIONS = 3
POPULATION = 4  # encoder neurons per observation dimension
HIDDEN = [16, 12]
ACTIONS = 2
POPULATION_OUT = 5  # output neurons per action dimension

ENCODER_THRESHOLD = 0.999
V_THRESHOLD = 0.5
CURRENT_DECAY = 0.5
VOLTAGE_DECAY = 0.75

WEIGHT_GAINS = [4.0, 2.0, 2.0]  # times PyTorch's default bound, 1 / sqrt(fan_in)
BIAS_BOUND = 0.2

RATES = (0.10, 0.60)  # every layer must fire within
MARGIN = 1e-4  # distance that every compared value keeps from its comparand
KINKS = (0.0, 0.25, 0.5, 0.75, 1.0)  # of |v - V_THRESHOLD|, all surrogates together


# ---------------------------------------------------------------- surrogates


@dataclass(frozen=True)
class Rectangular:
    half_width: float = 0.5
    height: float = 1.0

    def __call__(self, x: Tensor) -> Tensor:
        return self.height * (x.abs() < self.half_width).to(x.dtype)


@dataclass(frozen=True)
class Triangular:
    half_width: float = 1.0
    height: float = 1.0

    def __call__(self, x: Tensor) -> Tensor:
        return self.height * (1.0 - x.abs() / self.half_width).clamp(min=0.0)


@dataclass(frozen=True)
class Trapezoidal:
    inner: float = 0.25
    outer: float = 0.75
    height: float = 1.0

    def __call__(self, x: Tensor) -> Tensor:
        slope = (self.outer - x.abs()) / (self.outer - self.inner)
        return self.height * slope.clamp(min=0.0, max=1.0)


ENCODERS = ["deterministic", "bernoulli"]
SURROGATES = [Rectangular(), Triangular(), Trapezoidal()]


class Spike(torch.autograd.Function):
    """1[x > 0] with the derivative surrogate(x)."""

    @staticmethod
    def forward(ctx, x, surrogate):
        ctx.surrogate = surrogate
        ctx.save_for_backward(x)
        return (x > 0).to(x.dtype)

    @staticmethod
    def backward(ctx, grad_output):
        (x,) = ctx.saved_tensors
        return grad_output * ctx.surrogate(x), None


class StraightThrough(torch.autograd.Function):
    """1[x > comparand] with the derivative 1 towards x and none towards the comparand."""

    @staticmethod
    def forward(ctx, x, comparand):
        return (x > comparand).to(x.dtype)

    @staticmethod
    def backward(ctx, grad_output):
        return grad_output, None


# ------------------------------------------------------------------- network


def encode_deterministic(a: Tensor, steps: int, threshold: float, trace: list) -> list[Tensor]:
    """Integrate and fire with a soft reset; the reset carries gradient."""
    u = torch.zeros_like(a)
    spikes = []
    for _ in range(steps):
        u = u + a
        s = StraightThrough.apply(u, threshold)
        trace.append((u - threshold).detach())
        u = u - threshold * s
        spikes.append(s)
    return spikes


def encode_bernoulli(a: Tensor, uniforms: Tensor, trace: list) -> list[Tensor]:
    """s_t = 1[u_t < A] for the given uniforms."""
    spikes = []
    for u in uniforms:
        trace.append((a - u).detach())
        spikes.append(StraightThrough.apply(a, u))
    return spikes


class CLIF:
    """Current-based leaky integrate-and-fire population, hard reset at the next step."""

    def __init__(self, surrogate, detach_reset: bool):
        self.surrogate = surrogate
        self.detach_reset = detach_reset
        self.c = self.v = self.s = None

    def __call__(self, i: Tensor) -> Tensor:
        if self.v is None:
            self.c = self.v = self.s = torch.zeros_like(i)
        reset = self.s.detach() if self.detach_reset else self.s
        self.c = CURRENT_DECAY * self.c + i
        self.v = VOLTAGE_DECAY * self.v * (1.0 - reset) + self.c
        self.s = Spike.apply(self.v - V_THRESHOLD, self.surrogate)
        return self.s


def population_activity(observation: Tensor, mean: Tensor, std: Tensor) -> Tensor:
    """[B, F] -> [B, F * P], the neurons of one observation side by side."""
    z = observation.unsqueeze(-1) - mean
    return torch.exp(-z.square() / (2.0 * std.square())).flatten(1)


@dataclass
class Result:
    action: Tensor
    spikes: list[Tensor]  # per layer, [T, B, neurons], the encoder first
    membranes: list[Tensor]  # per CLIF layer, v - V_THRESHOLD
    accumulators: Tensor  # the encoder's compared value minus its comparand


def actor(p, observation, uniforms, encoder, detach_reset, surrogate) -> Result:
    a = population_activity(observation, p["encoder.mean"], p["encoder.std"])
    accumulators = []
    if encoder == "deterministic":
        encoded = encode_deterministic(a, STEPS, ENCODER_THRESHOLD, accumulators)
    else:
        encoded = encode_bernoulli(a, uniforms, accumulators)

    layers = len(HIDDEN) + 1
    neurons = [CLIF(surrogate, detach_reset) for _ in range(layers)]
    spikes = [[] for _ in range(layers + 1)]
    membranes = [[] for _ in range(layers)]
    outputs = []
    for s in encoded:
        spikes[0].append(s.detach())
        for k in range(layers):
            # Parameters are held as [in, out]; the bias acts at every step.
            s = neurons[k](s @ p[f"layer.{k}.weight"] + p[f"layer.{k}.bias"])
            spikes[k + 1].append(s.detach())
            membranes[k].append(neurons[k].v.detach() - V_THRESHOLD)
        outputs.append(s)

    rate = torch.stack(outputs).mean(0).unflatten(1, (ACTIONS, POPULATION_OUT))
    action = torch.tanh((rate * p["decoder.weight"]).sum(-1) + p["decoder.bias"])
    return Result(
        action,
        [torch.stack(x) for x in spikes],
        [torch.stack(x) for x in membranes],
        torch.stack(accumulators),
    )


# --------------------------------------------------------------------- data


def draw(seed: int):
    """Parameters and inputs of one seed, float32."""
    g = torch.Generator().manual_seed(seed)

    def uniform(*shape, bound):
        return (2.0 * torch.rand(*shape, generator=g) - 1.0) * bound

    centres = torch.linspace(-3.0, 3.0, POPULATION).expand(OBSERVATIONS, POPULATION)
    p = {
        "encoder.mean": centres + uniform(OBSERVATIONS, POPULATION, bound=0.2),
        "encoder.std": math.sqrt(0.15) * (1.0 + uniform(OBSERVATIONS, POPULATION, bound=0.2)),
    }
    widths = [OBSERVATIONS * POPULATION, *HIDDEN, ACTIONS * POPULATION_OUT]
    for k, (fan_in, fan_out) in enumerate(zip(widths, widths[1:])):
        bound = WEIGHT_GAINS[k] / math.sqrt(fan_in)
        p[f"layer.{k}.weight"] = uniform(fan_in, fan_out, bound=bound)
        p[f"layer.{k}.bias"] = uniform(fan_out, bound=BIAS_BOUND)
    p["decoder.weight"] = uniform(ACTIONS, POPULATION_OUT, bound=1.0)
    p["decoder.bias"] = uniform(ACTIONS, bound=0.3)

    inputs = {
        "observation": uniform(BATCH, OBSERVATIONS, bound=3.0),
        "uniforms": torch.rand(STEPS, BATCH, OBSERVATIONS * POPULATION, generator=g),
        "loss_weights": torch.randn(BATCH, ACTIONS, generator=g),
    }
    return p, inputs


def is_robust(r: Result) -> bool:
    """Every layer fires, and rounding can neither flip a spike nor cross a kink."""
    return (
        all(RATES[0] <= s.mean() <= RATES[1] for s in r.spikes)
        and bool((r.accumulators.abs() >= MARGIN).all())
        and all(((x.abs() - kink).abs() >= MARGIN).all() for x in r.membranes for kink in KINKS)
    )


def search() -> int:
    """The first seed that is robust with either encoder; nothing else changes the forward pass."""
    for seed in range(10_000):
        p, inputs = draw(seed)
        runs = (
            actor(p, inputs["observation"], inputs["uniforms"], encoder, False, SURROGATES[0])
            for encoder in ENCODERS
        )
        if all(map(is_robust, runs)):
            return seed
    raise SystemExit("no seed meets the margins and the firing rates")


def run_case(p, inputs, encoder, detach_reset, surrogate, dtype=torch.float32):
    leaves = {k: x.to(dtype).requires_grad_() for k, x in p.items()}
    observation = inputs["observation"].to(dtype).requires_grad_()
    r = actor(leaves, observation, inputs["uniforms"].to(dtype), encoder, detach_reset, surrogate)
    loss = (r.action * inputs["loss_weights"].to(dtype)).sum()
    *gradients, observation_gradient = torch.autograd.grad(loss, [*leaves.values(), observation])
    return r, dict(zip(leaves, gradients)), observation_gradient


# --------------------------------------------------------------- self-checks


def worked_neuron(surrogate, detach_reset, dtype=torch.float64):
    """One CLIF neuron, I = 0.2 for five steps: c, v, s and d(sum s)/dI_t."""
    currents = torch.full((STEPS,), 0.2, dtype=dtype, requires_grad=True)
    neuron = CLIF(surrogate, detach_reset)
    trace = []
    for i in currents.unbind():
        neuron(i)
        trace.append((neuron.c, neuron.v, neuron.s))
    c, v, s = (torch.stack(x) for x in zip(*trace))
    (gradient,) = torch.autograd.grad(s.sum(), currents)
    return currents.detach(), c.detach(), v.detach(), s.detach(), gradient


def worked() -> dict:
    i, c, v, s, through = worked_neuron(Rectangular(), False)
    *_, detached = worked_neuron(Rectangular(), True)

    def near(x, expected, atol):
        torch.testing.assert_close(x, torch.tensor(expected, dtype=x.dtype), rtol=0.0, atol=atol)

    near(c, [0.2, 0.3, 0.35, 0.375, 0.3875], 1e-12)
    near(v, [0.2, 0.45, 0.6875, 0.375, 0.66875], 1e-12)
    near(s, [0.0, 0.0, 1.0, 0.0, 1.0], 0.0)
    near(through, [2.5169, 1.7136, 1.2271, 1.9688, 1.0], 5.1e-5)
    near(detached, [3.7188, 2.8125, 2.1250, 2.2500, 1.0], 5.1e-5)
    return {
        "versions": versions(),
        "constants": constants(),
        "dtype": "float64",
        "surrogate": describe(Rectangular()),
        "input": i.tolist(),
        "c": c.tolist(),
        "v": v.tolist(),
        "s": s.tolist(),
        "gradient_through_reset": through.tolist(),
        "gradient_detached_reset": detached.tolist(),
    }


def check_encoder() -> None:
    """Spike trains and straight-through derivatives of the deterministic encoder."""
    trains = {
        0.999: {0.1: "00000", 0.2: "00001", 0.25: "00010", 1 / 3: "00100", 0.5: "01010",
                0.6: "01011", 0.999: "01111", 1.0: "11111"},
        1.0: {0.2: "00000", 0.25: "00001", 1 / 3: "00010", 0.5: "00101", 1.0: "01111"},
    }  # fmt: skip
    for threshold, rows in trains.items():
        a = torch.tensor(list(rows), requires_grad=True)
        spikes = torch.stack(encode_deterministic(a, STEPS, threshold, []))
        found = ["".join(str(int(x)) for x in row) for row in spikes.T]
        assert found == list(rows.values()), (threshold, found)

        # d_t = 1 + (1 - threshold) d_{t-1}
        derivative = 0.0
        for s in spikes:
            derivative = 1.0 + (1.0 - threshold) * derivative
            (g,) = torch.autograd.grad(s.sum(), a, retain_graph=True)
            torch.testing.assert_close(g, torch.full_like(g, derivative), rtol=0.0, atol=1e-6)


def check_surrogates() -> None:
    x = torch.tensor([-1.0, -0.75, -0.6, -0.5, -0.4, -0.25, 0.0, 0.25, 0.4, 0.5, 0.6, 0.75, 1.0])
    halves = {
        Rectangular(): [1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0],
        Triangular(): [1.0, 0.75, 0.6, 0.5, 0.4, 0.25, 0.0],
        Trapezoidal(): [1.0, 1.0, 0.7, 0.5, 0.3, 0.0, 0.0],
    }
    for surrogate, half in halves.items():
        torch.testing.assert_close(surrogate(x), torch.tensor(half[:0:-1] + half))


def relative(x: Tensor, y: Tensor) -> float:
    """Largest difference, relative to the largest entry."""
    return ((x - y).abs().max() / y.abs().max()).item()


def check_cases(p, inputs, results) -> None:
    for (encoder, detach_reset, surrogate), (r, gradients, observation_gradient) in results.items():
        case = (encoder, detach_reset, surrogate)
        for name, g in [*gradients.items(), ("observation", observation_gradient)]:
            assert g.isfinite().all() and g.abs().max() > 1e-3, (case, name)

        assert is_robust(r), case

        # Double precision takes the same spikes and agrees on every gradient.
        r64, gradients64, observation_gradient64 = run_case(p, inputs, *case, dtype=torch.float64)
        assert all(torch.equal(s.double(), t) for s, t in zip(r.spikes, r64.spikes)), case
        torch.testing.assert_close(r.action.double(), r64.action, rtol=1e-6, atol=1e-6)
        for name, g in gradients.items():
            assert relative(g.double(), gradients64[name]) < 2e-6, (case, name)
        assert relative(observation_gradient.double(), observation_gradient64) < 2e-6, case

    # What a case varies must show in the gradients below the output population.
    below = [name for name in p if not name.startswith("decoder.")]

    def differ(one, other):
        _, a, _ = results[one]
        _, b, _ = results[other]
        assert all(relative(a[name], b[name]) > 1e-2 for name in below), (one, other)

    for encoder, surrogate in itertools.product(ENCODERS, SURROGATES):
        differ((encoder, False, surrogate), (encoder, True, surrogate))
    for encoder, detach_reset in itertools.product(ENCODERS, [False, True]):
        for one, other in itertools.combinations(SURROGATES, 2):
            differ((encoder, detach_reset, one), (encoder, detach_reset, other))
    for detach_reset, surrogate in itertools.product([False, True], SURROGATES):
        differ(("deterministic", detach_reset, surrogate), ("bernoulli", detach_reset, surrogate))


# ------------------------------------------------------------------- output


def describe(surrogate) -> dict:
    return {"name": type(surrogate).__name__.lower(), **asdict(surrogate)}


def versions() -> dict:
    return {
        "python": platform.python_version(),
        "torch": torch.__version__,
        "numpy": np.__version__,
    }


def constants() -> dict:
    return {
        "encoder_threshold": ENCODER_THRESHOLD,
        "v_threshold": V_THRESHOLD,
        "current_decay": CURRENT_DECAY,
        "voltage_decay": VOLTAGE_DECAY,
    }


def shortest(x: Tensor):
    """Nested lists whose JSON text is the shortest that reads back as the float32."""

    def number(value: np.float32) -> float:
        f = float(str(value))
        assert np.float32(f) == value
        return f

    def nested(array):
        return [nested(row) for row in array] if array.ndim else number(array[()])

    x = x.detach()
    assert x.dtype == torch.float32
    return nested(x.numpy())


def main() -> None:
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)

    check_surrogates()
    check_encoder()
    worked_numbers = worked()

    seed = search()
    p, inputs = draw(seed)
    assert inputs["observation"].abs().max() <= 3.0
    results = {
        case: run_case(p, inputs, *case)
        for case in itertools.product(ENCODERS, [False, True], SURROGATES)
    }
    check_cases(p, inputs, results)

    golden = {
        "versions": {**versions(), "seed": seed},
        "sizes": {
            "steps": STEPS,
            "batch": BATCH,
            "observations": OBSERVATIONS,
            "population": POPULATION,
            "hidden": HIDDEN,
            "actions": ACTIONS,
            "population_out": POPULATION_OUT,
        },
        "constants": constants(),
        "inputs": {k: shortest(x) for k, x in inputs.items()},
        "parameters": {k: shortest(x) for k, x in p.items()},
        "cases": [
            {
                "encoder": encoder,
                "detach_reset": detach_reset,
                "surrogate": describe(surrogate),
                "action": shortest(r.action),
                "spike_counts": [int(s.sum()) for s in r.spikes],
                "gradients": {k: shortest(g) for k, g in gradients.items()},
                "observation_gradient": shortest(observation_gradient),
            }
            for (encoder, detach_reset, surrogate), (r, gradients, observation_gradient)
            in results.items()
        ],
    }
    for name, content in [("popsan.json", golden), ("worked.json", worked_numbers)]:
        path = HERE / name
        path.write_text(json.dumps(content, indent=None if name == "popsan.json" else 1) + "\n")
        print(f"{name}: {path.stat().st_size} bytes")

    print(f"seed {seed}")
    for encoder in ENCODERS:
        r = results[encoder, False, SURROGATES[0]][0]
        rates = ", ".join(f"{s.mean().item():.3f}" for s in r.spikes)
        print(f"{encoder}: firing rates {rates}; counts {[int(s.sum()) for s in r.spikes]}")


if __name__ == "__main__":
    main()
