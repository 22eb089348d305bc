"""The trainers of the examples, alone: what a study rests on.

Each is started as `protocol: once` starts it. Those that need what is not installed are skipped; the shell and the C++
example need nothing.
"""

import importlib.util
import json
import os
import re
import shutil
import socket
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


class UntouchedTests:
    """A script that knows nothing of a tuner: the study finds its losses by a pattern."""

    folder = ""
    options = []

    def test_eachEpochHasALossThatTheStudyFinds(self):
        study = (EXAMPLES / self.folder / "study.yaml").read_text()
        self.assertLessEqual(len(study.splitlines()), 15)
        pattern = re.search(r"loss_pattern: '(.+)'", study)[1]
        command = [sys.executable, "main.py", "--epochs", "2", *self.options]
        run = subprocess.run(
            command,
            cwd=EXAMPLES / self.folder,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
            capture_output=True,
            text=True,
            timeout=LIMIT,
        )
        self.assertEqual(run.returncode, 0, run.stderr)
        losses = [float(loss) for loss in re.findall(pattern, run.stdout)]
        self.assertEqual(len(losses), 2, run.stdout)
        for name, pattern in re.findall(r"metric_patterns: \{(\w+): '(.+)'\}", study):
            self.assertEqual(len(re.findall(pattern, run.stdout)), 2, name)


needs_torch = unittest.skipUnless(
    importlib.util.find_spec("torch") and importlib.util.find_spec("sklearn"), "no PyTorch, or no scikit-learn"
)


@needs_torch
class UntouchedImagesTests(UntouchedTests, unittest.TestCase):
    folder = "untouched-images"


@needs_torch
class UntouchedTextTests(UntouchedTests, unittest.TestCase):
    folder = "untouched-text"
    options = ["--words", "5000", "--tied"]


@needs_torch
class DistributedTests(unittest.TestCase):
    """Two processes a trial, started as ash-mpi and torchrun start them."""

    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix="ash-mpi-test-")
        self.addCleanup(temporary.cleanup)
        self.scratch = Path(temporary.name)

    def train(self, epochs, checkpoint=None):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        world = {"WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "OMP_NUM_THREADS": "1"}
        if checkpoint:
            checkpoint.mkdir(exist_ok=True)
            world["ASH_CHECKPOINT"] = str(checkpoint)
        ranks = [
            subprocess.Popen(
                [sys.executable, "train.py", "--epochs", str(epochs)],
                cwd=EXAMPLES / "pytorch-ddp",
                env={**os.environ, **world, "RANK": str(rank), "LOCAL_RANK": str(rank)},
                stdout=subprocess.PIPE,
                text=True,
            )
            for rank in (0, 1)
        ]
        for rank in ranks:
            self.addCleanup(rank.kill)
        first, second = (rank.communicate(timeout=LIMIT)[0] for rank in ranks)
        self.assertEqual([rank.returncode for rank in ranks], [0, 0])
        self.assertEqual(second, "")
        return json.loads(first.splitlines()[-1])

    def test_trainingInPartsGivesWhatTrainingInOneGoGives(self):
        whole = self.train(3)
        first = self.train(1, self.scratch / "parts")
        self.assertNotEqual(first, whole)
        self.assertEqual(self.train(3, self.scratch / "parts"), whole)
        self.assertEqual(self.train(3, self.scratch / "parts"), whole)


if __name__ == "__main__":
    unittest.main()
