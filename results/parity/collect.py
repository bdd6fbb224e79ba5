"""Puts the evaluations of both sides into scores.csv, one row for each evaluation.

    python collect.py /tmp/parity/results/parity /tmp/parity/sb3-*.csv
"""
import csv
import json
import pathlib
import sys


def ours(folder):
    for record in sorted((folder / "runs").iterdir()):
        cell = json.loads((record / "record.json").read_text())["cell"]
        returns = {}
        with (record / "evaluations.csv").open() as file:
            for row in csv.DictReader(file):
                returns.setdefault(int(row["step"]), []).append(float(row["return"]))
        for step, found in returns.items():
            yield "Spikebench", cell["labels"]["environment"], cell["seed"], step, f"{sum(found) / len(found):.4f}"


def theirs(path):
    with open(path) as file:
        for row in csv.DictReader(file):
            yield row["method"], row["task"], row["seed"], row["step"], row["score"]


def main():
    target = pathlib.Path(__file__).parent / "scores.csv"
    with target.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["method", "task", "seed", "step", "score"])
        writer.writerows(ours(pathlib.Path(sys.argv[1])))
        for path in sys.argv[2:]:
            writer.writerows(theirs(path))
    print(target)


if __name__ == "__main__":
    main()
