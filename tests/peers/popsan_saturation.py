"""Does Pop-SAN saturate on Hopper-v5 without us? An actor, an update and a loop of their own, which share nothing with Spikebench
and nothing with the other peers.

The equations are those of Tang et al. 2020 (arXiv 2010.09635, section 3 and supplement 2) and the schedule is that of their TD3.
Every 1000 steps a row of JSON goes to standard output: firing rates by layer, the share of neurons of each layer that always or
never fire, the share whose surrogate is zero for every observation, the decoder's output before tanh, and the evaluation return.

    python popsan_saturation.py --seed 100 --steps 15000
    python popsan_saturation.py --seed 100 --steps 15000 --encoder bernoulli --start-steps 1000

Given a record of Spikebench, it trains nothing, and says what that actor's layers do, on observations of random actions and of its own:

    python popsan_saturation.py --record results/…/runs/CELL
"""
import argparse
import copy
import json
import pathlib
import struct

import gymnasium
import numpy as np
import torch
from torch import nn
from torch.nn import functional

TIME, POPULATION, HIDDEN = 5, 10, 256
SURROGATES = {  # derivative at the distance x from the threshold
    "rectangular": lambda x: (x.abs() < 0.5).float(),
    "T-eq": lambda x: ((0.75 - x.abs()) / 0.5).clamp(0, 1),
    "T-out": lambda x: ((1.0 - x.abs()) / 0.5).clamp(0, 1),
    "T-in-norm": lambda x: ((0.5 - x.abs()) / 0.25).clamp(0, 1) / 0.75,
    "Tri-wide": lambda x: (1.0 - x.abs()).clamp(0, 1),
    "atan": lambda x: 1.0 / (1.0 + (np.pi * x) ** 2),
}


def step_function(x, slope):
    """1 where `x` is positive; the derivative is `slope`."""
    passing = x * slope.detach()
    return (x > 0).float() + passing - passing.detach()


class Actor(nn.Module):
    def __init__(self, features, actions, encoder, spread, variance, surrogate):
        super().__init__()
        self.encoder, self.surrogate, self.actions = encoder, SURROGATES[surrogate], actions
        self.mu = nn.Parameter(torch.linspace(-spread, spread, POPULATION).repeat(features, 1))
        self.sigma = nn.Parameter(torch.full((features, POPULATION), variance**0.5))
        widths = [features * POPULATION, HIDDEN, HIDDEN, actions * POPULATION]
        self.synapses = nn.ModuleList(map(nn.Linear, widths, widths[1:]))
        bound = POPULATION**-0.5
        self.weight = nn.Parameter(torch.empty(actions, POPULATION).uniform_(-bound, bound))
        self.bias = nn.Parameter(torch.empty(actions).uniform_(-bound, bound))

    def encode(self, observation):
        excitation = torch.exp(-((observation[:, :, None] - self.mu) ** 2) / (2 * self.sigma**2)).flatten(1)
        if self.encoder == "analog":
            return excitation.expand(TIME, *excitation.shape)
        if self.encoder == "bernoulli":
            drawn = torch.rand(TIME, *excitation.shape) < excitation
            return drawn.float() + excitation - excitation.detach()
        charge, trains = torch.zeros_like(excitation), []
        for _ in range(TIME):
            charge = charge + excitation
            trains.append(step_function(charge - 0.999, torch.ones_like(charge)))
            charge = charge - 0.999 * trains[-1]
        return torch.stack(trains)

    def populations(self, observation):
        """The spikes [T, B, width] and the potentials of all layers; the encoder has no potentials."""
        spikes, found = self.encode(observation), []
        found.append((spikes, None))
        for synapse in self.synapses:
            drive = synapse(spikes)
            current = potential = spike = torch.zeros_like(drive[0])
            trains, potentials = [], []
            for now in drive:
                current = 0.5 * current + now
                potential = 0.75 * potential * (1 - spike) + current
                above = potential - 0.5
                spike = step_function(above, self.surrogate(above))
                trains.append(spike)
                potentials.append(above)
            spikes = torch.stack(trains)
            found.append((spikes, torch.stack(potentials)))
        return found

    def before_tanh(self, rate):
        return (rate.unflatten(1, (self.actions, POPULATION)) * self.weight).sum(-1) + self.bias

    def forward(self, observation):
        return torch.tanh(self.before_tanh(self.populations(observation)[-1][0].mean(0)))


def critic(features, actions):
    return nn.Sequential(
        nn.Linear(features + actions, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, 1)
    )


