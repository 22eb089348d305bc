#!/usr/bin/env python3
"""Tunes an untouched script with ash-mpi and with Optuna, and compares what comes of equal budgets.

  compare.py --program .build/release/ash-mpi                   both, five seeds, on both examples
  compare.py --only optuna --seeds 1 --configurations 4 --max-resource 3 --example images

Both sides start the script of Examples/untouched-… as its study.yaml says, once a trial, on two workers of one thread
each. Both draw the same number of configurations from the same search space, train none longer than max_resource, and
stop by successive halving with the same reduction factor.

  ash-mpi   the study as it is, under `mpirun -np 3` with a dedicated driver
  Optuna    two processes that share a study by JournalStorage in a file; TPESampler and SuccessiveHalvingPruner. The
            objective reads the script's lines, reports each loss, and ends the process of a trial that is pruned

Needs optuna, PyYAML and what the scripts need, in the Python that runs it.
"""

import argparse
import json
import math
import os
import re
import shlex
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = {"images": ROOT / "Examples/untouched-images", "text": ROOT / "Examples/untouched-text"}
WORKERS = 2

# The columns of the tables: key of a run's figures, heading, format.
COLUMNS = [
    ("first_loss", "first loss, s", "{:.1f}"),
    ("first_trained", "first trained to the end, s", "{:.1f}"),
    ("wall", "wall time, s", "{:.1f}"),
    ("epochs", "epochs trained", "{:.0f}"),
    ("trained", "trials trained to the end", "{:.0f}"),
    ("failed", "failed", "{:.0f}"),
    ("best", "best loss", "{:.4f}"),
]


class Study:
    """A study file with the budget of this comparison."""

    def __init__(self, folder, configurations, max_resource):
        self.folder = folder
        self.file = folder / "study.yaml"
        study = yaml.safe_load(self.file.read_text())
        self.space = study["search_space"]
        scheduler = study["scheduler"]
        self.min_resource = scheduler["min_resource"]
        self.reduction_factor = scheduler["reduction_factor"]
        self.max_resource = max_resource or scheduler["max_resource"]
        self.configurations = configurations or study["budget"]["configurations"]
        trainer = study["trainer"]
        self.command = trainer["command"]
        self.loss_pattern = re.compile(trainer["loss_pattern"])

    def arguments(self, configuration, seed):
        """The command of one configuration, as ash-mpi fills its placeholders."""
        values = {**configuration, "resource": self.max_resource, "seed": seed}
        arguments = []
        for word in self.command:
            option = re.fullmatch(r"\{(\w+)\?(.+)\}", word)
            if option:
                arguments += [option[2]] if values[option[1]] else []
            else:
                arguments.append(re.sub(r"\{(\w+)\}", lambda match: text(values[match[1]]), word))
        return arguments

    def settings(self, seed):
        """The same budget as options of ash-mpi."""
        values = {
            "seed": seed,
            "budget.configurations": self.configurations,
            "scheduler.max_resource": self.max_resource,
        }
        return [word for name, value in values.items() for word in ("--set", f"{name}={value}")]


def text(value):
    # Python's argparse takes -1e-05 for an option.
    return f"{value:.17f}".rstrip("0") + "0" if isinstance(value, float) else str(value)


def environment(**variables):
    folder = Path(sys.executable).parent
    return {
        **os.environ,
        "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}",
        "OMP_NUM_THREADS": "1",
        "PYTHONUNBUFFERED": "1",
        "OMPI_ALLOW_RUN_AS_ROOT": "1",
        "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
        **variables,
    }


def figures(events, trials, wall, study):
    """The figures of a run. An event: seconds since the launch, trial, resource, loss. `trials`: the state of each."""
    events = sorted(events)
    last = {}
    for _, trial, resource, loss in events:
        if resource >= last.get(trial, (0, 0))[0]:
            last[trial] = (resource, loss)
    ends = [when for when, _, resource, _ in events if resource >= study.max_resource]
    finite = [loss for _, loss in last.values() if math.isfinite(loss)]
    return {
        "first_loss": events[0][0] if events else math.nan,
        "first_trained": ends[0] if ends else math.nan,
        "wall": wall,
        "epochs": sum(resource for resource, _ in last.values()),
        "trained": sum(resource >= study.max_resource for resource, _ in last.values()),
        "failed": sum(state == "failed" for state in trials.values()),
        "best": min(finite, default=math.nan),
        "trials": len(trials),
    }


