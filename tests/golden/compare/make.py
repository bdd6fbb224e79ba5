"""Golden values of `spikebench compare`: scores.csv, and what others compute from it.

    python3 -m venv venv
    venv/bin/pip install numpy==2.4.6 scipy==1.17.1 statsmodels==0.15.0 pingouin==0.7.0 rliable==1.2.0
    venv/bin/python make.py

writes scores.csv and expected.json beside this file. The scores are made up: three methods on four tasks, seven seeds
each, one task saturated, one with ties, returns below zero on one.
"""

import itertools
import json
import math
import pathlib
import warnings

import numpy as np
import pingouin
from rliable import metrics
from scipy import stats
from statsmodels.stats.multitest import multipletests

warnings.simplefilter("ignore")
here = pathlib.Path(__file__).parent
rng = np.random.default_rng(20240615)
methods = ["rectangular", "triangular", "trapezoidal"]
bounds = {"Hopper-v5": (0.0, 3000.0), "Pendulum-v1": (-1500.0, -100.0), "Walker2d-v5": (0.0, 4000.0), "CartPole-v1": (0.0, 500.0)}
scores = {}
for task, (low, high) in bounds.items():
    for place, method in enumerate(methods):
        values = low + (high - low) * (0.5 + 0.1 * place + 0.15 * rng.normal(size=7))
        if task == "CartPole-v1":
            values = np.minimum(500.0, np.round(values + 200.0, -1))
        scores[task, method] = [float(v) for v in np.round(values, 3)]
lines = ["method,task,seed,score"]
for (task, method), values in scores.items():
    lines += [f"{method},{task},{seed},{value!r}" for seed, value in enumerate(values)]
(here / "scores.csv").write_text("\n".join(lines) + "\n")


def finite(value):
    value = float(value)
    return value if math.isfinite(value) else None


def u(a, b, method):
    result = stats.mannwhitneyu(a, b, method=method)
    return finite(result.statistic), None, finite(result.pvalue)


def t(result):
    return finite(result.statistic), finite(result.df), finite(result.pvalue)


def smirnov(a, b):
    """p over every labelling of the scores as they are; that of ks_2samp is as if there were no ties."""
    scores = np.sort(np.concatenate([a, b]))
    ends = np.append(scores[1:] != scores[:-1], True)

    def distance(first):
        return abs(len(b) * np.cumsum(first) - len(a) * np.cumsum(~first))[ends].max()

    observed = round(float(stats.ks_2samp(a, b).statistic) * len(a) * len(b))
    distances = []
    for chosen in itertools.combinations(range(len(scores)), len(a)):
        first = np.zeros(len(scores), bool)
        first[list(chosen)] = True
        distances.append(distance(first))
    p = np.mean(np.array(distances) >= observed)
    return finite(stats.ks_2samp(a, b).statistic), None, finite(p)


tests = {
    "welch": lambda a, b: t(stats.ttest_ind(a, b, equal_var=False)),
    "student": lambda a, b: t(stats.ttest_ind(a, b)),
    "paired-t": lambda a, b: t(stats.ttest_rel(a, b)),
    "mann-whitney": lambda a, b: u(a, b, "exact"),
    "mann-whitney-asymptotic": lambda a, b: u(a, b, "asymptotic"),
    "permutation": lambda a, b: (
        finite(np.mean(a) - np.mean(b)),
        None,
        finite(stats.permutation_test((a, b), lambda x, y, axis: np.mean(x, axis=axis) - np.mean(y, axis=axis), n_resamples=np.inf, vectorized=True).pvalue),
    ),
    "wilcoxon": lambda a, b: (finite(stats.wilcoxon(a, b, method="exact").statistic), None, finite(stats.wilcoxon(a, b, method="exact").pvalue)),
    "brunner-munzel-asymptotic": lambda a, b: (finite(stats.brunnermunzel(a, b).statistic), None, finite(stats.brunnermunzel(a, b).pvalue)),
    "kolmogorov-smirnov": smirnov,
}
corrections = {"none": None, "bonferroni": "bonferroni", "holm": "holm", "hochberg": "simes-hochberg", "hommel": "hommel", "bh": "fdr_bh", "by": "fdr_by"}


