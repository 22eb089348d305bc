"""Jobs from a study, by either protocol."""

from __future__ import annotations

import json
import os
import signal
import sys
import traceback
from collections.abc import Sequence
from types import FrameType
from typing import Any, Callable

from ._channel import Channel, is_child_of_multiprocessing
from ._job import Interrupted, Job, StopRequest
from ._trainer import Invalid, Trainer, TrainingFunction

# What a shell reports of a process that SIGTERM has ended.
_INTERRUPTED = 128 + signal.SIGTERM
# A reason is for a line of the journal; the whole traceback is on standard error.
_LONGEST_REASON = 1000


def serve(train: Trainer | TrainingFunction, arguments: Sequence[str] | None = None) -> None:
    """Trains what the study that has started this script asks for, until it asks for nothing more.

    Without a study, trains the single configuration that the command line gives; ``--help`` tells how.

    arguments: the command line to use in place of ``sys.argv[1:]``, for scripts that have options of their own.
    """
    if is_child_of_multiprocessing():
        # A data loader, say, whose process has imported the script.
        return
    function = train if isinstance(train, Trainer) else Trainer(train)
    channel = Channel.current
    if channel is None:
        from ._single import train_single

        train_single(function, sys.argv[1:] if arguments is None else arguments)
    elif channel.protocol == "serve":
        _Service(function, channel).run()
    elif channel.protocol == "once":
        _Service(function, channel).run_once()
    else:
        sys.exit(f"ash_mpi: the study speaks the protocol {channel.protocol!r}, which this version does not know")


class _Service:
    def __init__(self, train: Trainer, channel: Channel) -> None:
        self._train = train
        self._channel = channel
        self._stop = StopRequest()
        self._is_idle = False
        try:
            if signal.getsignal(signal.SIGTERM) == signal.SIG_DFL:
                signal.signal(signal.SIGTERM, self._stop_requested)
        except ValueError:
            # Not the main thread, which alone may: SIGTERM ends the process as it always did.
            pass

    def _stop_requested(self, number: int, frame: FrameType | None) -> None:
        self._stop.is_made = True
        if self._is_idle:
            sys.exit(_INTERRUPTED)

    def run(self) -> None:
        """One job after the other, a JSON line each."""
        while True:
            self._is_idle = True
            if self._stop.is_made:
                sys.exit(_INTERRUPTED)
            request = self._channel.next_request()
            self._is_idle = False
            if request is None:
                return
            number = request["job"]
            try:
                self._answer(request, number)
            except Exception as error:  # noqa: BLE001
                # One line in the journal; the process lives on for the next job.
                traceback.print_exc()
                self._send({"failed": _reason(error)}, number)

    def run_once(self) -> None:
        """The job that the environment describes. What goes wrong in it ends the process, as in any script."""
        self._answer(_request_from_environment(), None)

    def _answer(self, request: dict[str, Any], number: int | None) -> None:
        try:
            message = self._message(request, number)
        except Invalid as reason:
            message = {"invalid": str(reason) or "the trainer gave no reason"}
        except Interrupted as reason:
            sys.exit(_interrupted(str(reason)))
        self._send(message, number)

    def _message(self, request: dict[str, Any], number: int | None) -> dict[str, Any]:
        job = Job(
            request["configuration"],
            resource=request["resource"],
            checkpoint=request["checkpoint"],
            resume_resource=request["resume_resource"],
            seed=request["seed"],
            trial=request["trial"],
            rung=request["rung"],
            on_report=lambda resource, loss: self._send({"progress": {"resource": resource, "loss": loss}}, number),
            stop=self._stop,
        )

        metrics = self._train(job.configuration, job)
        if self._stop.is_known:
            raise Interrupted("the training function has seen should_stop and returned")
        return dict(metrics)

    def _send(self, message: dict[str, Any], number: int | None) -> None:
        self._channel.send(message if number is None else {**message, "job": number})


def _interrupted(reason: str) -> int:
    print(f"ash_mpi: interrupted: {reason}", file=sys.stderr)
    return _INTERRUPTED


def _request_from_environment() -> dict[str, Any]:
    def value(name: str, read: Callable[[str], Any] = int) -> Any:
        text = os.environ.get(name)
        if text is None:
            sys.exit(f"ash_mpi: {name} is missing from the environment; let ash-mpi start this script")
        return read(text)

    return {
        "configuration": value("ASH_CONFIGURATION", json.loads),
        "resource": value("ASH_RESOURCE"),
        "resume_resource": value("ASH_RESUME_RESOURCE"),
        "checkpoint": value("ASH_CHECKPOINT", str),
        "seed": value("ASH_SEED"),
        "trial": value("ASH_TRIAL"),
        "rung": value("ASH_RUNG"),
    }


def _reason(error: Exception) -> str:
    """The error and the place in the user's code, such as ``ValueError: bad shape (train.py, line 12)``."""
    text = "".join(traceback.format_exception_only(type(error), error)).strip()
    own = os.path.dirname(__file__)
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if os.path.dirname(frame.filename) != own]
    place = f" ({os.path.basename(frames[0].filename)}, line {frames[0].lineno})" if frames else ""
    return text[:_LONGEST_REASON] + place
