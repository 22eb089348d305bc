"""One job: a trial that is to be trained up to a resource."""

from __future__ import annotations

import json
import os
import re
import threading
from pathlib import Path
from typing import Any, Callable, SupportsFloat

from ._metrics import checked

_SAVED = re.compile(r"(\d+)\.saved(\..*)?")
_LAST_REPORT = "last-report.json"


class Interrupted(BaseException):
    """The study has stopped the job: it lost against others, or the whole study stops.

    Raised by :meth:`Job.report`. Like KeyboardInterrupt it is no Exception, so that ``except Exception`` lets it pass.
    """


class StopRequest:
    """Whether the study wants the job to stop, and whether the training function knows."""

    def __init__(self, poll: Callable[[], bool] = lambda: False) -> None:
        self._poll = poll
        self._is_made = False
        #: Whether the training function has learnt of it: then what it returns is no result.
        self.is_known = False

    def is_made(self) -> bool:
        """Whether there is one. Never waits."""
        self._is_made = self._is_made or self._poll()
        return self._is_made


class Job:
    """What a training function is told besides the configuration. All resources count from the trial's start."""

    #: The number of the trial. A trial is one configuration with its checkpoint; each rung is a job of its own.
    trial: int
    #: The rung of the ladder, from 0.
    rung: int
    #: Train up to here.
    resource: int
    #: How far the trial was trained in the jobs that the study has seen the end of; 0 at first. A checkpoint may be
    #: further, where a job was interrupted or killed: :meth:`load` knows.
    resume_resource: int
    #: For all randomness in the trial's training: the same in each of its jobs. 31 bits, which every library takes.
    seed: int
    #: The hyperparameters, by name.
    configuration: dict[str, Any]

    def __init__(
        self,
        configuration: dict[str, Any],
        *,
        resource: int,
        checkpoint: str | Path,
        resume_resource: int = 0,
        seed: int = 0,
        trial: int = 0,
        rung: int = 0,
        rank: int = 0,
        world_size: int = 1,
        on_report: Callable[[int, dict[str, float]], None] = lambda resource, metrics: None,
        stop: StopRequest | None = None,
    ) -> None:
        self.configuration = configuration
        self.resource = resource
        self.resume_resource = resume_resource
        self.seed = seed
        self.trial = trial
        self.rung = rung
        self._checkpoint = Path(checkpoint)
        self._rank = rank
        self._world_size = world_size
        self._on_report = on_report
        self._stop = stop if stop is not None else StopRequest()
        self._asks_should_stop = False
        self._uses_checkpoints = False
        self._loaded = 0
        self._last_metrics: dict[str, float] | None = None

    def __repr__(self) -> str:
        return f"Job(trial={self.trial}, rung={self.rung}, resource={self.resource}, seed={self.seed})"

    @property
    def checkpoint(self) -> Path:
        """The folder of this trial's own, which all its jobs share. It exists; what lies in it is the script's affair."""
        # Made only when asked for: a trainer without checkpoints never waits for the disk.
        if not self._uses_checkpoints:
            self._checkpoint.mkdir(parents=True, exist_ok=True)
            self._uses_checkpoints = True
        return self._checkpoint

    @property
    def should_stop(self) -> bool:
        """Whether the study wants the job to stop: save a checkpoint and return, or let :meth:`report` end the job.

        What a function returns after it has seen True is no result. Costs microseconds, so that a script can ask after
        every batch. In a trial of several processes only rank 0 sees True, and has to share it with the others; asking
        keeps :meth:`report` from raising there.
        """
        if self._rank > 0:
            return False
        self._asks_should_stop = True
        if self._stop.is_made():
            self._stop.is_known = True
        return self._stop.is_known

    def report(self, resource: int, loss: SupportsFloat | None = None, **metrics: SupportsFloat) -> None:
        """Tells the study the loss at ``resource``, and further metrics: a point of the learning curve.

        The study's own metric may stand in place of the loss: ``job.report(epoch, accuracy=0.9)``. A function that
        returns nothing has its last report as result. Save the checkpoint first. Raises Interrupted where the study wants
        the job to stop before its end. Of several processes only rank 0 reports.
        """
        named = metrics if loss is None else {"loss": loss, **metrics}
        if not named:
            raise TypeError("a report needs a loss or the study's metric: job.report(epoch, loss)")
        if self._rank > 0:
            return
        resource = int(resource)
        self._last_metrics = checked(named)
        if self._uses_checkpoints:
            self._replace(_LAST_REPORT, json.dumps({"resource": resource, "metrics": self._last_metrics}).encode())
        self._on_report(resource, self._last_metrics)
        # Of several processes, one that leaves alone would let the others wait for it; see should_stop.
        agrees = self._world_size > 1 and self._asks_should_stop
        if resource < self.resource and not agrees and self._stop.is_made():
            self._stop.is_known = True
            raise Interrupted(f"stopped at resource {resource} of {self.resource}")

    def last_report(self) -> dict[str, float]:
        """The metrics of the last report: of this job, or the trial's at this job's resource, with nothing left to train.

        Raises TypeError where there is none.
        """
        if self._last_metrics is not None:
            return self._last_metrics
        remembered = self._remembered_report()
        if remembered is not None:
            return remembered
        if self._loaded == self.resource:
            # Killed between the checkpoint and its report. Without the checkpoint, the next try trains again.
            for path in self._saved().values():
                path.unlink(missing_ok=True)
            raise TypeError(
                f"the training function returned None, and its loss at {self.resource} was never reported: the process "
                "was killed after job.save; the next try trains from the start"
            )
        raise TypeError("the training function returned None and has reported nothing; job.report(epoch, loss) tells")

    def save(self, resource: int, content: bytes | bytearray | Callable[[Path], object], suffix: str = "") -> None:
        """Replaces the checkpoint by ``content``, which holds the training at ``resource``.

        ``content`` is bytes, or a function that writes them to a path: ``lambda path: torch.save(state, path)``.
        ``suffix`` is for libraries that insist on one: ``.npz``. Whenever the process dies, :meth:`load` finds either the
        old checkpoint or the new one, whole. Of several processes only rank 0 saves.
        """
        if self._rank > 0:
            return
        path = self.checkpoint / f"{int(resource)}.saved{suffix}"
        self._replace(path.name, content, suffix, is_durable=True)
        for other in self._saved().values():
            if other != path:
                other.unlink(missing_ok=True)

    def load(self) -> tuple[int, Path | None]:
        """The checkpoint to go on from: the resource that it holds, and its file; ``(0, None)`` to begin from scratch.

        It is never further than the job: a study that was killed may have forgotten results that a checkpoint has seen.
        """
        usable = {resource: path for resource, path in self._saved().items() if resource <= self.resource}
        if not usable:
            return 0, None
        self._loaded = max(usable)
        return self._loaded, usable[self._loaded]

    def _saved(self) -> dict[int, Path]:
        saved = {}
        for path in self.checkpoint.iterdir():
            match = _SAVED.fullmatch(path.name)
            if match:
                saved[int(match[1])] = path
        return saved

    def _remembered_report(self) -> dict[str, float] | None:
        try:
            report = json.loads((self._checkpoint / _LAST_REPORT).read_bytes())
            return checked(report["metrics"]) if report["resource"] == self.resource else None
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            # None yet, or cut short where the node died.
            return None

    def _replace(
        self,
        name: str,
        content: bytes | bytearray | Callable[[Path], object],
        suffix: str = "",
        is_durable: bool = False,
    ) -> None:
        """Replaces a file of the checkpoint's folder, so that a process that dies leaves the old one or the new one."""
        # A process that is thought dead may still write elsewhere, so no two write to one name.
        writer = f"{os.uname().nodename}-{os.getpid()}-{threading.get_ident()}"
        partial = self.checkpoint / f".{writer}.partial{suffix}"
        try:
            if callable(content):
                content(partial)
                if not partial.exists():
                    raise FileNotFoundError(
                        f"nothing was written to {partial}; is it a library that wants a suffix='.…'?"
                    )
            else:
                partial.write_bytes(content)
            if is_durable:
                with open(partial, "rb") as file:
                    os.fsync(file.fileno())
            os.replace(partial, self.checkpoint / name)
        finally:
            partial.unlink(missing_ok=True)