def tied(a, b):
    return len(set(a + b)) < len(a + b)


against = {}
for task in bounds:
    a = {method: scores[task, method] for method in methods}
    base = a[methods[0]]
    for name, test in tests.items():
        for method in methods[1:]:
            # scipy's exact rank tests ignore ties; ours counts them, which tests/golden/stats checks.
            if tied(a[method], base) and name in ("mann-whitney", "wilcoxon"):
                continue
            statistic, df, p = test(a[method], base)
            against.setdefault(name, {}).setdefault(task, {})[method] = {"statistic": statistic, "df": df, "p": p}
adjusted = {}
raw = [against["welch"][task][method]["p"] for task in bounds for method in methods[1:]]
for name, rule in corrections.items():
    adjust = lambda p: list(map(float, p if rule is None else multipletests(p, method=rule)[1]))
    adjusted[name] = {"per_environment": [x for k in range(len(bounds)) for x in adjust(raw[2 * k : 2 * k + 2])], "all": adjust(raw)}


def exact_g(d, n):
    return d * math.exp(math.lgamma(n / 2) - math.lgamma((n - 1) / 2)) / math.sqrt(n / 2)


effects, described, kruskal = {}, {}, {}
for task in bounds:
    kruskal[task] = float(stats.kruskal(*(scores[task, method] for method in methods)).pvalue)
    for method in methods:
        x, y = scores[task, method], scores[task, methods[0]]
        described.setdefault(task, {})[method] = {
            "n": len(x),
            "mean": float(np.mean(x)),
            "std": float(np.std(x, ddof=1)),
            "median": float(np.median(x)),
            "iqm": float(stats.trim_mean(x, 0.25)),
            # scipy answers 1 to runs that do not vary, ours has no answer.
            "shapiro_p": float(stats.shapiro(x).pvalue) if len(set(x)) > 1 else None,
        }
        if method == methods[0]:
            continue
        interval = stats.ttest_ind(x, y, equal_var=False).confidence_interval()
        d = float(pingouin.compute_effsize(x, y, eftype="cohen"))
        a12 = float(stats.mannwhitneyu(x, y).statistic) / (len(x) * len(y))
        effects.setdefault(task, {})[method] = {
            "mean_difference": float(np.mean(x) - np.mean(y)),
            "ci": [float(interval.low), float(interval.high)],
            "cohen_d": d,
            "hedges_g": exact_g(d, len(x) + len(y) - 2),
            "cliff_delta": 2 * a12 - 1,
            "a12": a12,
        }
matrix = {
    method: np.array([[(v - low) / (high - low) for v in scores[task, method]] for task, (low, high) in bounds.items()]).T
    for method in methods
}
aggregate = {
    method: {
        "iqm": float(metrics.aggregate_iqm(x)),
        "mean": float(metrics.aggregate_mean(x)),
        "median": float(metrics.aggregate_median(x)),
        "optimality_gap": float(metrics.aggregate_optimality_gap(x)),
        "probability_of_improvement": float(metrics.probability_of_improvement(x, matrix[methods[0]])),
    }
    for method, x in matrix.items()
}
means = {method: x.mean(axis=0) for method, x in matrix.items()}
friedman = stats.friedmanchisquare(*means.values())
across = {
    "friedman_chi2": float(friedman.statistic),
    "friedman_p": float(friedman.pvalue),
    "wilcoxon": {method: float(stats.wilcoxon(means[method], means[methods[0]], method="exact").pvalue) for method in methods[1:]},
}
(here / "expected.json").write_text(
    json.dumps(
        {"bounds": bounds, "described": described, "effects": effects, "kruskal_p": kruskal, "against": against, "adjusted": adjusted, "aggregate": aggregate, "across": across},
        indent=1,
        allow_nan=False,
    )
    + "\n"
)
