"""Checkpoints, and what a training function may ask of its job."""

import itertools
import os
import random
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from driver import SOURCES  # noqa: F401  puts the package on the path

import ash_mpi


def job(folder, resource=8, **values):
    return ash_mpi.Job({}, resource=resource, checkpoint=folder, **values)


class CheckpointTests(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix="ash-mpi-test-")
        self.addCleanup(temporary.cleanup)
        self.folder = Path(temporary.name) / "trials" / "5"

    def names(self):
        return sorted(path.name for path in self.folder.iterdir())

    def test_theFolderIsMadeWhenItIsAskedFor(self):
        new = job(self.folder)
        self.assertFalse(self.folder.exists())
        self.assertTrue(new.checkpoint.is_dir())

    def test_aTrialWithoutACheckpointBeginsAtZero(self):
        self.assertEqual(job(self.folder, resume_resource=4).load(), (0, None))

    def test_theNewestCheckpointReplacesTheOthers(self):
        for resource in (1, 2, 10):
            job(self.folder, 10).save(resource, b"%d" % resource)
        self.assertEqual(self.names(), ["10.saved"])
        resource, path = job(self.folder, 10).load()
        self.assertEqual((resource, path.read_bytes()), (10, b"10"))

    def test_aCheckpointThatIsFurtherThanTheJobIsNotUsed(self):
        job(self.folder).save(8, b"far")
        self.assertEqual(job(self.folder, 4).load(), (0, None))
        job(self.folder, 4).save(1, b"again")
        self.assertEqual(self.names(), ["1.saved"])

    def test_aFunctionWritesToThePathThatItGets(self):
        job(self.folder).save(3, lambda path: path.write_text("three"))
        self.assertEqual(job(self.folder).load()[1].read_text(), "three")

    def test_aSuffixStaysAtTheEnd(self):
        seen = []
        job(self.folder).save(3, lambda path: (seen.append(path.suffix), path.touch()), suffix=".npz")
        self.assertEqual((seen, self.names()), ([".npz"], ["3.saved.npz"]))
        self.assertEqual(job(self.folder).load()[0], 3)

    def test_whatAScriptPutsBesideItStays(self):
        (job(self.folder).checkpoint / "notes.txt").write_text("mine")
        job(self.folder).save(1, b"")
        job(self.folder).save(2, b"")
        self.assertEqual(self.names(), ["2.saved", "notes.txt"])

    def test_aWriterThatFailsLeavesTheOldCheckpoint(self):
        def fails(path):
            path.write_bytes(b"half")
            raise OSError("disk full")

        job(self.folder).save(1, b"one")
        with self.assertRaises(OSError):
            job(self.folder).save(2, fails)
        with self.assertRaisesRegex(FileNotFoundError, "suffix"):
            job(self.folder).save(2, lambda path: None)
        self.assertEqual(self.names(), ["1.saved"])

    def test_aProcessThatDiesAnywhereLeavesAWholeCheckpoint(self):
        # It dies before its first operation on a file, before its second, and so on.
        class Death(BaseException):
            pass

        survived = set()
        for deadly in range(6):
            folder = self.folder / str(deadly)
            job(folder).save(1, b"one")
            count = itertools.count()

            def dying(real, count=count, deadly=deadly):
                def call(*arguments, **options):
                    if next(count) >= deadly:
                        raise Death
                    return real(*arguments, **options)

                return call

            with (
                mock.patch.object(Path, "write_bytes", dying(Path.write_bytes)),
                mock.patch.object(os, "replace", dying(os.replace)),
                mock.patch.object(Path, "unlink", dying(Path.unlink)),
            ):
                try:
                    job(folder).save(2, b"two")
                except Death:
                    pass
            resource, path = job(folder).load()
            self.assertEqual(path.read_bytes(), {1: b"one", 2: b"two"}[resource])
            survived.add(resource)
        self.assertEqual(survived, {1, 2})

    def test_trainingInAnyPartsGivesWhatTrainingInOneGoGives(self):
        def train(job):
            start, saved = job.load()
            generator = random.Random(job.seed)
            weight = 0.0
            if saved:
                text = saved.read_text().split(";", 1)
                weight = float.fromhex(text[0])
                generator.setstate(eval(text[1]))
            for epoch in range(start, job.resource):
                weight += generator.random()
                job.save(epoch + 1, f"{weight.hex()};{generator.getstate()!r}".encode())
            return weight

        for seed in range(10):
            whole = train(job(self.folder / f"{seed}-whole", 12, seed=seed))
            cuts = sorted(random.Random(seed).sample(range(1, 12), 3)) + [12]
            parts = [train(job(self.folder / f"{seed}-parts", cut, seed=seed)) for cut in cuts]
            self.assertEqual(parts[-1], whole)


