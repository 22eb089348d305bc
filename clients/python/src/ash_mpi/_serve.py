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
_TERMINATED = 128 + signal.SIGTERM
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
        self._rank, self._world_size = _place_among_processes()
        self._is_terminated = False
        self._is_idle = False
        try:
            if signal.getsignal(signal.SIGTERM) == signal.SIG_DFL:
                signal.signal(signal.SIGTERM, self._terminate)
                self._leave_to_forked_children()
        except ValueError:
            # Not the main thread, which alone may: SIGTERM ends the process as it always did.
            pass

    def _terminate(self, number: int, frame: FrameType | None) -> None:
        self._is_terminated = True
        if self._is_idle:
            sys.exit(_TERMINATED)

    def _leave_to_forked_children(self) -> None:
        """Lets SIGTERM end a forked child. It inherits the handler; a pool would wait forever for the workers it ends."""

        def block() -> None:
            # Python drops what comes to the child before its hook has run.
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})

        def unblock() -> None:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})

        def reset() -> None:
            if signal.getsignal(signal.SIGTERM) == self._terminate:
                signal.signal(signal.SIGTERM, signal.SIG_DFL)
            unblock()

        os.register_at_fork(before=block, after_in_parent=unblock, after_in_child=reset)

    def run(self) -> None:
        """One job after the other, a JSON line each."""
        self._channel.send({"interruptible": True})
        while True:
            self._is_idle = True
            if self._is_terminated:
                sys.exit(_TERMINATED)
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
        message: dict[str, Any]
        try:
            message = self._message(request, number)
        except Invalid as reason:
            message = {"invalid": str(reason) or "the trainer gave no reason"}
        except Interrupted as reason:
            print(f"ash_mpi: interrupted: {reason}", file=sys.stderr)
            # An interruption line stops the job alone, SIGTERM the process as well.
            if self._is_terminated or number is None:
                sys.exit(_TERMINATED)
            message = {"interrupted": True}
        if self._rank == 0:
            self._send(message, number)
        elif number is not None:
            self._send({"done": True}, number)

    def _message(self, request: dict[str, Any], number: int | None) -> dict[str, Any]:
        def is_asked_to_stop() -> bool:
            return self._is_terminated or (number is not None and self._channel.is_interrupted(number))

        stop = StopRequest(is_asked_to_stop)
        job = Job(
            request["configuration"],
            resource=request["resource"],
            checkpoint=request["checkpoint"],
            resume_resource=request["resume_resource"],
            seed=request["seed"],
            trial=request["trial"],
            rung=request["rung"],
            rank=self._rank,
            world_size=self._world_size,
            on_report=lambda resource, metrics: self._send({"progress": {"resource": resource, **metrics}}, number),
            stop=stop,
        )
        result = self._train.function(job.configuration, job)
        if self._rank > 0:
            # Only that it is done counts, whatever it has returned.
            return {}
        if stop.is_known:
            raise Interrupted("the training function has seen should_stop and returned")
        return dict(self._train.metrics(result, job))

    def _send(self, message: dict[str, Any], number: int | None) -> None:
        self._channel.send(message if number is None else {**message, "job": number})


def _place_among_processes() -> tuple[int, int]:
    """The rank of this process among those that train one trial together, and how many they are."""
    try:
        rank, size = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])
    except (KeyError, ValueError):
        return 0, 1
    # Some clusters set RANK for every process of a batch job: alone in its world, each one counts.
    return (rank, size) if size > 1 else (0, 1)


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
