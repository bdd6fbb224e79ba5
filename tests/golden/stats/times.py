"""Golden values of framework/stats/src/restricted_mean.rs: the means by lifelines, the variances by Greenwood's formula as
Royston and Parmar (2013) write it, with the factor n/(n - 1).

    python3 -m venv venv
    venv/bin/pip install numpy==2.4.6 lifelines==0.30.3
    venv/bin/python times.py

writes times.json beside this file.
"""

import lifelines
import numpy as np
from lifelines.utils import restricted_mean_survival_time

from writing import write

rng = np.random.default_rng(20130115)


def mean(group, horizon):
    fitted = lifelines.KaplanMeierFitter().fit([t for t, _ in group], [e for _, e in group])
    return float(restricted_mean_survival_time(fitted, t=horizon))


def variance(group, horizon):
    """By numbers on a fine grid of whole steps, which shares nothing with the sums over events of the program."""
    n = len(group)
    share = np.ones(horizon)
    for t in range(1, horizon):
        risk = sum(time >= t for time, _ in group)
        events = sum(time == t and event for time, event in group)
        if events:
            share[t:] *= 1 - events / risk
    total = 0.0
    for t in sorted({time for time, event in group if event and time < horizon}):
        risk = sum(time >= t for time, _ in group)
        events = sum(time == t and event for time, event in group)
        if risk > events:
            total += share[t:].sum() ** 2 * events / (risk * (risk - events))
    return float(total * n / (n - 1))


def case(end, censored, *sizes):
    groups = []
    for n in sizes:
        times = rng.integers(1, 160, n)
        groups.append([[int(min(t, end)), bool(t <= end and rng.random() >= censored)] for t in times])
    last = [max(group, key=lambda run: (run[0], not run[1])) for group in groups]
    known = [time for time, event in last if not event]
    horizon = min(known) if known else max(time for time, _ in last)
    return {
        "groups": groups,
        "horizon": horizon,
        "means": [mean(group, horizon) for group in groups],
        "variances": [variance(group, horizon) for group in groups],
    }


write(
    __file__,
    [np, lifelines],
    {"restricted_mean": [case(100, 0.0, 8, 8), case(100, 0.3, 10, 7), case(150, 0.5, 6, 9, 12), case(200, 0.0, 5, 5)]},
)
