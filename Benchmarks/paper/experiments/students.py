"""Experiment 5: the students' study. Networks, η = 2, one epoch doubling to n/2, from one to 64 workers."""

import csv
import statistics
from pathlib import Path
from typing import Dict, List

from bench import Bench, Simulation, events, loss_of, median, summary
from lineplot import Figure, Line, Panel
from report import Ordering, Section, Table

NUMBER, TITLE = 5, "The students' study"
WORKERS = (1, 2, 4, 8, 16, 32, 64)
REAL_REPETITIONS = 3
#: Han and Jiang, *Parallelizing Hyperparameter Tuning in Artificial Neural Networks*, table 2: ASHA on N threads against
#: sequential SHA. Of 512 models only minutes are legible for SHA.
PUBLISHED = {128: {4: 1.21, 8: 1.60, 16: 2.74, 32: 3.02}, 256: {4: 1.27, 8: 1.84, 16: 3.19, 32: 3.57}}
#: Their mean seconds of a job: epochs, models, SHA, ASHA on 4 threads.
JOB_SECONDS = [(1, 128, 0.35, 1.08), (2, 64, 0.62, 2.07), (4, 32, 1.2, 4.08), (8, 16, 2.26, 8.58), (16, 8, 4.45, 16.39),
               (32, 4, 8.91, 18.34), (64, 2, 17.63, 22.04)]


def scheduler(algorithm: str, models: int, promotion: str = "") -> str:
    return (f"scheduler={{algorithm: {algorithm}{promotion}, reduction_factor: 2, min_resource: 1, "
            f"max_resource: {models // 2}}}")


def measured(folder: Path) -> Dict[str, List]:
    """Wall seconds of a real run, and of each trial: configuration, seconds an epoch, losses by resource."""
    configurations = {d["trial"]: d["configuration"] for d in events(folder, "dispatch") if "configuration" in d}
    seconds, reached, losses = {}, {}, {}
    for result in events(folder, "result"):
        trial = result["trial"]
        seconds[trial] = seconds.get(trial, 0) + result["seconds"]
        reached[trial] = result["resource"]
        losses.setdefault(trial, {})[result["resource"]] = loss_of(result)
    return {"wall": summary(folder)["wall_seconds"],
            "trials": [(trial, configurations[trial], seconds[trial] / reached[trial], losses[trial])
                       for trial in sorted(configurations)]}


def wall(folder: Path) -> float:
    return summary(folder)["wall_seconds"]


def curve_table(trials, full: int) -> Table:
    """A table for the `curves` trainer. What was not trained is empty: `values: best` carries the best loss on."""
    names = list(trials[0][1])
    return Table(["config", *names, "sec_per_epoch", *[f"v{epoch}" for epoch in range(1, full + 1)]],
                 [[trial, *configuration.values(), seconds, *[losses.get(epoch, "") for epoch in range(1, full + 1)]]
                  for trial, configuration, seconds, losses in trials])


