#!/usr/bin/env python3
"""Times the seven workloads in elbow, NumPy, JAX and PyTorch, in turns, and checks that all compute the same.

Each measurement is a process of its own: one workload in one library, on all cores. The sides take turns at every
workload, so that all meet the same state of the machine, and of several rounds the least time counts. A peer counts
only if its checks agree with elbow's; peers/agreement.py says what that means.
"""

from __future__ import annotations

import argparse
import json
import platform
import shlex
import shutil
import subprocess
import sys
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path

from peers import agreement, command

SCRIPTS = Path(__file__).resolve().parent / "peers"
REQUIREMENTS = SCRIPTS / "requirements.txt"
PEERS = ("numpy", "jax", "torch")
# What seconds are rounded to.
TICK = 1e-4
EXAMPLES = """examples:
  compare.py                                      all workloads at full size, three rounds
  compare.py --scale 0.1 sample elbo              two of them, a tenth of the size
  compare.py --rounds 5 --json measured.json      saves every run, the versions and the machine
  compare.py --peer jax train                     against JAX alone
  compare.py --elbow ./workloads                  another program as elbow's side
"""


@dataclass(frozen=True)
class Goal:
    """`times` as fast as the fastest peer, or as the one that is named."""

    times: float
    peer: str | None = None

    def __str__(self) -> str:
        return f"{self.times:g}x {self.peer or ''}".rstrip()


GOALS = {
    "sample": Goal(20),
    "denoise": Goal(20),
    "elbo": Goal(20),
    "reverse": Goal(20),
    "train": Goal(4, "jax"),
    "mlp": Goal(2),
    "wide": Goal(5),
}


class Failure(Exception):
    """A side that cannot be measured."""


@dataclass(frozen=True)
class Run:
    """One measurement."""

    library: str
    workload: str
    n: int
    seconds: float
    per_second: float
    check: list[float]


@dataclass(frozen=True)
class Row:
    """One workload: the least seconds of each side, the fastest peer, and its seconds over elbow's."""

    workload: str
    seconds: dict[str, float]
    fastest: str | None
    ratio: float | None
    goal: str
    met: bool | None


