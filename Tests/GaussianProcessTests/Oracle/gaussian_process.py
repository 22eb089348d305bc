#!/usr/bin/env python3
"""Makes Tests/GaussianProcessTests/GaussianProcessOracle.swift: what scikit-learn and SciPy say of Gaussian processes.

    pip install numpy scipy scikit-learn
    Tests/GaussianProcessTests/Oracle/gaussian_process.py > Tests/GaussianProcessTests/GaussianProcessOracle.swift

Shares no code with the program. An unordered axis becomes one column a value, 0 or 1; two that differ are √2 apart.
"""

import numpy as np
from scipy.optimize import minimize
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import ConstantKernel, Matern, WhiteKernel


class Axis:
    def __init__(self, cells=0, unordered=False):
        self.cells, self.unordered = cells, unordered

    def swift(self):
        return f".unordered(values: {self.cells})" if self.unordered else f".ordered(cells: {self.cells})"


def features(rows, axes):
    columns = []
    for j, axis in enumerate(axes):
        if axis.unordered:
            columns += [(rows[:, j] == value).astype(float) for value in range(axis.cells)]
        else:
            columns.append(rows[:, j])
    return np.column_stack(columns)


def owners(axes):
    """By column, its axis."""
    return [j for j, axis in enumerate(axes) for _ in range(axis.cells if axis.unordered else 1)]


def matern(axes, theta):
    scales = [np.sqrt(np.exp(theta[2 + j])) * (np.sqrt(2) if axes[j].unordered else 1) for j in owners(axes)]
    return ConstantKernel(np.exp(theta[0])) * Matern(length_scale=scales, nu=2.5)


def likelihood(rows, labels, axes, theta):
    """By the logarithms of signal variance, noise variance and squared length scales."""
    process = GaussianProcessRegressor(matern(axes, theta) + WhiteKernel(np.exp(theta[1])), alpha=0.0, optimizer=None)
    process.fit(features(rows, axes), labels)
    value, slope = process.log_marginal_likelihood(process.kernel_.theta, eval_gradient=True)
    gradient = np.zeros(2 + len(axes))
    gradient[0], gradient[1] = slope[0], slope[-1]
    for column, j in enumerate(owners(axes)):
        gradient[2 + j] += slope[1 + column] / 2
    return value, gradient


def posterior(rows, labels, axes, theta, places):
    process = GaussianProcessRegressor(matern(axes, theta), alpha=np.exp(theta[1]), optimizer=None)
    process.fit(features(rows, axes), labels)
    return process.predict(features(places, axes), return_std=True)


def most_probable(rows, labels, axes):
    """The largest log posterior density, up to a constant, that SciPy's L-BFGS-B finds in 50 iterations."""
    likely = np.log([0.039, 0.0039] + [0.5] * len(axes))
    start = np.log([0.039, 0.0039] + [1.0] * len(axes))
    bounds = np.log([(1e-3, 10), (1e-10, 1)] + [(1e-2, 1e2)] * len(axes))

    def loss(theta):
        value, gradient = likelihood(rows, labels, axes, theta)
        return 0.01 * np.sum((theta - likely) ** 2) - value, 0.02 * (theta - likely) - gradient

    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": 50})
    return -found.fun


def numbers(values):
    return "[" + ", ".join(repr(float(v)) for v in np.ravel(values)) + "]"


def case(name, rows, labels, axes, hyperparameters, places):
    theta = np.log(hyperparameters)
    value, gradient = likelihood(rows, labels, axes, theta)
    means, deviations = posterior(rows, labels, axes, theta, places)
    return f"""  static let {name} = Case(
    axes: [{", ".join(axis.swift() for axis in axes)}],
    points: {numbers(rows)},
    labels: {numbers(labels)},
    hyperparameters: {numbers(hyperparameters)},
    logMarginalLikelihood: {float(value)!r},
    gradient: {numbers(gradient)},
    places: {numbers(places)},
    means: {numbers(means)},
    deviations: {numbers(deviations)},
    largestLogPosterior: {float(most_probable(rows, labels, axes))!r})"""


def main():
    dice = np.random.default_rng(29)

    def draw(n, axes):
        columns = []
        for axis in axes:
            if axis.unordered:
                columns.append(dice.integers(axis.cells, size=n).astype(float))
                continue
            u = dice.uniform(size=n)
            columns.append((np.floor(u * axis.cells) + 0.5) / axis.cells if axis.cells else u)
        return np.column_stack(columns)

    def labels(rows, noise):
        wave = sum(np.sin((2 + j) * rows[:, j] + j) / (1 + j) for j in range(rows.shape[1]))
        return wave - np.mean(wave) + noise * dice.normal(size=len(rows))

    line = [Axis()]
    volume = [Axis(), Axis(), Axis()]
    mixed = [Axis(), Axis(3, True), Axis(5), Axis(2, True)]
    coarse = [Axis(4), Axis(3)]
    rows = {"line": draw(7, line), "volume": draw(30, volume), "mixed": draw(25, mixed), "repeated": draw(40, coarse)}
    cases = [
        case("line", rows["line"], labels(rows["line"], 0.01), line, [0.7, 1e-4, 0.2], draw(5, line)),
        case("volume", rows["volume"], labels(rows["volume"], 0.05), volume, [1.3, 0.01, 0.3, 2.0, 0.09], draw(6, volume)),
        case("mixed", rows["mixed"], labels(rows["mixed"], 0.05), mixed, [0.5, 0.003, 0.4, 0.8, 1.5, 5.0], draw(6, mixed)),
        case("repeated", rows["repeated"], labels(rows["repeated"], 0.1), coarse, [0.9, 0.02, 0.5, 0.7], draw(4, coarse)),
    ]
    print("""// Made by Tests/GaussianProcessTests/Oracle/gaussian_process.py with scikit-learn and SciPy.
// swift-format-ignore-file

import GaussianProcess

/// What others say of Gaussian processes with given hyperparameters.
enum GaussianProcessOracle {
  struct Case {
    let axes: [BanditAxis]
    let points: [Double], labels: [Double]
    /// Signal variance, noise variance, squared length scales.
    let hyperparameters: [Double]
    let logMarginalLikelihood: Double
    /// By the hyperparameters' logarithms.
    let gradient: [Double]
    let places: [Double], means: [Double], deviations: [Double]
    /// Up to a constant: what 50 iterations from the fixed start come to.
    let largestLogPosterior: Double
  }

  static var all: [Case] { [line, volume, mixed, repeated] }
""")
    print("\n\n".join(cases))
    print("}")


if __name__ == "__main__":
    main()
