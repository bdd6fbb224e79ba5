"""Golden values of framework/src/stats/bayes.rs, by baycomp.

    python3 -m venv venv
    venv/bin/pip install numpy==2.4.6 scipy==1.17.1 baycomp==1.0.3
    venv/bin/python bayes.py

writes bayes.json beside this file.
"""

import baycomp
import numpy as np
import scipy
from baycomp.multiple import SignedRankTest

from writing import write

baycomp.__version__ = "1.0.3"
rng = np.random.default_rng(20240614)


def beliefs(differences, rope):
    # baycomp asks who is better, its first or its second argument: the first is the baseline.
    worse, equivalent, better = SignedRankTest.probs(np.zeros(len(differences)), np.array(differences), rope=rope, random_state=3) if rope else (
        lambda two: (two[0], 0.0, two[1])
    )(SignedRankTest.probs(np.zeros(len(differences)), np.array(differences), rope=0, random_state=3))
    return {"differences": list(map(float, differences)), "rope": rope, "worse": float(worse), "equivalent": float(equivalent), "better": float(better)}


write(
    __file__,
    [np, scipy, baycomp],
    {
        "bayes": [
            beliefs(np.round(rng.normal(mean, 1.0, n), 4), rope)
            for n, mean in ((4, 0.3), (6, 0.0), (10, 0.5))
            for rope in (0.0, 0.2, 1.0)
        ]
    },
)
