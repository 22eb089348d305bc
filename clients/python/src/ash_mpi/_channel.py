"""The lines that go between a study and a script, kept apart from whatever else the script reads and prints."""

from __future__ import annotations

import json
import math
import os
import sys
import threading
from typing import Any, BinaryIO


class Channel:
    """The original standard input and output of a process that a study has started."""

    #: The protocol by which the study speaks: ``once`` or ``serve``.
    protocol: str
    #: The channel of this process; None where no study has started it.
    current: Channel | None = None

    def __init__(self, protocol: str, requests: BinaryIO, answers: BinaryIO) -> None:
        self.protocol = protocol
        self._requests = requests
        self._answers = answers
        self._lock = threading.Lock()

    @classmethod
    def claim(cls) -> None:
        """Takes standard input and output away from everybody else, where a study has started this process.

        At the level of file descriptors, so that C libraries and child processes print elsewhere too.
        """
        # Taken out, so that a program that the script starts is not thought to be the trainer.
        protocol = os.environ.pop("ASH_PROTOCOL", None)
        if protocol is None or is_child_of_multiprocessing():
            return
        requests, answers = os.dup(0), os.dup(1)
        os.dup2(2, 1)
        with open(os.devnull, "rb") as nothing:
            os.dup2(nothing.fileno(), 0)
        # What the script has printed so far is still in the buffer, and goes to standard error with the rest, in order.
        if hasattr(sys.stdout, "reconfigure"):
            sys.stdout.reconfigure(line_buffering=True)
        cls.current = cls(protocol, os.fdopen(requests, "rb"), os.fdopen(answers, "wb"))

    def next_request(self) -> dict[str, Any] | None:
        """Waits for the next job; None where none comes any more."""
        line = self._requests.readline()
        if not line.endswith(b"\n"):
            return None
        request = json.loads(line)
        if not isinstance(request, dict):
            raise TypeError(f"expected a job, a JSON object, on standard input, but got {line[:80]!r}")
        return request

    def send(self, message: dict[str, Any]) -> None:
        """Sends one line. Ends the process where nobody reads it any more."""
        line = encode(message)
        try:
            with self._lock:
                self._answers.write(line)
                self._answers.flush()
        except BrokenPipeError:
            # Python would try to write the rest when it exits.
            with open(os.devnull, "wb") as nothing:
                os.dup2(nothing.fileno(), self._answers.fileno())
            sys.exit("ash_mpi: the study is gone")


def encode(message: dict[str, Any]) -> bytes:
    """A message as a line of JSON proper (RFC 8259): numbers that are not finite become ``"nan"``, ``"inf"``, ``"-inf"``."""
    text = json.dumps(_finite(message), allow_nan=False, separators=(",", ":"))
    return text.encode("ascii") + b"\n"


def _finite(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, str):
        # Bytes that were no UTF-8 come as lone surrogates, which JSON can't carry.
        return value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, dict):
        return {_finite(key): _finite(element) for key, element in value.items()}
    return value


def is_child_of_multiprocessing() -> bool:
    """Whether this process was started by another Python process, which may have imported the script again in it."""
    process = sys.modules.get("multiprocessing.process")
    if process is None:
        return False
    # The mark by which multiprocessing itself knows that it is importing the script; only later is there a parent.
    return process.parent_process() is not None or getattr(process.current_process(), "_inheriting", False)
