"""Golden values for framework/src/stats, from independent implementations.

    python3 -m venv venv
    venv/bin/pip install numpy==2.4.6 scipy==1.17.1 statsmodels==0.15.0 mpmath==1.4.1
    venv/bin/python make.py

writes stats.json beside this file. Everything is deterministic: running it again with the same versions changes no
byte. The random samples only vary the input; they are part of the output, so that nothing depends on a generator.
"""

import json
import math
import pathlib
import platform

import mpmath
import numpy as np
import scipy
import statsmodels
from scipy import special, stats
from statsmodels.stats.multitest import multipletests

rng = np.random.default_rng(20240611)


def floats(values):
    return [float(value) for value in values]


def sample(n, mean=0.0, std=1.0):
    return floats(np.round(rng.normal(mean, std, n), 6))


# --- describe -----------------------------------------------------------------------------------------------------


def described(values):
    x = np.array(values)
    return {
        "values": floats(values),
        "summary": {
            "n": len(values),
            "mean": math.fsum(values) / len(values),
            "std": float(np.std(x, ddof=1)) if len(values) > 1 else None,
            "median": float(np.median(x)),
            # rliable.metrics.aggregate_iqm
            "iqm": float(stats.trim_mean(x, proportiontocut=0.25, axis=None)),
            "min": float(x.min()),
            "max": float(x.max()),
        },
        "quantiles": [[q, float(np.quantile(x, q))] for q in (0.0, 0.025, 0.1, 0.25, 0.5, 2 / 3, 0.9, 0.975, 1.0)],
    }


describe = [
    described(values)
    for values in (
        [7.25],
        [1.0, 2.0],
        [3.0, 1.0, 2.0],
        [0.0, 1.0, 2.0, 3.0, 100.0],
        list(range(10)),
        [500.0] * 5,
        *(sample(n, 100.0, 30.0) for n in (4, 5, 7, 8, 9, 12, 33)),
    )
]

# --- Student's t --------------------------------------------------------------------------------------------------

dfs = (1.0, 1.7, 2.0, 3.4104431643463764, 8.0, 18.0, 57.3, 198.0, 1000.0)


def both_tails(t, df):
    """To 40 digits: scipy's own sf sees no difference between t = 1e-9 and t = 0 at df = 1."""
    with mpmath.workdps(40):
        t, df = mpmath.mpf(t), mpmath.mpf(df)
        p = mpmath.betainc(df / 2, 0.5, 0, df / (df + t * t), regularized=True)
    assert math.isclose(p, 2 * stats.t.sf(float(t), float(df)), rel_tol=1e-8), (t, df)
    return float(p)


student_tail = [
    {"t": t, "df": df, "p": both_tails(t, df)}
    for df in dfs
    for t in (1e-9, 0.01, 0.3, 1.0, 1.96, 2.5, 5.0, 12.0, 40.0, 300.0)
    if 2 * stats.t.sf(t, df) > 1e-290
]
student_critical = [
    {"alpha": alpha, "df": df, "t": float(stats.t.isf(alpha / 2, df))}
    for df in dfs
    for alpha in (0.5, 0.1, 0.05, 0.01, 0.05 / 45, 1e-6)
]

# --- Welch --------------------------------------------------------------------------------------------------------


def welch(name, a, b, level=0.95, offset=0.0):
    """`offset` is added to the values only after scipy has seen them, so that it costs the reference no digits."""
    result = stats.ttest_ind(a, b, equal_var=False)
    interval = result.confidence_interval(level)
    shifted = [[x + offset for x in group] for group in (a, b)]
    assert all(x - offset == y for new, old in zip(shifted, (a, b)) for x, y in zip(new, old)), name
    return {
        "name": name,
        "a": floats(shifted[0]),
        "b": floats(shifted[1]),
        "level": level,
        "difference": math.fsum(a) / len(a) - math.fsum(b) / len(b),
        "t": float(result.statistic),
        "df": float(result.df),
        "p": float(result.pvalue),
        "low": float(interval.low),
        "high": float(interval.high),
    }


