"""Runs studies with the real program, in parallel, and reads what they leave."""

import json
import math
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Callable, Dict, Iterable, Iterator, List, Optional, Sequence, Tuple

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
PROGRAM = ROOT / ".build/release/ash-mpi"
CHECKER = ROOT / "Tests/JournalChecker/check_journal.py"
#: The checker is naive on purpose; a longer journal would take it minutes.
MOST_LINES_CHECKED = 200_000


class BenchError(Exception):
    """What a person has to know, in a sentence."""


@dataclass(frozen=True)
class Simulation:
    """A study of `studies/` on a simulated cluster, and what to read off its folder.

    `read` is a function of a module (or a `functools.partial` of one), since it runs in another process.
    """

    study: str
    workers: int
    seed: int
    read: Callable[[Path], Any]
    settings: Tuple[str, ...] = ()
    options: Tuple[str, ...] = ()
    journal: bool = True
    #: Names the journal if the independent checker is to judge it.
    check: Optional[str] = None


@dataclass
class Bench:
    """What all experiments share: how many seeds, how much of the grid, where temporary folders go."""

    seeds: int
    smoke: bool
    processes: int
    work: Path
    #: (what, lines) of every journal that the checker found legal.
    checked: List[Tuple[str, int]] = field(default_factory=list)

    def simulate(self, simulations: Sequence[Simulation]) -> List[Any]:
        """What each simulation's `read` gives, in their order."""
        jobs = [(simulation, str(self.work)) for simulation in simulations]
        if self.processes == 1 or len(jobs) == 1:
            done = [_simulate(job) for job in jobs]
        else:
            with ProcessPoolExecutor(self.processes) as pool:
                done = list(pool.map(_simulate, jobs))
        for simulation, (_, lines) in zip(simulations, done):
            if simulation.check:
                self.checked.append((simulation.check, lines))
        return [value for value, _ in done]

    def run(self, study: str, ranks: int, seed: int, read: Callable[[Path], Any],
            settings: Iterable[str] = (), options: Iterable[str] = (), check: Optional[str] = None) -> Any:
        """A real run under mpirun."""
        environment = dict(os.environ, OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1",
                           OPENBLAS_NUM_THREADS="1")
        folder = Path(tempfile.mkdtemp(dir=self.work))
        try:
            command = ["mpirun", "--oversubscribe", "-np", str(ranks), str(PROGRAM), "run",
                       str(HERE / "studies" / study),
                       "--seed", str(seed), "-o", str(folder / "out"), "--progress", "none", "--no-report",
                       *options]
            _execute(command + _settings(settings), environment)
            if check:
                self.checked.append((check, _check(folder / "out", check)))
            return read(folder / "out")
        finally:
            shutil.rmtree(folder)


def _settings(settings: Iterable[str]) -> List[str]:
    return [word for setting in settings for word in ("--set", setting)]


def _execute(command: List[str], environment: Optional[Dict[str, str]] = None) -> None:
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    if done.returncode:
        raise BenchError(f"{' '.join(command)}\nended with {done.returncode}: {done.stderr or done.stdout}")


def _simulate(job: Tuple[Simulation, str]) -> Tuple[Any, int]:
    simulation, work = job
    folder = Path(tempfile.mkdtemp(dir=work))
    try:
        command = [str(PROGRAM), "simulate", str(HERE / "studies" / simulation.study),
                   "--workers", str(simulation.workers), "--seed", str(simulation.seed), "-o", str(folder / "out"),
                   "--progress", "none", "--no-report", *simulation.options]
        if not simulation.journal:
            command.append("--no-journal")
        _execute(command + _settings(simulation.settings))
        lines = _check(folder / "out", simulation.check) if simulation.check else 0
        return simulation.read(folder / "out"), lines
    finally:
        shutil.rmtree(folder)


def _check(folder: Path, name: str) -> int:
    """How many lines the journal has, which the checker finds legal."""
    with (folder / "journal.jsonl").open("rb") as journal:
        lines = sum(1 for _ in journal)
    if lines > MOST_LINES_CHECKED:
        raise BenchError(f"the journal of {name} has {lines} lines, too many to check; give it less time")
    done = subprocess.run([sys.executable, str(CHECKER), str(folder / "journal.jsonl")], capture_output=True, text=True)
    if done.returncode:
        raise BenchError(f"the journal of {name} is not legal:\n{done.stdout[:2000]}{done.stderr[:2000]}")
    return lines


def summary(folder: Path) -> Dict[str, Any]:
    return json.loads((folder / "summary.json").read_text())


def events(folder: Path, kind: str) -> Iterator[Dict[str, Any]]:
    """The journal's lines of one kind. Others are not parsed: journals are long."""
    start = b'{"event":"' + kind.encode() + b'"'
    with (folder / "journal.jsonl").open("rb") as journal:
        for line in journal:
            if line.startswith(start):
                yield json.loads(line)


def loss_of(result: Dict[str, Any]) -> float:
    """A result's loss, the worst where it is not finite."""
    loss = result["loss"]
    return math.inf if isinstance(loss, str) else loss


def incumbents(folder: Path) -> List[Tuple[float, float]]:
    """(time, loss) wherever the best loss so far changes."""
    best, steps = math.inf, []
    for result in events(folder, "result"):
        loss = loss_of(result)
        if loss < best:
            best = loss
            steps.append((result["time"], loss))
    return steps


def value_at(steps: Sequence[Tuple[float, float]], time: float) -> float:
    """The value of a step function at a time; infinite before its first step."""
    value = math.inf
    for at, next_value in steps:
        if at > time:
            break
        value = next_value
    return value


def median(values: Iterable[float]) -> float:
    """Infinite values are "never"; where one stands in the middle, so is the median."""
    return statistics.median(values)
