"""Trains a network on images of handwritten digits."""

import pickle

import ash_mpi
from numpy.random import RandomState
from sklearn.datasets import load_digits
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier

images, digits = load_digits(return_X_y=True)
train_x, valid_x, train_y, valid_y = train_test_split(images / 16, digits, test_size=0.25, random_state=1)


def loss(model):
    return log_loss(valid_y, model.predict_proba(valid_x))


@ash_mpi.trainer
def train(configuration, job):
    start, saved = job.load()
    model = pickle.loads(saved.read_bytes()) if saved else MLPClassifier(
        **configuration, random_state=RandomState(job.seed)
    )
    for epoch in range(start, job.resource):
        model.partial_fit(train_x, train_y, classes=range(10))
        job.save(epoch + 1, pickle.dumps(model))
        job.report(epoch + 1, loss(model), accuracy=model.score(valid_x, valid_y))


if __name__ == "__main__":
    ash_mpi.serve(train)
