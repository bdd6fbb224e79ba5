"""How a peer speaks with `cargo xtask bench`.

A peer is started with the name of a work. It sets up, warms up, and says `ready`; then it answers each number N on
standard input by the nanoseconds that N iterations took. Standard output holds nothing else.
"""
import sys
import time


def serve(works):
    """`works` gives for each name a function without arguments that sets up and returns `run(count)`."""
    name = sys.argv[1] if len(sys.argv) == 2 else None
    if name not in works:
        known = ", ".join(works)
        print(f"{sys.argv[0]}: unknown work {name!r}; there are {known}", file=sys.stderr)
        sys.exit(2)
    answers, sys.stdout = sys.stdout, sys.stderr
    run = works[name]()
    print("ready", file=answers, flush=True)
    for line in sys.stdin:
        count = int(line)
        start = time.perf_counter_ns()
        run(count)
        print(time.perf_counter_ns() - start, file=answers, flush=True)
