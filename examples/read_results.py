"""Reads a folder of results with pandas, and prints learning curves and a summary of each surrogate:

    spikebench run suites/quickstart.yaml
    spikebench report suites/quickstart.yaml --out report
    python examples/read_results.py results/quickstart report/report.csv

`evaluations.csv` of every run holds the return of every evaluation episode. `report.csv`, which is optional, is the table of a
report that compares surrogates; its means are compared with those computed here. Its first line is a comment with the command
and a hash of the data.
"""

import json
import sys
from pathlib import Path

import pandas as pd

CELL = ["environment", "actor", "agent", "surrogate"]


def read_runs(results):
    """Every evaluation episode of every run, and one row for every run with its outcome."""
    episodes, runs = [], []
    for folder in sorted((results / "runs").iterdir()):
        record = json.loads((folder / "record.json").read_text())
        labels = {name: label or "none" for name, label in record["cell"]["labels"].items()}
        run = {**labels, "seed": record["cell"]["seed"], "id": record["cell"]["id"]}
        runs.append({**run, "status": record["outcome"]["status"]})
        episodes.append(pd.read_csv(folder / "evaluations.csv").assign(**run))
    return pd.concat(episodes, ignore_index=True), pd.DataFrame(runs)


def interquartile_mean(finals):
    """The mean without the lowest and the highest quarter of the runs, rounded down to whole runs."""
    cut = len(finals) // 4
    return finals.sort_values().iloc[cut : len(finals) - cut].mean()


def main():
    episodes, runs = read_runs(Path(sys.argv[1]))
    print(runs.groupby([*CELL, "status"]).size().rename("runs").to_string(), end="\n\n")

    # The score of a run at a step is the mean over the episodes of that evaluation.
    finished = episodes[episodes["id"].isin(runs.loc[runs["status"] == "finished", "id"])]
    scores = finished.groupby([*CELL, "seed", "step"])["return"].mean()
    curves = scores.groupby([*CELL, "step"]).mean().unstack("step")
    print("mean return by training step")
    print(curves.round(1).to_string(), end="\n\n")

    last = scores.index.get_level_values("step").max()
    finals = scores.xs(last, level="step")
    summary = finals.groupby(CELL).agg(runs="size", mean="mean", std="std", iqm=interquartile_mean)
    print(f"return after {last} steps")
    print(summary.round(1).to_string())

    if len(sys.argv) > 2:
        report = pd.read_csv(sys.argv[2], comment="#")
        # One row of the table per environment, context (actor and agent) and surrogate; further rows are other comparisons.
        reported = report.groupby(["environment", "context", "label"])["final_mean"].first()
        ours = summary["mean"].reset_index()
        ours["context"] = ours["actor"] + " · " + ours["agent"]
        ours = ours.set_index(["environment", "context", "surrogate"])["mean"].rename_axis(reported.index.names)
        both = pd.concat([ours, reported], axis=1, join="inner")
        difference = (both["mean"] - both["final_mean"]).abs().max()
        print(f"\n{len(both)} means of the report recomputed; largest difference {difference:.1e}")


if __name__ == "__main__":
    main()
