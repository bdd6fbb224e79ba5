"""Writes surrogates.json: pseudo-derivatives as the libraries' autograd gives them.

    pip install --no-deps -r ../../peers/requirements.txt snntorch==1.0.0 norse==1.1.0 nir nirtorch h5py
    python make.py

What is left out, by name: snnTorch's `triangular` (changes sign at the threshold), `spike_rate_escape` (subtracts the
threshold twice, and has no static backward in 1.0.0), `LSO` (raises TypeError in 1.0.0) and `SSO` (random); Norse's `super`
(ignores alpha in 1.1.0; it is compared with what it
computes, `superspike-height`), `logistic` and `circ_dist`
(random forward). snnTorch's `sigmoid` is compared where its exponential does not overflow.
"""

import json
from pathlib import Path

import snntorch.surrogate as snn
import torch
from norse.torch.functional import threshold as norse
from norse.torch.functional.superspike import super_fn
from spikingjelly.activation_based import surrogate as jelly

# Irregular, so that no kink is hit but the one at zero, where conventions differ; both are far enough from it.
POINTS = [-2.83, -1.91, -1.07, -0.97, -0.74, -0.52, -0.41, -0.26, -0.13, -0.031, -0.007]
POINTS = POINTS + [-u + 0.003 for u in reversed(POINTS)]


def backward(function):
    u = torch.tensor(POINTS, dtype=torch.float64, requires_grad=True)
    function(u).sum().backward()
    return u.grad.tolist()


entries = []


def compare(name, parameters, library, function):
    slopes = backward(function)
    entries.append(
        {"name": name, "parameters": parameters, "library": library, "slopes": slopes}
    )


for a in [0.7, 1.0, 2.0, 4.0]:
    alpha = {"alpha": a}
    compare("piecewise-quadratic", alpha, "SpikingJelly PiecewiseQuadratic", jelly.PiecewiseQuadratic(alpha=a))
    compare("piecewise-exponential", alpha, "SpikingJelly PiecewiseExp", jelly.PiecewiseExp(alpha=a))
    compare("sigmoid", alpha, "SpikingJelly Sigmoid", jelly.Sigmoid(alpha=a))
    compare("softsign", alpha, "SpikingJelly SoftSign", jelly.SoftSign(alpha=a))
    compare("superspike-height", alpha, "SpikingJelly SuperSpike", jelly.SuperSpike(alpha=a))
    compare("atan", alpha, "SpikingJelly ATan", jelly.ATan(alpha=a))
    compare("sign-log-abs", alpha, "SpikingJelly NonzeroSignLogAbs", jelly.NonzeroSignLogAbs(alpha=a))
    compare("erf", alpha, "SpikingJelly Erf", jelly.Erf(alpha=a))
    compare("fake-numerical-gradient", alpha, "SpikingJelly FakeNumericalGradient", jelly.FakeNumericalGradient(alpha=a))
    compare("s2nn", {"alpha": a, "beta": 1.3}, "SpikingJelly S2NN", jelly.S2NN(alpha=a, beta=1.3))
    compare("log-tailed-relu", alpha, "SpikingJelly LogTailedReLU", jelly.LogTailedReLU(alpha=a))
    compare("leaky-relu", {"leak": a / 10, "k": a}, "SpikingJelly LeakyKReLU", jelly.LeakyKReLU(leak=a / 10, k=a))
    compare("leaky-rectangle", {"w": a, "leak": 0.01}, "SpikingJelly PiecewiseLeakyReLU", jelly.PiecewiseLeakyReLU(w=a, c=0.01))
    rectangle = {"half_width": 0.5 / a, "height": a}
    compare("rectangular", rectangle, "SpikingJelly Rect", jelly.Rect(alpha=a))
    compare("fast-sigmoid", {"slope": a}, "snnTorch fast_sigmoid", snn.fast_sigmoid(slope=a))
    compare("sigmoid", alpha, "snnTorch sigmoid", snn.sigmoid(slope=a))
    compare("atan", alpha, "snnTorch atan", snn.atan(alpha=a))
    compare("tanh", {"k": a}, "Norse tanh", lambda u: norse.heavi_tanh_fn(u, a))
    compare("erf-unnormalised", {"k": a}, "Norse heavi_erfc", lambda u: norse.heavi_erfc_fn(u, a))
    compare("circ", alpha, "Norse circ", lambda u: norse.heavi_circ_fn(u, a))
    compare("triangular", {"height": a}, "Norse triangle", lambda u: norse.triangle_fn(u, a))
for a in [1.5, 2.0, 4.0]:
    compare("q-pseudo-spike", {"alpha": a}, "SpikingJelly QPseudoSpike", jelly.QPseudoSpike(alpha=a))
for n in [2, 3, 6]:
    parameters = {"n": n, "period": 3.0}
    compare("fourier-square-wave", parameters, "SpikingJelly SquarewaveFourierSeries", jelly.SquarewaveFourierSeries(n=n, T_period=3.0))
compare("straight-through", {}, "SpikingJelly DeterministicPass", jelly.DeterministicPass())
compare("straight-through", {}, "snnTorch straight_through_estimator", snn.straight_through_estimator())
compare("spike-gated", {}, "snnTorch heaviside", snn.heaviside())
compare("sparse-fast-sigmoid", {}, "snnTorch SFS", snn.SFS())
compare("superspike-height", {}, "Norse super", lambda u: super_fn(u, torch.tensor(100.0)))

# The defaults of ours that are said to be theirs.
for name, function in [
    ("piecewise-quadratic", jelly.PiecewiseQuadratic()),
    ("piecewise-exponential", jelly.PiecewiseExp()),
    ("sigmoid", jelly.Sigmoid()),
    ("softsign", jelly.SoftSign()),
    ("superspike-height", jelly.SuperSpike()),
    ("atan", jelly.ATan()),
    ("sign-log-abs", jelly.NonzeroSignLogAbs()),
    ("erf", jelly.Erf()),
    ("fake-numerical-gradient", jelly.FakeNumericalGradient()),
    ("s2nn", jelly.S2NN()),
    ("log-tailed-relu", jelly.LogTailedReLU()),
    ("leaky-relu", jelly.LeakyKReLU()),
    ("leaky-rectangle", jelly.PiecewiseLeakyReLU()),
    ("rectangular", jelly.Rect()),
    ("q-pseudo-spike", jelly.QPseudoSpike()),
    ("fourier-square-wave", jelly.SquarewaveFourierSeries()),
]:
    compare(name, {}, "SpikingJelly, its default", function)
compare("fast-sigmoid", {}, "snnTorch, its default", snn.fast_sigmoid())
compare("atan", {}, "snnTorch, its default", snn.atan())

versions = {"spikingjelly": "2.0.0", "snntorch": "1.0.0", "norse": "1.1.0", "torch": torch.__version__}
text = json.dumps({"versions": versions, "points": POINTS, "entries": entries})
Path(__file__).with_name("surrogates.json").write_text(text.replace("{\"name\"", "\n{\"name\"") + "\n")
