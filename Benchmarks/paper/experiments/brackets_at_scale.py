"""Experiment 1: brackets of ASHA on 500 workers (*Parallelizing Hyperband for Large-Scale Tuning*, Figure 1, left)."""

from bench import Bench, Simulation, incumbents, median, summary, value_at
from lineplot import Figure, Line, Panel
from report import Ordering, Section, Table, prose, shown

NUMBER, TITLE = 1, "Brackets on 500 workers"
WORKERS, FULL, HORIZON = 500, 256.0, 10
GRID = [step / 10 for step in range(1, 10 * HORIZON + 1)]
LATENCY = 0.01 * FULL


def settings(bracket=0, horizon=HORIZON, algorithm="asha"):
    rate = "" if algorithm == "hyperband" else f", early_stopping_rate: {bracket}"
    scheduler = f"{{algorithm: {algorithm}, reduction_factor: 4, min_resource: 1, max_resource: 256{rate}}}"
    return (f"scheduler={scheduler}", f"budget.time={horizon * FULL:g}s")


def read(folder):
    """(best loss so far over the grid, and wherever it changes)."""
    steps = incumbents(folder)
    return [value_at(steps, time * FULL) for time in GRID], steps


def started(folder):
    return summary(folder)["configurations"]


def run(bench: Bench) -> Section:
    section = Section(NUMBER, TITLE)
    workers = 50 if bench.smoke else WORKERS
    seeds = range(1, bench.seeds + 1)
    names = {0: "bracket 0", 1: "bracket 1", 2: "bracket 2", 3: "bracket 3", 4: "bracket 4: random search"}
    found = bench.simulate([Simulation("large-scale.yaml", workers, seed, read, settings(bracket))
                            for bracket in names for seed in seeds])
    runs = {bracket: [found[bracket * len(seeds) + index] for index in range(len(seeds))] for bracket in names}
    hyperband = bench.simulate([Simulation("large-scale.yaml", workers, seed, read,
                                           settings(algorithm="hyperband")) for seed in seeds])

    variants = {
        "from checkpoints": (), "from scratch": ("--from-scratch",),
        "from checkpoints, each job 0.01 × time(R) longer": ("--latency", f"{LATENCY:g}"),
    }
    counts = bench.simulate([
        Simulation("large-scale.yaml", workers, seed, started, settings(bracket, 3), options, journal=False)
        for options in variants.values() for bracket in names for seed in seeds])
    # Ten units of time(R) make journals that are too long for the checker; less of the same studies is enough.
    bench.simulate([Simulation("large-scale.yaml", workers, 1, summary, settings(bracket, horizon),
                               check=f"{names[bracket]}, {horizon} × time(R)")
                    for bracket, horizon in ((0, 2), (1, 5), (2, 10), (3, 10), (4, 10))])
    bench.simulate([Simulation("large-scale.yaml", workers, 1, summary, settings(0, 4, "hyperband"),
                               check="asynchronous Hyperband, 4 × time(R)")])

    at = iter(counts)
    by_count = {(name, bracket): median(next(at) for _ in seeds) for name in variants for bracket in names}
    plain, longer = list(variants)[0], list(variants)[-1]
    curves = {name: [median(values) for values in zip(*(run[0] for run in group))]
              for name, group in [(names[bracket], runs[bracket]) for bracket in names] + [("hyperband", hyperband)]}
    good = curves[names[4]][-1]
    until_good = {bracket: median(next((time / FULL for time, loss in run[1] if loss <= good), float("inf"))
                                  for run in runs[bracket]) for bracket in names}

    published = {0: "52 thousand", 4: "1.5 thousand"}
    rows = [[names[b], published.get(b, "–"), by_count[plain, b], "within 3" if b == 0 else "–", until_good[b],
             curves[names[b]][29], curves[names[b]][-1]] for b in names]
    table = Table(["", "configurations started by 3 × time(R), published", "ours", "time(R) until good, published", "ours",
                   "loss at 3 × time(R)", "loss at 10 × time(R)"], rows)
    count_table = Table(["configurations started by 3 × time(R)", "bracket 0 (published 52 thousand)",
                         "random search (published 1.5 thousand)"],
                        [[name, by_count[name, 0], by_count[name, 4]] for name in variants])
    section.text = [
        prose(f"""
            {workers} workers, η = 4, r = R/256, {HORIZON} × time(R), {bench.seeds} seeds; **synthetic** (the MFHartmann-6
            surface; every configuration takes the same time a unit). The published task, an LSTM on the Penn Treebank, is
            on no public table of curves. *Good* is what random search has come to after {HORIZON} × time(R),
            {good:.4f}."""),
        table,
        prose(f"""
            The published count of bracket 0 is lower than ours, that of random search is not. A fixed cost of 1 % of
            time(R) a job (starting, validating, writing a checkpoint) gives both, {shown(by_count[longer, 0])} and
            {shown(by_count[longer, 4])}; that each rung is trained from scratch does not:"""),
        count_table,
    ]
    lines = [Line(name, list(zip(GRID, values)), dashed=name == "hyperband") for name, values in curves.items()]
    for line in lines:
        line.name = "asynchronous Hyperband" if line.name == "hyperband" else line.name
    section.figures = [("1-brackets", Figure("Best loss so far on 500 workers", [
        Panel("", "time / time(R)", "loss", lines)], width=720, height=400),
        f"Synthetic. Median over {bench.seeds} seeds.")]
    section.tables = [("1-brackets", table), ("1-configurations", count_table), ("1-incumbents", Table(
        ["time_over_time_R", *[line.name for line in lines]],
        [[time, *[line.points[index][1] for line in lines]] for index, time in enumerate(GRID)]))]
    last = {name: values[-1] for name, values in curves.items()}
    section.orderings = [
        Ordering("bracket 0 evaluates over 20 times as many configurations as random search (published 35 times)",
                 by_count[plain, 0] > 20 * by_count[plain, 4],
                 f"{shown(by_count[plain, 0])} : {shown(by_count[plain, 4])}"),
        Ordering("random search evaluates 1.5 thousand by 3 × time(R)",
                 abs(by_count[plain, 4] - 3 * workers) <= 0.02 * 3 * workers,
                 shown(by_count[plain, 4])),
        Ordering("bracket 0 finds a good configuration within 3 × time(R)", until_good[0] <= 3, shown(until_good[0])),
        Ordering("brackets 0 and 1 end with a lower loss than random search",
                 max(last[names[0]], last[names[1]]) < last[names[4]],
                 " ".join(f"{last[names[b]]:.4f}" for b in (0, 1, 4))),
    ]
    return section
