"""Reads a folder of results with pandas, and prints learning curves and a summary of each surrogate:

    spikebench run suites/quickstart.yaml
    spikebench report suites/quickstart.yaml --out report
    python examples/read_results.py results/quickstart report/report.csv

`evaluations.csv` of every run holds the return of every evaluation episode. `report.csv` begins with a comment that states
the command and a hash of the data. With it, the means are compared with those of the report.
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


def summarise(finals):
    """Mean, standard deviation and interquartile mean (whole runs only) of the final returns of one cell."""
    cut = len(finals) // 4
    middle = finals.sort_values().iloc[cut : len(finals) - cut]
    return pd.Series({"runs": len(finals), "mean": finals.mean(), "std": finals.std(), "iqm": middle.mean()})


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
    summary = finals.groupby(CELL).apply(summarise).unstack()
    print(f"return after {last} steps")
    print(summary.round(1).to_string())

    if len(sys.argv) > 2:
        report = pd.read_csv(sys.argv[2], comment="#")
        reported = report.drop_duplicates(["environment", "label"]).set_index(["environment", "label"])["final_mean"]
        ours = summary["mean"].groupby(["environment", "surrogate"]).mean()
        ours.index.names = reported.index.names
        difference = (ours - reported).abs().max()
        print(f"\nlargest difference from the means of the report: {difference:.3g}")


if __name__ == "__main__":
    main()