class Moments:
    """Running mean and variance of observations, by the rule of Chan et al. in blocks of 50."""

    def __init__(self, features):
        self.count, self.mean, self.squares = 1.1920929e-7, np.zeros(features), np.full(features, 1.1920929e-7)

    def see(self, block):
        count = len(block)
        off = block.mean(0) - self.mean
        self.squares += block.var(0) * count + off**2 * self.count * count / (self.count + count)
        self.mean += off * count / (self.count + count)
        self.count += count

    def scale(self, observation):
        deviation = np.sqrt(self.squares / self.count + 1.1920929e-7)
        return np.clip((observation - self.mean) / deviation, -3, 3).astype(np.float32)


def measure(actor, observation):
    """What the layers do on observations [B, features]."""
    row = {}
    with torch.no_grad():
        layers = actor.populations(torch.as_tensor(observation))
        for index, (spikes, above) in enumerate(layers):
            name = "encoder" if index == 0 else f"layer.{index - 1}"
            row[f"rate.{name}"] = spikes.mean().item()
            if above is None:
                continue
            fired = spikes.mean((0, 1))
            row[f"always.{name}"] = (fired == 1).float().mean().item()
            row[f"never.{name}"] = (fired == 0).float().mean().item()
            # The train of spikes does not depend on the observation at all.
            row[f"constant.{name}"] = (spikes == spikes[:, :1]).all(1).all(0).float().mean().item()
            row[f"dead.{name}"] = (actor.surrogate(above) == 0).all(0).all(0).float().mean().item()
        raw = actor.before_tanh(layers[-1][0].mean(0))
        row["before_tanh"] = raw.mean(0).tolist()
        row["actions_deviate"] = torch.tanh(raw).std(0).tolist()
    return row


def evaluate(actor, moments, environment, seed, episodes):
    returns, lengths, seen = [], [], []
    for episode in range(episodes):
        observation, _ = environment.reset(seed=seed + episode)
        total, length, ended = 0.0, 0, False
        while not ended:
            scaled = moments.scale(observation)[None]
            seen.append(scaled[0])
            with torch.no_grad():
                action = actor(torch.as_tensor(scaled))[0].numpy()
            observation, reward, terminated, truncated, _ = environment.step(action)
            total, length, ended = total + reward, length + 1, terminated or truncated
        returns.append(total)
        lengths.append(length)
    pick = np.linspace(0, len(seen) - 1, min(256, len(seen))).astype(int)
    return float(np.mean(returns)), float(np.mean(lengths)), np.stack(seen)[pick]


def of_record(folder, environment, chosen):
    """The actor of a record and the moments of its observations (plugins/WEIGHTS.md)."""
    data = (folder / "actor.safetensors").read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    header, body = json.loads(data[8 : 8 + length]), data[8 + length :]

    def tensor(name):
        begin, end = header[name]["data_offsets"]
        return torch.tensor(np.frombuffer(body[begin:end], "<f4").reshape(header[name]["shape"]))

    features, actions = environment.observation_space.shape[0], environment.action_space.shape[0]
    actor = Actor(features, actions, chosen.encoder, chosen.spread, chosen.variance, chosen.surrogate)
    with torch.no_grad():
        actor.mu.copy_(tensor("encoder.mean"))
        actor.sigma.copy_(tensor("encoder.std"))
        for index, synapse in enumerate(actor.synapses):
            synapse.weight.copy_(tensor(f"layer.{index}.weight").T)
            synapse.bias.copy_(tensor(f"layer.{index}.bias")[0])
        actor.weight.copy_(tensor("decoder.weight"))
        actor.bias.copy_(tensor("decoder.bias"))
    found = json.loads((folder / "normaliser.json").read_text())
    moments = Moments(features)
    moments.count, moments.mean = found["count"], np.array(found["mean"])
    moments.squares = np.array(found["variance"]) * moments.count
    return actor, moments


