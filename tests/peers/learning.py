"""The workloads of any learner that has `learn(replay, normaliser, updates)`, `act(observation, normaliser)` and `wait()`."""
from functools import partial

import numpy as np

import setting as s


def updates(learner, sizes, trained=False, **options):
    weights = s.actor_weights(sizes)
    if trained:
        weights, options = s.at_rates(weights), {**options, "actor_lr": s.FROZEN_LR}
    learner = learner(sizes, weights, **options)
    replay = s.random_replay(sizes)
    normaliser = s.normaliser_of(replay)

    def run(count):
        learner.learn(replay, normaliser, count)
        learner.wait()

    run(s.BLOCK)
    return run


def acting(learner):
    learner = learner(s.HOPPER, s.actor_weights(s.HOPPER))
    normaliser = s.normaliser_of(s.random_replay(s.HOPPER))
    observation = np.random.default_rng(5).standard_normal(s.HOPPER[0])

    def run(count):
        for _ in range(count):
            learner.act(observation, normaliser)

    run(100)
    return run


# Evaluation steps per training step: ten episodes every 10 000 steps, with an assumed mean length of 200 steps.
EVALUATION_SHARE = 10 * 200 / 10_000


def training(learner):
    """The loop of the Pop-SAN code on Hopper-v5, with its evaluations spread evenly over the blocks of steps."""
    from gymnasium_peer import Episodes

    learner = learner(s.HOPPER, s.actor_weights(s.HOPPER))
    replay, normaliser = s.Replay(s.HOPPER, 1_000_000), s.Normaliser(s.HOPPER[0])
    playing, judging = Episodes("Hopper-v5"), Episodes("Hopper-v5")
    draw = np.random.default_rng(6)
    actions = s.HOPPER[1]

    def step(action):
        before = playing.observation
        reward, terminated, _ = playing.step(action)
        replay.push(before, action, playing.last, [reward], [terminated])

    def block(random):
        begin = replay.next
        for _ in range(s.BLOCK):
            if random:
                step(draw.uniform(-1, 1, actions))
            else:
                noise = s.ACTION_NOISE * draw.standard_normal(actions)
                step(np.clip(learner.act(playing.observation, normaliser) + noise, -1, 1))
        seen = replay.rows[np.arange(begin, begin + s.BLOCK) % len(replay.rows), : s.HOPPER[0]]
        normaliser.observe(seen)
        if random:
            return
        learner.learn(replay, normaliser, s.BLOCK)
        for _ in range(round(s.BLOCK * EVALUATION_SHARE)):
            judging.step(learner.act(judging.observation, normaliser))

    def run(count):
        for _ in range(-(-count // s.BLOCK)):
            block(random=False)
        learner.wait()

    for _ in range(1_000 // s.BLOCK):
        block(random=True)
    run(4 * s.BLOCK)
    return run


def works(learner, analog=True):
    known = {
        "td3_update": partial(updates, learner, s.HOPPER),
        "td3_update_trained_rates": partial(updates, learner, s.HOPPER, trained=True),
        "td3_update_halfcheetah": partial(updates, learner, s.HALFCHEETAH),
        "td3_update_ant": partial(updates, learner, s.ANT),
        "act": partial(acting, learner),
        "training_step": partial(training, learner),
    }
    if analog:
        known["td3_update_analog"] = partial(updates, learner, s.HOPPER, analog=True)
    return known
