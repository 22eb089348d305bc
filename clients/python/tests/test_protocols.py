"""Trainers as a study runs them: real processes, spoken to over pipes."""

import signal
import unittest

from driver import LIMIT, Folder, strict_json

ECHO = """
    import ash_mpi

    @ash_mpi.trainer
    def train(configuration, job):
        job.report(2, 0.5)
        return {"loss": configuration["x"] * job.resource, "seed": job.seed, "trial": job.trial, "rung": job.rung}

    ash_mpi.serve(train)
"""

# What a configuration named "do" does.
DEEDS = """
    import ctypes, os, subprocess, sys
    print("before the import")
    import ash_mpi
    print("after the import")

    class Scalar:
        def __float__(self):
            return 0.25

    def train(configuration, job):
        deed = configuration["do"]
        if deed == "print":
            print('{"loss": 1}')
            print('{"loss": 2}', flush=True)
            os.write(1, b'{"loss": 3}\\n')
            subprocess.run(["echo", '{"loss": 4}'])
            ctypes.CDLL(None).puts(b'{"loss": 5}')
            ctypes.CDLL(None).fflush(None)
            assert sys.stdin.read() == ""
            return 6
        if deed == "invalid":
            raise ash_mpi.Invalid("more heads than units")
        if deed == "raise":
            raise RuntimeError("out of memory: \\udcff")
        if deed == "exit":
            sys.exit("the data is not there")
        return {
            "none": None, "text": "0.3", "nan": float("nan"), "inf": float("inf"), "-inf": {"loss": float("-inf")},
            "int": 3, "huge": 10 ** 400, "scalar": Scalar(), "list": [1], "empty": {}, "reserved": {"loss": 1, "job": 2},
            "metric": {"loss": 1, "name": "best"},
        }[deed]

    ash_mpi.serve(train)
"""


class OnceTests(unittest.TestCase):
    def test_aJobComesFromTheEnvironment(self):
        with Folder(ECHO) as folder:
            run = folder.once({"x": 1.5})
        lines = [strict_json(line) for line in run.stdout.splitlines()]
        self.assertEqual(
            lines,
            [{"progress": {"resource": 2, "loss": 0.5}}, {"loss": 6.0, "seed": 7.0, "trial": 3.0, "rung": 1.0}],
        )
        self.assertEqual(run.returncode, 0, run.stderr)

    def test_whatIsPrintedGoesToStandardError(self):
        with Folder(DEEDS) as folder:
            run = folder.once({"do": "print"})
        self.assertEqual([strict_json(line) for line in run.stdout.splitlines()], [{"loss": 6.0}])
        for text in ["before the import", "after the import", *(f'{{"loss": {n}}}' for n in range(1, 6))]:
            self.assertIn(text, run.stderr)

    def test_anInvalidConfigurationIsAResultWithoutALoss(self):
        with Folder(DEEDS) as folder:
            run = folder.once({"do": "invalid"})
        self.assertEqual(strict_json(run.stdout), {"invalid": "more heads than units"})
        self.assertEqual(run.returncode, 0)

    def test_anExceptionEndsTheProcessWithItsTraceback(self):
        with Folder(DEEDS) as folder:
            run = folder.once({"do": "raise"})
        self.assertEqual((run.returncode, run.stdout), (1, ""))
        self.assertIn("RuntimeError: out of memory", run.stderr)

    def test_aMissingVariableIsNamed(self):
        with Folder(ECHO) as folder:
            text = folder.script.read_text()
            folder.script.write_text("import os\nos.environ.pop('ASH_SEED', None)\n" + text)
            run = folder.once({"x": 1})
        self.assertNotEqual(run.returncode, 0)
        self.assertIn("ASH_SEED is missing", run.stderr)

    def test_aProtocolOfTheFutureIsRefused(self):
        with Folder(ECHO) as folder:
            run = folder.once(ASH_PROTOCOL="telepathy")
        self.assertNotEqual(run.returncode, 0)
        self.assertIn("'telepathy'", run.stderr)

    def test_aProgramThatTheTrainerStartsKeepsItsOutput(self):
        script = """
            import subprocess, sys
            import ash_mpi

            def train(configuration, job):
                program = "import ash_mpi; print(41 + 1)"
                return float(subprocess.run([sys.executable, "-c", program], capture_output=True).stdout)

            ash_mpi.serve(train)
        """
        with Folder(script) as folder:
            run = folder.once()
        self.assertEqual(strict_json(run.stdout), {"loss": 42.0}, run.stderr)

    def test_aProcessOfMultiprocessingMayImportTheScript(self):
        script = """
            import multiprocessing
            import ash_mpi

            def square(x):
                print("stray")
                return x * x

            def train(configuration, job):
                with multiprocessing.get_context(configuration["start"]).Pool(1) as pool:
                    return sum(pool.map(square, [1, 2, 3]))

            ash_mpi.serve(train)
        """
        with Folder(script) as folder, folder.serve() as service:
            for start in ("fork", "spawn", "forkserver"):
                run = folder.once({"start": start})
                self.assertEqual(strict_json(run.stdout), {"loss": 14.0}, run.stderr)
                self.assertEqual(service.result({"start": start}), {"loss": 14.0})
            self.assertEqual(service.finish(), 0)