class ReportTests(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix="ash-mpi-test-")
        self.addCleanup(temporary.cleanup)
        self.folder = Path(temporary.name) / "trials" / "5"

    def test_aReportHasALossOrMetrics(self):
        seen = []
        one = job(self.folder, on_report=lambda resource, metrics: seen.append((resource, metrics)))
        one.report(1, 0.5)
        one.report(2, loss=0.25, accuracy=1)
        one.report(3, accuracy=True)
        self.assertEqual(seen, [(1, {"loss": 0.5}), (2, {"loss": 0.25, "accuracy": 1.0}), (3, {"accuracy": 1.0})])
        self.assertEqual(one.last_report(), {"accuracy": 1.0})

    def test_whatIsNoReportIsRefused(self):
        for arguments, metrics, error in [
            ((1,), {}, "needs a loss or the study's metric"),
            ((1, "0.5"), {}, "the metric 'loss' is '0.5'"),
            ((1, 0.5), {"accuracy": None}, "the metric 'accuracy' is None"),
        ]:
            with self.assertRaisesRegex(TypeError, error):
                job(self.folder).report(*arguments, **metrics)
        with self.assertRaisesRegex(ValueError, "'job' can't be the name of a metric"):
            job(self.folder).report(1, 0.5, job=3)

    def test_aTrialWithoutCheckpointsWritesNothing(self):
        job(self.folder).report(1, 0.5)
        self.assertFalse(self.folder.exists())

    def test_theLastReportIsRememberedBesideTheCheckpoint(self):
        for loss in (0.1 + 0.2, float("nan"), float("-inf")):
            one = job(self.folder, 3)
            for epoch in (1, 2, 3):
                one.save(epoch, b"")
                one.report(epoch, loss)
            again = job(self.folder, 3)
            self.assertEqual(again.load()[0], 3)
            self.assertEqual(repr(again.last_report()), repr({"loss": loss}))

    def test_aReportOfAnotherResourceIsNotTheResult(self):
        one = job(self.folder, 3)
        one.save(3, b"")
        one.report(2, 0.5)
        again = job(self.folder, 3)
        again.load()
        with self.assertRaisesRegex(TypeError, "its loss at 3 was never reported"):
            again.last_report()
        self.assertEqual(job(self.folder, 3).load(), (0, None))

    def test_aReportThatIsCutShortIsNone(self):
        for content in (b"", b"[", b"[]", b"{}", b'{"resource": 3, "metrics": 4}'):
            (job(self.folder).checkpoint / "last-report.json").write_bytes(content)
            with self.assertRaisesRegex(TypeError, "has reported nothing"):
                job(self.folder, 3).last_report()


class TrainerTests(unittest.TestCase):
    def test_aTrainerIsStillAFunction(self):
        @ash_mpi.trainer
        def train(configuration, job):
            """Trains."""
            return configuration["x"] * job.resource

        self.assertEqual(train({"x": 2}, job("unused", 3)), {"loss": 6.0})
        self.assertEqual((train.__name__, train.__doc__), ("train", "Trains."))

    def test_anInterruptionIsNoException(self):
        self.assertFalse(issubclass(ash_mpi.Interrupted, Exception))
        self.assertTrue(issubclass(ash_mpi.Invalid, Exception))


if __name__ == "__main__":
    unittest.main()
