"""The trainers of the examples, alone: what a study rests on.

Each is started as `protocol: once` starts it. Those that need what is not installed are skipped; the shell and the C++
example need nothing.
"""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent.parent
EXAMPLES = REPOSITORY / "Examples"
LIMIT = 300


class Trial:
    """One trial of an example: a configuration with its checkpoint. All resources count from its start."""

    def __init__(self, folder, command, configuration, checkpoint):
        self.folder, self.command, self.configuration, self.checkpoint = folder, command, configuration, checkpoint

    def train(self, resource, resume_resource=0):
        """The result as the program prints it, and all its lines."""
        job = {
            "ASH_PROTOCOL": "once",
            "ASH_CONFIGURATION": json.dumps(self.configuration),
            "ASH_RESOURCE": str(resource),
            "ASH_RESUME_RESOURCE": str(resume_resource),
            "ASH_CHECKPOINT": str(self.checkpoint),
            "ASH_SEED": "7",
            "ASH_TRIAL": "3",
            "ASH_RUNG": "0",
            "PYTHONPATH": str(REPOSITORY / "clients/python/src"),
            "OMP_NUM_THREADS": "1",
        }
        run = subprocess.run(
            self.command, cwd=self.folder, env={**os.environ, **job}, capture_output=True, text=True, timeout=LIMIT
        )
        if run.returncode != 0:
            raise AssertionError(f"{self.command} exited with {run.returncode}: {run.stderr[-2000:]}")
        lines = [json.loads(line) for line in run.stdout.splitlines()]
        return lines[-1], lines


class ResumingTests:
    """What holds for each example. Subclasses say which, and how it is started."""

    folder = ""
    configuration = {}
    metric = "loss"

    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix="ash-mpi-test-")
        self.addCleanup(temporary.cleanup)
        self.scratch = Path(temporary.name)

    def command(self):
        return [sys.executable, "train.py"]

    def trial(self, name):
        return Trial(EXAMPLES / self.folder, self.command(), self.configuration, self.scratch / name)

    def test_trainingInPartsGivesWhatTrainingInOneGoGives(self):
        whole, _ = self.trial("whole").train(5)
        parts = self.trial("parts")
        losses = [parts.train(2)[0], parts.train(5, 2)[0], parts.train(5, 2)[0]]
        self.assertIsInstance(whole[self.metric], float)
        self.assertEqual(losses[1:], [whole, whole])
        self.assertNotEqual(losses[0], whole, "resource makes no difference")

    def test_aCheckpointThatIsFurtherThanTheJobChangesNothing(self):
        trial = self.trial("far")
        trial.train(3)
        self.assertEqual(trial.train(1)[0], self.trial("new").train(1)[0])


class ShellTests(ResumingTests, unittest.TestCase):
    folder = "shell"

    def command(self, rate="0.02"):
        return ["sh", "train.sh", rate, "0.9", "0.001"]

    def test_divergenceIsALoss(self):
        trial = Trial(EXAMPLES / "shell", self.command("0.3"), {}, self.scratch / "diverged")
        self.assertEqual(trial.train(3)[0], {"loss": "nan"})


@unittest.skipUnless(shutil.which("make") and shutil.which("c++"), "no C++ compiler")
class CppTests(ResumingTests, unittest.TestCase):
    folder = "cpp"
    metric = "length"

    def command(self):
        if not (self.scratch / "anneal").exists():
            make = ["make", "-s", "-C", str(self.scratch), "-f", str(EXAMPLES / "cpp/Makefile")]
            shutil.copy(EXAMPLES / "cpp/anneal.cpp", self.scratch)
            subprocess.run(make, check=True, timeout=LIMIT)
        return [str(self.scratch / "anneal"), "0.1", "0.1", "0.2", "0.001"]

    def test_progressIsReported(self):
        _, lines = self.trial("progress").train(3)
        self.assertEqual([line["progress"]["resource"] for line in lines[:-1]], [1, 2, 3])


@unittest.skipUnless(importlib.util.find_spec("sklearn"), "no scikit-learn")
class ScikitLearnTests(ResumingTests, unittest.TestCase):
    folder = "sklearn-digits"
    configuration = {"hidden_layer_sizes": 16, "batch_size": 128}


@unittest.skipUnless(importlib.util.find_spec("sklearn"), "no scikit-learn")
class SupportVectorMachineTests(unittest.TestCase):
    def test_theResourceIsTheSizeOfTheTrainingSet(self):
        trial = Trial(EXAMPLES / "papers", [sys.executable, "svm.py"], {"C": 100, "gamma": 1}, Path("never-written"))
        few, _ = trial.train(64)
        many, _ = trial.train(1024, 64)
        self.assertLess(many["loss"], few["loss"])
        self.assertEqual(trial.train(1024)[0], many)


@unittest.skipUnless(importlib.util.find_spec("xgboost"), "no XGBoost")
class XGBoostTests(ResumingTests, unittest.TestCase):
    folder = "xgboost"
    configuration = {"max_depth": 3, "subsample": 0.7, "colsample_bytree": 0.6}


@unittest.skipUnless(
    importlib.util.find_spec("torch") and Path("/usr/share/datasets/fashion-mnist").is_dir(),
    "no PyTorch, or no dataset-fashion-mnist",
)
class PyTorchTests(ResumingTests, unittest.TestCase):
    folder = "pytorch-fashion-mnist"
    configuration = {
        "learning_rate": 0.05,
        "momentum": 0.9,
        "weight_decay": 1e-4,
        "batch_size": 128,
        "channels": 4,
        "dropout": 0.2,
    }


if __name__ == "__main__":
    unittest.main()
