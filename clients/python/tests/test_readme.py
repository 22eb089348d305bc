"""What the README shows is what there is."""

import difflib
import re
import unittest
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent.parent
EXAMPLE = PACKAGE.parent.parent / "Examples" / "sklearn-digits"


class ReadmeTests(unittest.TestCase):
    def setUp(self):
        before, after = (EXAMPLE.joinpath(name).read_text().splitlines() for name in ("before.py", "train.py"))
        self.diff = list(difflib.unified_diff(before, after, "before.py", "train.py", lineterm=""))

    def test_anOrdinaryScriptIsTunableWithTenChangedLines(self):
        changed = {sign: sum(line.startswith(sign) for line in self.diff[2:]) for sign in "+-"}
        self.assertGreater(min(changed.values()), 0)
        self.assertLessEqual(max(changed.values()), 10)

    def test_theDifferenceIsShownAsItIs(self):
        shown = re.search(r"```diff\n(.*?)```", (PACKAGE / "README.md").read_text(), re.DOTALL)[1]
        self.assertEqual([line.rstrip() for line in shown.splitlines()], [line.rstrip() for line in self.diff])


if __name__ == "__main__":
    unittest.main()
