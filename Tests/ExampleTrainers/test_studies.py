"""The examples as people run them: whole studies under mpirun, one of them killed with SIGKILL and resumed.

The program is `.build/release/ash-mpi`, or what ASH_MPI names. Examples that need what is not installed are skipped.
"""

import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent.parent
PROGRAM = Path(os.environ.get("ASH_MPI", REPOSITORY / ".build/release/ash-mpi")).resolve()
CHECKER = REPOSITORY / "Tests/JournalChecker/check_journal.py"
LIMIT = 300

needs_sklearn = unittest.skipUnless(importlib.util.find_spec("sklearn"), "no scikit-learn")
needs_compiler = unittest.skipUnless(shutil.which("make") and shutil.which("c++"), "no C++ compiler")


@unittest.skipUnless(PROGRAM.exists() and shutil.which("mpirun"), f"no {PROGRAM}, or no mpirun")
class StudyTests(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix="ash-mpi-test-")
        self.addCleanup(temporary.cleanup)
        self.scratch = Path(temporary.name)
        # Examples as they are copied by somebody: with the paths that they use, and none of the files of others.
        for part in ("Examples", "Datasets", "clients"):
            ignored = shutil.ignore_patterns("anneal", "__pycache__")
            shutil.copytree(REPOSITORY / part, self.scratch / part, ignore=ignored)
        self.journal = self.scratch / "out/journal.jsonl"

    def start(self, *arguments):
        environment = {
            **os.environ,
            "OMPI_ALLOW_RUN_AS_ROOT": "1",
            "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
            # The Python that runs the tests is the one that trains.
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        }
        output = open(self.scratch / "output", "w")
        self.addCleanup(output.close)
        run = subprocess.Popen(
            ["mpirun", "--oversubscribe", "-np", "3", str(PROGRAM), *arguments, "--progress", "none"],
            cwd=self.scratch,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self.addCleanup(self.kill, run)
        return run

    def study(self, example, *settings):
        options = [word for setting in settings for word in ("--set", setting)]
        return ["run", f"Examples/{example}/study.yaml", "-o", "out", *options]

    def finish(self, run):
        code = run.wait(timeout=LIMIT)
        self.assertEqual(code, 0, (self.scratch / "output").read_text())
        self.assertEqual(self.trainers(), [])

    def trainers(self):
        """The processes that have something to do with this test's folder."""
        found = []
        for process in Path("/proc").iterdir():
            try:
                if process.name.isdigit() and str(self.scratch) in os.readlink(process / "cwd"):
                    found.append(int(process.name))
            except OSError:
                pass
        return found

    def kill(self, run):
        """Ends mpirun and its ranks by SIGKILL, not their trainers."""
        ranks = [p for p in self.trainers() if self.names(p, PROGRAM)] if run.poll() is None else []
        for process in [run.pid, *ranks] if run.poll() is None else []:
            try:
                os.kill(process, signal.SIGKILL)
            except ProcessLookupError:
                pass
        run.wait(timeout=LIMIT)

    @staticmethod
    def names(process, program):
        try:
            return os.readlink(f"/proc/{process}/exe") == str(program)
        except OSError:
            return False

    def events(self, kind):
        lines = self.journal.read_text().splitlines(keepends=True) if self.journal.exists() else []
        events = [json.loads(line) for line in lines if line.endswith("\n")]
        return [event for event in events if event["event"] == kind]

    def expect_whole(self, configurations):
        """Every configuration has one result in rung 0, no rung of a trial has two, and nothing has failed."""
        rungs = [(result["trial"], result["rung"]) for result in self.events("result")]
        self.assertEqual(len(rungs), len(set(rungs)))
        self.assertEqual(sum(rung == 0 for _, rung in rungs), configurations)
        self.assertEqual(self.events("failure"), [])
        check = subprocess.run([sys.executable, str(CHECKER), str(self.journal)], capture_output=True, text=True)
        self.assertEqual(check.returncode, 0, check.stdout + check.stderr)

    def interrupt_and_resume(self, arguments, results):
        run = self.start(*arguments)
        until = time.monotonic() + LIMIT
        while len(self.events("result")) < results:
            self.assertIsNone(run.poll(), (self.scratch / "output").read_text())
            self.assertLess(time.monotonic(), until)
            time.sleep(0.01)
        self.kill(run)
        while self.trainers():
            self.assertLess(time.monotonic(), until, "a trainer outlives its study")
            time.sleep(0.01)
        self.finish(self.start("resume", "out"))

    def test_theShellExampleRuns(self):
        self.finish(self.start(*self.study("shell")))
        self.expect_whole(81)

    def test_theShellExampleSurvivesAKill(self):
        self.interrupt_and_resume(self.study("shell"), 30)
        self.expect_whole(81)

    def test_thePapersSearchSpacesAreSoundStudies(self):
        studies = sorted((self.scratch / "Examples/papers").glob("*.yaml"))
        self.assertTrue(studies)
        for study in studies:
            with self.subTest(study.name):
                run = subprocess.run(
                    [str(PROGRAM), "validate", str(study)], capture_output=True, text=True, timeout=LIMIT
                )
                self.assertEqual(run.returncode, 0, run.stdout + run.stderr)

    @needs_compiler
    def test_theCppExampleSurvivesAKill(self):
        subprocess.run(["make", "-s", "-C", str(self.scratch / "Examples/cpp")], check=True, timeout=LIMIT)
        self.interrupt_and_resume(self.study("cpp", "budget.configurations=60"), 30)
        self.expect_whole(60)
        self.assertEqual(json.loads((self.scratch / "out/summary.json").read_text())["status"], "finished")

    def test_aPythonTrainerServesAStudyThatIsKilled(self):
        # Losses that fall with resource, a generator whose state is in the checkpoint, some configurations invalid.
        example = self.scratch / "Examples/python"
        example.mkdir()
        (example / "train.py").write_text("""
import pickle, random
import ash_mpi

@ash_mpi.trainer
def train(configuration, job):
    print("stray")
    if configuration["x"] > 0.9:
        raise ash_mpi.Invalid("too far")
    start, saved = job.load()
    generator, loss = pickle.loads(saved.read_bytes()) if saved else (random.Random(job.seed), configuration["x"])
    for epoch in range(start, job.resource):
        loss *= generator.random()
        job.save(epoch + 1, pickle.dumps((generator, loss)))
        job.report(epoch + 1, loss)
    return loss

ash_mpi.serve(train)
""")
        (example / "study.yaml").write_text("""
search_space: {x: {type: float, min: 0, max: 1}}
scheduler: {algorithm: asha, reduction_factor: 3, min_resource: 1, max_resource: 27}
budget: {configurations: 300}
trainer:
  kind: command
  command: [python3, train.py]
  protocol: serve
  environment: {PYTHONPATH: ../../clients/python/src}
""")
        self.interrupt_and_resume(self.study("python"), 100)
        rungs = [(result["trial"], result["rung"]) for result in self.events("result")]
        self.assertEqual(len(rungs), len(set(rungs)))
        self.assertEqual({failure["reason"] for failure in self.events("failure")}, {"too far"})

    @needs_sklearn
    def test_theScikitLearnExampleSurvivesAKill(self):
        self.interrupt_and_resume(self.study("sklearn-digits", "budget.configurations=20"), 10)
        self.expect_whole(20)


if __name__ == "__main__":
    unittest.main()
