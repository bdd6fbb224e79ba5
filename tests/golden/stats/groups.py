"""Golden values of the tests of groups in framework/src/stats, from independent implementations.

    python3 -m venv venv
    venv/bin/pip install numpy==2.4.6 scipy==1.17.1 statsmodels==0.15.0 mpmath==1.4.1 pingouin==0.7.0 scikit-posthocs==0.17.1
    venv/bin/python groups.py

writes groups.json beside this file; running it again with the same versions changes no byte. The random samples only
vary the input; they are part of the output, so that nothing depends on a generator.
"""

import itertools
import math
import warnings
from fractions import Fraction

import mpmath
import numpy as np
import pandas as pd
import pingouin
import scikit_posthocs
import scipy
import statsmodels
from scipy import stats
from statsmodels.stats.weightstats import ttost_ind

from writing import write

warnings.simplefilter("ignore")
rng = np.random.default_rng(20240612)


def floats(values):
    return [float(value) for value in values]


def sample(n, mean=0.0, std=1.0):
    return floats(np.round(rng.normal(mean, std, n), 6))


def coarse(n, most=6):
    return floats(rng.integers(0, most, n))


# --- tails, to 40 digits ------------------------------------------------------------------------------------------

mpmath.mp.dps = 40


def f_tail(x, df1, df2):
    return float(mpmath.betainc(mpmath.mpf(df2) / 2, mpmath.mpf(df1) / 2, 0, df2 / (df2 + df1 * mpmath.mpf(x)), regularized=True))


tails = [
    {
        "normal": [[z, float(mpmath.erfc(mpmath.mpf(z) / mpmath.sqrt(2)) / 2)] for z in (-3.0, -0.5, 0.0, 0.1, 1.0, 1.96, 5.0, 10.0)],
        "quantile": [[p, float(mpmath.sqrt(2) * mpmath.erfinv(2 * mpmath.mpf(p) - 1))] for p in (1e-10, 0.001, 0.025, 0.31, 0.499, 0.9, 0.975)],
        "chi_squared": [
            [x, df, float(mpmath.gammainc(mpmath.mpf(df) / 2, mpmath.mpf(x) / 2, regularized=True))]
            for x in (0.1, 1.0, 7.0, 30.0, 120.0)
            for df in (1.0, 2.0, 5.0, 30.0)
        ],
        "f": [[x, a, b, f_tail(x, a, b)] for x in (0.2, 1.0, 4.0, 25.0) for a in (1.0, 3.0, 9.0) for b in (2.0, 7.3, 60.0)],
    }
]

# --- t tests ------------------------------------------------------------------------------------------------------


def t_test(result, a, b):
    interval = result.confidence_interval(0.95)
    return {
        "a": floats(a),
        "b": floats(b),
        "t": float(result.statistic),
        "df": float(result.df),
        "p": float(result.pvalue),
        "low": float(interval.low),
        "high": float(interval.high),
    }


two = [(sample(n, 10.0, 2.0), sample(m, 11.0, 3.0)) for n, m in ((2, 2), (3, 5), (5, 5), (10, 10), (12, 7), (40, 30))]
pairs = [(sample(n, 10.0, 2.0), sample(n, 11.0, 3.0)) for n in (2, 3, 5, 10, 40)]
student = [t_test(stats.ttest_ind(a, b), a, b) for a, b in two]
paired_t = [t_test(stats.ttest_rel(a, b), a, b) for a, b in pairs]


def tost(a, b, margin):
    p, lower, upper = ttost_ind(np.array(a), np.array(b), -margin, margin, usevar="unequal")
    side = lower if lower[1] >= upper[1] else upper
    return {"a": a, "b": b, "margin": margin, "t": float(side[0]), "df": float(side[2]), "p": float(p)}


tosts = [tost(a, b, margin) for a, b in two for margin in (0.5, 3.0)]

# --- ranks --------------------------------------------------------------------------------------------------------


def u(a, b):
    return stats.mannwhitneyu(a, b, method="asymptotic").statistic


def mann_whitney(a, b, exact=True):
    tied = len(set(a + b)) < len(a + b)
    if not exact:
        p = None
    elif tied:
        # On the ranks themselves: scipy's exact method ignores ties.
        ranks = stats.rankdata(a + b)
        statistic = lambda x, y, axis: np.sum(x, axis=axis)
        p = float(stats.permutation_test((ranks[: len(a)], ranks[len(a) :]), statistic, n_resamples=np.inf, vectorized=True).pvalue)
    else:
        p = float(stats.mannwhitneyu(a, b, method="exact").pvalue)
    result = stats.mannwhitneyu(a, b, method="asymptotic")
    return {"a": a, "b": b, "u": float(result.statistic), "exact": p, "asymptotic": float(result.pvalue)}


