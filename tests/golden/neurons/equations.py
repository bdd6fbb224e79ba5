"""Writes equations.json: neurons that no library has in our form, from the equations of their papers, in double precision.

    python equations.py

The format is that of neurons.json. Gradients are taken forward, one current at a time, with pairs of a value and its
derivative; the derivative of a spike is ATan's with alpha 2. `detach_reset` stops the derivative at the membrane's reset
alone. Nothing beside Python is needed.

- alif: Bellec et al. 2018, V(t) = rho V(t-1) + (1 - rho) I(t) - v_th z(t-1), fires above v_th + beta b(t),
  b(t+1) = rho_a b(t) + (1 - rho_a) z(t).
- izhikevich: Izhikevich 2003 in Euler steps; at 30 mV v becomes c and u becomes u + d.
- dynamic: Zhang et al. 2022, algorithm 1, with either published sign.
"""

import json
import math
import random
from pathlib import Path


class Pair:
    """A value and its derivative by one current."""

    def __init__(self, value, slope=0.0):
        self.value, self.slope = value, slope

    def __add__(self, other):
        other = other if isinstance(other, Pair) else Pair(other)
        return Pair(self.value + other.value, self.slope + other.slope)

    def __mul__(self, other):
        other = other if isinstance(other, Pair) else Pair(other)
        return Pair(self.value * other.value, self.value * other.slope + self.slope * other.value)

    def __sub__(self, other):
        return self + other * -1.0

    __radd__, __rmul__ = __add__, __mul__

    def detached(self, detach):
        return Pair(self.value) if detach else self


def spike(u):
    return Pair(float(u.value > 0.0), u.slope / (1.0 + (math.pi * u.value) ** 2))


def alif(current, tau, tau_adaptation, beta, v_threshold, detach_reset):
    rho, rho_a = math.exp(-1.0 / tau), math.exp(-1.0 / tau_adaptation)
    v, b, z = Pair(0.0), Pair(0.0), Pair(0.0)
    for i in current:
        v = rho * v + (1.0 - rho) * i - v_threshold * z.detached(detach_reset)
        z = spike(v - (beta * b + v_threshold))
        yield z, v
        b = rho_a * b + (1.0 - rho_a) * z


def izhikevich(current, a, b, d, dt, detach_reset, c=-65.0):
    v, u = Pair(c), Pair(b * c)
    for i in current:
        v, u = v + dt * (0.04 * v * v + 5.0 * v + 140.0 - u + i), u + dt * a * (b * v - u)
        z = spike(v - 30.0)
        seen = z.detached(detach_reset)
        v, u = v + seen * (c + v * -1.0), u + d * z
        yield z, v


def dynamic(current, u_sign, detach_reset):
    theta_v, theta_u, theta_r, theta_s = -0.172, 0.529, 0.021, 0.132
    v, u, c, z = Pair(0.0), Pair(0.0), Pair(0.0), Pair(0.0)
    for i in current:
        seen = z.detached(detach_reset)
        c = 0.5 * c + i
        v, u = v + seen * (theta_r + v * -1.0), u + theta_s * z
        v, u = v + (v * v - v - u + c), u + (theta_v * v + u_sign * theta_u * u)
        z = spike(v - 0.5)
        yield z, v


NEURONS = 3
noise = random.Random(1)
entries = []


def record(name, model, parameters, potential, steps, scale, offset):
    current = [[noise.gauss(offset, scale) for _ in range(NEURONS)] for _ in range(steps)]
    weight = [[math.sin(step * NEURONS + n) for n in range(NEURONS)] for step in range(steps)]

    def run(neuron, by):
        row = [Pair(current[step][neuron], float(step == by)) for step in range(steps)]
        return list(model(row, **parameters))

    plain = [run(neuron, None) for neuron in range(NEURONS)]
    spikes = [[plain[n][step][0].value for n in range(NEURONS)] for step in range(steps)]
    fired = sum(map(sum, spikes))
    assert 4 < fired < steps * NEURONS - 4, (name, fired)
    slope = lambda n, by: sum(weight[step][n] * z.slope for step, (z, _) in enumerate(run(n, by)))
    entries.append(
        {
            "name": name,
            "parameters": parameters,
            "library": "the equations",
            "fires_at": "above",
            "potential": potential,
            "current": current,
            "spikes": spikes,
            "potentials": [[plain[n][step][1].value for n in range(NEURONS)] for step in range(steps)],
            "gradient": [[slope(n, by) for n in range(NEURONS)] for by in range(steps)],
            "learned": {},
        }
    )


for detach in [False, True]:
    reset = {"detach_reset": detach}
    constants = {"tau": 4.0, "tau_adaptation": 12.0, "beta": 1.8, "v_threshold": 0.6}
    record("alif", alif, {**constants, **reset}, "before", 16, 1.5, 1.4)
    regular = {"a": 0.02, "b": 0.2, "d": 8.0, "dt": 0.5}
    record("izhikevich", izhikevich, {**regular, **reset}, "after", 40, 8.0, 40.0)
    for sign in [-1, 1]:
        record("dynamic", dynamic, {"u_sign": sign, **reset}, "before", 8, 0.3, 0.4)
text = json.dumps({"entries": entries})
Path(__file__).with_name("equations.json").write_text(text.replace('{"name"', '\n{"name"') + "\n")
