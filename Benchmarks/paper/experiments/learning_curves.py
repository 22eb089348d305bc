"""Experiment 4: time to the best rows of tables of learning curves, by scheduler and number of workers."""

import csv
import gzip
import math
from dataclasses import dataclass
from functools import partial
from typing import Dict, List, Tuple

from bench import HERE, Bench, Simulation, events, loss_of, median
from lineplot import Figure, Line, Panel
from report import Ordering, Section, Table, prose, shown

NUMBER, TITLE = 4, "Time to the best rows of learning-curve tables"
SHARES = (0.01, 0.0025)
REPETITIONS = 25


@dataclass(frozen=True)
class CurveTable:
    study: str
    file: str
    kind: str
    about: str
    min_resource: int
    max_resource: int
    prefix: str = "v"
    carries_on: bool = False


TABLES = [
    CurveTable("taskset", "taskset_imdb_patch128_LSTM128_bs64", "recorded", "TaskSet, an LSTM on IMDB", 1, 50),
    CurveTable("nmt", "nmt_so-en", "recorded", "NMT, Somali to English", 1, 77, "p", True),
    CurveTable("lcbench", "lcbench_real_blood_balerr", "recorded", "LCBench, blood transfusion", 1, 50),
    CurveTable("fashionmnist", "lcbench_sur_fashionmnist", "surrogate", "LCBench, Fashion-MNIST", 2, 50),
]
#: What each scheduler's study says besides η, r and R.
SCHEDULERS = {
    "ASHA": "algorithm: asha", "SHA": "algorithm: parallel_sha", "Hyperband": "algorithm: hyperband",
    "PASHA": "algorithm: pasha", "top-k": "algorithm: top_k", "random": "algorithm: random",
}
#: Workers → how long a study may take, in time(R). Random search needs about 400 trainings for one row in 400.
HORIZONS = {1: 1200, 25: 60, 500: 6}


@dataclass(frozen=True)
class Facts:
    """What a table says: rows by value at full resource, and how long a training takes."""

    rows: int
    thresholds: Tuple[float, ...]
    values: Tuple[float, ...]
    full_time: float
    #: What the rows that are best at R are at r, counted from 1, the best at R first.
    first_ranks: Tuple[int, ...]

    def top_k(self, table: CurveTable) -> int:
        """As many as cost as much to train to R as all rows do to r."""
        return self.rows * table.min_resource // table.max_resource


def facts(table: CurveTable) -> Facts:
    with gzip.open(HERE.parent / "curves" / f"{table.file}.csv.gz", "rt", newline="") as file:
        rows = list(csv.DictReader(file))
    values, seconds, first = [], [], []
    for row in rows:
        curve = [float(cell) if cell else math.inf
                 for cell in (row[f"{table.prefix}{unit}"] for unit in range(1, table.max_resource + 1))]
        values.append(min(curve) if table.carries_on else curve[-1])
        seconds.append(float(row.get("sec_per_epoch") or 1))
        first.append(min(curve[:table.min_resource]) if table.carries_on else curve[table.min_resource - 1])
    ranked = sorted(values)
    order = sorted(range(len(rows)), key=lambda row: first[row])
    ranks = {row: rank for rank, row in enumerate(order, 1)}
    first_ranks = [ranks[row] for row in sorted(range(len(rows)), key=lambda row: values[row])[:5]]
    thresholds = tuple(ranked[max(1, round(share * len(rows))) - 1] for share in SHARES)
    return Facts(len(rows), thresholds, tuple(values), table.max_resource * sum(seconds) / len(rows),
                 tuple(first_ranks))