mann_whitneys = [
    *(mann_whitney(a, b) for a, b in two),
    mann_whitney(sample(60), sample(55, 0.4)),
    mann_whitney([1.0], [2.0]),
    mann_whitney([1.0, 2.0, 3.0, 4.0], [1.0, 2.0, 3.0, 4.0, 5.0]),
    *(mann_whitney(coarse(n), coarse(m, 7)) for n, m in ((3, 4), (5, 5), (6, 8), (9, 4))),
    mann_whitney(coarse(50), coarse(60), exact=False),
]


def signed_rank(d, zeros):
    """The exact p by trying every sign with scipy's own permutation test, on ranks that scipy's own rule gives."""
    d = np.array(d)
    b = floats(np.zeros(len(d)))
    normal = lambda correction: stats.wilcoxon(d, zero_method=zeros, correction=correction, method="asymptotic")
    exact = None
    if len(d) <= 13:
        kept = d[d != 0] if zeros == "wilcox" else d
        ranks = stats.rankdata(abs(kept))
        signed = ranks * np.sign(kept)
        signed = signed[signed != 0]
        sums = [sum(s * r for s, r in zip(signs, abs(signed)) if s > 0) for signs in itertools.product((1, -1), repeat=len(signed))]
        observed = signed[signed > 0].sum()
        share = lambda holds: sum(holds) / len(sums)
        exact = min(1.0, 2 * min(share([x <= observed + 1e-9 for x in sums]), share([x >= observed - 1e-9 for x in sums])))
        if len(set(abs(d))) == len(d) and 0.0 not in d:
            assert math.isclose(exact, stats.wilcoxon(d, method="exact").pvalue, rel_tol=1e-12)
    elif len(set(abs(d))) == len(d):
        exact = float(stats.wilcoxon(d, method="exact").pvalue)
    return {
        "a": floats(d),
        "b": b,
        "zeros": zeros,
        "statistic": float(normal(False).statistic),
        "exact": exact,
        "asymptotic": float(normal(False).pvalue),
        "continuity": float(normal(True).pvalue),
    }


signed_ranks = [
    signed_rank(d, zeros)
    for d in (
        sample(5, 0.5),
        sample(10, 0.5),
        sample(45, 0.3),
        floats(rng.integers(-2, 5, 8)),
        floats(rng.integers(-3, 4, 12)),
        [0.0, 0.0, 1.0, 2.0, -3.0, 4.0, 4.0],
        floats(rng.integers(-4, 6, 60)),
    )
    for zeros in ("wilcox", "pratt", "zsplit")
]

# --- permutation --------------------------------------------------------------------------------------------------


def difference(x, y, axis):
    return np.mean(x, axis=axis) - np.mean(y, axis=axis)


def permutation(a, b):
    both = lambda kind: float(
        stats.permutation_test((a, b), difference, permutation_type=kind, n_resamples=np.inf, vectorized=True).pvalue
    )
    return {
        "a": a,
        "b": b,
        "independent": both("independent") if math.comb(len(a + b), len(a)) < 200_000 else None,
        "paired": both("samples") if len(a) == len(b) else None,
    }


permutations = [
    permutation(a, b)
    for a, b in (
        (sample(3), sample(4, 1.0)),
        (sample(5), sample(5, 1.0)),
        (sample(8), sample(8, 1.0)),
        (sample(10), sample(7, 0.5)),
        (coarse(6), coarse(6)),
        (sample(14), sample(14, 0.5)),
        ([0.1, 0.2, 0.3], [0.3, 0.2, 0.1]),
    )
]


def plain(result, a, b):
    return {"a": a, "b": b, "statistic": float(result.statistic), "p": float(result.pvalue)}


overlapping = [(sample(n), sample(m, 0.7, 2.0)) for n, m in ((5, 5), (10, 10), (12, 7), (40, 30))] + [(coarse(8), coarse(9)), (coarse(20), coarse(15))]
brunner_munzels = [plain(stats.brunnermunzel(a, b), a, b) for a, b in overlapping]