def random_observations(environment, seed, steps):
    draw, seen = np.random.default_rng(seed), []
    observation, _ = environment.reset(seed=seed)
    for _ in range(steps):
        seen.append(observation)
        action = draw.uniform(-1, 1, environment.action_space.shape[0]).astype(np.float32)
        observation, _, terminated, truncated, _ = environment.step(action)
        if terminated or truncated:
            observation, _ = environment.reset()
    return np.array(seen)


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--environment", default="Hopper-v5")
    options.add_argument("--seed", type=int, default=100)
    options.add_argument("--steps", type=int, default=15_000)
    options.add_argument("--encoder", choices=["deterministic", "bernoulli", "analog"], default="deterministic")
    options.add_argument("--surrogate", choices=SURROGATES, default="rectangular")
    options.add_argument("--spread", type=float, default=3.0, help="the populations' means go from -spread to spread")
    options.add_argument("--variance", type=float, default=0.15)
    options.add_argument("--start-steps", type=int, default=10_000)
    options.add_argument("--update-after", type=int, default=1_000)
    options.add_argument("--actor-lr", type=float, default=1e-4)
    options.add_argument("--episodes", type=int, default=2)
    options.add_argument("--every", type=int, default=1_000)
    options.add_argument("--record", type=pathlib.Path, help="the folder of a record of Spikebench")
    chosen = options.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(chosen.seed)
    draw = np.random.default_rng(chosen.seed)

    playing, judging = gymnasium.make(chosen.environment), gymnasium.make(chosen.environment)
    if chosen.record:
        actor, moments = of_record(chosen.record, playing, chosen)
        score, length, seen = evaluate(actor, moments, judging, 1, chosen.episodes)
        row = {"record": chosen.record.name, "return": score, "length": length} | measure(actor, seen)
        random = moments.scale(random_observations(playing, chosen.seed, 1000))
        print(json.dumps(row | {f"random.{name}": number for name, number in measure(actor, random).items()}))
        return
    features, actions = playing.observation_space.shape[0], playing.action_space.shape[0]
    actor = Actor(features, actions, chosen.encoder, chosen.spread, chosen.variance, chosen.surrogate)
    critics = nn.ModuleList(critic(features, actions) for _ in range(2))
    pairs = [(actor, copy.deepcopy(actor)), (critics, copy.deepcopy(critics))]
    actor_target, critics_target = pairs[0][1], pairs[1][1]
    actor_adam = torch.optim.Adam(actor.parameters(), lr=chosen.actor_lr)
    critic_adam = torch.optim.Adam(critics.parameters(), lr=1e-3)
    value = lambda critic, observation, action: critic(torch.cat([observation, action], 1))[:, 0]

    moments = Moments(features)
    stored = [np.zeros((chosen.steps, width), np.float32) for width in (features, actions, features, 1, 1)]
    observation, _ = playing.reset(seed=chosen.seed)
    block, q_mean = [], float("nan")
    for step in range(chosen.steps):
        if step <= chosen.start_steps:
            action = draw.uniform(-1, 1, actions).astype(np.float32)
        else:
            with torch.no_grad():
                action = actor(torch.as_tensor(moments.scale(observation)[None]))[0].numpy()
            action = np.clip(action + 0.1 * draw.standard_normal(actions), -1, 1).astype(np.float32)
        following, reward, terminated, truncated, _ = playing.step(action)
        for column, now in zip(stored, (observation, action, following, reward, terminated)):
            column[step] = now
        block.append(observation)
        if len(block) == 50:
            moments.see(np.array(block))
            block = []
        observation = playing.reset()[0] if terminated or truncated else following

        if step >= chosen.update_after and step % 50 == 0:
            for update in range(50):
                rows = draw.integers(0, step + 1, 100)
                before, taken, after, gain, over = (column[rows] for column in stored)
                before, after = torch.as_tensor(moments.scale(before)), torch.as_tensor(moments.scale(after))
                taken, gain, over = torch.as_tensor(taken), torch.as_tensor(gain[:, 0]), torch.as_tensor(over[:, 0])
                with torch.no_grad():
                    noise = (0.2 * torch.randn_like(taken)).clamp(-0.5, 0.5)
                    proposed = (actor_target(after) + noise).clamp(-1, 1)
                    least = torch.minimum(*(value(one, after, proposed) for one in critics_target))
                    aim = gain + 0.99 * (1 - over) * least
                loss = sum(functional.mse_loss(value(one, before, taken), aim) for one in critics)
                critic_adam.zero_grad()
                loss.backward()
                critic_adam.step()
                if update % 2:
                    continue
                q = value(critics[0], before, actor(before)).mean()
                actor_adam.zero_grad()
                (-q).backward()
                actor_adam.step()
                q_mean = q.item()
                with torch.no_grad():
                    for online, follower in pairs:
                        for new, old in zip(online.parameters(), follower.parameters()):
                            old.lerp_(new, 0.005)

        if (step + 1) % chosen.every == 0:
            score, length, seen = evaluate(actor, moments, judging, 1000 * (step + 1), chosen.episodes)
            row = {"step": step + 1, "return": score, "length": length, "q": q_mean} | measure(actor, seen)
            recent = moments.scale(stored[0][max(0, step - 999) : step + 1])
            row |= {f"replay.{name}": number for name, number in measure(actor, recent).items()}
            row["scaled_deviation"] = seen.std(0).tolist()
            print(json.dumps(row), flush=True)


if __name__ == "__main__":
    main()
