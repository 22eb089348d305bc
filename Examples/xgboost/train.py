"""Predicts the prices of houses in California with boosted trees; a unit of resource is nine boosting rounds."""

import csv
import gzip
import io
from pathlib import Path

import ash_mpi
import numpy as np
import xgboost

DATA = Path(__file__).resolve().parent / "../../Datasets/california_housing.csv.gz"
# In a unit of resource.
ROUNDS = 9


def read():
    rows = list(csv.DictReader(io.StringIO(gzip.decompress(DATA.read_bytes()).decode())))
    places = sorted({row["ocean_proximity"] for row in rows})
    numbers = [name for name in rows[0] if name not in ("ocean_proximity", "median_house_value")]
    # Missing cells stay missing: trees learn which way to send them.
    features = [
        [float(row[name] or "nan") for name in numbers] + [places.index(row["ocean_proximity"])] for row in rows
    ]
    prices = np.array([float(row["median_house_value"]) for row in rows]) / 100_000
    order = np.random.default_rng(1).permutation(len(rows))
    cut = len(rows) * 4 // 5
    return [
        xgboost.DMatrix(np.array(features)[part], label=prices[part], nthread=1) for part in (order[:cut], order[cut:])
    ]


training, validation = read()


def error(booster):
    """The root mean squared error, in units of 100,000 dollars."""
    return float(np.sqrt(np.mean((booster.predict(validation) - validation.get_label()) ** 2)))


@ash_mpi.trainer
def train(configuration, job):
    settings = {**configuration, "seed": job.seed, "seed_per_iteration": True, "nthread": 1}
    start, saved = job.load()
    model = bytearray(saved.read_bytes()) if saved else None
    for unit in range(start, job.resource):
        # A booster samples rows and columns by generators that a saved model lacks. So each unit begins with a new booster,
        # whether it begins a job or not, and resuming draws the same samples.
        booster = xgboost.Booster(settings, [training], model_file=model)
        for round in range(unit * ROUNDS, (unit + 1) * ROUNDS):
            booster.update(training, round)
        model = booster.save_raw()
        job.save(unit + 1, model)
        job.report(unit + 1, error(booster))
    return error(xgboost.Booster(settings, model_file=model))


if __name__ == "__main__":
    ash_mpi.serve(train)
