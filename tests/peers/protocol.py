"""The protocol between a peer and `cargo xtask bench`.

A peer is started with the name of a workload. It sets up, warms up and prints `ready`. Then, for each line with a number N on
standard input, it runs N iterations and prints the nanoseconds that they took. It prints nothing else to standard output.
"""
import sys
import time


def chosen(works):
    """The workload that the command line names, and the stream for answers."""
    name = sys.argv[1] if len(sys.argv) == 2 else None
    if name not in works:
        known = ", ".join(works)
        print(f"{sys.argv[0]}: unknown workload {name!r}; known workloads: {known}", file=sys.stderr)
        sys.exit(2)
    answers, sys.stdout = sys.stdout, sys.stderr
    return works[name], answers


def serve(works):
    """Serves `works`, which maps a name to a function without arguments that sets up and returns `run(count)`."""
    work, answers = chosen(works)
    run = work()
    print("ready", file=answers, flush=True)
    for line in sys.stdin:
        count = int(line)
        start = time.perf_counter_ns()
        run(count)
        print(time.perf_counter_ns() - start, file=answers, flush=True)


def serve_loops(works):
    """Serves loops that nobody can leave: `works` maps a name to a function that trains for ever and tells a clock of each step."""
    work, answers = chosen(works)
    work(Clock(answers))


class Clock:
    def __init__(self, answers):
        self.answers, self.left, self.start = answers, None, None

    def begin(self):
        """The warm-up is over."""
        print("ready", file=self.answers, flush=True)
        self.next()

    def next(self):
        line = sys.stdin.readline()
        if not line:
            sys.exit(0)
        self.left = int(line)
        self.start = time.perf_counter_ns()

    def tick(self, wait=lambda: None):
        """One step more."""
        self.left -= 1
        if self.left == 0:
            wait()
            print(time.perf_counter_ns() - self.start, file=self.answers, flush=True)
            self.next()