def run(bench: Bench) -> Section:
    section = Section(NUMBER, TITLE)
    sizes = (32,) if bench.smoke else (128, 256, 512)
    largest = sizes[-1]
    repetitions = 1 if bench.smoke else REAL_REPETITIONS
    real, trials = {}, []
    for models in sizes:
        for algorithm in ("sha", "asha"):
            for ranks in (1, 2):
                runs = [bench.run(
                    "students.yaml", ranks, seed, measured, (scheduler(algorithm, models), f"budget.configurations={models}"),
                    check=f"real {algorithm}, {models} models, {ranks} rank{'s' if ranks > 1 else ''}" if seed == 1 else None)
                    for seed in range(1, repetitions + 1)]
                real[algorithm, models, ranks] = [run["wall"] for run in runs]
                if (algorithm, models, ranks) == ("sha", largest, 1):
                    trials = runs[0]["trials"]
    path = bench.work / "digits-curves.csv"
    with path.open("w", newline="") as file:
        curves = curve_table(trials, largest // 2)
        csv.writer(file).writerows([curves.columns, *curves.rows])

    def simulation(algorithm, models, workers, seed, options=(), times="", check=None, promotion=""):
        # Each network comes once, in an order of the seed's; more than there are are drawn anew.
        sampler = f"grid, levels: {largest}" if models <= largest else "random"
        ladder = scheduler(algorithm, models, promotion) if models <= largest else (
            f"scheduler={{algorithm: {algorithm}, reduction_factor: 4, min_resource: 1, max_resource: {min(64, largest // 2)}}}")
        return Simulation(
            "students.yaml", workers, seed, wall,
            (ladder, f"search_space={{row: {{type: int, min: 0, max: {largest - 1}}}}}",
             f"sampler={{kind: {sampler}}}", f"budget.configurations={models}",
             f"trainer={{kind: curves, table: {path}, values: best{times}}}"), options, journal=check is not None, check=check)

    # How the cluster trains, and what the trainer is told besides.
    ways = {"equal epochs, from scratch": (("--from-scratch",), ", seconds_per_resource: 1"),
            "from scratch": (("--from-scratch",), ""), "from checkpoints": ((), "")}
    equal, scratch, resumed = ways
    cells = [(algorithm, models, way, workers) for algorithm in ("sha", "asha") for models in sizes for way in ways
             for workers in WORKERS]
    found = bench.simulate([simulation(algorithm, models, workers, seed, *ways[way])
                            for algorithm, models, way, workers in cells for seed in range(1, bench.seeds + 1)])
    bench.simulate([simulation(algorithm, largest, 32, 1, check=f"simulated {algorithm}, {largest} models, 32 workers")
                    for algorithm in ("sha", "asha")])
    times = {cell: found[index * bench.seeds:(index + 1) * bench.seeds] for index, cell in enumerate(cells)}

    def speedup(algorithm, models, way, workers):
        """Against synchronous SHA on one worker, with the same rows."""
        return median(alone / time for alone, time in zip(times["sha", models, way, 1],
                                                          times[algorithm, models, way, workers]))

    speedups = {cell: speedup(*cell) for cell in cells}
    rows = [[models, workers, f"{PUBLISHED[models][workers]:.2f}×" if workers in PUBLISHED.get(models, {}) else "–",
             *[f"{speedups[algorithm, models, way, workers]:.2f}×" for way in ways for algorithm in ("asha", "sha")]]
            for models in sizes for workers in WORKERS]
    table = Table(["models", "workers", "published", *[f"{name}, {way}" for way in ways for name in ("ASHA", "SHA")]], rows)
    twice = {(algorithm, models): median(one / two for one, two in zip(real[algorithm, models, 1], real[algorithm, models, 2]))
             for models in sizes for algorithm in ("sha", "asha")}
    real_table = Table(["models", "scheduler", "1 rank", "2 ranks", "speed-up"], [
        [models, algorithm, *[f"{median(real[algorithm, models, ranks]):.2f} s" for ranks in (1, 2)],
         f"{twice[algorithm, models]:.2f}×"] for algorithm, models in sorted(twice, key=lambda cell: cell[1])])
    slower = sum(models * asha for _, models, _, asha in JOB_SECONDS) / sum(models * sha for _, models, sha, _ in JOB_SECONDS)
    small = sizes[0]
    thousand = [first / last for first, last in zip(*[bench.simulate(
        [simulation("asha", 1000, workers, seed) for seed in range(1, bench.seeds + 1)])
        for workers in (1, 25)])]
    seconds = sorted(seconds for _, _, seconds, _ in trials)
    winners = [seconds for _, _, seconds, losses in trials if max(losses) >= largest // 16]
    few, many = seconds[len(seconds) // 10], seconds[-1 - len(seconds) // 10]
    at_four = speedups["asha", small, equal, 4]
    alone = speedups["asha", largest, equal, 1]
    delayed = median(time / sha for time, sha in zip(bench.simulate(
        [simulation("asha", largest, 1, seed, *ways[equal], promotion=", promotion: delayed")
         for seed in range(1, bench.seeds + 1)]), times["sha", largest, equal, 1]))
    section.text = [
        f"Networks on `Datasets/digits.csv`, n candidates, η = 2, one epoch doubling to n/2. First the study is run for real "
        f"(synchronous SHA, {largest} candidates, one rank; **recorded** by this very run: an epoch takes {1000 * few:.1f} to "
        f"{1000 * many:.1f} ms from the tenth to the ninetieth percentile of the networks); then the losses and the seconds of "
        "each network are what the simulated workers train with. *Equal epochs* gives all networks the same seconds, as in the "
        f"students' table, where an epoch takes 0.28 to 0.35 s on every rung. Speed-ups against synchronous SHA on one worker, as published, to the end of the study, medians over "
        f"{bench.seeds} seeds. The students trained each rung from scratch.",
        table,
        f"The published speed-ups are lower because their jobs slowed each other down, not because of the search: by their "
        f"own table a job on 4 threads took {slower:.2f} times as long as alone, over all jobs of 128 models. Our "
        f"{at_four:.2f}× of 4 workers, whose jobs keep their speed, divided by that is {at_four / slower:.2f}× (published "
        "1.21×). What remains below the number of workers is the top of the ladder: the n/2 epochs of the last two networks "
        "can't be shared. With equal epochs all of SHA is n·log₂ n epochs and the longest way through it n − 1, so that no "
        "number of workers gives more than about log₂ n. Where epochs differ the bound is lower still: here an epoch of the "
        f"{len(winners)} networks that came furthest takes {statistics.fmean(winners) / statistics.fmean(seconds):.1f} times as "
        "long as the mean.",
        f"ASHA on one worker takes {1 / alone:.2f} times as long as SHA on {largest} models (equal epochs): it promotes on what "
        f"it has seen, and climbs with what SHA would have dropped; with `promotion: delayed` it takes {delayed:.2f} times as long. "
        "On 32 workers the speed-ups of ASHA and SHA are "
        + ", ".join("{:.2f} and {:.2f}".format(*(speedups[name, models, equal, 32] for name in ("asha", "sha")))
                    for models in sizes) + " with equal epochs, "
        + ", ".join("{:.2f} and {:.2f}".format(*(speedups[name, models, scratch, 32] for name in ("asha", "sha")))
                    for models in sizes) + " with measured ones: waiting for a rung costs more where its jobs differ.",
        f"A well-known implementation reports 10× with 25 workers on 1,000 models; 1,000 rows drawn from ours, η = 4, "
        f"give {median(thousand):.1f}× to the end of the study. To a good configuration, rather than to the end, it depends on "
        "how rare that is: see experiment 4.",
        f"For real, on the two cores there are, from checkpoints, medians of {repetitions}:", real_table,
    ]
    lines = lambda models: [Line(f"{name}, {way}", [(w, speedups[algorithm, models, way, w]) for w in WORKERS],
                                 dashed=algorithm == "sha") for way in ways
                            for algorithm, name in (("asha", "ASHA"), ("sha", "SHA"))]
    section.figures = [("5-speedup", Figure("Speed-up against synchronous SHA on one worker", [
        Panel(f"{models} models", "workers", "speed-up", lines(models) + (
            [Line("published", sorted(PUBLISHED[models].items()))] if models in PUBLISHED else []),
            log_x=True, log_y=True) for models in sizes], columns=3, width=360),
        f"Recorded epoch times and losses, simulated workers; median over {bench.seeds} seeds. Published: real threads.")]
    powers = [2 ** k for k in range(largest.bit_length() - 1)]
    section.tables = [
        ("5-speedup", Table(["scheduler", "models", "way", "workers", "speed_up"],
                            [[*cell, speedups[cell]] for cell in cells])),
        ("5-real", real_table),
        ("5-recorded", Table(["trial", *trials[0][1], "sec_per_epoch", *[f"v{epoch}" for epoch in powers]],
                             [[trial, *configuration.values(), seconds,
                               *[losses.get(epoch, "") for epoch in powers]]
                              for trial, configuration, seconds, losses in trials]))]
    chain = {models: [speedups["asha", models, equal, workers] for workers in (4, 8, 16, 32)] for models in sizes}
    by_size = [chain[models][-1] for models in sizes]
    at_once = [speedups["asha", models, scratch, workers] for models in sizes for workers in WORKERS[1:]]
    section.orderings = [
        Ordering("ASHA on 4, 8, 16 and 32 workers is faster each time (equal epochs)",
                 all(values == sorted(set(values)) for values in chain.values()),
                 "; ".join(" ".join(f"{value:.2f}" for value in values) for values in chain.values())),
        Ordering("ASHA on more than one worker is faster than sequential SHA (measured epochs)", min(at_once) > 1,
                 f"{min(at_once):.2f} to {max(at_once):.2f}"),
        Ordering("32 workers speed up more models more (published 3.02 for 128, 3.57 for 256; equal epochs)",
                 by_size == sorted(by_size), " ".join(f"{value:.2f}" for value in by_size)),
        Ordering("for real, ASHA on two ranks is faster than on one",
                 all(twice["asha", models] > 1 for models in sizes),
                 " ".join(f"{twice['asha', models]:.2f}" for models in sizes)),
    ]
    return section
