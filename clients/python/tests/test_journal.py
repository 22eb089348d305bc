"""The journal as exports from Python read it."""

import json
import tempfile
import unittest
from pathlib import Path

from driver import SOURCES  # noqa: F401  puts the package on the path

from ash_mpi import mlflow
from ash_mpi._journal import read

HEADER = {
    "event": "study", "version": 1, "name": "small", "seed": 1, "workers": 1, "started": "2026-01-02T03:04:05Z",
    "objective": {"metric": "score", "mode": "max"},
}


def dispatch(job, trial, rung, time, **more):
    return {"event": "dispatch", "job": job, "trial": trial, "bracket": 0, "rung": rung, "resource": 2 ** rung, "worker": 0,
            "time": time, **more}


def result(job, trial, rung, time, loss, **more):
    return {"event": "result", "job": job, "trial": trial, "bracket": 0, "rung": rung, "resource": 2 ** rung, "worker": 0,
            "time": time, "loss": loss, "seconds": 0.5, **more}


def failure(job, trial, time, final, kind="failed"):
    return {"event": "failure", "job": job, "trial": trial, "bracket": 0, "rung": 0, "worker": 0, "time": time, "attempt": 1,
            "kind": kind, "final": final, "reason": "why"}


class JournalTests(unittest.TestCase):
    def study(self, *events, end=""):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "journal.jsonl")
            path.write_text("".join(json.dumps(event) + "\n" for event in (HEADER, *events)) + end)
            return read(path)

    def test_aTrialHasItsConfigurationItsPointsAndItsLastStatus(self):
        study = self.study(
            dispatch(0, 0, 0, 0, configuration={"x": 0.5}), result(0, 0, 0, 1, -0.25, metrics={"other": 2}, curve=[[0.5, 0.9], [1, 0.7]]),
            dispatch(1, 1, 0, 1, configuration={"x": 0.25}), failure(1, 1, 2, False), dispatch(1, 1, 0, 2), failure(1, 1, 3, True),
            dispatch(2, 2, 0, 3, configuration={"x": 0.1}), failure(2, 2, 3.5, True, "invalid"),
            dispatch(3, 0, 1, 4), result(3, 0, 1, 5, "nan"), dispatch(4, 3, 0, 5, configuration={"x": 1}),
            end='{"event":"result","job":4')
        self.assertEqual([trial.status for trial in study.trials], ["completed", "failed", "invalid", "running"])
        self.assertEqual([trial.attempts for trial in study.trials], [2, 2, 1, 1])
        first = study.trials[0]
        # The point of the curve at a rung is the result itself.
        self.assertEqual([(point.resource, point.at_rung) for point in first.points], [(0.5, False), (1, True), (2, True)])
        self.assertEqual(study.value(first.points[1].loss), 0.25)
        self.assertNotEqual(first.points[2].loss, first.points[2].loss)
        self.assertEqual((first.seconds, first.points[1].metrics), (1.0, {"other": 2.0}))
        self.assertIsNone(study.stopped)
        self.assertEqual([trial.number for trial in sorted(study.trials, key=type(first).order)], [0, 1, 2, 3])

    def test_whatWasInFlightWhenTheStudyEndedIsUnfinished(self):
        start = dispatch(0, 0, 0, 0, configuration={})
        stopped = self.study(start, {"event": "stop", "reason": "signal", "time": 1})
        self.assertEqual((stopped.trials[0].status, stopped.stopped), ("unfinished", "signal"))
        again = self.study(start, {"event": "stop", "reason": "signal", "time": 1}, {"event": "resume", "time": 1}, dispatch(0, 0, 0, 1))
        self.assertEqual((again.trials[0].status, again.stopped), ("running", None))

    def test_theResultOfATrialThatWasToldToStopIsItsLastReport(self):
        report = {"event": "report", "job": 0, "trial": 0, "bracket": 0, "rung": 0, "resource": 1, "worker": 0, "time": 1, "loss": 0.5}
        told = {**report, "rung": 1, "resource": 2, "time": 2, "loss": 0.4, "stop": True}
        study = self.study(dispatch(0, 0, 2, 0, configuration={}), report, told, result(0, 0, 1, 3, 0.4))
        self.assertEqual([(point.resource, point.time) for point in study.trials[0].points], [(1, 1), (2, 2)])

    def test_datesGoOnFromEachResume(self):
        study = self.study(
            {"event": "resume", "time": 10, "started": "2026-01-03T00:00:00Z"}, {"event": "resume", "time": 20})
        began = 1767323045.0
        self.assertEqual(study.timestamp(5), began + 5)
        self.assertEqual(study.timestamp(12), 1767398400.0 + 2)
        # An older journal does not say when it was resumed: then the clock goes on.
        self.assertEqual(study.timestamp(21), 1767398400.0 + 11)

    def test_damageIsToldWithItsLine(self):
        for wrong in ("{no JSON", "{}", '{"event":"result","trial":5,"time":1,"seconds":1,"loss":1,"resource":1}'):
            with self.assertRaisesRegex(ValueError, "journal.jsonl:2: "):
                self.study(end=wrong + "\n")
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "journal.jsonl")
            for text in ("", '{"event":"study"', "[]\n", '{"event":"study","version":2}\n'):
                path.write_text(text)
                with self.assertRaises(ValueError):
                    read(path)


class CommandTests(unittest.TestCase):
    def test_namesAreThoseThatMLflowTakes(self):
        for name, taken in (("a.b-c/d e", "a.b-c/d e"), ("f(x)=y", "f_x__y"), ("/", "_"), ("µ", "µ")):
            self.assertEqual(mlflow._name(name), taken)

    def test_aFolderWithoutAStudyIsBadInput(self):
        with tempfile.TemporaryDirectory() as folder:
            self.assertIn(mlflow.main([folder]), (65, 70))


if __name__ == "__main__":
    unittest.main()
