"""Puts a study's trials into MLflow: a run for the study, and below it a run for each trial.

    python -m ash_mpi.mlflow DIR [--uri sqlite:///mlflow.db] [--limit 500]

Reads the study's journal, be the study over or not. Called again, it adds what has come since and nothing twice. Needs MLflow:
`mlflow`, or `mlflow-skinny` with `sqlalchemy` and `alembic`.
"""

from __future__ import annotations

import argparse
import math
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Optional

from ._journal import Point, Study, Trial, read

if TYPE_CHECKING:
    from mlflow.entities import Run
    from mlflow.tracking import MlflowClient

# What identifies the runs of earlier calls, and says how much of a trial they hold.
_STUDY, _TRIAL, _LOGGED = "ash_mpi.study", "ash_mpi.trial", "ash_mpi.logged"
# MLflow takes no more at once.
_MOST_METRICS, _MOST_PARAMS = 1000, 100
_LONGEST_TEXT = 500
_STATES = {"running": "RUNNING", "completed": "FINISHED", "unfinished": "SCHEDULED", "failed": "FAILED", "invalid": "FAILED"}

def export(folder: Path, uri: Optional[str], limit: int = 500, experiment: Optional[str] = None) -> tuple[int, int]:
    """Brings MLflow up to what the journal of ``folder`` says.

    Returns how many trials are there, and how many of them were added or changed."""
    from mlflow.tracking import MlflowClient

    study = read(folder / "journal.jsonl")
    return _Export(study, MlflowClient(tracking_uri=uri), experiment or study.name).run(limit)