class ServeTests(unittest.TestCase):
    def test_everyLineCarriesItsJob(self):
        with Folder(ECHO) as folder, folder.serve() as service:
            for x in (1, 2.5):
                number = service.request({"x": x})
                self.assertEqual(service.answer(), {"progress": {"resource": 2, "loss": 0.5}, "job": number})
                answer = service.answer()
                self.assertEqual((answer["loss"], answer["seed"], answer["job"]), (4 * x, 7.0, number))
            self.assertEqual(service.finish(), 0)

    def test_fieldsThatAreNotKnownYetAreLeftAlone(self):
        with Folder(DEEDS) as folder, folder.serve() as service:
            self.assertEqual(service.result({"do": "int"}, bracket=2, mood="good"), {"loss": 3.0})

    def test_theProcessSurvivesWhatGoesWrongInAJob(self):
        with Folder(DEEDS) as folder, folder.serve() as service:
            failed = service.result({"do": "raise"})["failed"]
            self.assertTrue(failed.startswith("RuntimeError: out of memory: ?"), failed)
            self.assertIn("(train.py, line ", failed)
            self.assertEqual(service.result({"do": "invalid"}), {"invalid": "more heads than units"})
            self.assertEqual(service.result({"do": "print"}), {"loss": 6.0})
            self.assertIn("KeyError", service.result({})["failed"])
            self.assertIn("Traceback", service.errors)
            self.assertEqual(service.finish(), 0)

    def test_exitMeansExit(self):
        with Folder(DEEDS) as folder, folder.serve() as service:
            service.request({"do": "exit"})
            self.assertEqual(service.process.stdout.read(), "")
            self.assertEqual(service.finish(), 1)
            self.assertIn("the data is not there", service.errors)

    def test_lossesAreValidJSONWhateverTheyAre(self):
        losses = {"nan": "nan", "inf": "inf", "-inf": "-inf", "huge": "inf", "int": 3.0, "scalar": 0.25}
        with Folder(DEEDS) as folder, folder.serve() as service:
            for deed, loss in losses.items():
                self.assertEqual(service.result({"do": deed}), {"loss": loss}, deed)

    def test_aResultThatIsNoneIsAFailureThatSaysSo(self):
        reasons = {
            "none": "returned None and has reported nothing",
            "text": "is '0.3', which is no number",
            "list": "is a list, which is no number",
            "metric": "the metric 'name' is 'best', which is no number",
            "empty": "an empty dict",
            "reserved": "'job' can't be the name of a metric",
        }
        with Folder(DEEDS) as folder, folder.serve() as service:
            for deed, reason in reasons.items():
                self.assertIn(reason, service.result({"do": deed})["failed"])

    def test_aTrainerWhoseStudyIsGoneEnds(self):
        with Folder(ECHO) as folder, folder.serve() as service:
            service.process.stdout.close()
            service.request({"x": 1})
            self.assertEqual(service.process.wait(timeout=LIMIT), 1)
            self.assertIn("the study is gone", service.errors)
            self.assertNotIn("Traceback", service.errors)


