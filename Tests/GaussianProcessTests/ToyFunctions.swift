import Elementary
import Foundation
import GaussianProcess

/// A function to be minimised whose least value is known.
struct ToyFunction: Sendable {
  let name: String
  let axes: [BanditAxis]
  let least: Double
  let value: @Sendable ([Double]) -> Double
}

extension ToyFunction {
  /// Three equal minima on a curved floor.
  static let branin = ToyFunction(name: "branin", axes: [.ordered(), .ordered()], least: 0.397887) { place in
    let x = place[0] * 15 - 5
    let y = place[1] * 15
    let pi = Double.pi
    let floor = y - 5.1 / (4 * pi * pi) * x * x + 5 / pi * x - 6
    let wave = 10 * (1 - 1 / (8 * pi)) * cos(x)
    return floor * floor + wave + 10
  }

  /// Four dents in six dimensions.
  static let hartmann6 = ToyFunction(
    name: "hartmann6", axes: Array(repeating: .ordered(), count: 6), least: -3.32237
  ) { place in
    let sharpness: [[Double]] = [
      [10, 3, 17, 3.5, 1.7, 8], [0.05, 10, 17, 0.1, 8, 14], [3, 3.5, 1.7, 10, 17, 8], [17, 8, 0.05, 10, 0.1, 14],
    ]
    let centres: [[Double]] = [
      [0.1312, 0.1696, 0.5569, 0.0124, 0.8283, 0.5886], [0.2329, 0.4135, 0.8307, 0.3736, 0.1004, 0.9991],
      [0.2348, 0.1451, 0.3522, 0.2883, 0.3047, 0.6650], [0.4047, 0.8828, 0.8732, 0.5743, 0.1091, 0.0381],
    ]
    var sum = 0.0
    for (dent, depth) in [1, 1.2, 3, 3.2].enumerated() {
      var distance = 0.0
      for axis in 0..<6 {
        let difference = place[axis] - centres[dent][axis]
        distance += sharpness[dent][axis] * difference * difference
      }
      sum -= depth * exponential(-distance)
    }
    return sum
  }

  /// Two continua, a lattice, and two hyperparameters whose values have no order, one of which moves the optimum.
  static let mixed = ToyFunction(
    name: "mixed",
    axes: [.ordered(), .unordered(values: 4), .ordered(cells: 6), .ordered(), .unordered(values: 2)], least: 0
  ) { place in
    let centres: [Double] = [0.55, 0.7, 0.6, 0.85]
    let offsets: [Double] = [0.3, 0, 0.5, 0.2]
    let value = Int(place[1])
    let first = place[0] - centres[value]
    let second = place[3] - 0.6
    let lattice = abs(place[2] - 0.25) * 0.6
    return 4 * first * first + offsets[value] + lattice + 2 * second * second * (1 + place[4]) + 0.1 * place[4]
  }
}
