"""What an experiment comes to, and the page, tables and plots that it leaves."""

import csv
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Dict, List, Sequence, Tuple

from lineplot import Figure


@dataclass
class Ordering:
    """A published comparison, and whether it holds in our numbers."""

    name: str
    holds: bool
    numbers: str


@dataclass
class Table:
    columns: Sequence[str]
    rows: List[Sequence[Any]]

    def markdown(self) -> str:
        lines = ["| " + " | ".join(self.columns) + " |", "|" + "---|" * len(self.columns)]
        lines += ["| " + " | ".join(shown(cell) for cell in row) + " |" for row in self.rows]
        return "\n".join(lines)


@dataclass
class Section:
    """One experiment's part of the page. `text` holds paragraphs and `Table`s in their order."""

    number: int
    title: str
    text: List[Any] = field(default_factory=list)
    figures: List[Tuple[str, Figure, str]] = field(default_factory=list)
    tables: List[Tuple[str, Table]] = field(default_factory=list)
    orderings: List[Ordering] = field(default_factory=list)

    def markdown(self) -> str:
        parts = [f"## {self.number}. {self.title}"]
        parts += [part.markdown() if isinstance(part, Table) else part for part in self.text]
        for name, figure, caption in self.figures:
            parts.append(f"![{figure.title}](plots/{name}.svg)\n\n*{caption}*")
        if self.tables:
            names = ", ".join(f"[`{name}.csv`](results/{name}.csv)" for name, _ in self.tables)
            parts.append(f"All numbers: {names}.")
        return "\n\n".join(parts) + "\n"

    def write(self, folder: Path) -> None:
        """The tables and the plots."""
        for kind in ("results", "plots"):
            (folder / kind).mkdir(parents=True, exist_ok=True)
        for name, table in self.tables:
            with (folder / "results" / f"{name}.csv").open("w", newline="") as file:
                writer = csv.writer(file, lineterminator="\n")
                writer.writerow(table.columns)
                writer.writerows([[plain(cell) for cell in row] for row in table.rows])
        for name, figure, _ in self.figures:
            (folder / "plots" / f"{name}.svg").write_text(figure.svg())


def prose(text: str) -> str:
    """A paragraph in one line, whatever its lines in the source."""
    return " ".join(text.split())


def shown(value: Any) -> str:
    """A cell of the page: three significant digits, thousands apart."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return str(value)
    if isinstance(value, int):
        return f"{value:,}"
    if not math.isfinite(value):
        return "–"
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def plain(value: Any) -> Any:
    """A cell of a CSV file: six significant digits, empty where there is no number."""
    if isinstance(value, float):
        return f"{value:.6g}" if math.isfinite(value) else ""
    return value


HEAD = """# The published results, again

Written by `make paper`: every number comes from a run of `ash-mpi` itself, read off its journal or its summary.
*Recorded* curves were measured by their authors, *surrogate* ones are a model's of recorded runs, *synthetic* ones come
from the formula in `Sources/Models/SyntheticTrainer.swift`. time(R) is the mean time that it takes to train one
configuration to R. Numbers are medians over the seeds unless something else is said. All times are virtual, except
where a run is called real.
"""


def read_page(path: Path) -> Dict[int, str]:
    """The sections of a page, by number."""
    sections: Dict[int, str] = {}
    number = None
    for line in path.read_text().splitlines() if path.exists() else []:
        if line.startswith("## "):
            start = line[3:].split(".")[0]
            number = int(start) if start.isdigit() else None
        if number is not None:
            sections[number] = sections.get(number, "") + line + "\n"
    return sections


def read_orderings(path: Path) -> Dict[Tuple[int, str], List[str]]:
    """(experiment, ordering) → [ok or not, numbers, reproduced: whether it ever was ok]."""
    if not path.exists():
        return {}
    with path.open(newline="") as file:
        return {(int(row[0]), row[1]): row[2:] for row in list(csv.reader(file))[1:]}


def write_orderings(path: Path, orderings: Dict[Tuple[int, str], List[str]]) -> None:
    with path.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["experiment", "ordering", "now", "numbers", "once_reproduced"])
        writer.writerows([[*key, *orderings[key]] for key in sorted(orderings)])
