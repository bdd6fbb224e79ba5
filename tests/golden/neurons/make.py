"""Writes neurons.json: spikes, potentials and gradients of the libraries' neurons under random currents.

    pip install --no-deps -r ../../peers/requirements.txt snntorch==1.0.0
    python make.py

For every model: currents [T, N]; spikes and potentials [T, N] (SpikingJelly's after the reset, snnTorch's before it);
the gradient of sum(w * spikes) with w = sin(0, 1, 2, ...), by the currents and by what the model learns. The surrogate is
ATan with alpha 2.

What is left out, by name: Norse's LIF cells, whose input current acts one step later than any model of ours lets it, and
SpikingJelly's multi-level and gated models, which we do not have. snnTorch's `zero` of `Synaptic` acts after the charge,
ours before it, so that only its `subtract` is compared.
"""

import json
from pathlib import Path

import snntorch
import torch
from spikingjelly.activation_based import functional, neuron, surrogate

T, N = 8, 5
torch.manual_seed(1)
NOISE = torch.randn(T, N, dtype=torch.float64)
WEIGHTS = torch.arange(T * N, dtype=torch.float64).sin().view(T, N)
entries = []


def record(name, parameters, library, fires_at, potential, current, spikes, potentials, learned):
    inputs = [current] + list(learned.values())
    gradients = torch.autograd.grad((WEIGHTS * spikes).sum(), inputs, allow_unused=True)
    assert 4 < spikes.sum() < T * N - 4, (library, spikes.sum())
    entries.append(
        {
            "name": name,
            "parameters": parameters,
            "library": library,
            "fires_at": fires_at,
            "potential": potential,
            "current": current.tolist(),
            "spikes": spikes.tolist(),
            "potentials": potentials.tolist(),
            "gradient": gradients[0].tolist(),
            "learned": {
                key: {"value": value.item(), "gradient": gradient.item()}
                for (key, value), gradient in zip(learned.items(), gradients[1:])
            },
        }
    )


def drive(scale, offset):
    return (NOISE * scale + offset).requires_grad_()


def jelly(name, parameters, node, current, learned=None):
    node = node.double()
    functional.reset_net(node)
    spikes, potentials = [], []
    for step in range(T):
        spikes.append(node(current[step]))
        potentials.append(node.v)
    library = "SpikingJelly " + type(node).__name__
    learned = learned(node) if learned else {}
    stacked = torch.stack(spikes), torch.stack(potentials)
    record(name, parameters, library, "at_or_above", "after", current, *stacked, learned)


def resets(v_threshold):
    """What ours is called, and what SpikingJelly's is called."""
    for detach in [False, True]:
        for hard in [True, False]:
            ours = {"v_threshold": v_threshold, "reset": "hard" if hard else "soft", "detach_reset": detach}
            theirs = {"v_threshold": v_threshold, "v_reset": 0.0 if hard else None, "detach_reset": detach}
            yield ours, theirs


atan = surrogate.ATan(alpha=2.0)
for ours, theirs in resets(1.0):
    theirs = {**theirs, "surrogate_function": atan}
    jelly("if", ours, neuron.IFNode(**theirs), drive(0.6, 0.3))
    for decay_input in [True, False]:
        current = drive(1.5, 1.0) if decay_input else drive(0.8, 0.5)
        decay = {"decay_input": decay_input}
        jelly("lif", {**ours, **decay, "tau": 2.5}, neuron.LIFNode(tau=2.5, **decay, **theirs), current)
        node = neuron.ParametricLIFNode(init_tau=2.5, **decay, **theirs)
        jelly("plif", {**ours, **decay, "init_tau": 2.5}, node, current, lambda node: {"w": node.w})
        for scale_reset in [True, False]:
            scaled = {"scale_reset": scale_reset, **decay, "tau": 2.5}
            node = neuron.KLIFNode(**scaled, **theirs)
            with torch.no_grad():
                node.k.fill_(1.2)
            jelly("klif", {**ours, **scaled}, node, current, lambda node: {"k": node.k})
    jelly("resonate-and-fire", ours, neuron.RAFNode(**theirs), drive(1.5, 0.5))
for ours, theirs in resets(0.5):
    if theirs.pop("detach_reset"):
        continue
    theirs = {**theirs, "surrogate_function": atan}
    jelly("clif", ours, neuron.CUBALIFNode(**theirs), drive(0.4, 0.1))
# A reset to something else than zero, towards which the potential leaks.
node = neuron.LIFNode(tau=2.0, v_reset=-0.2, surrogate_function=atan)
jelly("lif", {"v_reset": -0.2}, node, drive(1.5, 1.0))
for detach in [False, True]:
    both = {"detach_reset": detach}
    theirs = {**both, "surrogate_function": atan}
    jelly("qif", both, neuron.QIFNode(**theirs), drive(1.2, 1.0))
    jelly("eif", both, neuron.EIFNode(**theirs), drive(1.2, 0.8))
    adaptation = {"a": 0.3, "b": 0.4, "tau_w": 3.0, **both}
    node = neuron.IzhikevichNode(a=0.3, b=0.4, tau_w=3.0, **theirs)
    jelly("adaptive-qif", adaptation, node, drive(1.2, 1.5))
jelly("complementary-lif", {}, neuron.ComplementaryLIFNode(surrogate_function=atan), drive(1.0, 0.8))


# snnTorch keeps decays in single precision: these are exact in it.
def torchlike(name, parameters, node, current, mechanism):
    node = node.double()
    mem, spikes, potentials = node.init_leaky() if name == "leaky" else None, [], []
    state = [mem] if name == "leaky" else list(node.init_synaptic())
    state = [torch.zeros(N, dtype=torch.float64) for _ in state]
    for step in range(T):
        spike, *state = node(current[step], *state)
        spikes.append(spike)
        potentials.append(state[-1])
    reset = {"subtract": "soft", "zero": "hard", "none": "none"}[mechanism]
    library = "snnTorch " + type(node).__name__
    stacked = torch.stack(spikes), torch.stack(potentials)
    record(name, {**parameters, "reset": reset}, library, "above", "before", current, *stacked, {})


for mechanism in ["subtract", "zero", "none"]:
    node = snntorch.Leaky(beta=0.75, reset_mechanism=mechanism)
    current = drive(0.8, 0.4) if mechanism != "none" else drive(0.6, 0.1)
    torchlike("leaky", {"beta": 0.75}, node, current, mechanism)
node = snntorch.Synaptic(alpha=0.875, beta=0.75, reset_mechanism="subtract")
decays = {"current_decay": 0.875, "voltage_decay": 0.75}
torchlike("synaptic", decays, node, drive(0.4, 0.05), "subtract")

versions = {"spikingjelly": "2.0.0", "snntorch": snntorch.__version__, "torch": torch.__version__}
text = json.dumps({"versions": versions, "entries": entries})
Path(__file__).with_name("neurons.json").write_text(text.replace('{"name"', '\n{"name"') + "\n")