def arguments() -> argparse.Namespace:
    """The command line, checked."""
    parser = argparse.ArgumentParser(
        description=__doc__, epilog=EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("workloads", nargs="*", metavar="WORKLOAD", help=f"of {', '.join(GOALS)}; all without one")
    parser.add_argument("--scale", type=command.scale, default=1.0, help="multiplies every size (default 1)")
    parser.add_argument("--rounds", type=command.natural, default=3, help="turns of each side (default 3)")
    parser.add_argument("--peer", action="append", choices=PEERS, help="one to compare with, all without; repeatable")
    parser.add_argument(
        "--elbow", metavar="COMMAND", default="cargo bench --bench workloads --", help="default: %(default)s"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="where to save every run, versions and machine")
    asked = parser.parse_args()
    command.check_names(parser, asked.workloads)
    if asked.rounds == 0:
        parser.error("at least one round is needed")
    if asked.json and (asked.json.is_dir() or not asked.json.absolute().parent.is_dir()):
        parser.error(f"{asked.json} cannot be a file")
    asked.elbow = shlex.split(asked.elbow)
    if not asked.elbow or not shutil.which(asked.elbow[0]):
        parser.error(f"no program {shlex.join(asked.elbow[:1])!r} for elbow's side")
    return asked


def version(library: str) -> str | None:
    """Of an installed library; `None` if it is missing."""
    try:
        return metadata.version(library)
    except metadata.PackageNotFoundError:
        return None


def processor() -> str:
    """Its name, as far as the system tells."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        pass
    try:
        asked = ["sysctl", "-n", "machdep.cpu.brand_string"]
        return subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return platform.processor() or platform.machine()


def measure(library: str, program: list[str], workload: str, scale: float) -> Run:
    """Runs one workload in a process of its own and reads the line that it prints."""
    line = [*program, workload, "--scale", repr(scale)]
    done = subprocess.run(line, capture_output=True, text=True)
    if done.returncode != 0:
        raise Failure(f"{shlex.join(line)} ended with {done.returncode}:\n{done.stderr.strip()}")
    try:
        run = Run(**json.loads(done.stdout.strip().splitlines()[-1]))
    except (IndexError, TypeError, ValueError) as error:
        raise Failure(f"{shlex.join(line)} printed no measurement, but {done.stdout.strip()!r}") from error
    if (run.library, run.workload, run.n) != (library, workload, command.size(workload, scale)):
        raise Failure(f"{shlex.join(line)} measured something else: {run}")
    return run


def measure_all(asked: argparse.Namespace, peers: list[str]) -> list[Run]:
    """All sides in turns, as many rounds as asked. Each round of a peer has a seed of its own."""
    workloads = asked.workloads or list(GOALS)
    runs = []
    for turn in range(1, asked.rounds + 1):
        sides = {"elbow": asked.elbow}
        sides |= {peer: [sys.executable, str(SCRIPTS / f"{peer}_peer.py"), "--seed", str(turn)] for peer in peers}
        for workload in workloads:
            print(f"round {turn} of {asked.rounds}, {workload}:", end="", file=sys.stderr)
            for library, program in sides.items():
                print(f" {library}", end="", file=sys.stderr, flush=True)
                run = measure(library, program, workload, asked.scale)
                print(f" {run.seconds:.4f} s", end="", file=sys.stderr, flush=True)
                runs.append(run)
            print(file=sys.stderr)
    return runs


def disagreements(runs: list[Run]) -> dict[tuple[str, str], str]:
    """What is wrong with a peer at a workload, by both names."""
    wrong = {}
    for ours in (run for run in runs if run.library == "elbow"):
        for run in (run for run in runs if run.library != "elbow" and run.workload == ours.workload):
            if found := agreement.difference(run.workload, run.n, ours.check, run.check):
                wrong[run.workload, run.library] = found
    return wrong


def table(runs: list[Run], wrong: dict[tuple[str, str], str]) -> list[Row]:
    """One row for each workload; what is wrong is left out."""
    rows = []
    for workload in dict.fromkeys(run.workload for run in runs):
        seconds: dict[str, float] = {}
        for run in runs:
            if run.workload == workload and (workload, run.library) not in wrong:
                seconds[run.library] = min(run.seconds, seconds.get(run.library, run.seconds))
        ours = max(seconds["elbow"], TICK)
        ratios = {peer: time / ours for peer, time in seconds.items() if peer != "elbow"}
        fastest = min(ratios, key=ratios.__getitem__, default=None)
        goal = GOALS[workload]
        reached = ratios.get(goal.peer or fastest or "")
        met = None if reached is None else reached >= goal.times
        rows.append(Row(workload, seconds, fastest, ratios.get(fastest or ""), str(goal), met))
    return rows


def show(rows: list[Row], peers: list[str], wrong: dict[tuple[str, str], str]) -> None:
    """Prints the table: seconds of each side, the fastest peer and how many times its seconds are elbow's."""
    lines = [["workload", "elbow", *peers, "fastest", "ratio", "goal", ""]]
    for row in rows:
        cells = [f"{row.seconds[side]:.4f}" if side in row.seconds else "wrong" for side in ("elbow", *peers)]
        ratio = "-" if row.ratio is None else f"{row.ratio:.2f}x"
        met = {True: "met", False: "missed", None: "-"}[row.met]
        lines.append([row.workload, *cells, row.fastest or "-", ratio, row.goal, met])
    widths = [max(map(len, column)) for column in zip(*lines)]
    numbers = {*range(1, len(peers) + 2), len(peers) + 3}
    for line in lines:
        aligned = (cell.rjust(w) if i in numbers else cell.ljust(w) for i, (cell, w) in enumerate(zip(line, widths)))
        print("  ".join(aligned).rstrip())
    for (workload, peer), found in wrong.items():
        print(f"{workload}: the checks of elbow and {peer} disagree: {found}")


def main() -> int:
    asked = arguments()
    versions = {library: version(library) for library in asked.peer or PEERS}
    peers = [library for library, found in versions.items() if found]
    missing = [library for library, found in versions.items() if not found]
    if missing:
        print(f"not installed, skipped: {', '.join(missing)} (pip install -r {REQUIREMENTS})", file=sys.stderr)
    if not peers:
        print("no peer to compare with", file=sys.stderr)
        return 1
    try:
        runs = measure_all(asked, peers)
    except Failure as failure:
        print(f"\n{failure}", file=sys.stderr)
        return 1
    wrong = disagreements(runs)
    rows = table(runs, wrong)
    show(rows, peers, wrong)
    if missing:
        print(f"not installed, skipped: {', '.join(missing)}")
    if asked.json:
        saved = {
            "processor": processor(),
            "cores": command.cores(),
            "system": platform.platform(),
            "versions": {"python": platform.python_version(), **versions},
            "scale": asked.scale,
            "rounds": asked.rounds,
            "table": [asdict(row) for row in rows],
            "disagreements": [
                {"workload": workload, "library": peer, "found": found} for (workload, peer), found in wrong.items()
            ],
            "runs": [asdict(run) for run in runs],
        }
        asked.json.write_text(json.dumps(saved, indent=2) + "\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
