"""Trains a network on images of handwritten digits."""

import pickle

from numpy.random import RandomState
from sklearn.datasets import load_digits
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier

images, digits = load_digits(return_X_y=True)
train_x, valid_x, train_y, valid_y = train_test_split(images / 16, digits, test_size=0.25, random_state=1)


def loss(model):
    return log_loss(valid_y, model.predict_proba(valid_x))


def train():
    model = MLPClassifier(
        hidden_layer_sizes=64, learning_rate_init=0.001, alpha=0.0001, batch_size=32, random_state=RandomState(0)
    )
    for epoch in range(27):
        model.partial_fit(train_x, train_y, classes=range(10))
        print(f"epoch {epoch + 1}: loss {loss(model):.4f}")
    with open("model.pickle", "wb") as file:
        pickle.dump(model, file)
    return {"loss": loss(model), "accuracy": model.score(valid_x, valid_y)}


if __name__ == "__main__":
    print(train())