# Gets SIGTERM in its first epoch.
EPOCHS = """
    import os, signal
    import ash_mpi

    def train(configuration, job):
        for epoch in range(1, job.resource + 1):
            if epoch == 1:
                os.kill(os.getpid(), signal.SIGTERM)
            job.save(epoch, b"")
            try:
                job.report(epoch, 1 / epoch)
            except Exception:
                pass
        return 0.125

    ash_mpi.serve(train)
"""


class InterruptionTests(unittest.TestCase):
    def test_theJobEndsWithItsNextReportAndKeepsItsCheckpoint(self):
        with Folder(EPOCHS) as folder, folder.serve() as service:
            service.request(resource=3)
            self.assertEqual(service.answer(), {"progress": {"resource": 1, "loss": 1.0}, "job": 1})
            self.assertEqual(service.process.stdout.read(), "")
            self.assertEqual(service.process.wait(timeout=LIMIT), 143)
            self.assertEqual(
                sorted(path.name for path in (folder.path / "checkpoint").iterdir()), ["1.saved", "last-report.json"]
            )

    def test_aJobThatIsDoneAnywayIsReported(self):
        with Folder(EPOCHS) as folder:
            with folder.serve() as service:
                service.request(resource=1)
                self.assertEqual(service.answer()["progress"]["resource"], 1)
                self.assertEqual(service.answer(), {"loss": 0.125, "job": 1})
                self.assertEqual(service.process.wait(timeout=LIMIT), 143)
            run = folder.once(ASH_RESOURCE="1")
        self.assertEqual(strict_json(run.stdout.splitlines()[-1]), {"loss": 0.125})
        self.assertEqual(run.returncode, 0)

    def test_whatATrainerReturnsWhenItSeesTheRequestIsNoResult(self):
        script = """
            import os, signal
            import ash_mpi

            def train(configuration, job):
                assert not job.should_stop
                os.kill(os.getpid(), signal.SIGTERM)
                assert job.should_stop
                return 0.5

            ash_mpi.serve(train)
        """
        with Folder(script) as folder:
            run = folder.once()
        self.assertEqual((run.stdout, run.returncode), ("", 143))
        self.assertIn("interrupted", run.stderr)

    def test_aForkedChildEndsBySigtermAsEver(self):
        script = """
            import os, signal, time
            import ash_mpi

            def train(configuration, job):
                child = os.fork()
                if child == 0:
                    time.sleep(1000)
                os.kill(child, signal.SIGTERM)
                assert os.WTERMSIG(os.waitpid(child, 0)[1]) == signal.SIGTERM
                return 0.5

            ash_mpi.serve(train)
        """
        with Folder(script) as folder, folder.serve() as service:
            self.assertEqual(service.result(), {"loss": 0.5})
            self.assertEqual(service.finish(), 0)

    def test_anIdleTrainerEndsAtOnce(self):
        with Folder(DEEDS) as folder, folder.serve() as service:
            service.result({"do": "int"})
            service.process.send_signal(signal.SIGTERM)
            self.assertEqual(service.process.wait(timeout=LIMIT), 143)


