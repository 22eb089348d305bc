"""Trains a support vector machine on the first rows of a shuffled table; the resource is how many.

There is nothing to go on from: a larger training set means training again, so that nothing is saved.
"""

import csv
import gzip
from pathlib import Path

import ash_mpi
import numpy
from sklearn.svm import SVC

table = Path(__file__).parent / "../../Datasets/letter.csv.gz"
with gzip.open(table, "rt", newline="") as file:
    rows = list(csv.reader(file))[1:]
rows = [rows[i] for i in numpy.random.RandomState(1).permutation(len(rows))]
features = numpy.array([row[:-1] for row in rows], dtype=float) / 15
letters = numpy.array([row[-1] for row in rows])

LARGEST = 16384
valid_x, valid_y = features[LARGEST:], letters[LARGEST:]


@ash_mpi.trainer
def train(configuration, job):
    size = min(job.resource, LARGEST)
    model = SVC(C=configuration["C"], gamma=configuration["gamma"])
    model.fit(features[:size], letters[:size])
    accuracy = model.score(valid_x, valid_y)
    return {"loss": 1 - accuracy, "accuracy": accuracy}


if __name__ == "__main__":
    ash_mpi.serve(train)
