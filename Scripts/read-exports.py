"""Opens exported studies with the tools that they are for, and compares what these read with the journal.

    read-exports.py FOLDER…

The folders are as `Scripts/test-exports` makes them.
"""

import contextlib
import io
import json
import math
import re
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
import warnings
from pathlib import Path

import optuna
import pandas
from optuna.importance import PedAnovaImportanceEvaluator
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import TrialState
from optuna_dashboard import wsgi
from prometheus_client.parser import text_string_to_metric_families
from tensorboard.backend.event_processing.event_multiplexer import EventMultiplexer
from tensorboard.plugins.hparams import plugin_data_pb2

warnings.simplefilter("ignore")
optuna.logging.set_verbosity(optuna.logging.ERROR)


def storage(folder):
    return JournalStorage(JournalFileBackend(f"{folder}/optuna/optuna.log"))


def header(folder):
    with open(f"{folder}/journal.jsonl") as lines:
        return json.loads(next(lines))


def journal(folder):
    """The configuration of each trial, and its values by resource; one that is not finite is None."""
    configurations, losses = {}, {}
    sign = -1 if header(folder)["objective"]["mode"] == "max" else 1
    with open(f"{folder}/journal.jsonl") as lines:
        for line in lines:
            if not line.endswith("\n"):
                break
            event = json.loads(line)
            if event["event"] == "dispatch" and event["rung"] == 0:
                configurations[event["trial"]] = event["configuration"]
                losses.setdefault(event["trial"], {})
            if event["event"] == "result":
                loss = event["loss"]
                losses[event["trial"]][event["resource"]] = None if isinstance(loss, str) else sign * loss
    return configurations, losses


def check_optuna(folder, configurations, losses):
    study = optuna.load_study(study_name="synthetic", storage=storage(folder))
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
        assert study.best_value == (min, max)[study.direction == optuna.study.StudyDirection.MAXIMIZE](tops)


def check_dashboard(folder, configurations):
    """The dashboard's API, called as a web server would."""
    app = wsgi(storage(folder))

    def get(path):
        answer = {}
        environment = {
            "REQUEST_METHOD": "GET", "PATH_INFO": path, "QUERY_STRING": "", "SERVER_NAME": "test", "SERVER_PORT": "80",
            "wsgi.input": io.BytesIO(), "wsgi.errors": sys.stderr, "wsgi.url_scheme": "http", "wsgi.version": (1, 0),
            "wsgi.multithread": False, "wsgi.multiprocess": False, "wsgi.run_once": False,
        }
        body = b"".join(app(environment, lambda status, headers, _=None: answer.update(status=status)))
        assert answer["status"].startswith("200"), (path, answer, body)
        return json.loads(body)

    assert [study["study_name"] for study in get("/api/studies")["study_summaries"]] == ["synthetic"]
    assert len(get("/api/studies/0")["trials"]) == len(configurations)


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


@contextlib.contextmanager
def tensorboard(folder, *options):
    """A server of TensorBoard's, and its address."""
    command = [sys.executable, "-m", "tensorboard.main", "--logdir", f"{folder}/tensorboard", "--port", "0", *options]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
        try:
            for line in server.stderr:
                if found := re.search(r"http://\S+", line):
                    # What else it says must not fill the pipe.
                    threading.Thread(target=server.stderr.read, daemon=True).start()
                    yield found[0]
                    break
            else:
                raise AssertionError("TensorBoard did not start")
        finally:
            server.kill()


def check_tensorboard_server(folder, configurations, losses, *options):
    """The table of hyperparameters, as TensorBoard's page asks for it."""
    body = json.dumps({
        "experimentName": "", "startIndex": 0, "sliceSize": 1000, "colParams": [],
        "allowedStatuses": ["STATUS_UNKNOWN", "STATUS_SUCCESS", "STATUS_FAILURE", "STATUS_RUNNING"],
    }).encode()
    groups = []
    with tensorboard(folder, *options) as address:
        # It loads in the background.
        for _ in range(300):
            # Before it knows of any it answers 400.
            request = urllib.request.Request(
                f"{address}data/plugin/hparams/session_groups", body, {"Content-Type": "application/json"})
            with contextlib.suppress(urllib.error.HTTPError):
                with urllib.request.urlopen(request) as answer:
                    groups = json.load(answer).get("sessionGroups", [])
            if len(groups) == len(configurations):
                break
            time.sleep(0.2)
    assert len(groups) == len(configurations), (len(groups), len(configurations), options)
    for group in groups:
        number = int(group["sessions"][0]["name"].removeprefix("trial-"))
        assert set(group["hparams"]) == set(configurations[number]), number
        values = {value["name"]["tag"]: value["value"] for value in group.get("metricValues", [])}
        finite = {step: loss for step, loss in losses[number].items() if loss is not None}
        if finite and losses[number][max(losses[number])] is not None:
            assert math.isclose(values["validation_loss"], finite[max(finite)], rel_tol=1e-6), (number, values)


