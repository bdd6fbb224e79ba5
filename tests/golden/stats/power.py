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
from statsmodels.stats.power import TTestPower

from writing import write


def welch(d, n1, n2, alpha):
    sizes = np.array([n1, n2])
    true = np.sqrt((1 / sizes).sum())

    def given(variances):
        errors = np.array(variances) / sizes
        df = errors.sum() ** 2 / (errors**2 / (sizes - 1)).sum()
        bound = stats.t.isf(alpha / 2, df) * np.sqrt(errors.sum()) / true
        return stats.norm.sf(bound - d / true) + stats.norm.sf(bound + d / true)

    # By the quantiles of the variances, so that both integrals go from 0 to 1; squared, to smooth their lower ends.
    def of(u, v):
        variances = [stats.chi2.ppf(x**2, n - 1) / (n - 1) for x, n in ((u, n1), (v, n2))]
        return given(variances) * 4 * u * v

    nodes, weights = np.polynomial.legendre.leggauss(400)
    nodes, weights = (nodes + 1) / 2, weights / 2
    chi1 = stats.chi2.ppf(nodes**2, n1 - 1) / (n1 - 1)
    chi2 = stats.chi2.ppf(nodes**2, n2 - 1) / (n2 - 1)
    one, other = np.meshgrid(chi1 / n1, chi2 / n2, indexing="ij")
    total = one + other
    df = total**2 / (one**2 / (n1 - 1) + other**2 / (n2 - 1))
    bound = stats.t.isf(alpha / 2, df) * np.sqrt(total) / true
    found = stats.norm.sf(bound - d / true) + stats.norm.sf(bound + d / true)
    weight = np.outer(weights * 2 * nodes, weights * 2 * nodes)
    power = float((weight * found).sum())
    if n1 == n2 == 4:
        checked = integrate.dblquad(of, 0, 1, 0, 1, epsabs=1e-7)[0]
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
