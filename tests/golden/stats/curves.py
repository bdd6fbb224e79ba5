"""Golden values of what framework/src/stats says about curves and about designs, by lifelines, numpy and statsmodels.

    python3 -m venv venv
    venv/bin/pip install numpy==2.4.6 scipy==1.17.1 statsmodels==0.15.0 lifelines==0.30.3
    venv/bin/python curves.py

writes curves.json beside this file.
"""

import lifelines
import numpy as np
import scipy
import statsmodels
from lifelines.statistics import multivariate_logrank_test
from statsmodels.stats.power import TTestIndPower

from writing import write

rng = np.random.default_rng(20240616)


def survival(*sizes):
    groups = []
    for place, n in enumerate(sizes):
        times = rng.integers(1, 12, n) * 1000 * (place + 1)
        groups.append([[int(min(t, 15000)), bool(t <= 15000 and rng.random() < 0.8)] for t in times])
    steps, medians = [], []
    for group in groups:
        fitted = lifelines.KaplanMeierFitter().fit([t for t, _ in group], [e for _, e in group])
        table = fitted.survival_function_["KM_estimate"]
        events = sorted({t for t, e in group if e})
        steps.append([[t, float(table.loc[t])] for t in events])
        # By the definition: lifelines' own median misses a half that comes out as 0.5000000000000001.
        medians.append(next((t for t in events if table.loc[t] <= 0.5 + 1e-12), None))
    flat = [(t, e, place) for place, group in enumerate(groups) for t, e in group]
    test = multivariate_logrank_test([t for t, _, _ in flat], [g for _, _, g in flat], [e for _, e, _ in flat])
    return {"groups": groups, "survival": steps, "medians": medians, "chi_squared": float(test.test_statistic), "p": float(test.p_value)}


def stability(n):
    returns = np.round(np.cumsum(rng.normal(5.0, 30.0, n)), 3)
    changes = np.diff(returns)
    falls = returns - np.maximum.accumulate(returns)
    risk = lambda x: float(np.mean(x[x <= np.quantile(x, 0.05)]))
    return {
        "curve": [[1000 * k, float(r)] for k, r in enumerate(returns)],
        "dispersion": float(np.subtract(*np.quantile(changes, [0.75, 0.25]))),
        "short_term_risk": risk(changes),
        "long_term_risk": risk(falls),
        "max_drawdown": float(-falls.min()),
        "final_risk": risk(returns[-10:]),
    }


def power(d, n1, n2, alpha):
    value = TTestIndPower().power(effect_size=d, nobs1=n1, ratio=n2 / n1, alpha=alpha, alternative="two-sided")
    return {"d": d, "n1": n1, "n2": n2, "alpha": alpha, "power": float(value)}


write(
    __file__,
    [np, scipy, statsmodels, lifelines],
    {
        "survival": [survival(8, 8), survival(10, 7), survival(6, 9, 12)],
        "stability": [stability(5), stability(21), stability(101)],
        "power": [power(d, n1, n2, alpha) for d in (0.2, 0.8, 1.5) for n1, n2 in ((3, 3), (5, 8), (10, 10), (40, 30)) for alpha in (0.05, 0.01)],
    },
)