# Waits for its file "go-N" before it reports resource N.
STEPS = """
    import json, os, time
    import ash_mpi

    def train(configuration, job):
        for step in range(1, job.resource + 1):
            while not os.path.exists(f"go-{step}"):
                time.sleep(0.001)
            if configuration.get("asks") and job.should_stop:
                return configuration.get("returns")
            try:
                job.report(step, 1 / step, steps=step)
            except ash_mpi.Interrupted:
                if configuration.get("catches"):
                    return 1
                raise
        return {"loss": 0.5, "asked": job.should_stop}

    ash_mpi.serve(train)
"""


class InterruptLineTests(unittest.TestCase):
    """An interruption in `serve` stops one job. The process lives on."""

    def setUp(self):
        self.folder = Folder(STEPS)
        self.addCleanup(self.folder.__exit__)

    def go(self, *steps):
        for step in steps:
            (self.folder.path / f"go-{step}").touch()

    def test_theNextReportEndsTheJobAndTheProcessTakesTheNextOne(self):
        with self.folder.serve() as service:
            for configuration in ({}, {"catches": True}):
                for step in (1, 2, 3):
                    (self.folder.path / f"go-{step}").unlink(missing_ok=True)
                number = service.request(configuration, resource=3)
                self.go(1)
                self.assertEqual(service.answer()["progress"]["resource"], 1)
                service.interrupt(number)
                self.go(2)
                resources, answer = service.outcome()
                # The first report may see it already.
                self.assertIn(resources, ([], [2]))
                self.assertEqual(answer, {"job": number, "interrupted": True})
                self.go(3)
                number = service.request(resource=3)
                self.assertEqual([service.answer()["job"] for _ in range(4)], [number] * 4)
            self.assertEqual(service.finish(), 0)

    def test_shouldStopTellsBeforeTheReport(self):
        for returns in (None, 0.25):
            for path in self.folder.path.glob("go-*"):
                path.unlink()
            with self.folder.serve() as service:
                number = service.request({"asks": True, "returns": returns})
                service.interrupt(number)
                self.go(1)
                self.assertEqual(service.answer(), {"job": number, "interrupted": True})
                self.assertEqual(service.finish(), 0)

    def test_aJobThatIsDoneAnywayIsReported(self):
        with self.folder.serve() as service:
            number = service.request(resource=1)
            service.interrupt(number)
            self.go(1)
            self.assertIn("progress", service.answer())
            # It has asked after its last report, so that its result is none.
            self.assertEqual(service.answer(), {"job": number, "interrupted": True})
        with Folder(ECHO) as folder, folder.serve() as service:
            number = service.request({"x": 1}, resource=2)
            service.interrupt(number)
            self.assertIn("progress", service.answer())
            self.assertEqual(service.answer()["loss"], 2.0)

    def test_aFunctionThatNeverReportsGivesItsResult(self):
        with Folder(DEEDS) as folder, folder.serve() as service:
            number = service.request({"do": "int"})
            service.interrupt(number)
            self.assertEqual(service.answer(), {"job": number, "loss": 3.0})
            service.interrupt(number)
            self.assertEqual(service.result({"do": "int"}), {"loss": 3.0})
            self.assertEqual(service.finish(), 0)

    def test_anInterruptionOfAJobThatHasEndedIsIgnored(self):
        self.go(1, 2)
        with self.folder.serve() as service:
            first = service.request(resource=2)
            self.assertEqual([service.answer()["job"] for _ in range(3)], [first] * 3)
            # One is read before the next job, one with it or while it trains.
            service.interrupt(first)
            second = service.request(resource=2)
            service.interrupt(first)
            answers = [service.answer() for _ in range(3)]
            self.assertNotIn("interrupted", {key for answer in answers for key in answer})
            self.assertEqual([answer["job"] for answer in answers], [second] * 3)
            service.interrupt(second)
            service.interrupt(99)
            self.assertEqual(service.finish(), 0)

    def test_linesMayComeInPieces(self):
        with self.folder.serve() as service:
            number = service.request(resource=3)
            for piece in ('{"interr', f'upt": {number}', "}"):
                service.process.stdin.write(piece)
                service.process.stdin.flush()
            self.go(1)
            self.assertEqual(service.answer()["progress"]["resource"], 1)
            service.process.stdin.write("\n")
            self.go(2)
            self.assertEqual(service.outcome()[1], {"job": number, "interrupted": True})

    def test_anEndOfInputInTheMiddleOfAJobLetsItEnd(self):
        with self.folder.serve() as service:
            service.request(resource=2)
            service.process.stdin.close()
            self.go(1, 2)
            self.assertEqual([next(iter(service.answer())) for _ in range(3)], ["progress", "progress", "loss"])
            self.assertEqual(service.process.wait(timeout=LIMIT), 0)

    def test_sigtermEndsTheProcessStill(self):
        with self.folder.serve() as service:
            number = service.request(resource=3)
            self.go(1)
            self.assertEqual(service.answer()["progress"]["resource"], 1)
            service.interrupt(number)
            service.process.send_signal(signal.SIGTERM)
            self.go(2)
            self.assertNotIn("interrupted", service.process.stdout.read())
            self.assertEqual(service.process.wait(timeout=LIMIT), 143)

    def test_aForkedChildLeavesTheLinesAlone(self):
        script = """
            import os
            import ash_mpi

            def train(configuration, job):
                child = os.fork()
                if child == 0:
                    os._exit(1 if job.should_stop else 0)
                assert os.waitpid(child, 0)[1] == 0
                open("asked", "w").close()
                while not job.should_stop:
                    pass

            ash_mpi.serve(train)
        """
        with Folder(script) as folder, folder.serve() as service:
            number = service.request()
            service.interrupt(number)
            self.assertEqual(service.answer(), {"job": number, "interrupted": True})


