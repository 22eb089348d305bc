"""A single configuration, trained by hand."""

import json
import unittest

from driver import Folder

SUM = """
    import pickle, random, sys
    import ash_mpi

    def train(configuration, job):
        if configuration["step"] == 0:
            raise ash_mpi.Invalid("no step at all")
        start, saved = job.load()
        generator, weight = pickle.loads(saved.read_bytes()) if saved else (random.Random(job.seed), 0)
        if configuration.get("forgets"):
            generator = random.Random(job.seed)
        for epoch in range(start, job.resource):
            weight += configuration["step"] * generator.random()
            job.save(epoch + 1, pickle.dumps((generator, weight)))
            job.report(epoch + 1, weight)
        print("a print of the script")
        return {"loss": weight, "last": epoch if configuration.get("trips") else 0}

    ash_mpi.serve(train, [a for a in sys.argv[1:] if a != "--mine"])
"""


class SingleTests(unittest.TestCase):
    def run_script(self, *arguments, **configuration):
        with Folder(SUM) as folder:
            if configuration:
                arguments = ("--configuration", json.dumps(configuration), *arguments)
            return folder.run(*arguments)

    def test_onePersonReadsIt(self):
        run = self.run_script("--resource", "2", "--mine", step=0.5)
        lines = run.stdout.splitlines()
        self.assertRegex(lines[0], r"^resource 1: loss 0\.\d+$")
        self.assertRegex(lines[1], r"^resource 2: loss 0\.\d+$")
        self.assertEqual(lines[2], "a print of the script")
        self.assertRegex(lines[3], r"^loss 0\.\d+  last 0  \(\d+\.\d s\)$")
        self.assertEqual((run.returncode, run.stderr), (0, ""))

    def test_theSeedDecides(self):
        losses = {self.run_script("--seed", str(seed), step=1).stdout.splitlines()[0] for seed in (1, 1, 2)}
        self.assertEqual(len(losses), 2)

    def test_withoutAConfigurationItSaysWhatToGive(self):
        run = self.run_script()
        self.assertEqual(run.returncode, 2)
        self.assertIn("--configuration", run.stderr)

    def test_aBrokenConfigurationIsNamed(self):
        for text in ("{'x': 1}", "[1]", "no-such-file.json"):
            run = self.run_script("--configuration", text)
            self.assertEqual(run.returncode, 2)
            self.assertIn("--configuration", run.stderr.splitlines()[-1])

    def test_aWrongOptionIsMentioned(self):
        run = self.run_script("--resorce", "3", step=1)
        self.assertIn("left to the script: --resorce 3", run.stderr)

    def test_anInvalidConfigurationIsSaidToBe(self):
        run = self.run_script(step=0)
        self.assertEqual((run.returncode, run.stderr.strip()), (1, "invalid configuration: no step at all"))

    def test_theBestConfigurationOfAStudyCanBeGiven(self):
        with Folder(SUM) as folder:
            best = folder.path / "configuration.json"
            best.write_text(json.dumps({"trial": 3, "loss": 0.1, "configuration": {"step": 2}}))
            self.assertEqual(folder.run("--configuration", str(best)).returncode, 0)

    def test_aCheckpointThatIsKeptIsGoneOnFrom(self):
        with Folder(SUM) as folder:
            options = ("--configuration", '{"step": 1}', "--checkpoint", str(folder.path / "kept"))
            folder.run(*options, "--resource", "2")
            self.assertIn("resource 3", folder.run(*options, "--resource", "3").stdout.splitlines()[0])

    def test_aTrainerThatResumesWellIsToldSo(self):
        run = self.run_script("--resource", "5", "--check-resume", step=1)
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
        self.assertIn("Resuming gives the same, bit for bit.", run.stdout)

    def test_aTrainerThatForgetsSomethingIsToldWhatDiffers(self):
        run = self.run_script("--resource", "5", "--check-resume", step=1, forgets=True)
        self.assertEqual(run.returncode, 1)
        self.assertRegex(run.stdout, r"loss: [\d.]+ in one go, [\d.]+ in two parts")
        self.assertIn("random generators", run.stderr)

    def test_aTrainerThatNeedsSomethingLeftToTrainIsFoundOut(self):
        run = self.run_script("--resource", "5", "--check-resume", step=1, trips=True)
        self.assertEqual(run.returncode, 1)
        self.assertIn("Once more, with nothing left to train:", run.stdout)
        self.assertIn("UnboundLocalError", run.stderr)
        self.assertIn("return nothing after job.report", run.stderr)

    def test_aFunctionThatReturnsNothingNeedsNothingLeftToTrain(self):
        script = """
            import ash_mpi

            def train(configuration, job):
                start, saved = job.load()
                weight = float(saved.read_text()) if saved else 1.0
                for epoch in range(start, job.resource):
                    weight *= 0.9
                    job.save(epoch + 1, repr(weight).encode())
                    job.report(epoch + 1, weight, half=weight / 2)

            ash_mpi.serve(train)
        """
        with Folder(script) as folder:
            run = folder.run("--configuration", "{}", "--resource", "5", "--check-resume")
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
        self.assertEqual(run.stdout.splitlines()[0], "resource 1: loss 0.9  half 0.45")
        self.assertIn("Resuming gives the same, bit for bit.", run.stdout)


if __name__ == "__main__":
    unittest.main()
