#!/usr/bin/env python3
"""Compares `kind: xgboost` with XGBoost's own Python package and with scikit-learn's HistGradientBoosting.

  compare.py files     Python's XGBoost reads best/xgboost.json and predicts what `ash-mpi predict` does
  compare.py speed     seconds of training, one thread, in turns, against the Python package
  compare.py quality   error on rows that neither saw, after the same study, against HistGradientBoosting's defaults

Needs xgboost (or xgboost-cpu), scikit-learn and pandas, and a built program. Both sides use the library of the Python
package.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy
import pandas
import xgboost

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = ROOT / ".build/release/ash-mpi"
LIBRARY = Path(xgboost.__file__).parent / "lib/libxgboost.so"
TABLES = {"adult": "income", "letter": "lettr", "california_housing": "median_house_value"}


def run(*arguments, folder):
    """Runs ash-mpi and gives what it printed."""
    environment = dict(os.environ, ASH_MPI_XGBOOST=str(LIBRARY), OMP_NUM_THREADS="1")
    return subprocess.run(
        [str(PROGRAM), *map(str, arguments)], cwd=folder, env=environment, check=True, stdout=subprocess.PIPE, text=True
    ).stdout


def table(name):
    return pandas.read_csv(ROOT / f"Datasets/{name}.csv.gz", na_values=["?"], keep_default_na=True)


def encoded(frame, names):
    """The features as ash-mpi gives them to XGBoost: the columns `names`, of which some are `column=category`."""
    columns = {}
    for name in names:
        column, _, category = name.partition("=")
        if not category:
            columns[name] = frame[column].astype("float32")
            continue
        # XGBoost's Python package takes no [, ] and < in names; the file has _ instead.
        written = frame[column].str.replace(r"[\[\]<]", "_", regex=True)
        columns[name] = (written == category).astype("float32").where(written.notna())
    return pandas.DataFrame(columns)


def files(folder):
    for name, target in TABLES.items():
        frame = table(name)
        for kind, space in [
            ("", "learning_rate: {type: float, min: 0.1, max: 0.5}"),
            (", booster: dart, rate_drop: 0.2", "learning_rate: {type: float, min: 0.1, max: 0.5}"),
            (", forest: true, colsample_bynode: 0.4", "subsample: {type: float, min: 0.5, max: 0.7}"),
        ]:
            study = f"""
                name: files
                search_space: {{{space}}}
                scheduler: {{min_resource: 5, max_resource: 20}}
                budget: {{configurations: 4}}
                trainer: {{kind: xgboost, dataset: {ROOT}/Datasets/{name}.csv.gz, target: {target}{kind}}}
                """
            (folder / "study.yaml").write_text(study)
            run("run", "study.yaml", "-o", f"{name}{len(kind)}", folder=folder)
            best = folder / f"{name}{len(kind)}/best"
            told = run("predict", best.parent, ROOT / f"Datasets/{name}.csv.gz", folder=folder)
            ours = pandas.read_csv(pandas.io.common.StringIO(told))
            booster = xgboost.Booster(model_file=best / "xgboost.json")
            features = encoded(frame, booster.feature_names)
            theirs = booster.predict(xgboost.DMatrix(features))
            if name == "california_housing":
                ours = ours["prediction"].to_numpy()
                difference = numpy.max(numpy.abs(ours - theirs) / numpy.abs(theirs))
            elif theirs.ndim == 1:
                difference = numpy.max(numpy.abs(ours.iloc[:, 2].to_numpy() - theirs))
            else:
                difference = numpy.max(numpy.abs(ours.iloc[:, 1:].to_numpy() - theirs))
            print(f"{name}{kind}: {len(features)} rows, largest difference {difference:.1e}", flush=True)
            if difference > 1e-5:
                sys.exit("the file does not predict what the program does")


def speed(folder):
    rounds = 200
    for name, target in TABLES.items():
        frame = table(name)
        study = f"""
            name: speed
            search_space: {{learning_rate: {{type: float, min: 0.1, max: 0.1001}}}}
            scheduler: {{min_resource: {rounds}, max_resource: {rounds}}}
            budget: {{configurations: 1}}
            trainer: {{kind: xgboost, dataset: {ROOT}/Datasets/{name}.csv.gz, target: {target}, max_depth: 6}}
            """
        (folder / "study.yaml").write_text(study)
        own, python = [], []
        for turn in range(5):
            output = folder / f"{name}-{turn}"
            run("run", "study.yaml", "-o", output, folder=folder)
            own.append(json.loads((output / "summary.json").read_text())["training_seconds"])
            booster = xgboost.Booster(model_file=output / "best/xgboost.json")
            features = encoded(frame, booster.feature_names).to_numpy()
            labels = frame[target]
            classes = labels.nunique()
            objective = {"objective": "reg:squarederror"}
            if name != "california_housing":
                labels = labels.astype("category").cat.codes
                objective = {"objective": "binary:logistic"}
                if classes > 2:
                    objective = {"objective": "multi:softprob", "num_class": classes}
            order = numpy.random.default_rng(1).permutation(len(frame))
            train, held = order[: int(0.6 * len(order))], order[int(0.6 * len(order)) : int(0.8 * len(order))]
            options = dict(objective, eta=0.1, max_depth=6, nthread=1, tree_method="hist", seed=1)
            begin = time.perf_counter()
            matrix = xgboost.DMatrix(features[train], labels.to_numpy()[train], nthread=1)
            validation = xgboost.DMatrix(features[held], labels.to_numpy()[held], nthread=1)
            model = xgboost.train(options, matrix, rounds)
            model.predict(validation)
            python.append(time.perf_counter() - begin)
        ratio = statistics.median(python) / statistics.median(own)
        print(
            f"{name}: {rounds} rounds, ash-mpi {statistics.median(own):.2f} s, Python {statistics.median(python):.2f} s,"
            f" ratio {ratio:.2f} (above 1: ash-mpi is faster)",
            flush=True,
        )


def quality(folder):
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    for name, target in TABLES.items():
        frame = table(name)
        is_regression = name == "california_housing"
        own, theirs = [], []
        for split in range(3):
            order = numpy.random.default_rng(split).permutation(len(frame))
            held, rest = frame.iloc[order[: len(order) // 5]], frame.iloc[order[len(order) // 5 :]]
            place = folder / f"{name}-{split}"
            place.mkdir()
            rest.to_csv(place / "rest.csv", index=False)
            held.to_csv(place / "held.csv", index=False)
            (place / "study.yaml").write_text(
                f"""
                name: quality
                seed: {split}
                objective: {{metric: validation_loss}}
                search_space:
                  learning_rate: {{type: float, min: 0.04, max: 0.3, scale: log}}
                  max_depth: {{type: int, min: 4, max: 12}}
                  min_child_weight: {{type: float, min: 0.001, max: 10, scale: log}}
                  subsample: {{type: float, min: 0.6, max: 1}}
                  colsample_bytree: {{type: float, min: 0.4, max: 1}}
                  reg_lambda: {{type: float, min: 0.1, max: 10, scale: log}}
                scheduler: {{reduction_factor: 3, resources: [100, 300, 900]}}
                budget: {{configurations: 36}}
                trainer:
                  {{kind: xgboost, dataset: rest.csv, target: {target}, validation_fraction: 0.12, test_fraction: 0}}
                """
            )
            run("run", "study.yaml", "-o", "results", folder=place)
            told = run("predict", "results", "held.csv", folder=place)
            found = pandas.read_csv(pandas.io.common.StringIO(told))["prediction"].to_numpy()
            features = [column for column in frame.columns if column != target]
            texts = [column for column in features if not pandas.api.types.is_numeric_dtype(frame[column])]
            as_categories = {column: pandas.CategoricalDtype(sorted(frame[column].dropna().unique())) for column in texts}
            learner = HistGradientBoostingRegressor if is_regression else HistGradientBoostingClassifier
            model = learner(categorical_features=texts or None, random_state=split)
            model.fit(rest[features].astype(as_categories), rest[target])
            predicted = model.predict(held[features].astype(as_categories))
            truth = held[target].to_numpy()
            for errors, values in [(own, found), (theirs, predicted)]:
                if is_regression:
                    errors.append(float(numpy.sqrt(numpy.mean((values - truth) ** 2))))
                else:
                    errors.append(float(numpy.mean(values != truth)))
            print(f"{name}, split {split}: ash-mpi {own[-1]:.5g}, HistGradientBoosting {theirs[-1]:.5g}", flush=True)
        ratio = statistics.mean(own) / statistics.mean(theirs)
        print(
            f"{name}: mean error {statistics.mean(own):.5g} and {statistics.mean(theirs):.5g}, ratio {ratio:.3f}"
            " (below 1: ash-mpi is better)",
            flush=True,
        )


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["files", "speed", "quality"])
    chosen = parser.parse_args().what
    with tempfile.TemporaryDirectory() as folder:
        {"files": files, "speed": speed, "quality": quality}[chosen](Path(folder))


if __name__ == "__main__":
    main()
