"""Experiment 3: the bracket that section 3 of the ASHA paper works out by hand. Exact, whatever the seed."""

from bench import Bench, Simulation, summary
from report import Ordering, Section, Table, prose

NUMBER, TITLE = 3, "The toy bracket of section 3"
FULL = 9.0
CASES = [
    # what, published, algorithm, workers, whether trials go on from checkpoints
    ("ASHA, nine workers, from scratch", "13/9", "asha", 9, False),
    ("ASHA, nine workers, from checkpoints", "1", "asha", 9, True),
    ("synchronous SHA, one worker, from scratch", "3", "sha", 1, False),
]


def first_fully_trained(folder):
    return summary(folder)["simulated"]["first_fully_trained"]


def run(bench: Bench) -> Section:
    section = Section(NUMBER, TITLE)
    simulations = [
        Simulation("toy-bracket.yaml", workers, seed, first_fully_trained, (f"scheduler.algorithm={algorithm}",),
                   () if resumes else ("--from-scratch",), check=what if seed == 1 else None)
        for what, _, algorithm, workers, resumes in CASES for seed in range(1, bench.seeds + 1)]
    times = iter(bench.simulate(simulations))
    rows = []
    for what, published, *_ in CASES:
        ours = {next(times) for _ in range(bench.seeds)}
        top, bottom = (published + "/1").split("/")[:2]
        holds = ours == {FULL * int(top) / int(bottom)}
        rows.append([what, f"{published} × time(R)",
                     ", ".join(f"{time / FULL:.4f} × time(R)" for time in sorted(ours))])
        section.orderings.append(Ordering(f"{what}: exactly {published} × time(R)", holds, rows[-1][2]))
    table = Table(["until the first configuration is trained to R", "published", "ours, with every seed"], rows)
    section.text = [
        prose("""
            r = 1, R = 9, η = 3, nine configurations (**synthetic**; losses decide nothing here). Synchronous SHA trains
            each of its three rungs for time(R) in all, on the one machine that a bracket has."""), table]
    section.tables = [("3-toy-bracket", table)]
    return section