def smirnov(a, b):
    """p given the scores: the labellings that never come as far apart at the end of a run of ties, counted in integers."""
    result = stats.ks_2samp(a, b, method="exact")
    n1, n2 = len(a), len(b)
    distance = round(float(result.statistic) * n1 * n2)
    within = {0: 1}
    runs = 0
    for score in sorted(set(a + b)):
        tied = (a + b).count(score)
        runs += tied
        reached = {}
        for first, ways in within.items():
            for more in range(tied + 1):
                i = first + more
                j = runs - i
                if i <= n1 and j <= n2 and abs(i * n2 - j * n1) < distance:
                    reached[i] = reached.get(i, 0) + ways * math.comb(tied, more)
        within = reached
    all_labellings = math.comb(n1 + n2, n1)
    p = float(Fraction(all_labellings - within.get(n1, 0), all_labellings))
    if len(set(a + b)) == n1 + n2:
        assert math.isclose(p, float(result.pvalue), rel_tol=1e-9)
    return {"a": floats(a), "b": floats(b), "statistic": float(result.statistic), "p": p}


kolmogorov_smirnovs = [smirnov(a, b) for a, b in overlapping + [(sample(100), sample(90, 1.0))]]
# R's psmirnov with the pooled scores as z gives 0.0325.
kolmogorov_smirnovs.append(smirnov([1000.0] * 10, [1000.0] * 5 + [500.0] * 5))


def shapiro(values):
    result = stats.shapiro(values)
    return {"values": floats(values), "w": float(result.statistic), "p": float(result.pvalue)}


shapiros = [
    *(shapiro(sample(n, 100.0, 5.0)) for n in (3, 4, 5, 6, 7, 10, 11, 12, 20, 50, 500)),
    *(shapiro(np.round(rng.exponential(3.0, n), 6)) for n in (3, 5, 8, 11, 15, 40)),
    shapiro([500.0, 500.0, 500.0, 500.0, 498.0]),
    shapiro([9.0, 9.5, 500.0, 498.0, 9.25, 499.0, 9.75, 500.0, 8.0, 500.0]),
    shapiro([1e9 + x for x in (1.0, 2.5, 3.0, 7.0, 7.5)]),
]

# --- several ------------------------------------------------------------------------------------------------------


def several(groups):
    frame = pd.DataFrame([(g, x) for g, group in enumerate(groups) for x in group], columns=["group", "x"])
    small = min(len(group) for group in groups) < 2
    case = {"groups": groups, "kruskal": floats(stats.kruskal(*groups)), "anova": floats(stats.f_oneway(*groups))}
    if small:
        return {**case, "welch": None, "brown_forsythe": None}
    welch = pingouin.welch_anova(data=frame, dv="x", between="group").round(16).iloc[0]
    p = next(welch[key] for key in welch.index if key.startswith("p") and "unc" in key)
    return {
        **case,
        "welch": floats([welch["F"], welch["ddof2"], p]),
        "brown_forsythe": floats(stats.levene(*groups, center="median")),
    }


severals = [
    several([sample(5), sample(5, 1.0), sample(5, 2.0)]),
    several([sample(10, 5.0, 0.1), sample(4, 5.0, 3.0), sample(7, 6.0, 1.0), sample(5, 5.0, 1.0)]),
    several([coarse(6), coarse(6), coarse(9)]),
    several([sample(30), sample(30, 0.3)]),
    several([sample(1), sample(4), sample(3)]),
]

# --- Friedman -----------------------------------------------------------------------------------------------------


def friedman(blocks):
    x = np.array(blocks)
    n, k = x.shape
    result = stats.friedmanchisquare(*x.T)
    chi = float(result.statistic)
    f = (n - 1) * chi / (n * (k - 1) - chi)
    return {
        "blocks": blocks,
        "chi_squared": chi,
        "p": float(result.pvalue),
        "iman_davenport": f,
        "iman_davenport_p": float(stats.f.sf(f, k - 1, (k - 1) * (n - 1))),
        "mean_ranks": floats(stats.rankdata(x, axis=1).mean(axis=0)),
    }


