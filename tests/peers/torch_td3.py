"""TD3 in PyTorch as in the Pop-SAN code (after Spinning Up): two critics, Adam, and the replay buffer in NumPy."""
import copy
from itertools import chain

import numpy as np
import torch
from torch import nn

import setting as s
from torch_popsan import PopSan, linear

torch.set_num_threads(1)


class Critic(nn.Module):
    def __init__(self, weights):
        super().__init__()
        first, second, third = (linear(weights, layer) for layer in range(3))
        self.q = nn.Sequential(first, nn.ReLU(), second, nn.ReLU(), third)

    def forward(self, observation, action):
        return self.q(torch.cat([observation, action], dim=-1)).squeeze(-1)


class Learner:
    def __init__(self, sizes, actor_weights, actor_lr=s.ACTOR_LR, actor=PopSan, **options):
        self.sizes = sizes
        self.actor = actor(sizes, actor_weights, **options)
        self.critics = nn.ModuleList(Critic(s.critic_weights(sizes, seed)) for seed in (10, 11))
        self.actor_target, self.critics_target = copy.deepcopy(self.actor), copy.deepcopy(self.critics)
        for weight in chain(self.actor_target.parameters(), self.critics_target.parameters()):
            weight.requires_grad = False
        self.actor_adam = torch.optim.Adam(self.actor.parameters(), lr=actor_lr)
        self.critic_adam = torch.optim.Adam(self.critics.parameters(), lr=s.CRITIC_LR)

    def update(self, replay, normaliser, delayed):
        normalise = lambda o: np.clip((o - normaliser.mean) / normaliser.deviation, -s.NORMALISE_CLIP, s.NORMALISE_CLIP)
        observation, action, following, reward, ended = replay.parts(replay.sample(s.BATCH))
        observation, following = normalise(observation), normalise(following)
        observation, action, following = map(torch.as_tensor, (observation, action, following))
        reward, ended = torch.as_tensor(reward[:, 0]), torch.as_tensor(ended[:, 0])

        with torch.no_grad():
            noise = torch.clamp(torch.randn_like(action) * s.TARGET_NOISE, -s.NOISE_CLIP, s.NOISE_CLIP)
            proposed = torch.clamp(self.actor_target(following) + noise, -1, 1)
            least = torch.min(*(critic(following, proposed) for critic in self.critics_target))
            target = reward + s.GAMMA * (1 - ended) * least
        self.critic_adam.zero_grad()
        sum(((critic(observation, action) - target) ** 2).mean() for critic in self.critics).backward()
        self.critic_adam.step()
        if not delayed:
            return

        for weight in self.critics.parameters():
            weight.requires_grad = False
        self.actor_adam.zero_grad()
        (-self.critics[0](observation, self.actor(observation)).mean()).backward()
        self.actor_adam.step()
        for weight in self.critics.parameters():
            weight.requires_grad = True
        with torch.no_grad():
            pairs = ((self.actor, self.actor_target), (self.critics, self.critics_target))
            for online, follower in pairs:
                for weight, moved in zip(online.parameters(), follower.parameters()):
                    moved.mul_(s.POLYAK).add_((1 - s.POLYAK) * weight)

    def learn(self, replay, normaliser, updates):
        for index in range(updates):
            self.update(replay, normaliser, delayed=index % 2 == 0)

    @torch.no_grad()
    def act(self, observation, normaliser):
        seen = (observation - normaliser.mean) / normaliser.deviation
        seen = np.clip(seen, -s.NORMALISE_CLIP, s.NORMALISE_CLIP).astype(np.float32)
        return self.actor(torch.as_tensor(seen).unsqueeze(0))[0].numpy()

    def wait(self):
        """Nothing to wait for: PyTorch has finished on return."""
