"""Experiment 7: Vizier beside the brackets (*Parallelizing Hyperband for Large-Scale Tuning*, Figure 1, left, all lines)."""

from bench import Bench, Simulation, events, incumbents, median, value_at
from lineplot import Figure, Line, Panel
from report import Ordering, Section, Table, prose, shown

NUMBER, TITLE = 7, "Vizier beside the brackets"
FULL, COUNTED, HORIZON = 256.0, 3, 4
GRID = [step / 10 for step in range(10, 10 * HORIZON + 1)]
#: Jobs end at different times, so that Vizier is asked for one configuration after the other, not for all at once.
OPTIONS = ("--stragglers", "0.3")
LADDER = "reduction_factor: 4, min_resource: 1, max_resource: 256"
#: Vizier's rule looks at what is left of a curve; from a quarter of R on it stops about as many trials as published.
CURVE = "{algorithm: curve, reduction_factor: 2, min_resource: 64, max_resource: 256}"
VIZIER, STOPPING, FIVE = "Vizier", "Vizier (early stopping)", "Vizier 5× (early stopping)"
# name, published count by 3 × time(R), how many times the workers, scheduler, sampler
LINES = [
    *[(f"bracket {s}", "52 thousand" if s == 0 else "–", 1, f"{{algorithm: asha, {LADDER}, early_stopping_rate: {s}}}", "random")
      for s in range(4)],
    ("random search", "1.5 thousand", 1, f"{{algorithm: random, {LADDER}}}", "random"),
    (VIZIER, "1.8 thousand", 1, f"{{algorithm: random, {LADDER}}}", "gp"),
    (STOPPING, "2.3 thousand", 1, CURVE, "gp"),
    (FIVE, "–", 5, CURVE, "gp"),
]


def horizon(name):
    """The largest line ends sooner: each of its configurations costs a hundredth of a second or more."""
    return COUNTED if name == FIVE else HORIZON


def read(folder):
    steps = incumbents(folder)
    begun = sum(1 for job in events(folder, "dispatch") if job["time"] <= COUNTED * FULL and "configuration" in job)
    return [value_at(steps, time * FULL) for time in GRID], begun


def run(bench: Bench) -> Section:
    section = Section(NUMBER, TITLE)
    workers = 8 if bench.smoke else 500
    # A line of Vizier's takes minutes: its models are really made.
    seeds = range(1, min(bench.seeds, 3) + 1)
    found = iter(bench.simulate([
        Simulation("large-scale.yaml", times * workers, seed, read,
                   (f"scheduler={scheduler}", f"sampler={{kind: {sampler}}}", f"budget.time={horizon(name) * FULL:g}s"), OPTIONS,
                   check=name if seed == 1 and name == VIZIER else None)
        for name, _, times, scheduler, sampler in LINES for seed in seeds]))
    curves, counts = {}, {}
    for name, *_ in LINES:
        runs = [next(found) for _ in seeds]
        ended = [time > horizon(name) for time in GRID]
        curves[name] = [float("inf") if over else median(values)
                        for over, values in zip(ended, zip(*(run[0] for run in runs)))]
        counts[name] = median(run[1] for run in runs)
    counted = GRID.index(COUNTED)
    last = {name: values[counted] for name, values in curves.items()}
    table = Table(["", "workers", f"configurations started by {COUNTED} × time(R), published", "ours", "loss at 2 × time(R)",
                   f"loss at {COUNTED} × time(R)", f"loss at {HORIZON} × time(R)"],
                  [[name, times * workers, published, counts[name], curves[name][10], last[name],
                    "–" if horizon(name) < HORIZON else curves[name][-1]]
                   for name, published, times, *_ in LINES])
    section.text = [
        prose(f"""
            {workers} workers, and five times as many; η = 4, r = R/256, {"one seed" if len(seeds) == 1 else f"{len(seeds)} seeds"};
            **synthetic** (the MFHartmann-6 surface), jobs take 1 + |z| times as long, z normal with σ = 0.3. Vizier is
            `sampler: {{kind: gp}}`, its bandit as published in 2024, which is another one than that of 2018; with `algorithm: random`,
            or `curve`, which stops trials by their performance curves, at R/4 and R/2. What the model takes is counted as virtual time; where it is
            not ready, densities suggest (`kde`). That bandit learns much from each of so many full trainings: it may well be ahead of the
            brackets, which the published one was not."""),
        table]
    section.figures = [("7-vizier", Figure(f"Best loss so far on {workers} workers", [
        Panel("", "time / time(R)", "loss", [
            Line(name, list(zip(GRID, values)), dashed=name.startswith("Vizier")) for name, values in curves.items()])],
        width=720, height=400), "Synthetic. One seed." if len(seeds) == 1 else f"Synthetic. Median over {len(seeds)} seeds.")]
    section.tables = [("7-vizier", table), ("7-incumbents", Table(
        ["time_over_time_R", *curves], [[time, *[values[index] for values in curves.values()]] for index, time in enumerate(GRID)]))]
    section.orderings = [
        Ordering("early stopping lets Vizier evaluate more configurations", counts[STOPPING] > counts[VIZIER],
                 f"{shown(counts[STOPPING])} : {shown(counts[VIZIER])}"),
        Ordering("bracket 0 evaluates over 20 times as many configurations as Vizier", counts["bracket 0"] > 20 * counts[VIZIER],
                 f"{shown(counts['bracket 0'])} : {shown(counts[VIZIER])}"),
        Ordering("bracket 0 has no higher loss than Vizier", last["bracket 0"] <= last[VIZIER],
                 f"{last['bracket 0']:.4f} : {last[VIZIER]:.4f}"),
        Ordering("Vizier has a lower loss than random search", last[VIZIER] < last["random search"],
                 f"{last[VIZIER]:.4f} : {last['random search']:.4f}"),
    ]
    return section
