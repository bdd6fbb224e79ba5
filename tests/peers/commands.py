"""The time and the memory of commands, against their goals:
`commands.py SPIKEBENCH WORKS SUITE SCRATCH FOLDER PROCESSOR` writes commands.json and commands.md into FOLDER.

SPIKEBENCH is the command itself, and WORKS makes a record up for every cell of SUITE. A time is the median of some rounds from the
start of a process to its end, and a memory the most that any of them had.
"""
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time

program, works, suite, scratch, folder, processor = sys.argv[1:]
scratch, folder = pathlib.Path(scratch), pathlib.Path(folder)

SMALL = """name: small
seeds: 1
budget: {steps: 20000, evaluate_every: 10000, evaluation_episodes: 1}
matrix: {surrogate: [rectangular], actor: [popsan], agent: [td3], environment: [Hopper-v5]}
"""
SCORES = "method,task,seed,score\na,t,1,1\na,t,2,2\na,t,3,4\nb,t,1,3\nb,t,2,5\nb,t,3,4\n"


def ended(words):
    """The seconds of a command and the MB that it had."""
    with open(scratch / "said", "wb") as said:
        start = time.perf_counter()
        process = subprocess.Popen([program, *words], cwd=scratch, stdout=subprocess.DEVNULL, stderr=said)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"spikebench {' '.join(words)}: {(scratch / 'said').read_text()}")
    return seconds, usage.ru_maxrss * 1024 / 1e6


def first_step(cell, number):
    """The seconds from the start of a worker's process until it says that it begins with its first step, and the MB that it had."""
    attempt = scratch / f"attempt-{number}"
    attempt.mkdir()
    job = {"cell": cell, "device": "cpu", "folder": str(attempt), "former": [], "checkpoint_every": 600.0, "keep_last": False}
    start = time.perf_counter()
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    process = subprocess.Popen([program, "worker"], **pipes)
    process.stdin.write(json.dumps({"train": job}) + "\n")
    process.stdin.flush()
    line = next((line for line in process.stdout if '"began"' in line), None)
    seconds = time.perf_counter() - start
    status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
    process.kill()
    process.wait()
    if line is None:
        raise SystemExit("the worker ended before its first step")
    kilobytes = next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))
    return seconds, int(kilobytes) * 1024 / 1e6


rows = []


def measure(what, once, rounds, seconds, megabytes=None):
    """Adds a row with these goals."""
    taken = [once(number) for number in range(rounds)]
    rows.append({
        "command": what,
        "seconds": statistics.median(one[0] for one in taken),
        "goal_seconds": seconds,
        "megabytes": max(one[1] for one in taken),
        "goal_megabytes": megabytes,
        "rounds": rounds,
    })
    print(f"bench: {what}", file=sys.stderr)


def command(what, words, rounds, seconds, megabytes=None):
    ended(words)  # The first one reads the files from the disk.
    measure(what, lambda _: ended(words), rounds, seconds, megabytes)


(scratch / "small.yaml").write_text(SMALL)
(scratch / "scores.csv").write_text(SCORES)
command("--version", ["--version"], 9, 0.03)
command("--help", ["--help"], 9, 0.03)
command("list", ["list"], 9, 0.03)
command("compare, six scores", ["compare", "scores.csv"], 9, 0.03)
command("plan, one cell", ["plan", "small.yaml"], 9, 0.03)
command("plan, 9840 cells", ["plan", suite], 5, 1.0, 200)
command("plan --json, 9840 cells", ["plan", suite, "--json"], 5, 1.0, 200)
plan = subprocess.run([program, "plan", "small.yaml", "--json"], cwd=scratch, check=True, capture_output=True)
cell = json.loads(plan.stdout)["cells"][0]
measure("a cell, up to its first step", lambda number: first_step(cell, number), 9, 0.2)
subprocess.run([works, "records", suite, scratch / "results"], check=True)
command("report --out, 9840 records with 9.8 million episodes", ["report", suite, "--out", "report"], 1, 15.0, 800)

(folder / "commands.json").write_text(json.dumps({"processor": processor, "cores": os.cpu_count(), "rows": rows}, indent=2) + "\n")


def against(value, goal, unit, digits):
    if goal is None:
        return f"{value:.{digits}f} {unit}", ""
    verdict = "met" if value <= goal else f"missed by {value - goal:.{digits}f}"
    return f"{value:.{digits}f} {unit}", f"{goal:g} {unit} {verdict}"


lines = [
    "# The time and the memory of commands",
    "",
    f"`cargo xtask bench commands` on {processor}, {os.cpu_count()} cores.",
    "",
    "| command | time | goal | memory | goal |",
    "| --- | ---: | --- | ---: | --- |",
]
for row in rows:
    cells = against(row["seconds"], row["goal_seconds"], "s", 3) + against(row["megabytes"], row["goal_megabytes"], "MB", 0)
    lines.append("| " + " | ".join((row["command"], *cells)) + " |")
lines += [
    "",
    "A time is the median of some rounds from the start of the process to its end, and a memory the most that any round had. `plan` runs",
    "every component of a suite for its fingerprint, so LibTorch is initialised, which takes most of the time that one cell takes: it",
    "registers its operators. `list` and `compare` answer before that.",
]
(folder / "commands.md").write_text("\n".join(lines) + "\n")