def read(facts: Facts, full_resource: int, folder) -> List[float]:
    """In time(R), for each share: when the incumbent is among the best rows, when one of them is trained to R."""
    rows: Dict[int, int] = {}
    best, incumbent = math.inf, [math.inf] * len(SHARES)
    trained = [math.inf] * len(SHARES)
    for dispatch in events(folder, "dispatch"):
        if "configuration" in dispatch:
            rows[dispatch["trial"]] = dispatch["configuration"]["row"]
    for result in events(folder, "result"):
        loss, time = loss_of(result), result["time"] / facts.full_time
        is_full = result["resource"] == full_resource
        if loss >= best and not is_full:
            continue
        value = facts.values[rows[result["trial"]]]
        for index, threshold in enumerate(facts.thresholds):
            if value > threshold:
                continue
            if loss < best:
                incumbent[index] = min(incumbent[index], time)
            if is_full:
                trained[index] = min(trained[index], time)
        best = min(best, loss)
    return incumbent + trained


def simulation(table: CurveTable, facts: Facts, name: str, workers: int, seed: int, horizon: float, read, check=None):
    scheduler = SCHEDULERS[name]
    budget = f"time: {horizon * facts.full_time:.6g}s"
    if name == "top-k":
        scheduler += f", top_k: {facts.top_k(table)}"
        budget += f", configurations: {facts.rows}"
    return Simulation(
        f"{table.study}.yaml", workers, seed, read,
        (f"scheduler={{{scheduler}, reduction_factor: 4, min_resource: {table.min_resource}, "
         f"max_resource: {table.max_resource}}}", f"budget={{{budget}}}"), check=check)


def nothing(folder) -> None:
    return None


def run(bench: Bench) -> Section:
    section = Section(NUMBER, TITLE)
    tables = TABLES[1:2] if bench.smoke else TABLES
    horizons = {1: 4, 25: 1} if bench.smoke else HORIZONS
    known = {table.study: facts(table) for table in tables}

    def times_of(cells, seeds):
        """For each cell a list over the seeds of what `read` gives."""
        found = bench.simulate([
            simulation(table, known[table.study], name, workers, seed, horizons[workers],
                       partial(read, known[table.study], table.max_resource))
            for table, workers, name in cells for seed in range(1, seeds + 1)])
        return {(table.study, workers, name): found[index * seeds:(index + 1) * seeds]
                for index, (table, workers, name) in enumerate(cells)}

    cells = [(table, workers, name) for table in tables for workers in horizons for name in SCHEDULERS]
    times = {cell: [median(column) for column in zip(*group)] for cell, group in times_of(cells, bench.seeds).items()}
    bench.simulate([simulation(table, known[table.study], name, 25, 1, 1 if bench.smoke else 10, nothing,
                               check=f"{name} on {table.study}")
                    for table in tables for name in SCHEDULERS])

    def found(study, workers, name):
        return "; ".join(shown(time) for time in times[study, workers, name][2:])

    table = Table(["table", "kind", "workers", *SCHEDULERS], [
        [table.about, table.kind, workers, *[found(table.study, workers, name) for name in SCHEDULERS]]
        for table in tables for workers in horizons])
    every = Table(
        ["table", "kind", "workers", "scheduler",
         *[f"{what}_top_{100 * share:g}_percent" for what in ("incumbent", "trained_to_R") for share in SHARES]],
        [[table.study, table.kind, workers, name, *times[table.study, workers, name]] for table, workers, name in cells])
    section.tables = [("4-learning-curves", every)]
    horizon_text = ", ".join(f"{horizon:,} × time(R) on {workers}" for workers, horizon in horizons.items())
    ranks_text = "; ".join(
        f"on {table.about} it trains {known[table.study].top_k(table)} rows to R, and the best at R are number "
        + " and ".join(f"{rank:,}" for rank in known[table.study].first_ranks[:2]) + " there" for table in tables)

    def gain(index):
        return ", ".join(f"{times[table.study, 1, 'ASHA'][index] / times[table.study, 25, 'ASHA'][index]:.1f}"
                         for table in tables)

    section.text = [
        prose(f"""
            η = 4, r one unit (two where the table says nothing at one), R the length of the curves, rows drawn at random,
            {bench.seeds} seeds. A row is among the top 1 % or 0.25 % by its value at R. In each cell, in units of
            time(R): when a row of the top 1 % has been trained to R; and one of the top 0.25 %. – is never within
            {horizon_text} workers. *SHA* starts new brackets on idle workers; *Hyperband* is the asynchronous one;
            *top-k* trains as many rows as the table has to r, and of them as many to R as cost the same."""),
        table,
        prose(f"""
            On 500 workers these tables are too small to tell much: of 500 rows drawn at once, one is among the best
            0.25 % with a probability of {1 - (1 - SHARES[1]) ** 500:.0%}, and what is left is how long it takes to train
            it to R. The file says also when the incumbent, the best loss so far at whatever rung, is such a row. Top-k
            stands and falls with what the lowest rung tells: {ranks_text}."""),
        prose(f"""
            With 25 workers in place of one, ASHA has trained a row of the top 1 % to R {gain(2)} times as soon, in the
            order of the tables, and one of the top 0.25 % {gain(3)} times. What can't be shared out is one training to
            R."""),
    ]
    section.figures = [("4-learning-curves", Figure("time(R) until a row of the top 0.25 % is trained to R", [
        Panel(f"{table.about} ({table.kind})", "workers", "time / time(R)",
              [Line(name, [(workers, times[table.study, workers, name][3]) for workers in horizons],
                    dashed=name == "PASHA") for name in SCHEDULERS],
              log_x=True, log_y=True) for table in tables]), f"Median over {bench.seeds} seeds.")]

    pairs = [(times[table.study, workers, "ASHA"][3], times[table.study, workers, "random"][3])
             for table in tables for workers in horizons if workers < 500]
    hyper = [(times[table.study, workers, "ASHA"][3], times[table.study, workers, "Hyperband"][3])
             for table in tables for workers in horizons if workers < 500]
    ratio = "{} : {}".format
    section.orderings = [
        Ordering("ASHA has trained a row of the top 0.25 % to R before random search, on each table, 1 and 25 workers",
                 all(asha < random for asha, random in pairs),
                 ", ".join(ratio(shown(asha), shown(random)) for asha, random in pairs)),
        Ordering("aggressive early stopping (bracket 0) matches Hyperband or is before it, there (within 10 %)",
                 all(asha <= 1.1 * other for asha, other in hyper),
                 ", ".join(ratio(shown(asha), shown(other)) for asha, other in hyper)),
    ]
    if not bench.smoke:
        _independent(section, times_of, tables[-1])
    return section


