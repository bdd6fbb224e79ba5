"""The protocol between a peer and `cargo xtask bench`.

A peer is started with the name of a workload. It sets up, warms up and prints `ready`. Then, for each line with a number N on
standard input, it runs N iterations and prints the nanoseconds that they took. It prints nothing else to standard output.
"""
import sys
import time


def serve(works):
    """Serves `works`, which maps a name to a function without arguments that sets up and returns `run(count)`."""
    name = sys.argv[1] if len(sys.argv) == 2 else None
    if name not in works:
        known = ", ".join(works)
        print(f"{sys.argv[0]}: unknown workload {name!r}; known workloads: {known}", file=sys.stderr)
        sys.exit(2)
    answers, sys.stdout = sys.stdout, sys.stderr
    run = works[name]()
    print("ready", file=answers, flush=True)
    for line in sys.stdin:
        count = int(line)
        start = time.perf_counter_ns()
        run(count)
        print(time.perf_counter_ns() - start, file=answers, flush=True)
