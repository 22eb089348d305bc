"""One job: a trial that is to be trained up to a resource."""

from __future__ import annotations

import os
import re
import threading
from pathlib import Path
from typing import Any, Callable, SupportsFloat

_SAVED = re.compile(r"(\d+)\.saved(\..*)?")


class Interrupted(BaseException):
    """The study has asked the job to stop, to be resumed later from its checkpoint.

    Raised by :meth:`Job.report`. Like KeyboardInterrupt it is no Exception, so that ``except Exception`` lets it pass.
    """


class StopRequest:
    """Whether somebody wants the job to stop, and whether the training function knows."""

    def __init__(self) -> None:
        self.is_made = False
        self.is_known = False


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
        on_report: Callable[[int, float], None] = lambda resource, loss: None,
        stop: StopRequest | None = None,
    ) -> None:
        self.configuration = configuration
        self.resource = resource
        self.resume_resource = resume_resource
        self.seed = seed
        self.trial = trial
        self.rung = rung
        self._checkpoint = Path(checkpoint)
        self._on_report = on_report
        self._stop = stop if stop is not None else StopRequest()

    def __repr__(self) -> str:
        return f"Job(trial={self.trial}, rung={self.rung}, resource={self.resource}, seed={self.seed})"

    @property
    def checkpoint(self) -> Path:
        """The folder of this trial's own, which all its jobs share. It exists; what lies in it is the script's affair."""
        # Made only when asked for: a trainer without checkpoints never waits for the disk.
        self._checkpoint.mkdir(parents=True, exist_ok=True)
        return self._checkpoint

    @property
    def should_stop(self) -> bool:
        """Whether the study wants to stop: save a checkpoint and return, or let :meth:`report` end the job.

        What a function returns after it has seen True is not reported: the job is done again from the checkpoint.
        """
        self._stop.is_known = self._stop.is_known or self._stop.is_made
        return self._stop.is_made

    def report(self, resource: int, loss: SupportsFloat) -> None:
        """Tells the study the loss at ``resource``: a point of the learning curve, and a sign of life.

        Save the checkpoint first. Raises Interrupted where the study wants to stop before the job is done.
        """
        self._on_report(int(resource), float(loss))
        if self._stop.is_made and resource < self.resource:
            raise Interrupted(f"stopped at resource {resource} of {self.resource}")

    def save(self, resource: int, content: bytes | bytearray | Callable[[Path], object], suffix: str = "") -> None:
        """Replaces the checkpoint by ``content``, which holds the training at ``resource``.

        ``content`` is bytes, or a function that writes them to a path: ``lambda path: torch.save(state, path)``.
        ``suffix`` is for libraries that insist on one: ``.npz``. Whenever the process dies, :meth:`load` finds either the
        old checkpoint or the new one, whole.
        """
        path = self.checkpoint / f"{int(resource)}.saved{suffix}"
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
            with open(partial, "rb") as file:
                os.fsync(file.fileno())
            os.replace(partial, path)
        finally:
            partial.unlink(missing_ok=True)
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
        resource = max(usable)
        return resource, usable[resource]

    def _saved(self) -> dict[int, Path]:
        saved = {}
        for path in self.checkpoint.iterdir():
            match = _SAVED.fullmatch(path.name)
            if match:
                saved[int(match[1])] = path
        return saved