def _independent(section: Section, times_of, table: CurveTable) -> None:
    """Our numbers beside those of an independent rough simulation, over more seeds."""
    known = {("ASHA", 1): 48, ("random", 1): 438, ("ASHA", 25): 2.4, ("random", 25): 18}
    group = times_of([(table, workers, name) for name, workers in known], REPETITIONS)
    rows, means = [], {}
    for (name, workers), number in known.items():
        runs = [run[3] for run in group[table.study, workers, name]]
        # What was not found in time counts as found at its end: a mean that is too low, if anything.
        means[name, workers] = sum(min(time, HORIZONS[workers]) for time in runs) / len(runs)
        rows.append([name, workers, number, means[name, workers], median(runs),
                     median(run[2] for run in group[table.study, workers, name])])
    section.text += [
        f"Beside an independent rough simulation of one of them ({table.about}, **{table.kind}**), {REPETITIONS} seeds:",
        Table(["scheduler", "workers", "independent", "our mean, top 0.25 %", "our median", "our median, top 1 %"], rows)]
    factors = [(means["random", workers] / means["ASHA", workers], known["random", workers] / known["ASHA", workers])
               for workers in (1, 25)]
    section.orderings.append(Ordering(
        "ASHA's lead over random search is the independent simulation's within a factor of two, on 1 and 25 workers",
        all(theirs / 2 < ours < theirs * 2 for ours, theirs in factors),
        ", ".join(f"{ours:.1f} ({theirs:.1f})" for ours, theirs in factors)))