welch_cases = [
    welch("scipy's test, three a side", [1.0, 2.0, 3.0], [1.1, 2.9, 4.2]),
    welch("scipy's test, unequal", [1.0, 2.0, 3.0, 4.0], [1.1, 2.9, 4.2]),
    welch("two a side", [1.0, 2.0], [4.0, 7.5]),
    welch("one group constant", [500.0] * 5, [480.0, 500.0, 455.0, 500.0, 91.0]),
    welch("far apart", sample(10, 500.0, 1.0), sample(10, 9.0, 1.0)),
    welch("very different spreads", sample(10, 0.0, 100.0), sample(5, 3.0, 0.01)),
    welch("same sample", [1.0, 2.0, 4.0], [1.0, 2.0, 4.0]),
    welch("99 %", sample(7), sample(8, 1.0), 0.99),
    welch("50 %", sample(7), sample(8, 1.0), 0.5),
    welch("tiny", [x * 2.0**-60 for x in sample(6)], [x * 2.0**-60 for x in sample(6, 1.0)]),
    welch("huge", [x * 2.0**60 for x in sample(6)], [x * 2.0**60 for x in sample(6, 1.0)]),
    welch("many", sample(100, 10.0, 3.0), sample(80, 11.0, 5.0)),
    welch("offset 1e9", [1.0, 2.0, 3.0], [2.0, 3.0, 4.5], offset=1e9),
    welch("offset -1e12", [1.0, 2.0, 3.25, 7.0], [2.0, 3.0, 4.5], offset=-1e12),
    *(welch(f"random {k}", sample(2 + k, 0.0, 2.0), sample(2 + (5 * k) % 11, 1.0, 1.0 + k)) for k in range(1, 11)),
]

# --- correction ---------------------------------------------------------------------------------------------------


def corrected(correction, p):
    """A missing p counts as 1 in the planned family, and stays missing. (R's p.adjust leaves it out.)"""
    if correction == "none":
        adjusted = p
    else:
        method = {"hochberg": "simes-hochberg", "bh": "fdr_bh", "by": "fdr_by"}.get(correction, correction)
        adjusted = floats(multipletests([1.0 if x is None else x for x in p], method=method)[1])
    return {"correction": correction, "p": p, "adjusted": [None if x is None else y for x, y in zip(p, adjusted)]}


families = (
    [0.5, 0.003, 0.32, 0.054, 0.0003],
    [0.5, 0.003, None, 0.054, 0.0003],
    [None, None],
    [0.01],
    [0.02, 0.02, 0.02, 0.01, 0.01],
    [0.0, 1.0, 0.5, 0.0],
    [1e-300, 1e-3, 0.9],
    [float(x) for x in np.round(rng.uniform(0, 0.2, 28), 8)],
)
names = ("none", "bonferroni", "holm", "hochberg", "hommel", "bh", "by")
correction = [corrected(name, p) for name in names for p in families]

# --- effect -------------------------------------------------------------------------------------------------------


def effect(a, b):
    n1, n2 = len(a), len(b)
    u = float(stats.mannwhitneyu(a, b).statistic)
    nu = n1 + n2 - 2
    pooled = math.sqrt(((n1 - 1) * np.var(a, ddof=1) + (n2 - 1) * np.var(b, ddof=1)) / nu)
    d = (math.fsum(a) / n1 - math.fsum(b) / n2) / pooled
    j = math.exp(special.gammaln(nu / 2) - special.gammaln((nu - 1) / 2)) / math.sqrt(nu / 2)
    return {
        "a": floats(a),
        "b": floats(b),
        "cliffs_delta": float(np.sign(np.subtract.outer(a, b)).sum()) / (n1 * n2),
        "a12": u / (n1 * n2),
        "cohens_d": d,
        "hedges_g": d * j,
    }


