"""The scripts of docs/your-own-script.md: the first as it stands there, the others by the page's diffs."""

import re
import unittest
from pathlib import Path

from driver import Folder

PAGE = Path(__file__).resolve().parents[3] / "docs/your-own-script.md"


def patched(text, diff):
    """The text with the hunks of a unified diff applied. Raises ValueError where one doesn't fit."""
    lines, result, done = text.splitlines(), [], 0
    for hunk in re.split(r"^@@ ", diff, flags=re.MULTILINE)[1:]:
        head, *body = hunk.splitlines()
        start = int(re.match(r"-(\d+)", head)[1]) - 1
        # Editors strip the blank at the end of a line that is empty and stays.
        old = [line[1:] for line in body if line[:1] in ("", " ", "-")]
        if lines[start : start + len(old)] != old:
            raise ValueError(f"the hunk @@ {head} does not fit")
        result += lines[done:start] + [line[1:] for line in body if line[:1] in ("", " ", "+")]
        done = start + len(old)
    return "\n".join(result + lines[done:]) + "\n"


class YourOwnScriptTests(unittest.TestCase):
    def setUp(self):
        page = PAGE.read_text()
        self.script = re.search(r"```python\n(.*?)```", page, re.DOTALL)[1]
        self.diffs = re.findall(r"```diff\n(.*?)```", page, re.DOTALL)
        # What is printed after a command that is not ash-mpi's own.
        self.shown = re.findall(r"```text\n\$ python3 fit\.py ([^\n]*)\n(.*?)```", page, re.DOTALL)

    def test_theUntouchedScriptPrintsWhatIsShown(self):
        options, shown = self.shown[0]
        with Folder(self.script) as folder:
            self.assertEqual(folder.run(*options.split()).stdout, shown)

    def test_theOthersResumeWell(self):
        text = self.script
        for diff in self.diffs:
            text = patched(text, diff)
            with Folder(text) as folder:
                configuration = '{"lr": 0.05, "momentum": 0.5}'
                run = folder.run("--configuration", configuration, "--resource", "6", "--check-resume")
            self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
            results = [line.split("  ")[0] for line in run.stdout.splitlines() if line.startswith("loss ")]
            self.assertEqual(results, [self.shown[1][1].split("  ")[0]])
        self.assertEqual(len(self.diffs), 2)


if __name__ == "__main__":
    unittest.main()
