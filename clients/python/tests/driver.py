"""A study's side of the protocols, for the tests: starts a trainer as ash-mpi does and talks to it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path
from typing import Any

SOURCES = Path(__file__).resolve().parent.parent / "src"
sys.path.insert(0, str(SOURCES))
# No test is about time; this only ends one that hangs.
LIMIT = 60


def environment(**variables: str) -> dict[str, str]:
    """The environment of a trainer that finds this package, and no other study's variables."""
    # Unbuffered, what a script prints before it imports the package is gone before anybody can hold it back.
    clean = {name: os.environ[name] for name in os.environ if not name.startswith(("ASH_", "PYTHONUNBUFFERED"))}
    return {**clean, "PYTHONPATH": str(SOURCES), "PYTHONDONTWRITEBYTECODE": "1", **variables}


class Folder:
    """A temporary folder with a trainer script in it. A context manager."""

    def __init__(self, script: str) -> None:
        self._temporary = tempfile.TemporaryDirectory(prefix="ash-mpi-test-")
        self.path = Path(self._temporary.name)
        self.script = self.path / "train.py"
        self.script.write_text(textwrap.dedent(script))

    def __enter__(self) -> Folder:
        return self

    def __exit__(self, *failure: object) -> None:
        self._temporary.cleanup()

    def once(self, configuration: dict[str, Any] | None = None, **variables: str) -> subprocess.CompletedProcess[str]:
        """Runs one job by the protocol `once`."""
        job = {
            "ASH_PROTOCOL": "once",
            "ASH_CONFIGURATION": json.dumps(configuration or {}),
            "ASH_RESOURCE": "4",
            "ASH_RESUME_RESOURCE": "0",
            "ASH_CHECKPOINT": str(self.path / "checkpoint"),
            "ASH_SEED": "7",
            "ASH_TRIAL": "3",
            "ASH_RUNG": "1",
        }
        return self.run(environment=environment(**{**job, **variables}))

    def run(self, *arguments: str, environment: dict[str, str] = environment()) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, str(self.script), *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=LIMIT,
            env=environment,
            cwd=self.path,
        )

    def serve(self, **variables: str) -> Service:
        return Service(self, variables)


class Service:
    """A trainer that serves. A context manager, which ends the process if the test has not."""

    def __init__(self, folder: Folder, variables: dict[str, str]) -> None:
        self._folder = folder
        self._jobs = 0
        self._errors = open(folder.path / "stderr", "w+")
        self.process = subprocess.Popen(
            [sys.executable, str(folder.script)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            bufsize=1,
            env=environment(ASH_PROTOCOL="serve", **variables),
            cwd=folder.path,
        )
        # Ends reads from a trainer that never answers.
        signal.signal(signal.SIGALRM, self._took_too_long)
        signal.alarm(LIMIT)
        if self.answer() != {"interruptible": True}:
            raise AssertionError("the trainer does not say that it reads interruptions")

    def _took_too_long(self, *signal: object) -> None:
        raise TimeoutError("the trainer does not answer")

    def __enter__(self) -> Service:
        return self

    def __exit__(self, *failure: object) -> None:
        signal.alarm(0)
        self.process.kill()
        self.process.wait()
        for file in (self.process.stdin, self.process.stdout, self._errors):
            try:
                file.close()
            except BrokenPipeError:
                pass

    def request(self, configuration: dict[str, Any] | None = None, **fields: Any) -> int:
        """Sends a job and returns its number."""
        self._jobs += 1
        job = {
            "job": self._jobs,
            "trial": 5,
            "rung": 0,
            "resource": 4,
            "resume_resource": 0,
            "configuration": configuration or {},
            "checkpoint": str(self._folder.path / "checkpoint"),
            "seed": 7,
            **fields,
        }
        self.process.stdin.write(json.dumps(job) + "\n")
        return self._jobs

    def interrupt(self, number: int) -> None:
        self.process.stdin.write(json.dumps({"interrupt": number}) + "\n")

    def answer(self) -> dict[str, Any]:
        """The next line, which has to be JSON as the standard has it."""
        return strict_json(self.process.stdout.readline())

    def outcome(self) -> tuple[list[int], dict[str, Any]]:
        """The resources of the progress lines that come next, and the line after them."""
        resources = []
        while "progress" in (answer := self.answer()):
            resources.append(answer["progress"]["resource"])
        return resources, answer

    def result(self, configuration: dict[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
        """Sends a job and returns the line that answers it, which has to be the next one."""
        number = self.request(configuration, **fields)
        answer = self.answer()
        if answer.pop("job") != number:
            raise AssertionError(f"an answer to another job than {number}: {answer}")
        return answer

    def finish(self) -> int:
        """Ends the trainer's input and returns its exit code."""
        self.process.stdin.close()
        return self.process.wait(timeout=LIMIT)

    @property
    def errors(self) -> str:
        return (self._folder.path / "stderr").read_text()


def strict_json(line: str) -> dict[str, Any]:
    def refuse(word: str) -> None:
        raise AssertionError(f"{word} is no JSON: {line!r}")

    return json.loads(line, parse_constant=refuse)
