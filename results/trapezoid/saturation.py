"""Makes saturation.md from the files in saturation/: rows of tests/peers/popsan_saturation.py, and diagnostics of Spikebench's records.

    python saturation.py > saturation.md
"""
import csv
import json
import math
import pathlib
import re

FOLDER = pathlib.Path(__file__).parent / "saturation"
LAYERS = ["encoder", "layer.0", "layer.1", "layer.2"]
HEAD = ["step", "return", "encoder", "hidden 1", "hidden 2", "output", "dead outputs", "constant outputs"]
TITLES = {
    "deterministic": "Deterministic encoder, `td3` at its defaults",
    "bernoulli": "Bernoulli encoder, `td3` at its defaults (the setting of the Pop-SAN code for Hopper)",
    "deterministic-late": "Deterministic encoder, no updates before the actor acts (`update_after: 10000`)",
    "bernoulli-late": "Bernoulli encoder, no updates before the actor acts (`update_after: 10000`)",
    "deterministic-at-once": "Deterministic encoder, random actions for 1000 steps only (`start_steps: 1000`)",
    "bernoulli-at-once": "Bernoulli encoder, random actions for 1000 steps only (`start_steps: 1000`)",
    "half-cheetah": "HalfCheetah-v5, deterministic encoder, `td3` at its defaults",
    "half-cheetah-mdcsan": "HalfCheetah-v5, `mdcsan` (no spikes in the encoder), `td3` at its defaults",
    "idp-deterministic": "InvertedDoublePendulum-v5, deterministic encoder, `td3` at its defaults",
    "idp-bernoulli": "InvertedDoublePendulum-v5, Bernoulli encoder, `td3` at its defaults",
}


def peer(path):
    for line in path.read_text().splitlines():
        row = json.loads(line.replace("NaN", "null"))
        rates = [row[f"rate.{layer}"] for layer in LAYERS]
        yield row["step"], [row["return"], *rates, row["dead.layer.2"], row["constant.layer.2"]]


def ours(path):
    """A journal of an attempt: what was evaluated and measured at each step."""
    returns = {}
    for line in path.read_text().splitlines():
        row = json.loads(line)
        if row.get("evaluated"):
            found = row["evaluated"]
            returns[found[0]["step"]] = sum(one["return"] for one in found) / len(found)
        if row.get("measured"):
            found, step = {one["name"]: one["value"] for one in row["measured"]}, row["measured"][0]["step"]
            rates = [found[f"firing_rate.{layer}"] for layer in LAYERS]
            yield step, [returns[step], *rates, found["dead.layer.2"], math.nan]


def recorded(folder):
    returns, found = {}, {}
    for row in csv.DictReader((folder / "evaluations.csv").open()):
        returns.setdefault(int(row["step"]), []).append(float(row["return"]))
    for row in csv.DictReader((folder / "diagnostics.csv").open()):
        found.setdefault(int(row["step"]), {})[row["name"]] = float(row["value"])
    for step, values in found.items():
        rates = [values.get(f"firing_rate.{layer}", math.nan) for layer in LAYERS]
        yield step, [sum(returns[step]) / len(returns[step]), *rates, values["dead.layer.2"], math.nan]


def shown(value, digits):
    return "–" if math.isnan(value) else f"{value:.{digits}f}"


def table(rows):
    yield "| " + " | ".join(HEAD) + " |"
    yield "|" + " ---: |" * len(HEAD)
    for step, (score, *rest) in rows:
        if step % 2500 == 0 or step in (1000, 2000, 3000):
            yield f"| {step} | {shown(score, 1)} | " + " | ".join(shown(value, 3) for value in rest) + " |"


def main():
    print("<!-- made by saturation.py -->")
    print("# What the layers of Pop-SAN do at the beginning\n")
    print("Rectangular surrogate. Rates are spikes per neuron and time step. Dead: the share of the output population whose surrogate is")
    print("zero for every observation. Constant: the share that fires the same train for every observation. Observations are those")
    print("of the evaluation (2 or 5 episodes, at most 256 observations).\n")
    for name, title in TITLES.items():
        found = sorted(FOLDER.glob(f"*_{name}_*"))
        if not found:
            continue
        print(f"## {title}\n")
        for path in found:
            who, _, seed = re.sub(r"\.\w+$", "", path.name).split("_")
            made = {"peer": "PyTorch and Gymnasium", "spikebench": "Spikebench"}[who]
            rows = peer(path) if who == "peer" else recorded(path) if path.is_dir() else ours(path)
            print(f"{made}, seed {seed}\n")
            print("\n".join(table(rows)) + "\n")
    constant = FOLDER / "records.jsonl"
    if constant.exists():
        print("## The actors of Spikebench in the network of PyTorch\n")
        print("`popsan_saturation.py --record` on the actors after 15 000 steps (deterministic encoder, defaults), for observations of their own")
        print("and of random actions.\n")
        print("| seed | output rate | constant outputs | on random actions | deviation of the actions |")
        print("| ---: | ---: | ---: | ---: | ---: |")
        for line in constant.read_text().splitlines():
            row = json.loads(line)
            seed = re.search(r"\.s(\d+)-", row["record"])[1]
            deviation = max(row["actions_deviate"] + row["random.actions_deviate"])
            print(f"| {seed} | {row['rate.layer.2']:.3f} | {row['constant.layer.2']:.3f} | {row['random.constant.layer.2']:.3f} | {deviation:.3f} |")


if __name__ == "__main__":
    main()