REPORTS = """
    import ash_mpi

    @ash_mpi.trainer
    def train(configuration, job):
        start, saved = job.load()
        for epoch in range(start + 1, job.resource + 1):
            job.save(epoch, b"")
            if epoch == configuration.get("dies_at"):
                raise RuntimeError("dead")
            job.report(epoch, **{configuration.get("name", "loss"): 1 / epoch}, accuracy=epoch)

    ash_mpi.serve(train)
"""


class LastReportTests(unittest.TestCase):
    """A function that returns nothing."""

    def test_itsLastReportIsItsResult(self):
        with Folder(REPORTS) as folder, folder.serve() as service:
            service.request(resource=2)
            self.assertEqual(service.answer()["progress"], {"resource": 1, "loss": 1.0, "accuracy": 1.0})
            self.assertEqual(service.answer()["progress"], {"resource": 2, "loss": 0.5, "accuracy": 2.0})
            self.assertEqual(service.answer(), {"loss": 0.5, "accuracy": 2.0, "job": 1})
            # Nothing is left to train.
            self.assertEqual(service.result(resource=2), {"loss": 0.5, "accuracy": 2.0})
            run = folder.once(ASH_RESOURCE="2")
            self.assertEqual(strict_json(run.stdout), {"loss": 0.5, "accuracy": 2.0})

    def test_theStudysMetricMayStandForTheLoss(self):
        with Folder(REPORTS) as folder, folder.serve() as service:
            service.request({"name": "perplexity"}, resource=1)
            self.assertEqual(service.answer()["progress"], {"resource": 1, "perplexity": 1.0, "accuracy": 1.0})
            self.assertEqual(service.answer(), {"perplexity": 1.0, "accuracy": 1.0, "job": 1})

    def test_whatWasNeverReportedIsTrainedAgain(self):
        with Folder(REPORTS) as folder, folder.serve() as service:
            service.request({"dies_at": 2}, resource=2)
            self.assertIn("progress", service.answer())
            self.assertIn("dead", service.answer()["failed"])
            self.assertIn("its loss at 2 was never reported", service.result(resource=2)["failed"])
            service.request(resource=2)
            self.assertEqual([service.answer()["progress"]["resource"] for _ in range(2)], [1, 2])
            self.assertEqual(service.answer(), {"loss": 0.5, "accuracy": 2.0, "job": 3})


