"""Draws how the time of an update grows with the sizes of the work: `growth_figure.py growth.json growth.svg`."""
import json
import sys

import matplotlib

matplotlib.use("svg")
# The same measurements give the same file.
matplotlib.rcParams.update({"svg.hashsalt": "spikebench", "svg.fonttype": "none", "font.size": 9})

import numpy as np
from matplotlib import pyplot

LABELS = {"T": "time steps T", "hidden": "neurons in each hidden layer", "batch": "batch size", "replicas": "replicas"}

source, target = sys.argv[1:]
with open(source) as file:
    measured = json.load(file)
axes = list(dict.fromkeys(point["axis"] for point in measured["points"]))
figure, panels = pyplot.subplots(1, len(axes), figsize=(3.2 * len(axes), 3.2), sharey=True, squeeze=False)
for panel, axis in zip(panels[0], axes):
    points = [point for point in measured["points"] if point["axis"] == axis]
    sizes = [point["value"] for point in points]
    for name, label, style in (("ours_ms", "Spikebench", "o-"), ("jax_ms", "JAX", "s--")):
        times = [point[name] for point in points]
        # The slope between the two largest sizes: 1 is proportional.
        slope = np.diff(np.log(times[-2:])) / np.diff(np.log(sizes[-2:]))
        panel.plot(sizes, times, style, label=f"{label}, slope {slope.item():.2f}")
    panel.set(xscale="log", yscale="log", xlabel=LABELS[axis], xticks=sizes, xticklabels=sizes)
    panel.minorticks_off()
    panel.grid(alpha=0.3)
    panel.legend(frameon=False)
panels[0][0].set_ylabel("ms per update")
figure.suptitle(f"td3 with popsan on {measured['processor']}, one core", fontsize=9)
figure.tight_layout()
figure.savefig(target, metadata={"Date": None})
