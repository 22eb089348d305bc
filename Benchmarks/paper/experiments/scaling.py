"""Experiment 6: one to ten thousand workers, and where one driver has no more to give."""

import os
import resource
from pathlib import Path

from bench import Bench, Simulation, median, summary
from lineplot import Figure, Line, Panel
from report import Ordering, Section, Table, prose, shown

NUMBER, TITLE = 6, "Scaling on paper"
WORKERS = (1, 10, 100, 1000, 10000)
FULL, HORIZON = 256, 2
#: What a trial's loss can fall to at R: y∞ = 0.05, and the steepest of curves, b = 0.9 (`SyntheticTrainer.swift`).
OPTIMUM = 0.05 + 0.95 * (2 * FULL) ** -0.9
SCHEDULERS = {
    "ASHA": "algorithm: asha",
    "ASHA, delayed promotion": "algorithm: asha, promotion: delayed",
    "SHA, new brackets on idle workers": "algorithm: parallel_sha",
    "SHA, one bracket after another": "algorithm: sync_hyperband, brackets: [0]",
    "random": "algorithm: random",
}
LENGTHS = (0.01, 0.1, 1, 60)


def read(folder: Path):
    facts = summary(folder)
    best, lowest = facts["best"], facts["brackets"][0]["rungs"][0]
    return (facts["simulated"]["busy_share"], facts["configurations"] / HORIZON,
            best["loss"] - OPTIMUM if best else float("inf"), facts["simulated"]["fully_trained"],
            lowest["promoted"] / max(1, lowest["completed"]))


def jobs(folder: Path):
    return summary(folder)["jobs"]


def seconds_per_job(folder: Path):
    facts = summary(folder)
    return facts["training_seconds"] / facts["jobs"]


def scheduler(name: str) -> str:
    return f"scheduler={{{SCHEDULERS[name]}, reduction_factor: 4, min_resource: 1, max_resource: {FULL}}}"


