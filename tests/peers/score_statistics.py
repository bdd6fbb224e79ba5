"""The analysis of `spikebench compare --json` by scipy, statsmodels and rliable, to compare the speed on the same scores.csv.

Per task: Shapiro-Wilk, Brown-Forsythe, IQM with a bootstrap interval, Welch's test with its interval, Hedges' g and A12
against the first method, Holm, Kruskal-Wallis. Over tasks: IQM, mean, median and optimality gap, stratified intervals of
the IQM and of the probability of improvement by rliable, Friedman, Wilcoxon.

It follows protocol.py except for the times that it prints: because MANY resamples would take minutes, it does the analysis
with FEW and with SOME, and extrapolates linearly. `score_statistics.py write` writes scores.csv: 4 methods, 5 tasks, 10 seeds.
"""

import pathlib
import sys
import time
import warnings

import numpy as np
import pandas as pd
from rliable import library, metrics
from scipy import stats
from statsmodels.stats.multitest import multipletests

SCORES = pathlib.Path(__file__).parent / "scores.csv"
LOW, HIGH = 0.0, 1000.0
FEW, SOME, MANY = 50, 1_000, 50_000


def write():
    rng = np.random.default_rng(200)
    lines = ["method,task,seed,score"]
    for place, method in enumerate(["rectangular", "triangular", "arctan", "trapezoidal"]):
        for task in ["Ant", "Hopper", "Reacher", "Swimmer", "Walker2d"]:
            lines += [f"{method},{task},{seed},{rng.normal(500 + 30 * place, 150):.3f}" for seed in range(10)]
    SCORES.write_text("\n".join(lines) + "\n")


def analyse(reps):
    frame = pd.read_csv(SCORES)
    methods, tasks = list(dict.fromkeys(frame.method)), list(dict.fromkeys(frame.task))
    scores = {(m, t): frame[(frame.method == m) & (frame.task == t)].score.to_numpy() for m in methods for t in tasks}
    for task in tasks:
        p = []
        for method in methods:
            x, y = scores[method, task], scores[methods[0], task]
            stats.shapiro(x)
            stats.bootstrap((x,), lambda x, axis: stats.trim_mean(x, 0.25, axis=axis), n_resamples=reps, method="percentile")
            if method != methods[0]:
                result = stats.ttest_ind(x, y, equal_var=False)
                result.confidence_interval()
                stats.mannwhitneyu(x, y)
                p.append(result.pvalue)
        multipletests(p, method="holm")
        stats.kruskal(*(scores[m, task] for m in methods))
    matrix = {
        m: np.array([(scores[m, t] - LOW) / (HIGH - LOW) for t in tasks]).T for m in methods
    }
    aggregates = lambda x: np.array([metrics.aggregate_iqm(x)])
    library.get_interval_estimates(matrix, aggregates, reps=reps)
    pairs = {m: (matrix[m], matrix[methods[0]]) for m in methods[1:]}
    library.get_interval_estimates(pairs, metrics.probability_of_improvement, reps=reps)
    for x in matrix.values():
        metrics.aggregate_mean(x), metrics.aggregate_median(x), metrics.aggregate_optimality_gap(x)
    means = [x.mean(axis=0) for x in matrix.values()]
    stats.friedmanchisquare(*means)
    for mean in means[1:]:
        stats.wilcoxon(mean, means[0])


def seconds(reps):
    began = time.perf_counter()
    analyse(reps)
    return time.perf_counter() - began


if __name__ == "__main__":
    if sys.argv[1:] == ["write"]:
        write()
        sys.exit()
    warnings.simplefilter("ignore")
    answers, sys.stdout = sys.stdout, sys.stderr
    print("ready", file=answers, flush=True)
    for line in sys.stdin:
        total = 0.0
        for _ in range(int(line)):
            few, some = seconds(FEW), seconds(SOME)
            total += few + (some - few) * (MANY - FEW) / (SOME - FEW)
        print(round(total * 1e9), file=answers, flush=True)