effect_cases = [
    effect([1, 2, 3, 4], [3, 4, 5, 6, 7]),
    effect([3.2, 6.4, 1.8, 2.4, 5.8, 6.5], [2.4, 3.2, 3.2, 1.4, 2.8, 3.5]),
    effect([10, 10, 20, 20, 20, 30, 30, 30, 40, 50], [10, 20, 30, 40, 40, 50, 60, 60]),
    effect([1, 2], [2, 4]),
    effect(sample(16), sample(32, 0.5, 2.0)),
]

# --- curve --------------------------------------------------------------------------------------------------------


def curve(steps, returns):
    area = np.trapezoid(returns, steps) / (steps[-1] - steps[0])
    return {"curve": [[int(s), float(r)] for s, r in zip(steps, returns)], "time_average": float(area)}


curves = [
    curve([0, 100, 300], [0.0, 10.0, 10.0]),
    curve([5000 * k for k in range(21)], sample(21, 200.0, 100.0)),
    curve([10, 11, 500, 10_000_000_000, 10_000_000_001], sample(5, 200.0, 1000.0)),
]

# --- design -------------------------------------------------------------------------------------------------------


def design(n1, n2, alpha):
    """Solved by scipy's own root finder on scipy's own Welch test from summary statistics, not by a formula."""

    def excess(d):
        return float(stats.ttest_ind_from_stats(d, 1.0, n1, 0.0, 1.0, n2, equal_var=False).pvalue) / alpha - 1.0

    high = 1.0
    while excess(high) > 0.0:
        high *= 2.0
    d = scipy.optimize.brentq(excess, 0.0, high, xtol=1e-300, rtol=4 * np.finfo(float).eps, maxiter=1000)
    if n1 == n2:
        t = stats.t.isf(alpha / 2, n1 + n2 - 2)
        assert math.isclose(d, t * math.sqrt(1 / n1 + 1 / n2), rel_tol=1e-12)
    return {"n1": n1, "n2": n2, "alpha": alpha, "d": float(d)}


designs = [
    design(n1, n2, alpha)
    for n1, n2 in ((2, 2), (3, 3), (5, 5), (10, 10), (30, 30), (5, 4), (2, 10), (10, 3))
    for alpha in (0.05, 0.01, 0.05 / 45)
]

# --- bootstrap: the algorithm as the documentation of bootstrap.rs states it, a second time -----------------------

MASK = (1 << 64) - 1


def xoshiro256plusplus(seed):
    """Blackman and Vigna; the state filled by SplitMix64."""
    state = []
    for _ in range(4):
        seed = (seed + 0x9E3779B97F4A7C15) & MASK
        z = seed
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        state.append(z ^ (z >> 31))

    def rotated(x, k):
        return ((x << k) | (x >> (64 - k))) & MASK

    while True:
        yield (rotated((state[0] + state[3]) & MASK, 23) + state[0]) & MASK
        t = (state[1] << 17) & MASK
        state[2] ^= state[0]
        state[3] ^= state[1]
        state[1] ^= state[2]
        state[0] ^= state[3]
        state[2] ^= t
        state[3] = rotated(state[3], 45)


def indices(bits, n):
    for x in bits:
        if (x * n) & MASK >= (1 << 64) % n:
            yield (x * n) >> 64


def draws(seed, n):
    drawn = indices(xoshiro256plusplus(seed), n)
    return {"seed": seed, "n": n, "indices": [next(drawn) for _ in range(40)]}


def bootstrap(values, statistic, seed, resamples, level=0.95):
    drawn = indices(xoshiro256plusplus(seed), len(values))
    ordered = sorted(values)
    table = np.array([[ordered[next(drawn)] for _ in ordered] for _ in range(resamples)])
    answers = {
        "mean": lambda: table.mean(axis=1),
        "median": lambda: np.median(table, axis=1),
        "iqm": lambda: stats.trim_mean(table, 0.25, axis=1),
    }[statistic]()
    tail = (1 - level) / 2
    low, high = np.quantile(answers, [tail, 1 - tail])
    return {
        "sample": floats(values),
        "statistic": statistic,
        "seed": seed,
        "resamples": resamples,
        "level": level,
        "low": float(low),
        "high": float(high),
    }


