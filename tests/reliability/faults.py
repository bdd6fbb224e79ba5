"""Breaks runs of `spikebench` in every way that this machine can, and checks what is left.

    python3 tests/reliability/faults.py PROGRAM [--quick] [--power] [--only-power] [--out FILE]

After each fault: `verify` finds nothing damaged, the same command completes, and what was computed equals, byte for byte, a
run that was never disturbed. `--quick` tries a few points of each kind, `--power` adds power cuts (root, loop devices).
"""

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ONE = """\
name: one
seeds: 1
budget: {steps: 1500, evaluate_every: 300, evaluation_episodes: 1}
matrix:
  actor: [{mlp: {hidden: [8]}}]
  agent: [{td3: {start_steps: 50, update_after: 50, critic_hidden: [8], buffer_size: 400}}]
  environment: [Pendulum-v1]
"""
MANY = """\
name: many
seeds: 4
budget: {steps: 3000, evaluate_every: 500, evaluation_episodes: 1}
matrix:
  surrogate: [rectangular, trapezoidal]
  actor: [{popsan: {hidden: [8]}}, {mlp: {hidden: [8]}}]
  agent: [{td3: {start_steps: 50, update_after: 50, critic_hidden: [8]}}]
  environment: [Pendulum-v1]
"""
# Calls that change files. `write` also serves pipes, so its errors are tried by a full disk instead.
KILLED = ["openat", "write", "fsync", "fdatasync", "rename", "mkdir", "unlink", "unlinkat", "linkat", "ftruncate"]
FAILING = ["fsync", "fdatasync", "rename", "mkdir", "linkat", "ftruncate"]
ERRORS = ["ENOSPC", "EIO", "EDQUOT", "EROFS"]
COMPUTED = ["evaluations.csv", "diagnostics.csv", "actor.safetensors", "normaliser.json"]
OFTEN = ["--checkpoint", "0.0015"]
VERY_OFTEN = ["--checkpoint", "0.0002"]

rows, failures = [], []


def sh(*words, **options):
    return subprocess.run(words, capture_output=True, text=True, **options)


