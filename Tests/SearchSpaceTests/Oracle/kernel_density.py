#!/usr/bin/env python3
"""Makes Tests/SearchSpaceTests/KernelDensityOracle.swift: what SciPy and statsmodels say of densities, bandwidths and ratios.

    pip install numpy scipy statsmodels
    Tests/SearchSpaceTests/Oracle/kernel_density.py > Tests/SearchSpaceTests/KernelDensityOracle.swift

Written from the words of docs/schedulers-and-samplers.md; shares no code with the program.
"""

import numpy as np
from scipy.stats import truncnorm
from statsmodels.nonparametric.bandwidths import bw_scott  # noqa: F401  (documents the family that is meant)
from statsmodels.nonparametric.kernel_density import KDEMultivariate

ABSENT = -1.0


class Axis:
    def __init__(self, values=0, unordered=False):
        self.values, self.unordered = values, unordered


def bandwidths(rows, axes, narrowest=0.01):
    found = []
    for j, axis in enumerate(axes):
        if axis.unordered:
            found.append(0.0)
            continue
        there = rows[rows[:, j] >= 0, j]
        if len(there) < 2:
            found.append(1.0)
            continue
        if np.std(there) == 0:
            width = 0.0
        else:
            # statsmodels' rule for as many variables as there are axes: only the one in question matters.
            data = np.column_stack([there] + [np.arange(len(there), dtype=float)] * (len(axes) - 1))
            width = KDEMultivariate(data, "c" * len(axes), bw="normal_reference").bw[0]
        cell = 1 / axis.values / 4 if axis.values else 0.0
        found.append(min(max(width, narrowest, cell), 1.0))
    return found


def density(x, rows, axes, widths):
    n = len(rows)
    w = 1 / (n + 1)
    total = 1.0
    for row in rows:
        kernel = 1.0
        for j, axis in enumerate(axes):
            if x[j] < 0 or row[j] < 0:
                continue
            if axis.unordered:
                kernel *= ((1.0 if x[j] == row[j] else 0.0) + w) / (1 + axis.values * w)
            else:
                h = widths[j]
                kernel *= truncnorm.pdf(x[j], (0 - row[j]) / h, (1 - row[j]) / h, loc=row[j], scale=h)
        total += kernel
    return total / (n + 1)


def numbers(values):
    return "[" + ", ".join(repr(float(v)) for v in values) + "]"


def case(name, axes, good, bad, places):
    hg, hb = bandwidths(good, axes), bandwidths(bad, axes)
    l = [density(x, good, axes, hg) for x in places]
    g = [density(x, bad, axes, hb) for x in places]
    return f"""  static let {name} = Case(
    good: {numbers(good.ravel())},
    bad: {numbers(bad.ravel())},
    places: {numbers(places.ravel())},
    goodBandwidths: {numbers(hg)},
    badBandwidths: {numbers(hb)},
    goodDensities: {numbers(l)},
    badDensities: {numbers(g)},
    best: {int(np.argmax(np.array(l) / np.array(g)))})"""


def main():
    dice = np.random.default_rng(17)

    def draw(n, axes, spread):
        columns = []
        for axis in axes:
            if axis.unordered:
                columns.append(dice.integers(axis.values, size=n).astype(float))
                continue
            u = np.clip(dice.normal(0.4, spread, size=n), 0.001, 0.999)
            columns.append((np.floor(u * axis.values) + 0.5) / axis.values if axis.values else u)
        return np.float32(np.column_stack(columns)).astype(float)

    numeric = [Axis(), Axis(), Axis()]
    mixed = [Axis(), Axis(4, True), Axis(5), Axis(2, True)]
    cases = [case("numeric", numeric, draw(9, numeric, 0.1), draw(31, numeric, 0.4), draw(8, numeric, 0.3)),
             case("mixed", mixed, draw(17, mixed, 0.05), draw(40, mixed, 0.3), draw(8, mixed, 0.3))]
    # The second axis and the third are active only where the first, which has two values, is 1.
    conditional = [Axis(2, True), Axis(), Axis(3, True)]

    def some(n, spread):
        rows = draw(n, conditional, spread)
        rows[rows[:, 0] == 0, 1:] = ABSENT
        return rows

    cases.append(case("conditional", conditional, some(11, 0.1), some(29, 0.3), some(8, 0.3)))
    print("""// Made by Tests/SearchSpaceTests/Oracle/kernel_density.py with SciPy and statsmodels.
// swift-format-ignore-file

/// What others say of two densities at some places.
enum KernelDensityOracle {
  struct Case {
    let good: [Float], bad: [Float], places: [Float]
    let goodBandwidths: [Double], badBandwidths: [Double]
    let goodDensities: [Double], badDensities: [Double]
    /// The place with the largest ratio.
    let best: Int
  }
""")
    print("\n\n".join(cases))
    print("}")


if __name__ == "__main__":
    main()