# ash-mpi


def tune_with_ash_mpi(study, seed, folder, options):
    output = folder / "out"
    command = [
        *("mpirun", "-np", str(WORKERS + 1), "--oversubscribe", str(Path(options.program).resolve())),
        *("run", str(study.file), "-o", str(output), "--dedicated-driver", "--progress", "none"),
        *study.settings(seed),
        *(word for setting in options.set for word in ("--set", setting)),
    ]
    began = time.monotonic()
    run = subprocess.run(command, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    wall = time.monotonic() - began
    if run.returncode != 0:
        sys.exit(f"{shlex.join(command)}\nexited with {run.returncode}:\n{run.stdout[-4000:]}")
    lines = [json.loads(line) for line in (output / "journal.jsonl").read_text().splitlines()]
    # The journal's seconds count from the study's begin. What passed before it counts too, and all that is not known to
    # be after it.
    summary = json.loads((output / "summary.json").read_text())
    return figures(*read_journal(lines, wall - summary["wall_seconds"]), wall, study)


def read_journal(lines, launch):
    """The events and trials of a journal. `launch`: the seconds between the launch and the study's begin."""
    events, trials = [], {}
    for line in lines:
        if line["event"] == "dispatch":
            trials.setdefault(line["trial"], "running")
        elif line["event"] in ("report", "result"):
            # A result repeats the last report; the resource and the loss of a trial are of its last line.
            events.append((launch + line["time"], line["trial"], line["resource"], float(line["loss"])))
            if line["event"] == "result":
                trials[line["trial"]] = "done"
        elif line["event"] == "failure" and line["final"]:
            trials[line["trial"]] = "failed"
    return events, trials


# Optuna


def tune_with_optuna(study, seed, folder, options):
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    optuna.create_study(storage=storage(folder), study_name="untouched", direction="minimize")
    began = time.time()
    processes = [
        subprocess.Popen(
            [
                *(
                    sys.executable,
                    __file__,
                    "--example",
                    options.example,
                    "--worker",
                    str(worker),
                    "--folder",
                    str(folder),
                ),
                *("--seed", str(seed), "--configurations", str(study.configurations)),
                *("--max-resource", str(study.max_resource), "--optuna-sampler", options.optuna_sampler),
            ],
            env=environment(),
        )
        for worker in range(WORKERS)
    ]
    codes = [process.wait() for process in processes]
    wall = time.time() - began
    if any(codes):
        sys.exit(f"a worker of Optuna exited with {max(codes)}")
    states = {"COMPLETE": "done", "PRUNED": "done", "FAIL": "failed"}
    done = optuna.load_study(storage=storage(folder), study_name="untouched").trials
    # One that both drew at the same moment after the last has no number below.
    trials = {trial.number: states[trial.state.name] for trial in done if trial.number < study.configurations}
    events = []
    for worker in range(WORKERS):
        for line in (folder / f"events-{worker}.jsonl").read_text().splitlines():
            when, *event = json.loads(line)
            events.append((when - began, *event))
    return figures(events, trials, wall, study)


def storage(folder):
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend

    return JournalStorage(JournalFileBackend(str(folder / "optuna.log")))


def work_for_optuna(study, options):
    """One of Optuna's processes: takes trials until all configurations are drawn."""
    import optuna
    from optuna.trial import TrialState

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    seed = 1000 * options.seed + options.worker
    samplers = {"tpe": optuna.samplers.TPESampler, "random": optuna.samplers.RandomSampler}
    search = optuna.load_study(
        storage=storage(options.folder),
        study_name="untouched",
        sampler=samplers[options.optuna_sampler](seed=seed),
        pruner=optuna.pruners.SuccessiveHalvingPruner(
            min_resource=study.min_resource, reduction_factor=study.reduction_factor
        ),
    )
    events = (options.folder / f"events-{options.worker}.jsonl").open("w", buffering=1)

    def objective(trial):
        if trial.number >= study.configurations:
            # The other process has drawn the last one at the same moment.
            trial.study.stop()
            raise optuna.TrialPruned

        configuration = {name: suggestion(trial, name, domain) for name, domain in study.space.items()}
        with (options.folder / f"trial-{trial.number}.log").open("w") as log:
            process = subprocess.Popen(
                study.arguments(configuration, 1000 * options.seed + trial.number),
                cwd=study.folder,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
            resource, loss = 0, math.nan
            try:
                for line in process.stdout:
                    match = study.loss_pattern.search(line)
                    if not match:
                        continue
                    resource, loss = resource + 1, float(match[1])
                    events.write(json.dumps([time.time(), trial.number, resource, loss]) + "\n")
                    trial.report(loss, resource)
                    if trial.should_prune():
                        raise optuna.TrialPruned
            finally:
                if process.poll() is None and resource < study.max_resource:
                    process.send_signal(signal.SIGTERM)
                process.stdout.close()
                code = process.wait()
            if code != 0 or resource == 0:
                raise RuntimeError(f"trial {trial.number} exited with {code} after {resource} epochs")
        return loss if math.isfinite(loss) else math.inf

    # Trials that run count too, so that the last one is not drawn twice.
    states = (TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL, TrialState.RUNNING)
    stop = optuna.study.MaxTrialsCallback(study.configurations, states=states)
    search.optimize(objective, n_trials=study.configurations, callbacks=[stop], catch=(RuntimeError,))


def suggestion(trial, name, domain):
    if domain["type"] == "categorical":
        return trial.suggest_categorical(name, domain["values"])
    low, high, step = domain["min"], domain["max"], domain.get("step")
    log = domain.get("scale") == "log"
    if domain["type"] == "int":
        return trial.suggest_int(name, low, high, log=log, step=step or 1)
    return trial.suggest_float(name, low, high, log=log, step=step)


# The tables


def table(rows):
    heads = ["tuner", "seed", *(heading for _, heading, _ in COLUMNS)]
    lines = [heads, ["---"] * len(heads)]
    tuners = list(dict.fromkeys(row["tuner"] for row in rows))
    for tuner in tuners:
        runs = [row for row in rows if row["tuner"] == tuner]
        medians = {key: statistics.median(row[key] for row in runs) for key, _, _ in COLUMNS}
        for row in [*runs, {"tuner": tuner, "seed": "**median**", **medians}]:
            cells = [how.format(row[key]) if math.isfinite(row[key]) else "–" for key, _, how in COLUMNS]
            lines.append([row["tuner"], str(row["seed"]), *cells])
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default=ROOT / ".build/release/ash-mpi", help="the ash-mpi to measure")
    parser.add_argument("--only", choices=["ash-mpi", "optuna"], help="measure one of them")
    parser.add_argument("--example", choices=list(EXAMPLES), help="one of the examples; both without it")
    parser.add_argument("--seeds", type=int, default=5, help="how many seeds (5)")
    parser.add_argument("--configurations", type=int, help="how many configurations; as the study says without it")
    parser.add_argument("--max-resource", type=int, help="epochs at most; as the study says without it")
    parser.add_argument("--optuna-sampler", choices=["tpe", "random"], default="tpe", help="how Optuna draws (tpe)")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="for ash-mpi's study as well")
    parser.add_argument("--output", type=Path, help="append each run to this file, a line of JSON each")
    parser.add_argument("--worker", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--seed", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()

    if options.worker is not None:
        work_for_optuna(Study(EXAMPLES[options.example], options.configurations, options.max_resource), options)
        return
    tuners = {"ash-mpi": tune_with_ash_mpi, "optuna": tune_with_optuna}
    names = [options.only] if options.only else list(tuners)
    for example in [options.example] if options.example else list(EXAMPLES):
        options.example = example
        study = Study(EXAMPLES[example], options.configurations, options.max_resource)
        rows = []
        for seed in range(1, options.seeds + 1):
            # In turns, so that what else the machine does meets both; the one that begins changes.
            for name in names if seed % 2 else reversed(names):
                with tempfile.TemporaryDirectory(prefix="untouched-") as folder:
                    row = {"example": example, "tuner": name, "seed": seed}
                    row |= tuners[name](study, seed, Path(folder), options)
                rows.append(row)
                print(json.dumps(row), file=sys.stderr, flush=True)
                if options.output:
                    with options.output.open("a") as file:
                        file.write(json.dumps(row) + "\n")
        rows.sort(key=lambda row: (names.index(row["tuner"]), row["seed"]))
        print(
            f"{example}: {study.configurations} configurations, at most {study.max_resource} epochs, reduction factor "
            f"{study.reduction_factor}, {WORKERS} workers\n\n{table(rows)}\n",
            flush=True,
        )


if __name__ == "__main__":
    main()
