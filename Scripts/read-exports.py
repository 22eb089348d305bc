"""Opens exported studies with pandas, Optuna and TensorBoard, and compares what they read with the journal."""

import json
import math
import sys
import warnings

import optuna
import pandas
from optuna.importance import PedAnovaImportanceEvaluator
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import TrialState
from tensorboard.backend.event_processing.event_multiplexer import EventMultiplexer
from tensorboard.plugins.hparams import plugin_data_pb2

warnings.simplefilter("ignore")
optuna.logging.set_verbosity(optuna.logging.ERROR)


def journal(folder):
    """The configuration of each trial, and its losses by resource; a loss that is not finite is None."""
    configurations, losses = {}, {}
    with open(f"{folder}/journal.jsonl") as lines:
        for event in map(json.loads, lines):
            if event["event"] == "dispatch" and event["rung"] == 0:
                configurations[event["trial"]] = event["configuration"]
                losses.setdefault(event["trial"], {})
            if event["event"] == "result":
                loss = event["loss"]
                losses[event["trial"]][event["resource"]] = None if isinstance(loss, str) else loss
    return configurations, losses


def check_optuna(folder, configurations, losses):
    storage = JournalStorage(JournalFileBackend(f"{folder}/optuna/optuna.log"))
    study = optuna.load_study(study_name="synthetic", storage=storage)
    assert len(study.trials) == len(configurations)
    for trial in study.trials:
        number = trial.user_attrs["trial"]
        assert trial.params == configurations[number], number
        finite = {step: loss for step, loss in losses[number].items() if loss is not None}
        assert trial.intermediate_values == finite, number
        if trial.state in (TrialState.COMPLETE, TrialState.PRUNED):
            assert trial.value == finite[max(finite)], number
    tops = [loss[64] for loss in losses.values() if loss.get(64) is not None]
    if tops:
        assert study.best_value == min(tops)


def check_tables(folder, configurations):
    options = {"keep_default_na": False, "na_values": [""]}
    trials = pandas.read_csv(f"{folder}/csv/trials.csv", **options)
    assert list(trials.trial) == sorted(configurations)
    for row in trials.to_dict("records"):
        for name, value in configurations[row["trial"]].items():
            assert row[f"configuration.{name}"] == value, (row, name)
    jobs = pandas.read_csv(f"{folder}/csv/jobs.csv", **options)
    assert set(jobs.status) <= {"completed", "failed", "invalid", "running"}


def check_tensorboard(folder, configurations, losses):
    runs = EventMultiplexer().AddRunsFromDirectory(f"{folder}/tensorboard").Reload()
    names = [name for name in runs.Runs() if name.startswith("trial-")]
    assert len(names) == len(configurations)
    for name in names:
        number = int(name.removeprefix("trial-"))
        metadata = runs.GetAccumulator(name).summary_metadata["_hparams_/session_start_info"]
        start = plugin_data_pb2.HParamsPluginData.FromString(metadata.plugin_data.content).session_start_info
        assert set(start.hparams) == set(configurations[number])
        if not losses[number]:
            continue
        scalars = {event.step: event.value for event in runs.Scalars(name, "validation_loss")}
        for step, loss in losses[number].items():
            assert math.isnan(scalars[step]) if loss is None else math.isclose(scalars[step], loss, rel_tol=1e-6)


def check_importance(configurations, losses, space):
    """Optuna's own evaluator on the trials of each rung; what diverged counts as the worst there."""
    with open("importance.json") as file:
        rungs = json.load(file)["rungs"]
    for rung in rungs:
        study = optuna.create_study()
        trials = []
        for number, by_resource in losses.items():
            if rung["resource"] not in by_resource:
                continue
            value = by_resource[rung["resource"]]
            parameters = dict(configurations[number])
            # Ours have an order; Optuna's categories have none.
            parameters["width_rule"] = ["narrow", "even", "wide"].index(parameters["width_rule"])
            trials.append(
                optuna.create_trial(
                    params=parameters,
                    distributions={name: space[name] for name in parameters},
                    value=1e9 if value is None else value,
                )
            )
        study.add_trials(trials)
        theirs = PedAnovaImportanceEvaluator().evaluate(study)
        total = sum(theirs.values())
        for name, share in rung["importance"].items():
            assert abs(theirs.get(name, 0) / total - share) < 1e-12, (rung["rung"], name)


def main():
    for folder in sys.argv[1:]:
        configurations, losses = journal(folder)
        check_optuna(folder, configurations, losses)
        check_tables(folder, configurations)
        check_tensorboard(folder, configurations, losses)
        print(f"{folder}: {len(configurations)} trials read by pandas, Optuna {optuna.__version__} and TensorBoard")
    space = {}
    configurations, losses = journal(sys.argv[1])
    for trial in optuna.load_study(
        study_name="synthetic", storage=JournalStorage(JournalFileBackend(f"{sys.argv[1]}/optuna/optuna.log"))
    ).trials:
        space.update(trial.distributions)
    space["width_rule"] = optuna.distributions.IntDistribution(0, 2)
    check_importance(configurations, losses, space)
    print("importance: Optuna's evaluator gives the same at every rung")


main()