RANKS = """
    import os
    import ash_mpi

    @ash_mpi.trainer
    def train(configuration, job):
        if configuration.get("raises"):
            raise RuntimeError("out of memory")
        if configuration.get("invalid"):
            raise ash_mpi.Invalid("more heads than units")
        start, saved = job.load()
        for epoch in range(start + 1, job.resource + 1):
            while configuration.get("waits") and not os.path.exists("go"):
                pass
            job.save(epoch, b"state")
            if configuration.get("asks") and job.should_stop:
                return
            job.report(epoch, 1 / epoch)

    ash_mpi.serve(train)
"""


class RankTests(unittest.TestCase):
    """Several processes train one trial. The output of rank 0 counts."""

    SECOND = {"RANK": "1", "WORLD_SIZE": "2"}

    def test_theOthersSayOnlyThatTheyAreDone(self):
        with Folder(RANKS) as folder, folder.serve(**self.SECOND) as service:
            self.assertEqual(service.result(), {"done": True})
            self.assertEqual(service.result({"invalid": True}), {"done": True})
            self.assertIn("out of memory", service.result({"raises": True})["failed"])
            self.assertEqual(list((folder.path / "checkpoint").iterdir()), [])
            self.assertEqual(service.finish(), 0)

    def test_inOnceTheOthersPrintNothing(self):
        with Folder(RANKS) as folder:
            run = folder.once(**self.SECOND)
            self.assertEqual((run.stdout, run.returncode), ("", 0), run.stderr)
            first = folder.once(**{**self.SECOND, "RANK": "0"})
            self.assertEqual(strict_json(first.stdout.splitlines()[-1]), {"loss": 0.25})

    def test_aRankThatIsAloneCounts(self):
        with Folder(RANKS) as folder:
            for variables in ({"RANK": "3"}, {"RANK": "3", "WORLD_SIZE": "1"}, {"RANK": "", "WORLD_SIZE": "2"}):
                run = folder.once(**variables)
                self.assertEqual(strict_json(run.stdout.splitlines()[-1]), {"loss": 0.25})

    def test_theOthersNeverStopByThemselves(self):
        with Folder(RANKS) as folder, folder.serve(**self.SECOND) as service:
            number = service.request({"waits": True, "asks": True})
            service.interrupt(number)
            (folder.path / "go").touch()
            self.assertEqual(service.answer(), {"job": number, "done": True})
            self.assertEqual(service.result(), {"done": True})

    def test_rankZeroStopsAtItsReportOrWhereItAsks(self):
        for asks in (False, True):
            with Folder(RANKS) as folder, folder.serve(RANK="0", WORLD_SIZE="2") as service:
                number = service.request({"waits": True, "asks": asks})
                service.interrupt(number)
                (folder.path / "go").touch()
                if not asks:
                    self.assertEqual(service.answer()["progress"]["resource"], 1)
                self.assertEqual(service.answer(), {"job": number, "interrupted": True})

    def test_aScriptThatAsksIsNotEndedByItsReport(self):
        script = """
            import os
            import ash_mpi

            def train(configuration, job):
                assert not job.should_stop
                open("asked", "w").close()
                while not os.path.exists("go"):
                    pass
                job.report(1, 1.0)
                assert job.should_stop

            ash_mpi.serve(train)
        """
        with Folder(script) as folder, folder.serve(RANK="0", WORLD_SIZE="2") as service:
            number = service.request()
            while not (folder.path / "asked").exists():
                pass
            service.interrupt(number)
            (folder.path / "go").touch()
            self.assertEqual(service.answer()["progress"]["resource"], 1)
            self.assertEqual(service.answer(), {"job": number, "interrupted": True})


if __name__ == "__main__":
    unittest.main()
