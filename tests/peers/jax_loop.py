"""Whole training loops in JAX with Gymnasium's environments, without evaluation."""
import numpy as np

import setting as s
from gymnasium_peer import Episodes
from jax_ppo import RolloutLearner
from jax_replay import ReplayLearner

# Learning begins after this many random steps.
BEFORE = 1_000
CAPACITY = 1_000_000


def from_replay(agent, name):
    """TD3, DDPG and SAC: blocks of steps and of as many updates."""
    learner, playing = ReplayLearner(agent), Episodes(name)
    sizes = agent.features, agent.outputs
    replay, normaliser = s.Replay(sizes, CAPACITY), s.Normaliser(agent.features)
    draw = np.random.default_rng(6)

    def step(action):
        before = playing.observation
        reward, terminated, _ = playing.step(action)
        replay.push(before, action, playing.last, [reward], [terminated])

    def block(random):
        begin = replay.next
        for _ in range(s.BLOCK):
            if random:
                step(draw.uniform(-1, 1, agent.outputs))
            else:
                step(agent.explore(learner.act(playing.observation, normaliser), draw))
        seen = replay.rows[np.arange(begin, begin + s.BLOCK) % CAPACITY, : agent.features]
        normaliser.observe(seen)
        if not random:
            learner.learn(replay, normaliser, s.BLOCK)

    def run(count):
        for _ in range(-(-count // s.BLOCK)):
            block(random=False)
        learner.wait()

    for _ in range(BEFORE // s.BLOCK):
        block(random=True)
    run(4 * s.BLOCK)
    return run


def from_values(agent, name):
    """DQN: an update after every step."""
    learner, playing = ReplayLearner(agent, block=1), Episodes(name)
    replay, normaliser = s.Replay((agent.features, 1), agent.buffer_size), s.Normaliser(agent.features)
    draw = np.random.default_rng(6)

    def step(best, epsilon):
        before = playing.observation
        action = int(draw.integers(agent.outputs) if draw.random() < epsilon else best)
        reward, terminated, _ = playing.step(action)
        replay.push(before, [action], playing.last, [reward], [terminated])
        if replay.next % s.BLOCK == 0:
            rows = np.arange(replay.next - s.BLOCK, replay.next) % len(replay.rows)
            normaliser.observe(replay.rows[rows, : agent.features])

    def run(count):
        nonlocal best
        for _ in range(count):
            step(best, agent.epsilon)
            best = learner.learn_and_act(replay, normaliser, playing.observation)
        learner.wait()

    best = 0
    for _ in range(BEFORE):
        step(best, 1.0)
    run(200)
    return run


def from_rollouts(agent, name):
    """PPO."""
    learner, playing = RolloutLearner(agent), Episodes(name)
    width = 1 if agent.discrete else agent.outputs
    rows = np.zeros((agent.horizon, 2 * agent.features + width + 3), np.float32)
    normaliser = s.Normaliser(agent.features)
    draw = np.random.default_rng(6)

    def rollout():
        for row in rows:
            before = playing.observation
            action = learner.act(before, normaliser, draw)
            outcome = playing.step(int(action) if agent.discrete else action)
            np.concatenate([before, np.atleast_1d(action), playing.last, outcome], out=row, casting="unsafe")
        learner.learn(rows, normaliser.mean, normaliser.deviation)
        normaliser.observe(rows[:, : agent.features])

    def run(count):
        for _ in range(-(-count // agent.horizon)):
            rollout()
        learner.wait()

    run(agent.horizon)
    return run
