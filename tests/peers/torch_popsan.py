"""The Pop-SAN actor in PyTorch, operation by operation as its authors wrote it: a loop over time steps that goes through all
layers in each step.
"""
import torch
from torch import nn

import setting as s


class RectangularSpike(torch.autograd.Function):
    @staticmethod
    def forward(ctx, voltage):
        ctx.save_for_backward(voltage)
        return voltage.gt(s.THRESHOLD).float()

    @staticmethod
    def backward(ctx, error):
        (voltage,) = ctx.saved_tensors
        return error * (abs(voltage - s.THRESHOLD) < s.HALF_WIDTH).float()


class EncoderSpike(torch.autograd.Function):
    @staticmethod
    def forward(ctx, integral):
        return integral.gt(s.ENCODER_THRESHOLD).float()

    @staticmethod
    def backward(ctx, error):
        return error


class PopSan(nn.Module):
    def __init__(self, sizes, weights, analog=False):
        super().__init__()
        self.actions, self.analog = sizes[1], analog
        learned = lambda name: nn.Parameter(torch.tensor(weights[name]))
        self.mean, self.std = learned("mean"), learned("std")
        self.layers = nn.ModuleList(linear(weights, layer) for layer in range(3))
        self.decoder_w, self.decoder_b = learned("decoder_w"), learned("decoder_b")

    def encode(self, observation):
        """The activation of the populations [B, width]."""
        distance = observation.unsqueeze(-1) - self.mean
        return torch.exp(-0.5 * distance.pow(2) / self.std.pow(2)).flatten(1)

    def decode(self, rate):
        grouped = rate.view(len(rate), self.actions, s.POPULATION) * self.decoder_w
        return torch.tanh(grouped.sum(-1) + self.decoder_b)

    def forward(self, observation):
        activation = self.encode(observation)
        states = [tuple(activation.new_zeros(3, len(activation), layer.out_features)) for layer in self.layers]
        integral = torch.zeros_like(activation)
        total = 0.0
        for _ in range(s.STEPS):
            if self.analog:
                spike = activation
            else:
                integral = integral + activation
                spike = EncoderSpike.apply(integral)
                integral = integral - spike * s.ENCODER_THRESHOLD
            for index, layer in enumerate(self.layers):
                current, voltage, before = states[index]
                current = current * s.CURRENT_DECAY + layer(spike)
                voltage = voltage * s.VOLTAGE_DECAY * (1.0 - before) + current
                spike = RectangularSpike.apply(voltage)
                states[index] = current, voltage, spike
            total = total + spike
        return self.decode(total / s.STEPS)


def linear(weights, layer):
    """A linear layer with the shared initial weights, which are [inputs, outputs]."""
    weight = torch.tensor(weights[f"w{layer}"])
    made = nn.Linear(*weight.shape)
    with torch.no_grad():
        made.weight.copy_(weight.t())
        made.bias.copy_(torch.tensor(weights[f"b{layer}"]))
    return made
