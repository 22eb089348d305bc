"""The lines that go between a study and a script, kept apart from whatever else the script reads and prints."""

from __future__ import annotations

import json
import math
import os
import select
import sys
import threading
from collections import deque
from typing import Any, BinaryIO

_PIECE = 65536


class Channel:
    """The original standard input and output of a process that a study has started."""

    #: The protocol by which the study speaks: ``once`` or ``serve``.
    protocol: str
    #: The channel of this process; None where no study has started it.
    current: Channel | None = None

    def __init__(self, protocol: str, requests: int, answers: BinaryIO) -> None:
        self.protocol = protocol
        self._answers = answers
        self._writing = threading.Lock()
        # Read without Python's buffer: what is in a buffer does not show in poll().
        self._requests = requests
        self._poll = select.poll()
        self._poll.register(requests, select.POLLIN)
        self._partial = b""
        self._waiting: deque[dict[str, Any]] = deque()
        self._is_ended = False
        self._reading = threading.Lock()
        self._process = os.getpid()

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
        cls.current = cls(protocol, requests, os.fdopen(answers, "wb"))

    def next_request(self) -> dict[str, Any] | None:
        """Waits for the next job; None where none comes any more."""
        with self._reading:
            while True:
                while self._waiting:
                    request = self._waiting.popleft()
                    # What comes before the job is for one that has ended.
                    if "interrupt" not in request:
                        return request
                if self._is_ended:
                    return None
                self._read()

    def is_interrupted(self, job: int) -> bool:
        """Whether a line that stops ``job`` has come since the last call. Never waits; one system call where none has."""
        # Lines are for this process, not for a forked child; nor for a thread that an earlier job has left behind.
        if os.getpid() != self._process or not self._reading.acquire(blocking=False):
            return False
        try:
            while not self._is_ended and self._poll.poll(0):
                self._read()
            interrupted = [request["interrupt"] for request in self._waiting if "interrupt" in request]
            if interrupted:
                self._waiting = deque(request for request in self._waiting if "interrupt" not in request)
            return job in interrupted
        finally:
            self._reading.release()

    def _read(self) -> None:
        piece = os.read(self._requests, _PIECE)
        # What has no end of line yet stays; at the end of the input it is a line cut short, which is dropped.
        self._is_ended = not piece
        *lines, self._partial = (self._partial + piece).split(b"\n")
        for line in lines:
            request = json.loads(line)
            if not isinstance(request, dict):
                raise TypeError(f"expected a JSON object on standard input, but got {line[:80]!r}")
            self._waiting.append(request)

    def send(self, message: dict[str, Any]) -> None:
        """Sends one line. Ends the process where nobody reads it any more."""
        line = encode(message)
        try:
            with self._writing:
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