def check_mlflow(folder, configurations, losses, uri):
    from ash_mpi.mlflow import export
    from mlflow.tracking import MlflowClient

    cut = header(folder)
    trials, changed = export(Path(folder), uri, limit=100_000, experiment=folder)
    assert trials == changed == len(configurations), (trials, changed)
    assert export(Path(folder), uri, limit=100_000, experiment=folder) == (trials, 0)
    client = MlflowClient(tracking_uri=uri)
    experiment = client.get_experiment_by_name(folder).experiment_id
    runs = client.search_runs([experiment], max_results=10_000)
    parents = [run for run in runs if "ash_mpi.trial" not in run.data.tags]
    assert len(parents) == 1 and len(runs) == len(configurations) + 1
    assert parents[0].data.params["seed"] == str(cut["seed"])
    for run in runs:
        if run is parents[0]:
            continue
        number = int(run.data.tags["ash_mpi.trial"])
        assert run.data.tags["mlflow.parentRunId"] == parents[0].info.run_id
        assert run.data.params == {name: str(value) for name, value in configurations[number].items()}, number
        points = {point.step: point.value for point in client.get_metric_history(run.info.run_id, "validation_loss")} \
            if losses[number] else {}
        for step, loss in losses[number].items():
            assert math.isnan(points[step]) if loss is None else points[step] == loss, (number, step)
        if losses[number]:
            assert run.info.status in ("FINISHED", "FAILED", "RUNNING", "SCHEDULED"), run.info.status
    best = client.get_metric_history(parents[0].info.run_id, "best/validation_loss")
    finite = [loss for by_step in losses.values() for loss in by_step.values() if loss is not None]
    choose = max if cut["objective"]["mode"] == "max" else min
    assert max(best, key=lambda point: point.step).value == choose(finite)


def check_mlflow_of_growing_journal(folder, uri):
    """A journal that is exported at several lengths gives the same as one that is exported once, and no point twice."""
    from ash_mpi.mlflow import export
    from mlflow.tracking import MlflowClient

    lines = Path(folder, "journal.jsonl").read_bytes().splitlines(keepends=True)
    grown = Path("grown")
    grown.mkdir()
    for share in (0.3, 0.6, 1.0):
        (grown / "journal.jsonl").write_bytes(b"".join(lines[: int(share * len(lines))]))
        export(grown, uri, limit=100_000, experiment="grown")
    client = MlflowClient(tracking_uri=uri)

    def contents(name):
        experiment = client.get_experiment_by_name(name).experiment_id
        found = {}
        for run in client.search_runs([experiment], max_results=10_000):
            history = client.get_metric_history(run.info.run_id, "validation_loss") if run.data.metrics else []
            points = sorted((point.step, str(point.value), point.timestamp) for point in history)
            found[run.data.tags.get("ash_mpi.trial")] = (points, run.info.status, run.data.params)
        return found

    assert contents("grown") == contents(folder)


def check_prometheus(path, folders):
    families = {family.name: family for family in text_string_to_metric_families(Path(path).read_text())}
    for folder in folders:
        status = json.loads(Path(folder, "status-now.json").read_text())

        def value(family, **labels):
            found = [
                sample.value for sample in families[family].samples
                if sample.labels["folder"] == folder and labels.items() <= sample.labels.items()
            ]
            assert len(found) == 1, (family, labels, found)
            return found[0]

        assert value("ash_mpi_jobs", status="completed") == status["jobs"]
        assert value("ash_mpi_jobs", status="failed") == status["failed_jobs"]
        assert value("ash_mpi_best_metric") == status["best"]["value"]
        assert value("ash_mpi_state", state=status["state"]) == 1
        for rung in status["rungs"]:
            labels = {"bracket": str(rung["bracket"]), "rung": str(rung["rung"]), "state": "completed"}
            assert value("ash_mpi_rung_trials", **labels) == rung["completed"]
    assert all(sample.timestamp is None for family in families.values() for sample in family.samples)


def check_importance(folder, configurations, losses, space):
    """Optuna's own evaluator on the trials of each rung; what diverged counts as the worst there."""
    sign = -1 if header(folder)["objective"]["mode"] == "max" else 1
    with open(f"{folder}/importance.json") as file:
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
                    value=1e9 if value is None else sign * value,
                )
            )
        study.add_trials(trials)
        theirs = PedAnovaImportanceEvaluator().evaluate(study)
        total = sum(theirs.values())
        for name, share in rung["importance"].items():
            # Among few trials nothing may decide.
            expected = theirs.get(name, 0) / total if total else 0
            assert abs(expected - share) < 1e-12, (folder, rung, name)


def main():
    folders = sys.argv[1:]
    mlflow = f"sqlite:///{Path('mlflow.db').resolve()}"
    space = {}
    for folder in folders:
        for trial in optuna.load_study(study_name="synthetic", storage=storage(folder)).trials:
            space.update(trial.distributions)
    space["width_rule"] = optuna.distributions.IntDistribution(0, 2)
    for folder in folders:
        configurations, losses = journal(folder)
        check_optuna(folder, configurations, losses)
        check_dashboard(folder, configurations)
        check_tables(folder, configurations)
        check_tensorboard(folder, configurations, losses)
        check_importance(folder, configurations, losses, space)
        check_mlflow(folder, configurations, losses, mlflow)
        print(
            f"{folder}: {len(configurations)} trials read by pandas, Optuna {optuna.__version__}, its dashboard, TensorBoard and "
            "MLflow; importance is that of Optuna's evaluator at every rung", flush=True,
        )
        for options in (["--load_fast=false"], ["--load_fast=true"]):
            check_tensorboard_server(folder, configurations, losses, *options)
    print("TensorBoard's server shows every trial with both of its loaders", flush=True)
    check_mlflow_of_growing_journal(folders[2], mlflow)
    check_prometheus("all.prom", folders)
    check_prometheus_of_killed("killed.prom")
    print("metrics read by prometheus_client; a journal that grows is brought into MLflow bit by bit")


def check_prometheus_of_killed(path):
    families = {family.name: family for family in text_string_to_metric_families(Path(path).read_text())}
    assert [sample.labels["state"] for sample in families["ash_mpi_state"].samples if sample.value] == ["ended"]


main()
