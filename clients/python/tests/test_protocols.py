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
            "none": "is None, which is no number; return the loss",
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
            self.assertEqual([path.name for path in (folder.path / "checkpoint").iterdir()], ["1.saved"])

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

    def test_anIdleTrainerEndsAtOnce(self):
        with Folder(DEEDS) as folder, folder.serve() as service:
            service.result({"do": "int"})
            service.process.send_signal(signal.SIGTERM)
            self.assertEqual(service.process.wait(timeout=LIMIT), 143)


if __name__ == "__main__":
    unittest.main()
