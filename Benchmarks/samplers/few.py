"""Few configurations, each trained to R: what samplers find when nothing but they decide."""

import statistics
from typing import Callable, Dict, List

#: How many configurations, and on how many workers.
CONFIGURATIONS, WORKERS = 80, 4
SAMPLERS = {"random": "{kind: random}", "sobol": "{kind: sobol}", "kde": "{kind: kde}", "gp": "{kind: gp}", "auto": "{kind: auto}"}


def settings(sampler: str, full: str) -> List[str]:
    """What is changed in a study. `full`: its R."""
    return [f"sampler={SAMPLERS[sampler]}", f"scheduler={{algorithm: random, max_resource: {full}}}",
            f"budget={{configurations: {CONFIGURATIONS}}}"]


def compare(study: str, losses: Dict[str, List[float]]) -> List[dict]:
    """`losses`: by sampler and seed, the best loss."""
    rows = []
    for name, mine in losses.items():
        ranks = [1 + sum(other[seed] < loss for other in losses.values()) + 0.5 * (sum(other[seed] == loss for other in losses.values()) - 1)
                 for seed, loss in enumerate(mine)]
        rows.append({"study": study, "sampler": name, "median": statistics.median(mine), "best": min(mine), "worst": max(mine),
                     "rank": statistics.fmean(ranks), "seeds": len(mine)})
    return rows


def section(rows: List[dict], head: Callable[[], str]) -> List[str]:
    if not rows:
        return []
    studies = list(dict.fromkeys(row["study"] for row in rows))
    find = {(row["study"], row["sampler"]): row for row in rows}
    text = [head().rstrip(), "", "| study | " + " | ".join(SAMPLERS) + " |", "|---|" + "---|" * len(SAMPLERS)]
    for study in studies:
        cells = [f"{find[study, name]['median']:.4g} ({find[study, name]['rank']:.1f})" for name in SAMPLERS]
        text.append(f"| {study} | " + " | ".join(cells) + " |")
    informative = [study for study in studies if study != "chance"]
    means = [statistics.fmean(find[study, name]["rank"] for study in informative) for name in SAMPLERS]
    text.append("| mean rank without chance | " + " | ".join(f"**{mean:.2f}**" for mean in means) + " |")
    return text + [""]
