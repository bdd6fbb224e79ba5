"""Golden values of the power of t tests, from scipy and statsmodels.

    python3 -m venv venv
    venv/bin/pip install numpy==2.4.6 scipy==1.17.1 statsmodels==0.15.0
    venv/bin/python power.py

writes power.json beside this file. The power of Welch's test is a double integral over the two estimated variances, each
a multiple of a chi-squared variable, by scipy's adaptive quadrature; framework/src/stats integrates over their sum and
their ratio instead. Equal variances and normal scores throughout.
"""

import numpy as np
import scipy
import statsmodels
from scipy import integrate, stats
from scipy.interpolate import CubicSpline
from statsmodels.stats.power import TTestPower

from writing import write


def density(x, df):
    """Of the logarithm of a variance that is estimated with df degrees of freedom."""
    return stats.chi2.pdf(df * np.exp(x), df) * df * np.exp(x)


def welch(d, n1, n2, alpha):
    sizes = np.array([n1, n2])
    true = np.sqrt((1 / sizes).sum())

    def given(variances):
        errors = np.array(variances) / sizes
        df = errors.sum() ** 2 / (errors**2 / (sizes - 1)).sum()
        bound = stats.t.isf(alpha / 2, df) * np.sqrt(errors.sum()) / true
        return stats.norm.sf(bound - d / true) + stats.norm.sf(bound + d / true)

    def of(x, y):
        return given([np.exp(x), np.exp(y)]) * density(x, n1 - 1) * density(y, n2 - 1)

    # By the logarithms of the variances, whose densities are smooth and vanish at both ends, so the trapezoid rule is
    # exact to many digits.
    def grid(n):
        x = np.linspace(-90 / (n - 1) - 3, np.log(1 + 60 / (n - 1)) + 2, 3001)
        return x, density(x, n - 1) * (x[1] - x[0])

    (x, wx), (y, wy) = grid(n1), grid(n2)
    assert abs(wx.sum() - 1) < 1e-10 and abs(wy.sum() - 1) < 1e-10
    one, other = np.meshgrid(np.exp(x) / n1, np.exp(y) / n2, indexing="ij")
    total = one + other
    df = total**2 / (one**2 / (n1 - 1) + other**2 / (n2 - 1))
    # The critical value is a smooth function of the degrees of freedom; interpolated, because there are millions.
    knots = np.geomspace(min(n1, n2) - 1, n1 + n2 - 2, 4001)
    critical = CubicSpline(np.log(knots), stats.t.isf(alpha / 2, knots))(np.log(df))
    bound = critical * np.sqrt(total) / true
    found = stats.norm.sf(bound - d / true) + stats.norm.sf(bound + d / true)
    power = float(wx @ found @ wy)
    if n1 == n2 == 4:
        checked = integrate.dblquad(of, -30, 4, -30, 4, epsabs=1e-7)[0]
        assert abs(checked - power) < 1e-6, (checked, power)
    return {"d": d, "n1": n1, "n2": n2, "alpha": alpha, "power": power}


def paired(d, pairs, alpha):
    power = TTestPower().power(d / np.sqrt(2), pairs, alpha)
    return {"d": d, "pairs": pairs, "alpha": alpha, "power": float(power)}


write(
    __file__,
    (np, scipy, statsmodels),
    {
        "power_of_welch": [
            welch(d, n1, n2, alpha)
            for d, n1, n2, alpha in (
                (6.0, 2, 2, 0.05),
                (4.0, 3, 3, 0.05),
                (2.0, 4, 4, 0.05),
                (1.5, 5, 5, 0.05),
                (1.0, 17, 17, 0.05),
                (1.0, 5, 20, 0.05),
                (2.0, 3, 12, 0.01),
                (0.5, 64, 64, 0.05),
                (0.0, 6, 6, 0.05),
            )
        ],
        "power_of_pairs": [
            paired(d, pairs, alpha)
            for d, pairs, alpha in ((1.0, 5, 0.05), (1.5, 10, 0.05), (0.5, 66, 0.05), (2.0, 8, 0.01), (3.0, 3, 0.05))
        ],
    },
)
