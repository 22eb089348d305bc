"""Experiment 5: the students' study. Networks, η = 2, one epoch doubling to n/2, from one to 64 workers."""

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, List, Sequence, Tuple

from bench import Bench, Simulation, events, loss_of, median, summary
from lineplot import Figure, Line, Panel
from report import Ordering, Section, Table, prose

NUMBER, TITLE = 5, "The students' study"
WORKERS = (1, 2, 4, 8, 16, 32, 64)
REAL_REPETITIONS = 3
#: Han and Jiang, *Parallelizing Hyperparameter Tuning in Artificial Neural Networks*, table 2: ASHA on N threads
#: against sequential SHA. Of 512 models only minutes are legible for SHA.
PUBLISHED = {128: {4: 1.21, 8: 1.60, 16: 2.74, 32: 3.02}, 256: {4: 1.27, 8: 1.84, 16: 3.19, 32: 3.57}}
#: Their mean seconds of a job: epochs, models, SHA, ASHA on 4 threads.
JOB_SECONDS = [(1, 128, 0.35, 1.08), (2, 64, 0.62, 2.07), (4, 32, 1.2, 4.08), (8, 16, 2.26, 8.58),
               (16, 8, 4.45, 16.39), (32, 4, 8.91, 18.34), (64, 2, 17.63, 22.04)]
#: How the cluster trains, and what the trainer is told besides.
EQUAL, SCRATCH, RESUMED = "equal epochs, from scratch", "from scratch", "from checkpoints"
WAYS = {EQUAL: ("--from-scratch", ", seconds_per_resource: 1"), SCRATCH: ("--from-scratch", ""), RESUMED: ("", "")}
NAMES = {"asha": "ASHA", "sha": "SHA"}


def scheduler(algorithm: str, full: int, reduction_factor: int = 2) -> str:
    return (f"scheduler={{algorithm: {algorithm}, reduction_factor: {reduction_factor}, min_resource: 1, "
            f"max_resource: {full}}}")


@dataclass(frozen=True)
class Trial:
    """What a real run recorded of a network."""

    number: int
    configuration: Dict[str, Any]
    seconds_per_epoch: float
    losses: Dict[int, float]


def measured(folder: Path) -> Tuple[float, List[Trial]]:
    """Wall seconds of a real run, and its trials."""
    configurations = {d["trial"]: d["configuration"] for d in events(folder, "dispatch") if "configuration" in d}
    seconds: Dict[int, float] = {}
    losses: Dict[int, Dict[int, float]] = {}
    for result in events(folder, "result"):
        trial = result["trial"]
        seconds[trial] = seconds.get(trial, 0) + result["seconds"]
        losses.setdefault(trial, {})[result["resource"]] = loss_of(result)
    return summary(folder)["wall_seconds"], [
        Trial(trial, configurations[trial], seconds[trial] / max(losses[trial]), losses[trial])
        for trial in sorted(configurations)]


def wall(folder: Path) -> float:
    return summary(folder)["wall_seconds"]


@dataclass(frozen=True)
class RecordedCurves:
    """The recorded networks as a table for the `curves` trainer.

    What was not trained is an empty cell: `values: best` carries the best loss on.
    """

    path: Path
    trials: Sequence[Trial]

    def write(self, full: int) -> None:
        epochs = range(1, full + 1)
        with self.path.open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["config", "sec_per_epoch", *[f"v{epoch}" for epoch in epochs]])
            writer.writerows([[trial.number, trial.seconds_per_epoch, *[trial.losses.get(epoch, "") for epoch in epochs]]
                              for trial in self.trials])

    def simulation(self, ladder: str, models: int, workers: int, seed: int, way: str = RESUMED, check=None) -> Simulation:
        option, times = WAYS[way]
        rows = len(self.trials)
        # Each network comes once, in an order of the seed's; more than there are are drawn anew.
        sampler = f"{{kind: grid, levels: {rows}}}" if models <= rows else "{kind: random}"
        return Simulation(
            "students.yaml", workers, seed, wall,
            (ladder, f"search_space={{row: {{type: int, min: 0, max: {rows - 1}}}}}", f"sampler={sampler}",
             f"budget.configurations={models}", f"trainer={{kind: curves, table: {self.path}, values: best{times}}}"),
            (option,) if option else (), journal=check is not None, check=check)