class Place:
    """A folder with a suite in it."""

    def __init__(self, suite, parent=None):
        self.path = Path(tempfile.mkdtemp(prefix="faults-", dir=parent))
        (self.path / "suite.yaml").write_text(suite)
        self.name = suite.split()[1]

    def command(self, verb, *more):
        return [program, verb, "suite.yaml", *more]

    def run(self, verb, *more, around=()):
        return sh(*around, *self.command(verb, *more), cwd=self.path)

    def start(self, verb, *more):
        return subprocess.Popen(
            self.command(verb, *more), cwd=self.path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    def computed(self):
        runs = self.path / "results" / self.name / "runs"
        files = sorted(runs.glob("*/*"))
        return {f"{file.parent.name}/{file.name}": file.read_bytes() for file in files if file.name in COMPUTED}

    def statuses(self):
        runs = self.path / "results" / self.name / "runs"
        return [json.loads(file.read_text())["outcome"]["status"] for file in runs.glob("*/record.json")]

    def complaint(self, expected):
        """What is wrong after a fault; nothing if all is well."""
        if any(self.path.glob("results/*/runs")):
            verified = sh(program, "verify", "results", cwd=self.path)
            if verified.returncode != 0:
                return f"verify: {verified.stdout}{verified.stderr}"
        # A worker that was killed alone is a crash, which only a person decides to try again.
        if "crashed" in self.statuses():
            self.run("retry")
        again = self.run("run")
        if again.returncode != 0:
            return f"the same command: {again.returncode}, {again.stderr[-500:]}"
        if self.computed() != expected:
            return "other results"
        left = [path for kind in ("tmp", "work") for path in (self.path / "results" / self.name / kind).glob("*")]
        return f"left over: {left}" if left else None

    def remove(self):
        shutil.rmtree(self.path, ignore_errors=True)


def note(fault, tried, wrong):
    rows.append((fault, tried, tried - len(wrong), len(wrong)))
    failures.extend(f"{fault}: {complaint}" for complaint in wrong)
    print(f"{fault}: {tried} tried, {len(wrong)} wrong", flush=True)
    for complaint in wrong[:3]:
        print(f"    {complaint}", flush=True)
    if given.out:
        words = {"--power": given.power, "--only-power": given.only_power}
        shown = [word for word, is_given in words.items() if is_given] + ["--out", given.out]
        Path(given.out).write_text(page(time.time() - begin, shown))


def calls(words, cwd, names):
    """How often the busiest process of a command makes each call."""
    with tempfile.NamedTemporaryFile() as log:
        sh("strace", "-f", "-qq", "-o", log.name, "-e", "trace=" + ",".join(names), *words, cwd=cwd)
        counts = {}
        for line in Path(log.name).read_text(errors="replace").splitlines():
            process, _, call = line.partition(" ")
            name = call.strip().split("(")[0]
            if name in names:
                counts.setdefault(name, {}).setdefault(process, 0)
                counts[name][process] += 1
    return {name: max(of.values()) for name, of in counts.items()}


def points(count, most):
    """Numbers from 1 to `count`, all of them if they are few, evenly spread otherwise."""
    if count <= most:
        return range(1, count + 1)
    return sorted({1 + round(place * (count - 1) / (most - 1)) for place in range(most)})


def inject(name, what, when):
    return ["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={name}", "-e", f"inject={name}:{what}:when={when}"]


def system_calls(most):
    reference = Place(ONE)
    counts = calls(reference.command("run", *VERY_OFTEN), reference.path, KILLED)
    expected = reference.computed()
    for name in KILLED:
        tried, wrong = 0, []
        for when in points(counts.get(name, 0), most):
            place = Place(ONE)
            place.run("run", *VERY_OFTEN, around=inject(name, "signal=KILL", when))
            complaint = place.complaint(expected)
            tried += 1
            if complaint:
                wrong.append(f"kill at {name} {when}: {complaint}")
            place.remove()
        note(f"SIGKILL at a call of {name}", tried, wrong)
    for error in ERRORS:
        tried, wrong = 0, []
        for name in FAILING:
            for when in points(counts.get(name, 0), max(most // 4, 2)):
                place = Place(ONE)
                place.run("run", *VERY_OFTEN, around=inject(name, f"error={error}", when))
                complaint = place.complaint(expected)
                tried += 1
                if complaint:
                    wrong.append(f"{error} at {name} {when}: {complaint}")
                place.remove()
        note(f"{error} from one call that writes", tried, wrong)
    reference.remove()


NAIVE = """
import json
for number in range(3):
    with open(f"result-{number}.json", "w") as file:
        json.dump({"returns": list(range(2000))}, file)
"""


def naive_store():
    """The same faults find what is wrong with a store that only writes files."""
    torn = 0
    counts = {"openat": 200, "write": 20}
    for name, count in counts.items():
        for when in range(1, count):
            folder = Path(tempfile.mkdtemp(prefix="naive-"))
            sh(*inject(name, "signal=KILL", when), sys.executable, "-S", "-c", NAIVE, cwd=folder)
            for file in folder.glob("result-*.json"):
                try:
                    json.loads(file.read_text())
                except ValueError:
                    torn += 1
            shutil.rmtree(folder)
    note("SIGKILL of a naive store, for comparison: torn results are found", 1, [] if torn else ["found nothing"])
    print(f"    {torn} torn results of the naive store", flush=True)
    return torn


def children(process):
    found = []
    for task in Path(f"/proc/{process}/task").glob("*/children"):
        try:
            found += task.read_text().split()
        except OSError:
            pass
    return [int(child) for child in found]


def send(process, what):
    try:
        os.kill(process, what)
    except ProcessLookupError:
        pass


def kill(process):
    send(process, signal.SIGKILL)


def undisturbed(suite):
    """What a suite computes that nobody disturbs."""
    reference = Place(suite)
    assert reference.run("run").returncode == 0
    expected = reference.computed()
    reference.remove()
    return expected


def random_kills(kills):
    draw = random.Random(15)
    expected = undisturbed(MANY)
    done, wrong, rounds = 0, [], 0
    while done < kills:
        rounds += 1
        place = Place(MANY)
        workers = [place.start("work", *OFTEN) for _ in range(2)]
        while done < kills and any(worker.poll() is None for worker in workers):
            time.sleep(draw.uniform(0.3, 1.2))
            number = draw.randrange(2)
            victim = workers[number]
            if draw.random() < 0.2 and children(victim.pid):
                kill(draw.choice(children(victim.pid)))
            else:
                kill(victim.pid)
            done += 1
            victim.wait()
            workers[number] = place.start("work", *OFTEN)
        for worker in workers:
            kill(worker.pid)
            worker.wait()
        complaint = place.complaint(expected)
        if complaint:
            wrong.append(complaint)
        place.remove()
    note(f"random SIGKILL over a suite with two workers ({rounds} suites)", done, wrong)


def races(rounds, expected):
    wrong = []
    for _ in range(rounds):
        place = Place(MANY)
        workers = [place.start("work") for _ in range(6)]
        codes = [worker.wait() for worker in workers]
        aside = list((place.path / "results/many").glob("set-aside/*"))
        if any(code not in (0, 75) for code in codes) or aside:
            wrong.append(f"exit codes {codes}, set aside {aside}")
        complaint = place.complaint(expected)
        if complaint:
            wrong.append(complaint)
        place.remove()
    note("six workers at once on one folder", rounds, wrong)


def frozen(rounds, expected):
    wrong = []
    for _ in range(rounds):
        place = Place(MANY)
        sleeper = place.start("work", "--lease", "0.02", *OFTEN)
        leases = place.path / "results/many/lease"
        deadline = time.time() + 60
        while time.time() < deadline and not any(leases.glob("[A-Z]*")):
            time.sleep(0.01)
        time.sleep(0.3)
        asleep = [sleeper.pid, *children(sleeper.pid)]
        for process in asleep:
            send(process, signal.SIGSTOP)
        time.sleep(2.5)
        other = place.run("run", "--lease", "0.02")
        for process in asleep:
            send(process, signal.SIGCONT)
        code = sleeper.wait()
        if other.returncode != 0 or code not in (0, 75):
            wrong.append(f"exit codes {other.returncode}, {code}: {other.stderr[-300:]}")
        complaint = place.complaint(expected)
        if complaint:
            wrong.append(complaint)
        place.remove()
    note("SIGSTOP past the end of a lease, then SIGCONT", rounds, wrong)


def full_disks(sizes):
    """A file system without room from the beginning of a run on; later it has some."""
    expected = undisturbed(ONE)
    wrong = []
    for size in sizes:
        mount = tempfile.mkdtemp(prefix="full-")
        mounted = sh("mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", mount)
        if mounted.returncode != 0:
            sys.exit(f"cannot mount a tmpfs: {mounted.stderr}")
        try:
            place = Place(ONE, parent=mount)
            broken = place.run("run", *OFTEN)
            if broken.returncode not in (0, 74):
                wrong.append(f"{size}: exit code {broken.returncode}: {broken.stderr[-300:]}")
            sh("mount", "-o", "remount,size=64m", mount)
            complaint = place.complaint(expected)
            if complaint:
                wrong.append(f"{size}: {complaint}")
        finally:
            sh("umount", mount)
            os.rmdir(mount)
    note("a full disk (tmpfs), later enlarged", len(sizes), wrong)


def power_cuts(cuts, expected):
    """Images of a mounted file system at random moments, as the disk would be after a power cut."""
    draw = random.Random(16)
    folder = Path(tempfile.mkdtemp(prefix="power-"))
    image, mount, copy, after = (folder / name for name in ("image", "mount", "copy", "after"))
    mount.mkdir()
    after.mkdir()
    sh("truncate", "-s", "256M", str(image))
    for words in (["mkfs.ext4", "-q", str(image)], ["mount", "-o", "loop,commit=600", str(image), str(mount)]):
        made = sh(*words)
        if made.returncode != 0:
            sys.exit(f"cannot make a loop-mounted file system: {made.stderr}")
    wrong = []
    try:
        place = Place(MANY, parent=mount)
        sh("sync", "-f", str(mount))
        run = place.start("run", *OFTEN)
        for _ in range(cuts):
            time.sleep(draw.uniform(0.2, 1.0))
            # An image that is copied while its blocks change would be none of any moment.
            writers = [run.pid, *children(run.pid)]
            for writer in writers:
                send(writer, signal.SIGSTOP)
            acknowledged = {path.parent.name for path in place.path.glob("results/many/runs/*/MANIFEST")}
            shutil.copyfile(image, copy)
            for writer in writers:
                send(writer, signal.SIGCONT)
            mounted = sh("mount", "-o", "loop", str(copy), str(after))
            if mounted.returncode != 0:
                wrong.append(f"the image cannot be mounted: {mounted.stderr}")
                continue
            there = after / place.path.name
            kept = {path.parent.name for path in there.glob("results/many/runs/*/MANIFEST")}
            lost = acknowledged - kept
            verified = sh(program, "verify", "results", cwd=there)
            if lost or (verified.returncode != 0 and (there / "results").exists()):
                wrong.append(f"lost {lost}; {verified.stdout}{verified.stderr}")
            sh("umount", str(after))
        run.wait()
        # The last image goes on to the end.
        sh("mount", "-o", "loop", str(copy), str(after))
        place.path = after / place.path.name
        complaint = place.complaint(expected)
        if complaint:
            wrong.append(complaint)
    finally:
        sh("umount", str(after))
        sh("umount", str(mount))
    shutil.rmtree(folder, ignore_errors=True)
    note("power cut: images of a mounted ext4 at random moments", cuts, wrong)


def page(seconds, arguments):
    lines = [
        "# Faults",
        "",
        "What was done to runs, how often, and what came of it: *survived* means that nothing was damaged, that the same command",
        "completed, and that what was computed equals a run that was never disturbed, byte for byte.",
        "",
        "```sh",
        f"python3 tests/reliability/faults.py target/debug/spikebench {' '.join(arguments)}".rstrip(),
        "```",
        "",
        "| fault | tried | survived | lost |",
        "| --- | ---: | ---: | ---: |",
    ]
    lines += [f"| {fault} | {tried} | {survived} | {lost} |" for fault, tried, survived, lost in rows]
    lines += ["", f"It took {seconds / 60:.0f} minutes."]
    lines += ["", "What went wrong:", ""] + [f"- {failure}" for failure in failures] if failures else []
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("program")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--power", action="store_true")
    parser.add_argument("--only-power", action="store_true")
    parser.add_argument("--out")
    given = parser.parse_args()
    program = str(Path(given.program).resolve())
    if shutil.which("strace") is None:
        sys.exit("strace is missing: apt-get install strace")
    begin = time.time()
    if given.only_power:
        power_cuts(12, undisturbed(MANY))
    else:
        if not given.quick:
            naive_store()
            random_kills(200)
            expected = undisturbed(MANY)
            races(3, expected)
            frozen(5, expected)
            full_disks(["100k", "200k", "300k", "400k", "600k", "1m"])
            if given.power:
                power_cuts(12, expected)
        system_calls(3 if given.quick else 12)
    sys.exit(1 if failures else 0)
