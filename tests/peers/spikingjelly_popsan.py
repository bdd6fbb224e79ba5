"""The Pop-SAN actor from SpikingJelly's own parts: the encoder, the current-based neuron with Pop-SAN's constants, and
multi-step layers.
"""
import torch
from spikingjelly.activation_based import encoding, functional, layer, neuron, surrogate
from torch import nn

import setting as s
from torch_popsan import linear


class PopSan(nn.Module):
    def __init__(self, sizes, weights):
        super().__init__()
        features, self.actions = sizes
        self.encoder = encoding.PopSpikeEncoderDeterministic(
            features, s.POPULATION, s.STEPS, (-3.0, 3.0), 0.15**0.5
        )
        # By default no gradient flows through the integrator's reset; in Pop-SAN's code it does.
        self.encoder.neurons.detach_reset = False
        parts = []
        for index in range(3):
            parts.append(as_multi_step(linear(weights, index)))
            parts.append(neurons())
        self.layers = nn.Sequential(*parts)
        functional.set_step_mode(self.layers, "m")
        self.decoder_w = nn.Parameter(torch.tensor(weights["decoder_w"]))
        self.decoder_b = nn.Parameter(torch.tensor(weights["decoder_b"]))

    def forward(self, observation):
        functional.reset_net(self)
        rate = self.layers(self.encoder(observation)).mean(0)
        grouped = rate.view(len(rate), self.actions, s.POPULATION) * self.decoder_w
        return torch.tanh(grouped.sum(-1) + self.decoder_b)


def neurons():
    return neuron.CUBALIFNode(
        c_decay=s.CURRENT_DECAY,
        v_decay=s.VOLTAGE_DECAY,
        v_threshold=s.THRESHOLD,
        v_reset=0.0,
        surrogate_function=surrogate.Rect(),
    )


def as_multi_step(made):
    multi = layer.Linear(made.in_features, made.out_features)
    multi.load_state_dict(made.state_dict())
    return multi