def run(bench: Bench) -> Section:
    section = Section(NUMBER, TITLE)
    sizes = (32,) if bench.smoke else (128, 256, 512)
    real, trials = _run_for_real(bench, sizes)
    curves = RecordedCurves(bench.work / "digits-curves.csv", trials)
    curves.write(sizes[-1] // 2)
    speedups = _speedups(bench, curves, sizes)

    table = Table(
        ["models", "workers", "published", *[f"{NAMES[name]}, {way}" for way in WAYS for name in NAMES]],
        [[models, workers, f"{PUBLISHED[models][workers]:.2f}×" if workers in PUBLISHED.get(models, {}) else "–",
          *[f"{speedups[name, models, way, workers]:.2f}×" for way in WAYS for name in NAMES]]
         for models in sizes for workers in WORKERS])
    twice = {(name, models): median(one / two for one, two in zip(real[name, models, 1], real[name, models, 2]))
             for models in sizes for name in NAMES}
    real_table = Table(["models", "scheduler", "1 rank", "2 ranks", "speed-up"], [
        [models, NAMES[name], *[f"{median(real[name, models, ranks]):.2f} s" for ranks in (1, 2)], f"{speed_up:.2f}×"]
        for (name, models), speed_up in twice.items()])
    before, between, after = _paragraphs(bench, curves, sizes, speedups)
    repetitions = len(real["asha", sizes[0], 1])
    section.text = [before, table, *between, after,
                    f"For real, on the two cores there are, from checkpoints, medians of {repetitions}:", real_table]
    section.figures = [("5-speedup", Figure("Speed-up against synchronous SHA on one worker", [
        Panel(f"{models} models", "workers", "speed-up", _lines(speedups, models), log_x=True, log_y=True)
        for models in sizes], columns=3, width=360),
        f"Recorded epoch times and losses, simulated workers; median over {bench.seeds} seeds. Published: real threads.")]
    powers = [2 ** k for k in range(sizes[-1].bit_length() - 1)]
    section.tables = [
        ("5-speedup", Table(["scheduler", "models", "way", "workers", "speed_up"],
                            [[*cell, speedup] for cell, speedup in speedups.items()])),
        ("5-real", real_table),
        ("5-recorded", Table(
            ["trial", *trials[0].configuration, "sec_per_epoch", *[f"v{epoch}" for epoch in powers]],
            [[trial.number, *trial.configuration.values(), trial.seconds_per_epoch,
              *[trial.losses.get(epoch, "") for epoch in powers]] for trial in trials]))]
    section.orderings = _orderings(speedups, sizes, [twice["asha", models] for models in sizes])
    return section


def _run_for_real(bench: Bench, sizes):
    """(algorithm, models, ranks) → wall seconds of each repetition; the trials of the largest synchronous one.

    Each repetition trains the same networks, and a trial's seconds are the least of them: an epoch takes about a
    millisecond, and whatever else the machine does just then would make a network many times as slow.
    """
    real, trials = {}, []
    repetitions = 1 if bench.smoke else REAL_REPETITIONS
    for models in sizes:
        for name in NAMES:
            for ranks in (1, 2):
                what = f"real {NAMES[name]}, {models} models, {ranks} rank{'s' if ranks > 1 else ''}"
                runs = [bench.run("students.yaml", ranks, 1, measured,
                                  (scheduler(name, models // 2), f"budget.configurations={models}"),
                                  check=what if repetition == 0 else None)
                        for repetition in range(repetitions)]
                real[name, models, ranks] = [seconds for seconds, _ in runs]
                if (name, models, ranks) == ("sha", sizes[-1], 1):
                    trials = [min(same, key=lambda trial: trial.seconds_per_epoch)
                              for same in zip(*(trials for _, trials in runs))]
    return real, trials


def _speedups(bench: Bench, curves: RecordedCurves, sizes) -> Dict[Tuple[str, int, str, int], float]:
    """Against synchronous SHA on one worker, with the same networks: medians over the seeds."""
    cells = [(name, models, way, workers) for name in NAMES for models in sizes for way in WAYS for workers in WORKERS]
    found = bench.simulate([curves.simulation(scheduler(name, models // 2), models, workers, seed, way)
                            for name, models, way, workers in cells for seed in range(1, bench.seeds + 1)])
    bench.simulate([curves.simulation(scheduler(name, sizes[-1] // 2), sizes[-1], 32, 1,
                                      check=f"simulated {NAMES[name]}, {sizes[-1]} models, 32 workers") for name in NAMES])
    times = {cell: found[index * bench.seeds:(index + 1) * bench.seeds] for index, cell in enumerate(cells)}
    return {cell: median(alone / time for alone, time in zip(times["sha", cell[1], cell[2], 1], times[cell]))
            for cell in cells}


def _paragraphs(bench: Bench, curves: RecordedCurves, sizes, speedups):
    seeds, largest = range(1, bench.seeds + 1), sizes[-1]
    seconds = sorted(trial.seconds_per_epoch for trial in curves.trials)
    few, many = seconds[len(seconds) // 10], seconds[-1 - len(seconds) // 10]
    slower = (sum(models * asha for _, models, _, asha in JOB_SECONDS)
              / sum(models * sha for _, models, sha, _ in JOB_SECONDS))

    def at_four(name):
        return " and ".join(f"{speedups[name, models, EQUAL, 4] / slower:.2f}×" for models in sizes[:2])

    def alone(ladder):
        return bench.simulate([curves.simulation(ladder, largest, 1, seed, EQUAL) for seed in seeds])

    delayed = median(time / sha for time, sha in zip(
        alone(scheduler("asha, promotion: delayed", largest // 2)), alone(scheduler("sha", largest // 2))))
    thousand = [bench.simulate([curves.simulation(scheduler("asha", min(64, largest // 2), 4), 1000, workers, seed)
                                for seed in seeds]) for workers in (1, 25)]

    def at_32(way):
        return ", ".join("{:.2f} and {:.2f}".format(*(speedups[name, models, way, 32] for name in NAMES))
                         for models in sizes)

    def lead(models, way):
        return speedups["asha", models, way, 32] / speedups["sha", models, way, 32]

    measured_32 = [speedups["asha", models, SCRATCH, 32] for models in sizes]
    costs_more = all(lead(models, SCRATCH) > lead(models, EQUAL) for models in sizes)

    before = prose(f"""
        Networks on `Datasets/digits.csv`, n candidates, η = 2, one epoch doubling to n/2. First the study is run for
        real (synchronous SHA, {largest} candidates, one rank; **recorded** by this very run, the best of
        {1 if bench.smoke else REAL_REPETITIONS}: an epoch takes {1000 * few:.1f} to {1000 * many:.1f} ms from the tenth to the ninetieth percentile of the networks); then the
        losses and the seconds of each network are what the simulated workers train with. *Equal epochs* gives all
        networks the same seconds, as in the students' table, where an epoch takes 0.28 to 0.35 s on every rung.
        Speed-ups against synchronous SHA on one worker, as published, to the end of the study, medians over
        {bench.seeds} seeds. The students trained each rung from scratch.""")
    between = [
        prose(f"""
            The published speed-ups are lower because their jobs slowed each other down: by their own table a job on 4
            threads took {slower:.2f} times as long as alone, over all jobs of 128 models. Our speed-ups of 4 workers, whose
            jobs keep their speed, divided by that are {at_four("asha")} for ASHA and {at_four("sha")} for SHA, which trains
            no more than was planned (equal epochs; published 1.21× for 128 models, 1.27× for 256). What
            remains below the number of workers is the top of the ladder: the n/2 epochs of the last two networks can't
            be shared. With equal epochs all of SHA is n·log₂ n epochs and the longest way through it n − 1, so that no
            number of workers gives it more than about log₂ n. Where epochs differ, a rung takes as long as its slowest
            network: with the seconds recorded the bound for {largest} models is {_bound(curves.trials):.1f}, in place of
            {largest * (largest.bit_length() - 1) / (largest - 1):.1f}."""),
        prose(f"""
            ASHA on one worker takes {1 / speedups["asha", largest, EQUAL, 1]:.2f} times as long as SHA on {largest}
            models (equal epochs): it promotes on what it has seen, and climbs with what SHA would have dropped; with
            `promotion: delayed` it takes {delayed:.2f} times as long. On 32 workers the speed-ups of ASHA and SHA are
            {at_32(EQUAL)} with equal epochs, {at_32(SCRATCH)} with measured
            ones{": waiting for a rung costs more where its jobs differ" if costs_more else ""}.
            That more models gain more on 32 workers is checked below with equal epochs; with measured ones it is
            {"so too" if measured_32 == sorted(measured_32) else "not so"}."""),
    ]
    after = prose(f"""
        A well-known implementation reports 10× with 25 workers on 1,000 models; 1,000 rows drawn from ours, η = 4, give
        {median(one / many for one, many in zip(*thousand)):.1f}× to the end of the study. To a good configuration,
        rather than to the end, it depends on how rare that is: see experiment 4.""")
    return before, between, after


def _bound(trials: Sequence[Trial]) -> float:
    """What synchronous SHA gains, from scratch, from as many workers as networks."""
    rungs = [[epochs * trial.seconds_per_epoch for trial in trials if epochs in trial.losses]
             for epochs in sorted({epochs for trial in trials for epochs in trial.losses})]
    return sum(map(sum, rungs)) / sum(map(max, rungs))


def _lines(speedups, models: int) -> List[Line]:
    lines = [Line(f"{NAMES[name]}, {way}", [(workers, speedups[name, models, way, workers]) for workers in WORKERS],
                  dashed=name == "sha") for way in WAYS for name in NAMES]
    return lines + ([Line("published", sorted(PUBLISHED[models].items()))] if models in PUBLISHED else [])


def _orderings(speedups, sizes, twice: List[float]) -> List[Ordering]:
    chains = [[speedups["asha", models, EQUAL, workers] for workers in (4, 8, 16, 32)] for models in sizes]
    by_size = [chain[-1] for chain in chains]
    at_once = [speedups["asha", models, SCRATCH, workers] for models in sizes for workers in WORKERS[1:]]
    return [
        Ordering("ASHA on 4, 8, 16 and 32 workers is faster each time (equal epochs)",
                 all(chain == sorted(set(chain)) for chain in chains),
                 "; ".join(" ".join(f"{value:.2f}" for value in chain) for chain in chains)),
        Ordering("ASHA on more than one worker is faster than sequential SHA (measured epochs)", min(at_once) > 1,
                 f"{min(at_once):.2f} to {max(at_once):.2f}"),
        Ordering("32 workers speed up more models more (published 3.02 for 128, 3.57 for 256; equal epochs)",
                 by_size == sorted(by_size), " ".join(f"{value:.2f}" for value in by_size)),
        Ordering("for real, ASHA on two ranks is faster than on one", min(twice) > 1,
                 " ".join(f"{value:.2f}" for value in twice)),
    ]