class _Export:
    def __init__(self, study: Study, client: MlflowClient, experiment: str) -> None:
        self.study = study
        self.client = client
        found = client.get_experiment_by_name(experiment)
        self.experiment: str = found.experiment_id if found else client.create_experiment(experiment)
        # Two studies may have the same name, and a folder may move.
        self.key = f"{study.name} {study.header.get('seed')} {study.header.get('started')}"

    def run(self, limit: int) -> tuple[int, int]:
        parent = self.parent()
        known = {run.data.tags[_TRIAL]: run for run in self.runs() if _TRIAL in run.data.tags}
        trials = sorted(sorted(self.study.trials, key=Trial.order)[:limit], key=lambda trial: trial.number)
        changed = sum(self.put(trial, known.get(str(trial.number)), parent) for trial in trials)
        self.update_parent(parent)
        return len(trials), changed

    def runs(self) -> Iterator[Run]:
        """The runs of this study that are there."""
        token: Optional[str] = None
        while True:
            page = self.client.search_runs(
                [self.experiment], f"tags.`{_STUDY}` = {_quoted(self.key)}", max_results=1000, page_token=token
            )
            yield from page
            token = page.token
            if not token:
                return

    # The study

    def parent(self) -> str:
        for run in self.runs():
            if _TRIAL not in run.data.tags:
                return str(run.info.run_id)
        header = self.study.header
        tags = {_STUDY: self.key, "mlflow.runName": self.study.name}
        run = self.client.create_run(self.experiment, self.milliseconds(0.0), tags=tags)
        params = {"seed": header.get("seed"), "metric": self.study.metric, "mode": header["objective"].get("mode")}
        params.update({f"scheduler.{key}": value for key, value in header.get("scheduler", {}).items()})
        self.log(run, params=params)
        return str(run.info.run_id)

    def update_parent(self, parent: str) -> None:
        """How the best value came down, or up, a step for each result that was better; and how the study ended."""
        best, steps = math.inf, []
        points = [(point.time, trial.number, point) for trial in self.study.trials for point in trial.at_rungs()]
        for _, _, point in sorted(points, key=lambda item: item[:2]):
            if point.loss < best:
                best = point.loss
                steps.append((f"best/{self.study.metric}", self.study.value(best), point.time, len(steps)))
        run = self.client.get_run(parent)
        tags = {_LOGGED: str(len(steps)), "ash_mpi.trials": str(len(self.study.trials))}
        reason = self.study.stopped
        if reason:
            tags["ash_mpi.reason"] = reason
        self.log(run, steps[int(run.data.tags.get(_LOGGED, 0)):], tags=tags)
        status = "RUNNING" if not reason else "FINISHED" if reason in ("configurations", "time", "target") else "KILLED"
        ends = [trial.ended for trial in self.study.trials if trial.ended is not None]
        self.set_status(run, status, max(ends, default=0.0))

    # A trial

    def put(self, trial: Trial, run: Optional[Run], parent: str) -> bool:
        """Makes the trial's run, or adds what has come. Returns whether anything has."""
        params = {}
        if run is None:
            tags = {_STUDY: self.key, _TRIAL: str(trial.number), "mlflow.parentRunId": parent, "ash_mpi.bracket": str(trial.bracket)}
            params = trial.configuration
            run = self.client.create_run(
                self.experiment, self.milliseconds(trial.began), tags=tags, run_name=f"trial {trial.number}"
            )
        reached = float(run.data.tags.get(_LOGGED, -1.0))
        new = [point for point in trial.points if point.resource > reached]
        if not new and run.data.tags.get("ash_mpi.status") == trial.status:
            return False
        # In one batch, so that a call that is ended in between leaves nothing half there.
        tags = {"ash_mpi.status": trial.status, "ash_mpi.attempts": str(trial.attempts)}
        if trial.points:
            tags[_LOGGED] = str(trial.points[-1].resource)
        if trial.reason:
            tags["ash_mpi.reason"] = trial.reason[:_LONGEST_TEXT]
        self.set_status(run, _STATES[trial.status], trial.ended)
        self.log(run, list(self.metrics(trial, new)), params, tags)
        return True

    def metrics(self, trial: Trial, new: list[Point]) -> Iterator[tuple[str, float, float, int]]:
        """Names, values, times and steps: units of resource, which MLflow wants whole."""
        for point in new:
            step = round(point.resource)
            if point.at_rung:
                yield self.study.metric, self.study.value(point.loss), point.time, step
                for name, value in point.metrics.items():
                    if name != self.study.metric:
                        yield name, value, point.time, step
            elif point.resource == step:
                # The curve is of the loss that was reported, which need not be what the study goes by.
                name = self.study.metric if self.study.metric in ("loss", "validation_loss") else "curve/loss"
                yield name, point.loss, point.time, step
        finite = [point for point in trial.at_rungs() if math.isfinite(point.loss)]
        if finite and new:
            best = min(finite, key=lambda point: point.loss)
            yield f"best/{self.study.metric}", self.study.value(best.loss), best.time, round(finite[-1].resource)
            yield "training_seconds", trial.seconds, finite[-1].time, round(finite[-1].resource)

    # What MLflow takes

    def milliseconds(self, time: float) -> int:
        return int(self.study.timestamp(time) * 1000)

    def log(
        self, run: Run, metrics: Sequence[tuple[str, float, float, int]] = (), params: Optional[dict[str, Any]] = None,
        tags: Optional[dict[str, str]] = None,
    ) -> None:
        """Logs all of it; where it fits, at once."""
        from mlflow.entities import Metric, Param, RunTag

        numbers = [Metric(_name(name), value, self.milliseconds(time), step) for name, value, time, step in metrics]
        texts = [Param(_name(key), _text(value)[:_LONGEST_TEXT]) for key, value in (params or {}).items()]
        labels = [RunTag(key, value) for key, value in (tags or {}).items() if run.data.tags.get(key) != value]
        while len(numbers) > _MOST_METRICS:
            self.client.log_batch(run.info.run_id, metrics=numbers[:_MOST_METRICS])
            numbers = numbers[_MOST_METRICS:]
        while len(texts) > _MOST_PARAMS:
            self.client.log_batch(run.info.run_id, params=texts[:_MOST_PARAMS])
            texts = texts[_MOST_PARAMS:]
        if numbers or texts or labels:
            self.client.log_batch(run.info.run_id, numbers, texts, labels)

    def set_status(self, run: Run, status: str, ended: Optional[float]) -> None:
        if run.info.status == status:
            return
        if status in ("RUNNING", "SCHEDULED"):
            self.client.update_run(run.info.run_id, status=status)
        else:
            self.client.set_terminated(run.info.run_id, status, self.milliseconds(ended or 0.0))


def _name(name: str) -> str:
    """A name as MLflow takes it: other characters than these are refused."""
    return re.sub(r"[^\w\-. /]", "_", name).strip("/") or "_"


def _text(value: object) -> str:
    return "true" if value is True else "false" if value is False else str(value)


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def main(arguments: Optional[Sequence[str]] = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m ash_mpi.mlflow", description="Put a study's trials into MLflow.")
    parser.add_argument("folder", metavar="DIR", type=Path, help="the folder of a study")
    parser.add_argument("--uri", help="where MLflow keeps its runs, such as sqlite:///mlflow.db; without it: MLFLOW_TRACKING_URI")
    parser.add_argument("--limit", type=int, default=500, help="how many trials at most, those that went furthest (default 500)")
    parser.add_argument("--experiment", help="the experiment's name; without it: the study's")
    options = parser.parse_args(arguments)
    if options.limit < 1:
        parser.error("--limit: give a number above 0")
    try:
        trials, changed = export(options.folder, options.uri, options.limit, options.experiment)
    except ImportError as error:
        print(f"ash_mpi.mlflow: {error}: pip install mlflow-skinny sqlalchemy alembic", file=sys.stderr)
        return 70
    except (OSError, ValueError) as error:
        print(f"ash_mpi.mlflow: {error}", file=sys.stderr)
        return 65
    print(f"{trials} trials in MLflow, {changed} of them new or changed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
