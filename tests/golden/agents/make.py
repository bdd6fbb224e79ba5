"""Updates of the agents, from fixed weights and transitions, by PyTorch alone: losses, gradients, weights afterwards.

python make.py   with torch, numpy and blake3; writes one JSON file for each case beside itself.

Networks are perceptrons. Weights are written as the framework has them, [replica, (twin,) in, out].
"""

import json
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.distributions import Categorical, Independent, Normal, TransformedDistribution
from torch.distributions.transforms import TanhTransform
from torch.nn.functional import mse_loss

from streams import Stream

FEATURES, ACTIONS, CHOICES, LIMIT = 3, 2, 4, 2.0
ACTOR_HIDDEN, CRITIC_HIDDEN, LOG_STD_HIDDEN = [6, 5], [7, 5], [5]
EACH_STEP = dict(update_every=1, gradient_steps=1)
EPSILON = float(np.finfo(np.float32).eps)

draw = np.random.default_rng(1)


def perceptron(inputs, hidden, outputs):
    """Weights rather larger than PyTorch's, so that nothing is near zero."""
    sizes = [inputs, *hidden, outputs]
    layers = []
    for fan_in, fan_out in zip(sizes, sizes[1:]):
        layer = nn.Linear(fan_in, fan_out)
        for tensor in (layer.weight, layer.bias):
            values = draw.normal(size=tuple(tensor.shape)) / np.sqrt(fan_in)
            tensor.data = torch.tensor(values, dtype=torch.float32)
        layers += [layer, nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def tensors(name, networks, twins=False, of=lambda tensor: tensor):
    """What `networks`, side by side if they are twins, learn, by the names of the framework."""
    found = {}
    for index in range(0, len(networks[0]), 2):
        for part in ("weight", "bias"):
            values = [of(getattr(network[index], part)).detach().t() for network in networks]
            values = [value.reshape(1, -1) if part == "bias" else value for value in values]
            both = torch.stack(values) if twins else values[0]
            found[f"{name}.{index // 2}.{part}"] = both[None].tolist()
    return found


def transitions(count, discrete=False):
    ends = draw.random(count)
    action = draw.integers(CHOICES, size=(count, 1)) if discrete else draw.normal(size=(count, ACTIONS))
    numbers = {
        "observation": draw.normal(size=(count, FEATURES)) * 2 + 0.5,
        "action": action,
        "reward": draw.normal(size=count),
        "next_observation": draw.normal(size=(count, FEATURES)) * 2 + 0.5,
        "terminated": ends < 0.15,
        "truncated": ends > 0.85,
    }
    return {name: torch.tensor(np.asarray(value), dtype=torch.float32) for name, value in numbers.items()}


def normaliser(below=""):
    mean = torch.tensor(draw.normal(size=FEATURES), dtype=torch.float32)
    variance = torch.tensor(draw.uniform(0.5, 2, size=FEATURES), dtype=torch.float32)
    state = {
        f"{below}normaliser.mean": mean[None].tolist(),
        f"{below}normaliser.variance": variance[None].tolist(),
    }
    return state, lambda seen: ((seen - mean) / torch.sqrt(variance + EPSILON)).clamp(-3, 3)


def parameters(*networks):
    return [parameter for network in networks for parameter in network.parameters()]


def follow(targets, networks, polyak):
    with torch.no_grad():
        for target, online in zip(parameters(*targets), parameters(*networks)):
            target.mul_(polyak).add_(online, alpha=1 - polyak)


def write(name, **parts):
    parts = {
        key: {inner: value.tolist() if torch.is_tensor(value) else value for inner, value in part.items()}
        if isinstance(part, dict)
        else part
        for key, part in parts.items()
    }
    parts["actor"] = {"mlp": {"hidden": ACTOR_HIDDEN}}
    Path(__file__).with_name(f"{name}.json").write_text(json.dumps(parts) + "\n")


def value(critics, observation, action):
    inputs = torch.cat([observation, action], -1)
    return torch.stack([critic(inputs)[:, 0] for critic in critics])


def td3():
    """Fujimoto et al. 2018, algorithm 1, one delayed update."""
    count, size, seed = 24, 16, 5
    setting = dict(gamma=0.9, polyak=0.8, target_noise=0.3, noise_clip=0.4, actor_lr=0.01, critic_lr=0.02)
    actor, actor_target = (perceptron(FEATURES, ACTOR_HIDDEN, ACTIONS) for _ in range(2))
    critics, critics_target = ([perceptron(FEATURES + ACTIONS, CRITIC_HIDDEN, 1) for _ in range(2)] for _ in range(2))
    seen, (known, normal) = transitions(count), normaliser("experience.")
    state = lambda: {
        **tensors("actor.layer", [actor]),
        **tensors("actor_target.layer", [actor_target]),
        **tensors("critic.critic", critics, True),
        **tensors("critic_target.critic", critics_target, True),
    }
    before = state() | known

    chosen = Stream(seed, "replay").indices(size, count)
    batch = {name: values[chosen] for name, values in seen.items()}
    noise = torch.from_numpy(Stream(seed, "target policy noise").normal(size, ACTIONS)) * setting["target_noise"]
    noise = noise.clamp(-setting["noise_clip"], setting["noise_clip"])
    observation, following = normal(batch["observation"]), normal(batch["next_observation"])
    critic_adam = torch.optim.Adam(parameters(*critics), lr=setting["critic_lr"])
    actor_adam = torch.optim.Adam(parameters(actor), lr=setting["actor_lr"])

    with torch.no_grad():
        action = (LIMIT * torch.tanh(actor_target(following)) + noise).clamp(-LIMIT, LIMIT)
        least = value(critics_target, following, action).min(0).values
        target = batch["reward"] + setting["gamma"] * (1 - batch["terminated"]) * least
    values = value(critics, observation, batch["action"])
    critic_loss = mse_loss(values[0], target) + mse_loss(values[1], target)
    critic_adam.zero_grad()
    critic_loss.backward()
    critic_adam.step()
    gradients = tensors("critic_adam.critic", critics, True, lambda parameter: parameter.grad)

    actor_loss = -value(critics, observation, LIMIT * torch.tanh(actor(observation)))[0].mean()
    actor_adam.zero_grad()
    actor_loss.backward()
    actor_adam.step()
    gradients |= tensors("actor_adam.layer", [actor], of=lambda parameter: parameter.grad)
    follow([actor_target], [actor], setting["polyak"])
    follow(critics_target, critics, setting["polyak"])
    agent = setting | dict(batch_size=size, update_after=count - 1, **EACH_STEP, critic_hidden=CRITIC_HIDDEN, policy_delay=1)
    losses = dict(critic_loss=critic_loss.item(), actor_loss=actor_loss.item())
    write(
        "td3", agent={"td3": agent}, seed=seed, before=before, transitions=seen, losses=losses, gradients=gradients,
        after=state(),
    )


def sac():
    """Haarnoja et al. 2018 with twin critics and a fixed temperature, one update."""
    count, size, seed = 24, 16, 6
    setting = dict(gamma=0.9, polyak=0.8, alpha=0.3, actor_lr=0.01, critic_lr=0.02, log_std_lr=0.03)
    low, high = setting["log_std_range"] = [-1.5, 0.3]
    actor = perceptron(FEATURES, ACTOR_HIDDEN, ACTIONS)
    log_std = perceptron(FEATURES, LOG_STD_HIDDEN, ACTIONS)
    critics, critics_target = ([perceptron(FEATURES + ACTIONS, CRITIC_HIDDEN, 1) for _ in range(2)] for _ in range(2))
    seen, (known, normal) = transitions(count), normaliser("experience.")
    state = lambda: {
        **tensors("actor.layer", [actor]),
        **tensors("log_std.log_std", [log_std]),
        **tensors("critic.critic", critics, True),
        **tensors("critic_target.critic", critics_target, True),
    }
    before = state() | known

    chosen = Stream(seed, "replay").indices(size, count)
    batch = {name: values[chosen] for name, values in seen.items()}
    noise = Stream(seed, "policy")
    observation, following = normal(batch["observation"]), normal(batch["next_observation"])
    critic_adam = torch.optim.Adam(parameters(*critics), lr=setting["critic_lr"])
    actor_adam = torch.optim.Adam(
        [
            {"params": parameters(actor), "lr": setting["actor_lr"]},
            {"params": parameters(log_std), "lr": setting["log_std_lr"]},
        ]
    )

    def policy(observation):
        mean, deviation = actor(observation), log_std(observation).clamp(low, high).exp()
        plain = Independent(Normal(mean, deviation), 1)
        squashed = TransformedDistribution(plain, TanhTransform(cache_size=1))
        before_tanh = mean + deviation * torch.from_numpy(noise.normal(size, ACTIONS))
        # Through the transform's cache, so that the density is of the number before tanh, not of its inverse.
        action = squashed.transforms[0](before_tanh)
        return action * LIMIT, squashed.log_prob(action)

    with torch.no_grad():
        action, log_density = policy(following)
        soft = value(critics_target, following, action).min(0).values - setting["alpha"] * log_density
        target = batch["reward"] + setting["gamma"] * (1 - batch["terminated"]) * soft
    values = value(critics, observation, batch["action"])
    critic_loss = mse_loss(values[0], target) + mse_loss(values[1], target)
    critic_adam.zero_grad()
    critic_loss.backward()
    critic_adam.step()
    gradients = tensors("critic_adam.critic", critics, True, lambda parameter: parameter.grad)

    action, log_density = policy(observation)
    actor_loss = (setting["alpha"] * log_density - value(critics, observation, action).min(0).values).mean()
    actor_adam.zero_grad()
    actor_loss.backward()
    actor_adam.step()
    gradients |= tensors("actor_adam.layer", [actor], of=lambda parameter: parameter.grad)
    gradients |= tensors("log_std_adam.log_std", [log_std], of=lambda parameter: parameter.grad)
    follow(critics_target, critics, setting["polyak"])
    hidden = dict(critic_hidden=CRITIC_HIDDEN, log_std_hidden=LOG_STD_HIDDEN)
    agent = setting | hidden | dict(batch_size=size, update_after=count - 1, **EACH_STEP)
    losses = dict(critic_loss=critic_loss.item(), actor_loss=actor_loss.item(), entropy=-log_density.mean().item())
    write(
        "sac", agent={"sac": agent}, seed=seed, before=before, transitions=seen, losses=losses, gradients=gradients,
        after=state(),
    )


def ppo(name, discrete, size, epochs):
    """Schulman et al. 2017, from one trajectory."""
    horizon, seed = 24, 7
    setting = dict(gamma=0.9, gae_lambda=0.8, clip=0.1, value_coefficient=0.7, entropy_coefficient=0.02)
    setting |= dict(actor_lr=0.02, critic_lr=0.03)
    actor = perceptron(FEATURES, ACTOR_HIDDEN, CHOICES if discrete else ACTIONS)
    critic = perceptron(FEATURES, CRITIC_HIDDEN, 1)
    log_std = nn.Parameter(torch.tensor([-0.4, 0.2]))
    seen, (known, normal) = transitions(horizon, discrete), normaliser()

    def of_actor(name, of=lambda tensor: tensor):
        spread = {} if discrete else {f"{name}.log_std": of(log_std).detach()[None].tolist()}
        return tensors(f"{name}.layer", [actor], of=of) | spread

    state = lambda: of_actor("actor") | tensors("critic.critic", [critic])
    before = state() | known

    observation, following = normal(seen["observation"]), normal(seen["next_observation"])
    actor_adam = torch.optim.Adam(parameters(actor) + ([] if discrete else [log_std]), lr=setting["actor_lr"])
    critic_adam = torch.optim.Adam(parameters(critic), lr=setting["critic_lr"])
    # The limit is the unit of the action.
    action = seen["action"][:, 0] if discrete else seen["action"] / LIMIT

    def policy(observation):
        proposed = actor(observation)
        return Categorical(logits=proposed) if discrete else Independent(Normal(proposed.tanh(), log_std.exp()), 1)

    with torch.no_grad():
        values, next_values = critic(observation)[:, 0], critic(following)[:, 0]
        probability = policy(observation).log_prob(action)
    # Equation 11 of the paper, summed step by step as far as the episode goes.
    advantage = torch.zeros(horizon)
    for step in range(horizon):
        weight = 1.0
        for later in range(step, horizon):
            goes_on = 1 - seen["terminated"][later]
            surprise = seen["reward"][later] + setting["gamma"] * goes_on * next_values[later] - values[later]
            advantage[step] += weight * surprise
            weight *= setting["gamma"] * setting["gae_lambda"]
            if seen["terminated"][later] or seen["truncated"][later]:
                break
    target = advantage + values
    advantage = (advantage - advantage.mean()) / (advantage.std() + 1e-8)

    minibatches = Stream(seed, "minibatches")
    losses, clipped = [], 0
    for _ in range(epochs * horizon // size):
        chosen = minibatches.indices(size, horizon)
        distribution = policy(observation[chosen])
        ratio = (distribution.log_prob(action[chosen]) - probability[chosen]).exp()
        bounded = ratio.clamp(1 - setting["clip"], 1 + setting["clip"])
        objective = torch.min(ratio * advantage[chosen], bounded * advantage[chosen]).mean()
        entropy = distribution.entropy().mean()
        actor_loss = -objective - setting["entropy_coefficient"] * entropy
        critic_loss = setting["value_coefficient"] * mse_loss(critic(observation[chosen])[:, 0], target[chosen])
        clipped += (bounded != ratio).sum().item()
        for optimiser in (actor_adam, critic_adam):
            optimiser.zero_grad()
        (actor_loss + critic_loss).backward()
        for optimiser in (actor_adam, critic_adam):
            optimiser.step()
        losses.append((actor_loss.item(), critic_loss.item(), entropy.item()))
    # Of one update, the gradient; of several, that the clip has mattered.
    gradients = {}
    if len(losses) == 1:
        gradients = of_actor("actor_adam", lambda parameter: parameter.grad)
        gradients |= tensors("critic_adam.critic", [critic], of=lambda parameter: parameter.grad)
    else:
        assert clipped > 10, clipped
    agent = setting | dict(batch_size=size, critic_hidden=CRITIC_HIDDEN, horizon=horizon, epochs=epochs)
    mean = dict(zip(("actor_loss", "critic_loss", "entropy"), np.mean(losses, 0).tolist()))
    write(
        name, agent={"ppo": agent}, discrete=discrete, seed=seed, before=before, transitions=seen, losses=mean,
        gradients=gradients, after=state(),
    )


if __name__ == "__main__":
    td3()
    sac()
    ppo("ppo_box", discrete=False, size=24, epochs=1)
    ppo("ppo_discrete", discrete=True, size=24, epochs=1)
    ppo("ppo_box_clipped", discrete=False, size=12, epochs=4)
    ppo("ppo_discrete_clipped", discrete=True, size=12, epochs=4)
