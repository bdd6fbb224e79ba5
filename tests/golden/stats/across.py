"""Golden values of what framework/src/stats says over several tasks, by rliable and others.

    python3 -m venv venv
    venv/bin/pip install numpy==2.4.6 scipy==1.17.1 rliable==1.2.0 arch==7.2.0
    venv/bin/python across.py

writes across.json beside this file. The intervals are those of 200 000 resamples by `arch`, as rliable draws them.
"""

import warnings

import numpy as np
import scipy
from arch import bootstrap as arch_bootstrap
from rliable import library, metrics

from writing import write

warnings.simplefilter("ignore")
rng = np.random.default_rng(20240613)


class Versioned:
    def __init__(self, name, version):
        self.__name__, self.__version__ = name, version


def floats(values):
    return [float(value) for value in values]


def aggregate(runs, tasks, runs_y=None):
    x = np.round(rng.normal(0.6, 0.4, (runs, tasks)), 4)
    y = np.round(rng.normal(0.5, 0.4, (runs_y or runs, tasks)), 4)
    thresholds = np.linspace(-0.2, 1.6, 10)
    profile = lambda x, means: library.create_performance_profile({"x": x}, thresholds, use_score_distribution=not means, reps=10)[0]["x"]
    np.random.seed(7)
    interval = library.get_interval_estimates({"x": x}, lambda x: np.array([metrics.aggregate_iqm(x)]), reps=100_000)[1]["x"]
    improvement = library.get_interval_estimates({"xy": (x, y)}, metrics.probability_of_improvement, reps=20_000)[1]["xy"]
    return {
        "x": [floats(task) for task in x.T],
        "y": [floats(task) for task in y.T],
        "iqm": float(metrics.aggregate_iqm(x)),
        "mean": float(metrics.aggregate_mean(x)),
        "median": float(metrics.aggregate_median(x)),
        "optimality_gap": float(metrics.aggregate_optimality_gap(x, 1.0)),
        "improvement": float(metrics.probability_of_improvement(x, y)),
        "thresholds": floats(thresholds),
        "profile": floats(profile(x, False)),
        "profile_of_means": floats(profile(x, True)),
        "iqm_interval": floats(interval.ravel()),
        "improvement_interval": floats(improvement.ravel()),
    }


write(
    __file__,
    [np, scipy, Versioned("rliable", "1.2.0"), Versioned("arch", "7.2.0")],
    {"aggregate": [aggregate(5, 3), aggregate(10, 4), aggregate(8, 2, runs_y=6)]},
)