def run(bench: Bench) -> Section:
    section = Section(NUMBER, TITLE)
    workers = (1, 100) if bench.smoke else WORKERS
    [full_time] = bench.simulate([Simulation(
        "scaling.yaml", 100, 1, seconds_per_job,
        (scheduler("random"), f"budget={{configurations: {1000 if bench.smoke else 50000}}}"), journal=False)])
    budget = f"budget.time={HORIZON * full_time:.6g}s"
    cells = [(name, count) for name in SCHEDULERS for count in workers]
    found = bench.simulate([Simulation("scaling.yaml", count, seed, read, (scheduler(name), budget), journal=False)
                            for name, count in cells for seed in range(1, bench.seeds + 1)])
    bench.simulate([Simulation("scaling.yaml", 10, 1, read, (scheduler(name), budget), check=f"{name}, 10 workers")
                    for name in SCHEDULERS])
    values = {cell: [median(column) for column in zip(*found[index * bench.seeds:(index + 1) * bench.seeds])]
              for index, cell in enumerate(cells)}

    decisions = _decisions_per_second(bench)
    # Whatever else the machine does slows it down only.
    messages = max(bench.run("zero-length.yaml", 3, seed, lambda folder: summary(folder)["jobs_per_second"],
                                (f"budget.configurations={5000 if bench.smoke else 100000}",), ("--dedicated-driver",))
                      for seed in range(1, 4))
    feeds = Table(["job length", "workers that one driver feeds", "if messages were free"],
                  [[f"{length:g} s" if length >= 1 else f"{1000 * length:g} ms", int(float(f"{messages * length:.2g}")),
                    int(float(f"{decisions * length:.2g}"))] for length in LENGTHS])
    names = ("utilisation", "configurations per time(R)", "regret", "trained to R")
    table = Table(["workers", *[f"{name}: {what}" for name in ("ASHA", "random") for what in names[:3]],
                   "SHA, new brackets: utilisation", "SHA, one bracket: utilisation"],
                  [[count, *values["ASHA", count][:3],
                    *[values['random', count][0], *values["random", count][1:3]],
                    *[values[name, count][0] for name in list(SCHEDULERS)[2:4]]] for count in workers])
    names_of = list(SCHEDULERS)
    many, few = workers[-1], workers[0]
    per_worker = [values["ASHA", count][1] / count for count in workers]
    section.text = [
        prose(f"""
            **Synthetic** (MFHartmann-6 surface, times with the heavy tail of LCBench's), η = 4, r = R/256,
            {HORIZON} × time(R), {bench.seeds} seeds. Regret is the best loss less the lowest that a trial can have at R,
            {OPTIMUM:.4f}. Nothing is published for these sizes; the paper claims that ASHA scales linearly with the
            workers."""),
        table,
        prose(f"""
            Below a hundred workers ASHA starts fewer configurations for each: of a small rung it promotes a larger share,
            since it promotes on what it has seen. Of rung 0 that was
            {_each(workers, lambda count: f"{values[names_of[0], count][4]:.1%}")}. With `promotion: delayed`, which never
            promotes more than one in η, it starts per worker and time(R)
            {_each(workers, lambda count: shown(values[names_of[1], count][1] / count))}; as published,
            {_each(workers, lambda count: shown(values[names_of[0], count][1] / count))}. Hence linear scaling is checked
            below from 100 workers on; from 10 on it is {_within(per_worker[1:])} within 10 %."""),
        prose("""
            A worker that trains at the end of the time counts as busy. Synchronous SHA with a single bracket has 256
            configurations at a time, and thousands of workers look on."""),
        prose(f"""
            One driver takes {decisions / 1e6:.2f} million decisions a CPU second (jobs of a simulation with 500 workers,
            its virtual cluster included), and {messages:,.0f} jobs a second where each also is two messages of MPI and
            two lines of the journal (zero-length jobs, three real ranks on {os.cpu_count()} cores, the best of three;
            `Benchmarks/run driver` measures the same). The simulated driver takes no time; a real one keeps up with:"""),
        feeds,
    ]
    panels = [Panel(what, "workers", what, [Line(name, [(count, values[name, count][index]) for count in workers])
                                            for name in SCHEDULERS], log_x=True, log_y=index == 1)
              for index, what in enumerate(names[:3])]
    section.figures = [("6-scaling", Figure(f"{HORIZON} × time(R) on 1 to {many:,} workers", panels, columns=3,
                                            width=360), f"Synthetic. Median over {bench.seeds} seeds.")]
    section.tables = [("6-scaling", Table(["scheduler", "workers", "utilisation", "configurations_per_time_R", "regret",
                                           "trained_to_R"], [[*cell, *values[cell][:4]] for cell in cells])),
                      ("6-driver", feeds)]
    section.orderings = [
        Ordering("from 100 workers on, ten times the workers start ten times the configurations (within 10 %)",
                 max(per_worker[2:], default=0) <= 1.1 * min(per_worker[2:], default=0),
                 "for each worker " + " ".join(shown(value) for value in per_worker)),
        Ordering("regret falls with the workers", values["ASHA", many][2] < values["ASHA", few][2],
                 f"{shown(values['ASHA', few][2])} to {shown(values['ASHA', many][2])}"),
        Ordering("ASHA's regret is below random search's on any number of workers",
                 all(values["ASHA", count][2] < values["random", count][2] for count in workers),
                 ", ".join(f"{shown(values['ASHA', count][2])} < {shown(values['random', count][2])}" for count in workers)),
    ]
    return section


def _within(values) -> str:
    return "so too" if max(values) <= 1.1 * min(values) else "not"


def _each(workers, value) -> str:
    return ", ".join(f"{value(count)} on {count:,}" for count in workers)


def _decisions_per_second(bench: Bench) -> float:
    """Simulated jobs a CPU second, the median of three, less what it takes the program to start."""
    def cost(configurations: int) -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        [count] = bench.simulate([Simulation("zero-length.yaml", 500, 1, jobs, (
            f"budget.configurations={configurations}", "trainer.seconds_per_resource=1"), journal=False)])
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return count, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    few, many = (1000, 20000) if bench.smoke else (1000, 1000000)
    rates = []
    for _ in range(3):
        (few_jobs, few_seconds), (many_jobs, many_seconds) = cost(few), cost(many)
        rates.append((many_jobs - few_jobs) / (many_seconds - few_seconds))
    return median(rates)