def grouped(groups, name, seed, resamples):
    """Our resamples, scipy's intervals: a finished distribution is handed to `scipy.stats.bootstrap`."""
    statistic = {
        "difference": lambda x, y, axis=-1: np.mean(x, axis=axis) - np.mean(y, axis=axis),
        "iqm": lambda *x, axis=-1: stats.trim_mean(np.concatenate(x, axis=axis), 0.25, axis=axis),
        "mean": lambda *x, axis=-1: np.mean(np.concatenate(x, axis=axis), axis=axis),
    }[name]
    bits = xoshiro256plusplus(seed)
    ordered = [np.array(sorted(group)) for group in groups]
    answers = []
    for _ in range(resamples):
        drawn = []
        for group in ordered:
            picks = indices(bits, len(group))
            drawn.append(group[[next(picks) for _ in group]])
        answers.append(float(statistic(*drawn)))
    finished = stats._resampling.BootstrapResult(None, np.array(answers), None)
    ends = {}
    for method in ("percentile", "bca"):
        result = stats.bootstrap(ordered, statistic, n_resamples=0, bootstrap_result=finished, method=method, vectorized=True)
        ends[method] = floats(result.confidence_interval)
    return {"groups": [floats(group) for group in groups], "statistic": name, "seed": seed, "resamples": resamples, **ends}


ten = [480.0, 500.0, 455.0, 500.0, 91.0, 333.3, 500.0, 412.7, 498.0, 9.4]
bootstraps = [
    bootstrap(ten, "iqm", 0, 50_000),
    bootstrap(ten, "mean", 1, 5_000),
    bootstrap(ten[:5], "iqm", MASK, 5_000, 0.9),
    bootstrap(ten[:7], "median", 12345678901234567890, 999, 0.99),
    bootstrap([1.0, 2.0], "mean", 7, 1_000),
    bootstrap(sample(3, -5.0, 1.0), "iqm", 8, 1),
]

# ------------------------------------------------------------------------------------------------------------------

golden = {
    "made_by": "tests/golden/stats/make.py",
    "versions": {
        "python": platform.python_version(),
        "mpmath": mpmath.__version__,
        "numpy": np.__version__,
        "scipy": scipy.__version__,
        "statsmodels": statsmodels.__version__,
    },
    "describe": describe,
    "student_tail": student_tail,
    "student_critical": student_critical,
    "welch": welch_cases,
    "correction": correction,
    "effect": effect_cases,
    "curve": curves,
    "design": designs,
    "bootstrap_draws": [draws(0, 10), draws(1, 3), draws(MASK, 7), draws(42, 1_000_003)],
    "bootstrap": bootstraps,
    "bootstrap_groups": [
        grouped([sample(10, 378.0, 150.0)], "mean", 3, 5_000),
        grouped([ten, sample(7, 300.0, 100.0)], "difference", 4, 5_000),
        grouped([sample(5), sample(6, 1.0), sample(7, 2.0)], "iqm", 5, 3_000),
        grouped([sample(12, 1.0), sample(3)], "difference", 6, 2_000),
    ],
}
lines = []
for key, value in golden.items():
    if isinstance(value, list):
        cases = ",\n".join("  " + json.dumps(case, allow_nan=False) for case in value)
        lines.append(f"{json.dumps(key)}: [\n{cases}\n ]")
    else:
        lines.append(f"{json.dumps(key)}: {json.dumps(value)}")
text = "{\n " + ",\n ".join(lines) + "\n}\n"
pathlib.Path(__file__).with_name("stats.json").write_text(text)