# Demšar (2006), table 6: four classifiers on fourteen data sets; by way of scipy's tests.
demsar = [
    [0.763, 0.768, 0.771, 0.798], [0.599, 0.591, 0.590, 0.569], [0.954, 0.971, 0.968, 0.967], [0.628, 0.661, 0.654, 0.657],
    [0.882, 0.888, 0.886, 0.898], [0.936, 0.931, 0.916, 0.931], [0.661, 0.668, 0.609, 0.685], [0.583, 0.583, 0.563, 0.625],
    [0.775, 0.838, 0.866, 0.875], [1.0, 1.0, 1.0, 1.0], [0.94, 0.962, 0.965, 0.962], [0.619, 0.666, 0.614, 0.669],
    [0.972, 0.981, 0.9751, 0.975], [0.957, 0.978, 0.946, 0.970],
]  # fmt: skip
tables = [
    demsar,
    [[4.0, 3.0, 4.0, 4.0, 5.0, 6.0, 3.0], [1.0, 2.0, 3.0, 5.0, 6.0, 7.0, 7.0], [1.0, 2.0, 6.0, 4.0, 1.0, 5.0, 1.0]],
    [[31.0, 27.0, 24.0], [31.0, 28.0, 31.0], [45.0, 29.0, 46.0], [21.0, 18.0, 48.0], [42.0, 36.0, 46.0], [32.0, 17.0, 40.0]],
    [sample(5) for _ in range(8)],
    [coarse(4, 4) for _ in range(6)],
]
friedmans = [friedman(blocks) for blocks in tables]
ranges = [
    {"q": q, "k": k, "df": df, "p": float(stats.studentized_range.sf(q, k, df or np.inf))}
    for q in (0.5, 2.0, 3.5, 6.0)
    for k in (2, 3, 7)
    for df in (3.0, 12.0, 100.0, None)
]


def after_friedman(blocks):
    x = np.array(blocks)
    n, k = x.shape
    ranks = stats.rankdata(x, axis=1).mean(axis=0)
    z = (ranks - ranks[0]) / math.sqrt(k * (k + 1) / (6 * n))
    return {
        "blocks": blocks,
        "nemenyi": scikit_posthocs.posthoc_nemenyi_friedman(x).values.tolist(),
        "conover": scikit_posthocs.posthoc_conover_friedman(x).values.tolist(),
        "against_first": [[float(v), float(2 * stats.norm.sf(abs(v)))] for v in z],
    }


def dunnett(groups, control):
    """scipy's p has the error of a random integration, so it only checks this one, by mpmath's own quadrature."""
    t = stats.dunnett(*map(np.array, groups), control=np.array(control)).statistic
    df = sum(map(len, groups)) + len(control) - len(groups) - 1
    loadings = [math.sqrt(len(g) / (len(control) + len(g))) for g in groups]
    nodes, weights = np.polynomial.legendre.leggauss(400)
    z, wz = nodes * 9.5, weights * 9.5 * stats.norm.pdf(nodes * 9.5)
    top = stats.chi2.isf(1e-17, df) ** 0.5 / df**0.5
    s = (nodes + 1) / 2 * top
    ws = weights / 2 * top * 2 * s * df * stats.chi2.pdf(df * s * s, df)
    ps = []
    for v in t:
        inside = np.ones((len(s), len(z)))
        for a in loadings:
            rest = math.sqrt(1 - a * a)
            inside *= stats.norm.cdf((a * z + abs(v) * s[:, None]) / rest) - stats.norm.cdf((a * z - abs(v) * s[:, None]) / rest)
        ps.append(float(ws @ ((1 - inside) @ wz)))
    reference = stats.dunnett(*map(np.array, groups), control=np.array(control), rng=1).pvalue
    assert np.allclose(ps, reference, atol=2e-3), (ps, reference)
    return {"groups": groups, "control": control, "t": floats(t), "p": ps}


dunnetts = [
    dunnett([sample(5, 1.0), sample(5, 0.5)], sample(5)),
    dunnett([sample(6, 1.0), sample(4, 2.0), sample(9)], sample(5)),
    dunnett([sample(10, 0.1), sample(10), sample(10, 1.5), sample(10, -0.4)], sample(10)),
]

write(
    __file__,
    [mpmath, np, scipy, statsmodels, pingouin, scikit_posthocs],
    {
        "tails": tails,
        "student": student,
        "paired_t": paired_t,
        "tost": tosts,
        "mann_whitney": mann_whitneys,
        "signed_rank": signed_ranks,
        "permutation": permutations,
        "brunner_munzel": brunner_munzels,
        "kolmogorov_smirnov": kolmogorov_smirnovs,
        "shapiro_wilk": shapiros,
        "several": severals,
        "friedman": friedmans,
        "studentised_range": ranges,
        "after_friedman": [after_friedman(blocks) for blocks in tables],
        "dunnett": dunnetts,
    },
)
