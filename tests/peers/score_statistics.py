"""What `spikebench compare` does, by scipy, statsmodels and rliable: for its speed on the same file.

    python statistics.py SCORES.csv TASK=LOW:HIGH ... [--reps 50000]

Per task: Shapiro-Wilk, IQM with a bootstrap interval, Welch's test with its interval, Hedges' g and A12 against the
first method, Holm, Kruskal-Wallis; over tasks: IQM, mean, median and optimality gap, stratified intervals of the IQM and
of the probability of improvement by rliable, Friedman, Wilcoxon. Prints the seconds that it took after its imports.
"""

import argparse
import time
import warnings

import numpy as np
import pandas as pd
from rliable import library, metrics
from scipy import stats
from statsmodels.stats.multitest import multipletests

warnings.simplefilter("ignore")
parser = argparse.ArgumentParser()
parser.add_argument("scores")
parser.add_argument("bounds", nargs="+")
parser.add_argument("--reps", type=int, default=50_000)
arguments = parser.parse_args()
began = time.perf_counter()

frame = pd.read_csv(arguments.scores)
bounds = {task: tuple(map(float, ends.split(":"))) for task, ends in (text.rsplit("=", 1) for text in arguments.bounds)}
methods, tasks = list(dict.fromkeys(frame.method)), list(dict.fromkeys(frame.task))
scores = {(m, t): frame[(frame.method == m) & (frame.task == t)].score.to_numpy() for m in methods for t in tasks}
for task in tasks:
    p = []
    for method in methods:
        x, y = scores[method, task], scores[methods[0], task]
        stats.shapiro(x)
        stats.bootstrap((x,), lambda x, axis: stats.trim_mean(x, 0.25, axis=axis), n_resamples=arguments.reps, method="percentile")
        if method != methods[0]:
            result = stats.ttest_ind(x, y, equal_var=False)
            result.confidence_interval()
            stats.mannwhitneyu(x, y)
            p.append(result.pvalue)
    multipletests(p, method="holm")
    stats.kruskal(*(scores[m, task] for m in methods))
matrix = {
    m: np.array([(scores[m, t] - bounds[t][0]) / (bounds[t][1] - bounds[t][0]) for t in tasks]).T for m in methods
}
aggregates = lambda x: np.array([metrics.aggregate_iqm(x)])
library.get_interval_estimates(matrix, aggregates, reps=arguments.reps)
pairs = {m: (matrix[m], matrix[methods[0]]) for m in methods[1:]}
library.get_interval_estimates(pairs, metrics.probability_of_improvement, reps=arguments.reps)
for x in matrix.values():
    metrics.aggregate_mean(x), metrics.aggregate_median(x), metrics.aggregate_optimality_gap(x)
means = [x.mean(axis=0) for x in matrix.values()]
stats.friedmanchisquare(*means)
for mean in means[1:]:
    stats.wilcoxon(mean, means[0])
print(f"{time.perf_counter() - began:.3f}")
