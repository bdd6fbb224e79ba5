"""Golden values of permutation tests: the statistics of scipy and statsmodels over every labelling of the runs.

    python3 -m venv venv
    venv/bin/pip install numpy==2.4.6 scipy==1.17.1
    venv/bin/python permuted.py

writes permuted.json beside this file. p of Brunner and Munzel's test is twice the smaller tail, as
scipy.stats.permutation_test counts it; that of F and of log-rank the upper one.
"""

import itertools

import numpy as np
import scipy
from scipy import stats

from writing import write

rng = np.random.default_rng(2007)
np.seterr(all="ignore")


def statistic(a, b):
    return float(stats.brunnermunzel(a, b).statistic)


def permuted(a, b):
    both = np.array(a + b)
    observed = statistic(a, b)
    tolerance = 1e-9 * abs(observed)
    values = []
    for chosen in itertools.combinations(range(len(both)), len(a)):
        mask = np.zeros(len(both), bool)
        mask[list(chosen)] = True
        values.append(statistic(both[mask], both[~mask]))
    values = np.array(values)
    tails = np.mean(values <= observed + tolerance), np.mean(values >= observed - tolerance)
    return {"a": a, "b": b, "statistic": observed, "p": float(min(1.0, 2 * min(tails)))}


def sample(n, shift=0.0, spread=1.0):
    return [float(v) for v in np.round(rng.normal(shift, spread, n), 3)]


def coarse(n):
    return [float(v) for v in rng.integers(0, 5, n)]


def arrangements(values, sizes):
    """Every way to hand the values to groups of these sizes."""
    if not sizes:
        yield []
        return
    for chosen in itertools.combinations(range(len(values)), sizes[0]):
        rest = [value for place, value in enumerate(values) if place not in chosen]
        for others in arrangements(rest, sizes[1:]):
            yield [[values[place] for place in chosen], *others]


def upper(statistic, groups):
    sizes = [len(group) for group in groups]
    observed = statistic(groups)
    values = [statistic(other) for other in arrangements([value for group in groups for value in group], sizes)]
    return float(np.mean(np.array(values) >= observed - 1e-9 * abs(observed)))


def anova(groups):
    return {"groups": groups, "p": upper(lambda groups: stats.f_oneway(*groups).statistic, groups)}


def savage(groups):
    """The excesses of the groups, squared and divided by their sizes, from the hazards at each time of the pool."""
    pool = [run for group in groups for run in group]
    total = 0.0
    for group in groups:
        excess = sum(reached for _, reached in group)
        for time in {time for time, reached in pool if reached}:
            hazard = sum(t == time and r for t, r in pool) / sum(t >= time for t, _ in pool)
            excess -= hazard * sum(t >= time for t, _ in group)
        total += excess**2 / len(group)
    return total


def log_rank(*sizes):
    groups = [[(int(rng.integers(1, 12)), bool(rng.random() < 0.7)) for _ in range(n)] for n in sizes]
    return {
        "groups": [[{"step": t, "reached": r} for t, r in group] for group in groups],
        "p": upper(savage, groups),
    }


write(
    __file__,
    [np, scipy],
    {
        "brunner_munzel_permuted": [
            permuted(a, b)
            for a, b in (
                (sample(3), sample(4, 0.5)),
                (sample(5), sample(5, 0.5, 3.0)),
                (sample(5), sample(5, 1.0)),
                (sample(7, 0.0, 2.0), sample(6, 1.0)),
                (coarse(6), coarse(6)),
                (coarse(5), coarse(8)),
            )
        ],
        "permuted_anova": [
            anova([sample(3), sample(3, 1.0), sample(3)]),
            anova([sample(4), sample(2, 1.0), sample(3, 2.0)]),
            anova([coarse(3), coarse(4), coarse(2)]),
            anova([sample(2), sample(2, 1.0), sample(2), sample(2, 2.0)]),
        ],
        "permuted_log_rank": [log_rank(3, 3, 3), log_rank(4, 5), log_rank(2, 3, 4)],
    },
)
