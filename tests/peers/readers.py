"""Reads a report's exports with the programs that they are made for, and compares their results with the report.

    spikebench report SUITE --out DIR --format all
    pip install rliable==1.2.0 "pandas<3" pyarrow colorama seaborn && pip install --no-deps id-marl-eval==0.0.4
    python tests/peers/readers.py DIR

rliable must compute interquartile means, probabilities of improvement and performance profiles of the scores without complaint.
marl-eval must accept the whole JSON and give one matrix of runs by tasks with the same normalised returns. pandas must read the
CSV with its comment and the Parquet file with every episode, and get the means of the CSV from the rows of the Parquet file. The
script prints what it has checked, and fails at the first file that is refused or value that differs.
"""

import copy
import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd
from marl_eval.utils.data_processing_utils import (
    create_matrices_for_rliable,
    data_process_pipeline,
)
from rliable import library, metrics


def same(found, wanted, what):
    np.testing.assert_allclose(found, wanted, rtol=1e-12, err_msg=what)
    print(f"ok  {what}")


def check_rliable(folder):
    for table in json.loads((folder / "exports/rliable.json").read_text()):
        scores = {name: np.array(rows, dtype=float) for name, rows in table["scores"].items()}
        names = list(scores)
        for name, matrix in scores.items():
            assert matrix.shape[1] == len(table["tasks"]), name
            raw = np.array(table["raw"][name], dtype=float)
            low, high = np.array(table["bounds"], dtype=float).T
            same(matrix, (raw - low) / (high - low), f"rliable: {name} is normalised by its bounds")
        if any(np.isnan(matrix).any() for matrix in scores.values()):
            print("--  rliable cannot handle missing runs; the rest is skipped")
            continue
        aggregate = lambda x: np.array([metrics.aggregate_iqm(x), metrics.aggregate_optimality_gap(x)])
        points, intervals = library.get_interval_estimates(scores, aggregate, reps=200)
        assert all(np.isfinite(intervals[name]).all() for name in names)
        print(f"ok  rliable: interquartile means {[round(float(points[name][0]), 4) for name in names]}")
        if len(names) > 1:
            pairs = {f"{one},{names[0]}": (scores[one], scores[names[0]]) for one in names[1:]}
            chances, _ = library.get_interval_estimates(pairs, metrics.probability_of_improvement, reps=200)
            assert all(0 <= chance <= 1 for chance in chances.values())
            print(f"ok  rliable: probabilities of improvement {[round(float(c), 4) for c in chances.values()]}")
        profiles, _ = library.create_performance_profile(scores, np.linspace(0, 1, 11), reps=200)
        assert all(profile.shape == (11,) for profile in profiles.values())
        print("ok  rliable: performance profiles")


def check_marl_eval(folder):
    raw = json.loads((folder / "exports/marl-eval.json").read_text())
    (environment,) = raw
    processed = data_process_pipeline(copy.deepcopy(raw), metrics_to_normalize=["return"])
    matrices, final = create_matrices_for_rliable(
        processed, environment, metrics_to_normalize=["return"]
    )
    tasks = list(raw[environment])
    for task in tasks:
        means = {
            algorithm: [np.mean(run["absolute_metrics"]["return"]) for run in runs.values()]
            for algorithm, runs in raw[environment][task].items()
        }
        print(f"ok  marl-eval: {task} with {sum(map(len, means.values()))} runs")
    found = final["mean_norm_return"]
    assert found, "marl-eval found no algorithm"
    for algorithm, matrix in found.items():
        assert matrix.shape[1] == len(tasks) and np.isfinite(matrix).all(), algorithm
        assert 0 <= matrix.min() and matrix.max() <= 1, algorithm
    print(f"ok  marl-eval: {len(found)} algorithms by {len(tasks)} tasks, {len(matrices)} matrices")


def check_pandas(folder):
    report = pd.read_csv(folder / "report.csv", comment="#")
    first = (folder / "report.csv").read_text().splitlines()[0]
    assert first.startswith("# spikebench report "), first
    episodes = pd.read_parquet(folder / "exports/evaluations.parquet")
    assert episodes["return"].notna().all() and (episodes["length"] > 0).all()
    finished = episodes[episodes["outcome"] == "finished"]
    last = finished[finished["step"] == finished["step"].max()]
    runs = last.groupby(["environment", "surrogate", "actor", "agent", "seed"])["return"].mean()
    means = runs.groupby(["environment", "actor", "agent", "surrogate"]).mean()
    shown = report.drop_duplicates(["environment", "context", "label"])
    checked = 0
    for _, row in shown.iterrows():
        context = row["context"].split(" · ")
        key = (row["environment"], *context, row["label"])
        if key in means.index:
            same(means[key], row["final_mean"], f"pandas: mean of {' '.join(key)} from Parquet and CSV")
            checked += 1
    assert checked, "no row of the CSV is in the Parquet file (does the suite compare surrogates?)"


def main():
    folder = Path(sys.argv[1])
    check_rliable(folder)
    check_marl_eval(folder)
    check_pandas(folder)


if __name__ == "__main__":
    main()
