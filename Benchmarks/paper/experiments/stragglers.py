"""Experiment 2: stragglers and dropped jobs (the ASHA paper's appendix A.1)."""

from bench import Bench, Simulation, summary
from lineplot import Figure, Line, Panel
from report import Ordering, Section, Table, prose

NUMBER, TITLE = 2, "Stragglers and dropped jobs"
WORKERS, HORIZON, REPETITIONS = 25, 2000, 25
DEVIATIONS = (0.10, 0.24, 0.56, 1.33)
DROPS = (0, 0.002, 0.004, 0.006, 0.008, 0.01)
SHA = "algorithm: sync_hyperband, brackets: [0]"
SCHEDULERS = {
    # name: scheduler, other settings
    "SHA, one bracket after another": (SHA, ()),
    "SHA, new brackets on idle workers": ("algorithm: parallel_sha, bracket_size: 256", ()),
    "ASHA": ("algorithm: asha", ()),
    "ASHA that forgets dropped jobs": ("algorithm: asha", ("retries=0",)),
}
ONE, IDLE, ASHA, FORGETS = SCHEDULERS


def read(folder):
    """(configurations trained to R, time to the first one or the horizon)."""
    simulated = summary(folder)["simulated"]
    first = simulated["first_fully_trained"]
    return simulated["fully_trained"], HORIZON if first is None else first


def simulation(name, deviation, drop, seed, journal=False, check=None):
    scheduler, others = SCHEDULERS[name]
    options = ["--stragglers", str(deviation)] + (["--drop", str(drop)] if drop else [])
    return Simulation("stragglers.yaml", WORKERS, seed, read,
                      (f"scheduler={{{scheduler}, reduction_factor: 4, min_resource: 1, max_resource: 256}}", *others),
                      tuple(options), journal=journal, check=check)


def run(bench: Bench) -> Section:
    section = Section(NUMBER, TITLE)
    repetitions = 2 if bench.smoke else REPETITIONS
    deviations, drops = ((0.1, 1.33), (0, 0.01)) if bench.smoke else (DEVIATIONS, DROPS)
    cells = [(name, deviation, drop) for name in SCHEDULERS for deviation in deviations for drop in drops]
    found = bench.simulate([simulation(*cell, seed) for cell in cells for seed in range(1, repetitions + 1)])
    bench.simulate([simulation(name, 0.56, 0.01, 1, journal=True, check=f"{name}, σ = 0.56, p = 0.01")
                    for name in SCHEDULERS])
    means = {}
    for index, cell in enumerate(cells):
        group = found[index * repetitions:(index + 1) * repetitions]
        means[cell] = tuple(sum(values) / repetitions for values in zip(*group))

    every = Table(["scheduler", "sigma", "p", "trained_to_R", "first_trained_to_R"],
                  [[*cell, *means[cell]] for cell in cells])
    shown_drops = (drops[0], drops[len(drops) // 2], drops[-1])
    table = Table(["σ", "p", *[f"{name}: trained to R; first" for name in SCHEDULERS]],
                  [[deviation, drop, *["{:.1f}; {:.0f}".format(*means[name, deviation, drop]) for name in SCHEDULERS]]
                   for deviation in deviations for drop in dict.fromkeys(shown_drops)])
    worst = deviations[-1]
    section.text = [
        prose(f"""
            η = 4, r = 1, R = 256, n = 256, {WORKERS} workers, {HORIZON:,} units of time; means of {repetitions}
            repetitions (**synthetic**; losses decide nothing here). Jobs take 1 + |z| times as long, z normal with σ, and
            are dropped with probability p in each unit of time (the table shows three of the six p; all are in the CSV).
            Where nothing was trained to R, the first counts as {HORIZON:,}. The paper shows these results as curves,
            without numbers: ASHA trains more configurations to R than synchronous SHA where times vary much, and the
            first one sooner."""),
        table, None,
    ]
    for index, (key, what) in enumerate([("trained", "configurations trained to R"), ("first", "time to the first")]):
        section.figures.append((f"2-{key}", Figure(
            f"{what[0].upper()}{what[1:]} within {HORIZON:,} units",
            [Panel(f"σ = {deviation}", "p, each unit of time", what,
                   [Line(name, [(drop, means[name, deviation, drop][index]) for drop in drops],
                         dashed=name == FORGETS) for name in SCHEDULERS])
             for deviation in deviations]), f"Synthetic. Means of {repetitions} repetitions."))
    section.tables = [("2-stragglers", every)]

    def both(cell_of, index, better):
        """In how many cells one scheduler is better than another."""
        pairs = [(means[one][index], means[other][index]) for one, other in cell_of]
        return sum(better(one, other) for one, other in pairs), len(pairs)

    grid = [(deviation, drop) for deviation in deviations for drop in drops]
    more = both([((ASHA, *at), (ONE, *at)) for at in grid], 0, lambda a, b: a > b)
    rough = [(deviation, drop) for deviation, drop in grid if deviation >= 0.56]
    sooner = both([((ASHA, *at), (ONE, *at)) for at in rough], 1, lambda a, b: a < b)
    forgets = both([((FORGETS, *at), (IDLE, *at)) for at in grid if at[1] == drops[-1]], 0, lambda a, b: a < b)
    idle = both([((ASHA, *at), (IDLE, *at)) for at in rough], 0, lambda a, b: a > b)
    idle_sooner = both([((ASHA, *at), (IDLE, *at)) for at in rough], 1, lambda a, b: a < b)
    of = "{} of {} pairs of σ and p".format
    section.text[-1] = prose(f"""
        With σ ≥ 0.56, ASHA trains more to R than SHA with new brackets on idle workers in {of(*idle)}, and the first one
        sooner in {idle_sooner[0]} of {idle_sooner[1]}.""")
    section.orderings = [
        Ordering("ASHA trains more configurations to R than synchronous SHA", more[0] == more[1], of(*more)),
        Ordering("ASHA trains the first one sooner than synchronous SHA where times vary (σ ≥ 0.56)",
                 sooner[0] == sooner[1], of(*sooner)),
        Ordering("ASHA that forgets dropped jobs loses to SHA with reruns at the highest p",
                 forgets[0] == forgets[1], of(*forgets)),
        Ordering("σ costs synchronous SHA a larger share of its configurations than ASHA (p = 0)",
                 means[ONE, worst, 0][0] / means[ONE, deviations[0], 0][0]
                 < means[ASHA, worst, 0][0] / means[ASHA, deviations[0], 0][0],
                 "{:.0%} and {:.0%} are left".format(*(means[name, worst, 0][0] / means[name, deviations[0], 0][0]
                                                      for name in (ONE, ASHA)))),
    ]
    return section
