"""Golden values of the tests of all methods at once and of those after them, on scores.csv; of those over
tasks on tests/peers/scores.csv.

    python3 -m venv venv
    venv/bin/pip install numpy==2.4.6 'pandas<3' scipy==1.17.1 pingouin==0.7.0 scikit-posthocs==0.17.1 statsmodels==0.15.0
    venv/bin/python after.py

writes after.json beside this file. Ranks over tasks are those of the tasks' means, 1 the best. scipy's p of Dunnett's test is
an integral by random numbers: good to some 1e-3.
"""

import json
import math
import pathlib

import numpy as np
import pandas as pd
import pingouin
import scikit_posthocs
from scipy import stats
from statsmodels.stats.multitest import multipletests

here = pathlib.Path(__file__).parent
frame = pd.read_csv(here / "scores.csv")
methods, tasks = list(dict.fromkeys(frame.method)), list(dict.fromkeys(frame.task))
scores = {(t, m): frame[(frame.task == t) & (frame.method == m)].score.to_numpy() for t in tasks for m in methods}
omnibus = {"kruskal-wallis": {}, "anova": {}, "welch-anova": {}}
dunnett = {}
for task in tasks:
    groups = [scores[task, m] for m in methods]
    for name, test in (("kruskal-wallis", stats.kruskal), ("anova", stats.f_oneway)):
        result = test(*groups)
        omnibus[name][task] = {"statistic": float(result.statistic), "p": float(result.pvalue)}
    if all(np.std(group) > 0 for group in groups):
        table = pingouin.welch_anova(frame[frame.task == task], dv="score", between="method")
        p = next(column for column in table.columns if column in ("p_unc", "p-unc"))
        omnibus["welch-anova"][task] = {"statistic": float(table["F"].iloc[0]), "p": float(table[p].iloc[0])}
    result = stats.dunnett(*groups[1:], control=groups[0], rng=1)
    dunnett[task] = {m: {"t": float(t), "p": float(p)} for m, t, p in zip(methods[1:], result.statistic, result.pvalue)}

# On scores.csv every task ranks the methods alike, which leaves Conover's test no error.
frame = pd.read_csv(here / "../../peers/scores.csv")
methods, tasks = list(dict.fromkeys(frame.method)), list(dict.fromkeys(frame.task))
means = np.array([[frame[(frame.task == t) & (frame.method == m)].score.mean() for m in methods] for t in tasks])
k, n = len(methods), len(tasks)
pairs = [(one, other) for one in range(k) for other in range(one)]
conover = scikit_posthocs.posthoc_conover_friedman(means).to_numpy()
nemenyi = scikit_posthocs.posthoc_nemenyi_friedman(means).to_numpy()
ranks = stats.rankdata(means, axis=1).mean(axis=0)
z = [(ranks[i] - ranks[0]) / math.sqrt(k * (k + 1) / (6 * n)) for i in range(1, k)]
many = [float(2 * stats.norm.sf(abs(v))) for v in z]
raw = {"conover": [float(conover[p]) for p in pairs], "many-to-one": many, "nemenyi": [float(nemenyi[p]) for p in pairs]}
post_hoc = {
    name: {"p": p, "p_adjusted": p if name == "nemenyi" else [float(v) for v in multipletests(p, method="holm")[1]]}
    for name, p in raw.items()
}
golden = {"omnibus": omnibus, "dunnett": dunnett, "post_hoc": post_hoc}
(here / "after.json").write_text(json.dumps(golden, indent=1) + "\n")
