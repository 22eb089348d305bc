"""What is packaged."""

import re
import unittest
from pathlib import Path

from driver import SOURCES  # noqa: F401  puts the package on the path

import ash_mpi

PACKAGE = Path(__file__).resolve().parent.parent
PROGRAM = PACKAGE.parent.parent / "Sources/AshMPI/TuningProgram.swift"


class PackagingTests(unittest.TestCase):
    def test_theVersionIsTheProgramsVersion(self):
        version = re.search(r'static let version = "(.+)"', PROGRAM.read_text())[1]
        self.assertEqual(ash_mpi.__version__, version)

    def test_theVersionStandsInOnePlace(self):
        self.assertIn('version = {attr = "ash_mpi.__version__"}', (PACKAGE / "pyproject.toml").read_text())

    def test_theTypesAreMarkedAndTheLicenceIsThere(self):
        self.assertTrue((SOURCES / "ash_mpi/py.typed").exists())
        self.assertIn("Apache License", (PACKAGE / "LICENSE").read_text())


if __name__ == "__main__":
    unittest.main()
