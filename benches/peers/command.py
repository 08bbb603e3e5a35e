"""The command line that the three peers share: workloads by name, `--scale` and `--seed`; one line of JSON for each."""

from __future__ import annotations

import argparse
import json
import math
import os
import time
from collections.abc import Callable, Sequence

# Draws, or steps of training, at scale 1.
SIZES = {
    "sample": 10_000_000,
    "denoise": 1_000_000,
    "elbo": 200_000,
    "reverse": 100_000,
    "train": 2_000,
    "mlp": 1_000_000,
    "wide": 1_000_000,
}

# What is timed: no argument, and the check.
Work = Callable[[], Sequence[float]]


def cores() -> int:
    """Those that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def scale(text: str) -> float:
    """A factor of the sizes: a positive number."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value < math.inf:
        raise argparse.ArgumentTypeError(f"a scale is a positive number, not {text!r}")
    return value


def natural(text: str) -> int:
    """A whole number from 0 on."""
    if not (text.isascii() and text.isdigit()):
        raise argparse.ArgumentTypeError(f"a whole number from 0 on is needed, not {text!r}")
    return int(text)


def check_names(parser: argparse.ArgumentParser, workloads: Sequence[str]) -> None:
    """Ends the program if there is no such workload."""
    for name in workloads:
        if name not in SIZES:
            parser.error(f"no workload {name!r}: there are {', '.join(SIZES)}")


def size(workload: str, factor: float) -> int:
    """Draws or steps at this scale, at least one."""
    return max(1, int(SIZES[workload] * factor))


def main(library: str, prepare: Callable[[str, int, int], Work]) -> None:
    """Runs the workloads asked for. `prepare(workload, n, seed)` is not timed (compilation), what it returns is."""
    parser = argparse.ArgumentParser(
        description=f"The workloads of ../workloads.rs in {library}, in float64, on all cores.",
        epilog=f"examples: {library}_peer.py | {library}_peer.py sample elbo | {library}_peer.py --scale 0.1 train",
    )
    parser.add_argument("workloads", nargs="*", metavar="WORKLOAD", help=f"of {', '.join(SIZES)}; all without one")
    parser.add_argument("--scale", type=scale, default=1.0, help="multiplies every size: 0.1 for a quick look")
    parser.add_argument("--seed", type=natural, default=7, help="of the random numbers (default 7)")
    asked = parser.parse_args()
    check_names(parser, asked.workloads)
    for name in asked.workloads or SIZES:
        n = size(name, asked.scale)
        work = prepare(name, n, asked.seed)
        start = time.perf_counter()
        check = [float(value) for value in work()]
        seconds = time.perf_counter() - start
        line = {
            "library": library,
            "workload": name,
            "n": n,
            "seconds": round(seconds, 4),
            "per_second": round(n / seconds, 1),
            "check": check,
        }
        print(json.dumps(line), flush=True)
