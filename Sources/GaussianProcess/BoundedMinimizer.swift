/// A function with derivatives, to be minimised.
protocol DifferentiableFunction {
  mutating func value(at place: [Double]) -> Double
  /// The derivatives at the place of the last value.
  func gradient() -> [Double]
}

/// Limited-memory BFGS in a box: a quasi-Newton step among the variables that no bound holds, cut off at the bounds.
///
/// Sources: Nocedal and Wright, *Numerical Optimization* (2006), algorithm 7.4; D. Bertsekas, *Projected Newton Methods for
/// Optimization Problems with Simple Constraints*, 1982.
struct BoundedMinimizer {
  let lower: [Double]
  let upper: [Double]
  /// How many steps are remembered.
  var memory = 10
  /// The largest derivative, of those that no bound holds, at which the search ends.
  var tolerance = 1e-5

  private struct Step {
    let move: [Double]
    let change: [Double]
  }

  /// - Returns: the best place, and the value there.
  func minimize<Function: DifferentiableFunction>(
    _ function: inout Function, from start: [Double], iterations: Int
  ) -> (place: [Double], value: Double) {
    var place = clamped(start)
    var value = function.value(at: place)
    guard value.isFinite else { return (place, value) }
    var gradient = function.gradient()
    var steps: [Step] = []
    for _ in 0..<iterations {
      let isFree = place.indices.map { i in
        !(place[i] <= lower[i] && gradient[i] > 0) && !(place[i] >= upper[i] && gradient[i] < 0)
      }
      let steepness = place.indices.reduce(0) { max($0, isFree[$1] ? abs(gradient[$1]) : 0) }
      guard steepness > tolerance else { break }
      var found = search(&function, place, value, gradient, direction(gradient, isFree, steps))
      if found == nil, !steps.isEmpty {
        steps = []
        found = search(&function, place, value, gradient, direction(gradient, isFree, steps))
      }
      guard let found else { break }
      let next = function.gradient()
      let step = Step(
        move: zip(found.place, place).map { $0 - $1 }, change: zip(next, gradient).map { $0 - $1 })
      let gain = value - found.value
      (place, value, gradient) = (found.place, found.value, next)
      if steps.count == memory { steps.removeFirst() }
      steps.append(step)
      if gain <= 1e-10 * max(abs(value), 1) { break }
    }
    return (place, value)
  }

  private func clamped(_ place: [Double]) -> [Double] {
    place.indices.map { min(max(place[$0], lower[$0]), upper[$0]) }
  }

  /// Downhill, by the two-loop recursion over what is free.
  private func direction(_ gradient: [Double], _ isFree: [Bool], _ steps: [Step]) -> [Double] {
    func product(_ a: [Double], _ b: [Double]) -> Double {
      a.indices.reduce(0) { isFree[$1] ? $0 + a[$1] * b[$1] : $0 }
    }
    var direction = gradient.indices.map { isFree[$0] ? -gradient[$0] : 0 }
    let usable = steps.compactMap { step -> (step: Step, curvature: Double)? in
      let curvature = product(step.move, step.change)
      return curvature > 1e-10 * product(step.change, step.change) ? (step, curvature) : nil
    }
    guard let newest = usable.last else {
      let length = product(direction, direction).squareRoot()
      return length > 1 ? direction.map { $0 / length } : direction
    }
    var shares: [Double] = []
    for (step, curvature) in usable.reversed() {
      let share = product(step.move, direction) / curvature
      shares.append(share)
      for i in direction.indices where isFree[i] { direction[i] -= share * step.change[i] }
    }
    let scale = newest.curvature / product(newest.step.change, newest.step.change)
    for i in direction.indices { direction[i] *= scale }
    for (step, curvature) in usable {
      let share = shares.removeLast() - product(step.change, direction) / curvature
      for i in direction.indices where isFree[i] { direction[i] += share * step.move[i] }
    }
    return direction
  }

  /// The first place along a direction at which the value falls as it should; nil where there is none.
  private func search<Function: DifferentiableFunction>(
    _ function: inout Function, _ place: [Double], _ value: Double, _ gradient: [Double], _ direction: [Double]
  ) -> (place: [Double], value: Double)? {
    var length = 1.0
    for _ in 0..<20 {
      let next = clamped(place.indices.map { place[$0] + length * direction[$0] })
      let slope = place.indices.reduce(0) { $0 + gradient[$1] * (next[$1] - place[$1]) }
      guard slope < 0 else { return nil }
      let found = function.value(at: next)
      if found <= value + 1e-4 * slope { return (next, found) }
      // Where the parabola through both values and the slope is lowest.
      let lowest = -0.5 * slope / (found - value - slope)
      length *= found.isFinite ? min(max(lowest, 0.1), 0.5) : 0.1
    }
    return nil
  }
}
