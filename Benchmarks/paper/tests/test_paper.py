"""Whether `make paper` still runs from end to end: all experiments, in tiny sizes. Its numbers mean nothing."""

import csv
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree as xml
from pathlib import Path

PAPER = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PAPER))

from lineplot import Figure, Line, Panel  # noqa: E402
from report import read_orderings, read_page, write_orderings  # noqa: E402


def smoke(folder: str, *experiments: int) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, str(PAPER / "run"), "--smoke", "-o", folder, *map(str, experiments)],
                          capture_output=True, text=True, timeout=600)


class PaperTests(unittest.TestCase):
    def test_every_experiment_runs_and_its_journals_are_legal(self):
        with tempfile.TemporaryDirectory() as folder:
            done = smoke(folder)
            self.assertEqual(done.returncode, 0, done.stderr[-2000:])
            page = (Path(folder) / "RESULTS.md").read_text()
            self.assertEqual(sorted(read_page(Path(folder) / "RESULTS.md")), [1, 2, 3, 4, 5, 6, 7])
            self.assertEqual(page.count("Found legal by"), 7)
            for plot in (Path(folder) / "plots").iterdir():
                self.assertIn(f"plots/{plot.name}", page)
                xml.parse(plot)
            for table in (Path(folder) / "results").iterdir():
                with table.open(newline="") as file:
                    self.assertEqual(len({len(row) for row in csv.reader(file)}), 1, table.name)
            toy = [now for (number, _), (now, *_) in
                   read_orderings(Path(folder) / "results/orderings.csv").items() if number == 3]
            self.assertEqual(toy, ["ok", "ok", "ok"])

    def test_an_ordering_that_is_lost_fails_every_time(self):
        with tempfile.TemporaryDirectory() as folder:
            smoke(folder, 4)
            orderings = Path(folder) / "results/orderings.csv"
            rows = read_orderings(orderings)
            # So little time finds nothing, so that neither is before the other.
            lost = next(key for key, row in rows.items() if row[0] == "not")
            rows[lost][2] = "yes"
            write_orderings(orderings, rows)
            for _ in range(2):
                done = smoke(folder, 4)
                self.assertEqual(done.returncode, 1, done.stderr)
                self.assertIn(f"no longer reproduced: {lost[1]}", done.stderr)

    def test_a_single_experiment_leaves_the_others_as_they_are(self):
        with tempfile.TemporaryDirectory() as folder:
            page = Path(folder) / "RESULTS.md"
            page.write_text("# Title\n\n## 1. One\n\nas it was\n\n## 3. Old\n\nstale\n\n## Published orderings\n\n-\n")
            smoke(folder, 3)
            self.assertIn("as it was", read_page(page)[1])
            self.assertNotIn("stale", page.read_text())


class LinePlotTests(unittest.TestCase):
    def test_what_an_axis_cannot_show_ends_the_line_there(self):
        points = [(1, 10), (2, 20), (3, float("inf")), (4, 0), (5, 30), (6, 40)]
        figure = Figure("a < b & c", [Panel("", "x", "y", [Line("line", points)], log_y=True)])
        drawing = xml.fromstring(figure.svg())
        path = [e.get("d") for e in drawing.iter("{http://www.w3.org/2000/svg}path") if e.get("stroke-linejoin")][0]
        self.assertEqual((path.count("M"), path.count("L")), (2, 2))
        self.assertEqual(len(list(drawing.iter("{http://www.w3.org/2000/svg}circle"))), 4)

    def test_every_point_lies_within_the_axes(self):
        for log in (False, True):
            lines = [Line("line", [(x, x ** 3) for x in (1, 7, 300, 10000)])]
            drawing = xml.fromstring(Figure("", [Panel("", "x", "y", lines, log_x=log, log_y=log)]).svg())
            for circle in drawing.iter("{http://www.w3.org/2000/svg}circle"):
                self.assertTrue(0 < float(circle.get("cx")) < 430 and 0 < float(circle.get("cy")) < 300)


if __name__ == "__main__":
    unittest.main()
