"""Only the matrix products of one TD3 update, each by LibTorch's fastest dense product.

No library that multiplies densely with LibTorch can be faster than this. A library that adds up the rows chosen by spikes
can.
"""
import sys
import time
from functools import cache

import torch

import protocol
import setting as s

ROWS = s.STEPS * s.BATCH


def chain(*widths):
    return list(zip(widths, widths[1:]))


def products(sizes):
    """The products of every update, and those of a delayed update in addition, as (count, rows, inner, columns, which operand is
    transposed)."""
    features, actions = sizes
    actor = chain(features * s.POPULATION, s.HIDDEN, s.HIDDEN, actions * s.POPULATION)
    critic = chain(features + actions, s.HIDDEN, s.HIDDEN, 1)
    forward = lambda count, rows, layers: [(count, rows, i, o, "") for i, o in layers]
    of_weights = lambda count, rows, layers: [(count, i, rows, o, "left") for i, o in layers]
    of_inputs = lambda count, rows, layers: [(count, rows, o, i, "right") for i, o in layers]
    each = forward(1, ROWS, actor) + 2 * forward(2, s.BATCH, critic)
    # No gradient of the critics' inputs is needed.
    each += of_weights(2, s.BATCH, critic) + of_inputs(2, s.BATCH, critic[1:])
    delayed = forward(1, ROWS, actor) + of_weights(1, ROWS, actor) + of_inputs(1, ROWS, actor)
    delayed += forward(1, s.BATCH, critic) + of_inputs(1, s.BATCH, critic)
    return each, delayed


@cache
def matrix(count, rows, columns, transposed, role):
    """Products share the matrices that they read and write, so that as much as possible stays in the processor's caches."""
    if transposed:
        return torch.randn(count, columns, rows).transpose(1, 2)
    return torch.randn(count, rows, columns)


def candidates(count, rows, inner, columns, transposed):
    """Ways to compute the product, with every layout that a program could have chosen for its weights."""
    left = matrix(count, rows, inner, transposed == "left", "read")
    for stored in (False, True):
        # The layout of a gradient or an input is given; weights may have either.
        right = matrix(count, inner, columns, stored and transposed != "left", "read")
        for turned in (False, True):
            out = matrix(count, rows, columns, turned, "written")
            yield "bmm", lambda l=left, r=right, o=out: torch.bmm(l, r, out=o)
            singles = [(left[i], right[i], out[i]) for i in range(count)]
            yield "mm", lambda k=singles: [torch.mm(l, r, out=o) for l, r, o in k]
            bias = torch.zeros(columns)
            yield "addmm", lambda k=singles, b=bias: [torch.addmm(b, l, r, out=o) for l, r, o in k]
        turned = [(left[i], right[i].t().contiguous()) for i in range(count)]
        linear = torch.ops.mkldnn._linear_pointwise
        yield "mkldnn", lambda k=turned: [linear(l, r, None, "none", [], "") for l, r in k]


def nanoseconds(work, count):
    start = time.perf_counter_ns()
    for _ in range(count):
        work()
    return (time.perf_counter_ns() - start) / count


def fastest(product):
    found = []
    for name, work in candidates(*product):
        nanoseconds(work, 3)
        found.append((min(nanoseconds(work, 5) for _ in range(12)), name, work))
    best, name, work = min(found, key=lambda one: one[0])
    count, rows, inner, columns, transposed = product
    speed = 2 * count * rows * inner * columns / best
    shape = f"{count} x {rows} x {inner} x {columns} {transposed}"
    print(f"{shape:32} {name:8} {best / 1e3:8.1f} us {speed:6.1f} GFLOP/s", file=sys.stderr)
    return work


@torch.no_grad()
def updates(sizes=s.HOPPER):
    torch.set_num_threads(1)
    known = {}
    each, delayed = (
        [known.get(one) or known.setdefault(one, fastest(one)) for one in some] for some in products(sizes)
    )

    @torch.no_grad()
    def run(count):
        for index in range(count):
            for product in each:
                product()
            if index % 2 == 0:
                for product in delayed:
                    product()

    run(s.BLOCK)
    return run


protocol.serve({"td3_update": updates, "td3_update_trained_rates": updates})
