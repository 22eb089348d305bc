"""A study's journal as trials: what exports from Python read. Needs nothing but the file."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Optional


@dataclass
class Point:
    """What a trial came to at a resource."""

    resource: float
    loss: float
    #: Seconds since the study began.
    time: float
    metrics: dict[str, float] = field(default_factory=dict)
    #: Whether it is of a result or a report at a rung, and not of the curve between.
    at_rung: bool = True


@dataclass
class Trial:
    """A configuration and what became of it."""

    number: int
    bracket: int
    configuration: dict[str, Any]
    began: float
    ended: Optional[float] = None
    points: list[Point] = field(default_factory=list)
    #: "running", "completed", "failed", "invalid", or "unfinished": its job was in flight when the run ended.
    status: str = "running"
    reason: Optional[str] = None
    seconds: float = 0.0
    attempts: int = 0

    def at_rungs(self) -> list[Point]:
        return [point for point in self.points if point.at_rung]

    def order(self) -> tuple[float, float, int]:
        """First what trained furthest, then the lower loss, then the lower number."""
        last = self.at_rungs()[-1:]
        loss = last[0].loss if last else math.inf
        return (-last[0].resource if last else 0.0, loss if math.isfinite(loss) else math.inf, self.number)


@dataclass
class Study:
    """A journal's contents."""

    header: dict[str, Any]
    trials: list[Trial] = field(default_factory=list)
    #: Why it stopped; None where nothing says so.
    stopped: Optional[str] = None
    #: When its runs began: seconds of the study, and of 1970; the second is None where the journal does not say.
    runs: list[tuple[float, Optional[float]]] = field(default_factory=list)

    @property
    def name(self) -> str:
        return str(self.header["name"])

    @property
    def metric(self) -> str:
        return str(self.header["objective"]["metric"])

    @property
    def maximises(self) -> bool:
        return bool(self.header["objective"].get("mode") == "max")

    def value(self, loss: float) -> float:
        """The metric's own value; a loss is what is minimised."""
        return -loss if self.maximises else loss

    def timestamp(self, time: float) -> float:
        """A moment of the study in seconds since 1970. Between runs the clock of a study stands still."""
        start, began = next(run for run in reversed(self.runs) if run[0] <= time or run is self.runs[0])
        return (began or 0.0) + max(0.0, time - start)


def read(path: Path) -> Study:
    """Reads a journal, be its study over or not. A last line without its end is left out.

    Raises ValueError with the number of a line that makes no sense, and OSError."""
    study: Optional[Study] = None
    builder: Optional[_Builder] = None
    with open(path, "rb") as lines:
        for number, line in enumerate(lines, 1):
            if not line.endswith(b"\n"):
                break
            try:
                event = json.loads(line)
                if builder is None:
                    if event["event"] != "study" or event["version"] != 1:
                        raise ValueError("no header of a journal of version 1")
                    study = Study(event)
                    builder = _Builder(study)
                builder.take(event)
            except (ValueError, KeyError, TypeError) as error:
                raise ValueError(f"{path}:{number}: {error!r}") from error
    if study is None or builder is None:
        raise ValueError(f"{path}: no journal, or an empty one")
    builder.finish()
    return study


class _Builder:
    def __init__(self, study: Study) -> None:
        self.study = study
        self.trials: dict[int, Trial] = {}
        self.running: set[int] = set()
        #: Trials that were told to stop: their result repeats their last report.
        self.told: set[int] = set()
        self.time = 0.0

    def take(self, event: dict[str, Any]) -> None:
        self.time = float(event.get("time", self.time))
        getattr(self, "on_" + str(event["event"]), lambda event: None)(event)

    def on_study(self, event: dict[str, Any]) -> None:
        self.study.runs.append((0.0, _date(event.get("started"))))

    def on_resume(self, event: dict[str, Any]) -> None:
        self.study.stopped = None
        self.study.runs.append((self.time, _date(event.get("started")) or self.study.timestamp(self.time)))
        self.end_running()

    def on_stop(self, event: dict[str, Any]) -> None:
        self.study.stopped = event["reason"]
        self.end_running()

    def end_running(self) -> None:
        for number in self.running:
            trial = self.trials[number]
            trial.status = "completed" if number in self.told else "unfinished"
        self.running.clear()
        self.told.clear()

    def on_dispatch(self, event: dict[str, Any]) -> None:
        trial = self.trials.get(event["trial"])
        if trial is None:
            trial = Trial(event["trial"], event["bracket"], event.get("configuration", {}), self.time)
            self.trials[trial.number] = trial
            self.study.trials.append(trial)
        trial.status, trial.ended, trial.reason = "running", None, None
        trial.attempts += 1
        self.running.add(trial.number)

    def on_result(self, event: dict[str, Any]) -> None:
        trial = self.end(event, "completed")
        trial.seconds += event["seconds"]
        for resource, loss in event.get("curve", []):
            trial.points.append(Point(float(resource), _number(loss), self.time, at_rung=False))
        if event["trial"] not in self.told:
            self.add(trial, event)
        self.told.discard(event["trial"])

    def on_report(self, event: dict[str, Any]) -> None:
        trial = self.trials[event["trial"]]
        self.add(trial, event)
        if event.get("stop"):
            self.told.add(trial.number)

    def add(self, trial: Trial, event: dict[str, Any]) -> None:
        metrics = {name: _number(value) for name, value in event.get("metrics", {}).items()}
        resource = float(event["resource"])
        # The first report of a trainer may be of a job that ends there: the result counts.
        trial.points = [point for point in trial.points if not point.at_rung or point.resource != resource]
        trial.points.append(Point(resource, _number(event["loss"]), self.time, metrics))

    def on_failure(self, event: dict[str, Any]) -> None:
        trial = self.end(event, event["kind"] if event["final"] else "unfinished")
        trial.reason = event["reason"]

    def end(self, event: dict[str, Any], status: str) -> Trial:
        trial = self.trials[event["trial"]]
        trial.status, trial.ended = status, self.time
        self.running.discard(trial.number)
        return trial

    def finish(self) -> None:
        self.study.trials.sort(key=lambda trial: trial.number)
        for trial in self.study.trials:
            rungs = {point.resource for point in trial.at_rungs()}
            trial.points = [point for point in trial.points if point.at_rung or point.resource not in rungs]
            trial.points.sort(key=lambda point: point.resource)


def _number(value: Any) -> float:
    """A number of the journal: what is not finite is a text there."""
    return float(value)


def _date(text: Any) -> Optional[float]:
    if not isinstance(text, str):
        return None
    try:
        return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()
    except ValueError:
        return None
