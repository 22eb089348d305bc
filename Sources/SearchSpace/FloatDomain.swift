internal import Glibc

/// Real numbers from `min` to `max`, both included: all of them, or `min`, `min + step`, `min + 2·step`, … up to `max`.
///
/// `min == max` is a constant.
public struct FloatDomain: Hashable, Sendable {
  public let min: Double
  public let max: Double
  public let scale: Domain.Scale
  public let step: Double?

  let lattice: Lattice?
  /// The lower end and the width on the scale.
  private let origin: Double
  private let width: Double

  /// - Throws: ``SearchSpaceError`` naming the key where an end isn't finite, `min > max`, the width overflows, the
  ///   scale is logarithmic and `min ≤ 0`, or the step isn't positive, is wider than the range, or meets a logarithmic
  ///   scale.
  public init(
    min: Double, max: Double, scale: Domain.Scale = .linear, step: Double? = nil
  ) throws(SearchSpaceError) {
    for (key, end) in [("min", min), ("max", max)] where !end.isFinite {
      throw SearchSpaceError(key: key, problem: "\(end) is not a finite number", advice: "give a finite \(key)")
    }
    guard min <= max else {
      throw SearchSpaceError(key: "min", problem: "min \(min) is larger than max \(max)", advice: "swap the two")
    }
    guard (max - min).isFinite else {
      throw SearchSpaceError(
        key: "max", problem: "the range from \(min) to \(max) is too wide", advice: "narrow it")
    }
    guard scale == .linear || min > 0 else {
      throw SearchSpaceError(
        key: "scale", problem: "a log scale needs min > 0, but min is \(min)",
        advice: "raise min above 0 or use scale: linear")
    }
    self.min = min
    self.max = max
    self.scale = scale
    self.step = step
    switch scale {
    case .linear: (origin, width) = (min, max - min)
    case .log: (origin, width) = (log(min), log(max) - log(min))
    }
    guard let step else {
      lattice = nil
      return
    }
    guard step > 0, step.isFinite else {
      throw SearchSpaceError(
        key: "step", problem: "step \(step) is not above 0", advice: "give a positive step or leave it out")
    }
    guard scale == .linear else {
      throw SearchSpaceError(
        key: "step", problem: "a step has no meaning on a log scale",
        advice: "leave the step out, use scale: linear, or list the values as an ordinal")
    }
    guard let lattice = Lattice(min: min, max: max, step: step) else {
      throw SearchSpaceError(
        key: "step", problem: "step \(step) is too small for the range from \(min) to \(max)",
        advice: "give a larger step or leave it out")
    }
    guard min == max || lattice.count > 1 else {
      throw SearchSpaceError(
        key: "step", problem: "step \(step) is larger than the range from \(min) to \(max)",
        advice: "give a smaller step, or a single value as min and max")
    }
    self.lattice = lattice
  }

  /// Uniform on the scale for uniform `unit` in [0, 1); each stepped value is equally likely. O(1).
  public func value(at unit: Double) -> Double {
    if let lattice { return lattice[Domain.slot(at: unit, of: lattice.count)] }
    return interpolated(unit)
  }

  /// `number`, moved onto the exact stepped value where it is one up to rounding, or nil where it isn't in the domain.
  public func normalized(_ number: Double) -> Double? {
    if let lattice { return lattice.nearest(number) }
    return number >= min && number <= max ? number : nil
  }

  /// See ``Domain/grid(levels:)``. Levels between the ends are rounded to 15 significant digits: the second of five
  /// from 1e-4 to 1 on a log scale is 0.001 exactly.
  func grid(levels: Int?) throws(SearchSpaceError) -> [Double] {
    if min == max { return [min] }
    if let lattice {
      guard levels != nil || lattice.count <= Domain.mostLevels else {
        throw SearchSpaceError(
          key: "levels", problem: "a grid of all \(lattice.count) stepped values is too fine",
          advice: "give the number of levels")
      }
      return Domain.spread(levels ?? lattice.count, over: lattice.count).map { lattice[$0] }
    }
    guard let levels else {
      throw SearchSpaceError(
        key: "levels", problem: "a float without a step has no grid of its own",
        advice: "give the number of levels, or a step")
    }
    guard levels > 1 else { return [interpolated(0.5).roundedToSignificantDigits()] }
    var values = [min]
    for level in 1..<levels {
      let value =
        level == levels - 1
        ? max : interpolated(Double(level) / Double(levels - 1)).roundedToSignificantDigits()
      // Rounding may leave a range of a few ulps, or land on its neighbour there.
      if value > values[values.count - 1], value <= max { values.append(value) }
    }
    return values
  }

  private func interpolated(_ unit: Double) -> Double {
    precondition(unit >= 0 && unit <= 1, "a point of the search space has its coordinates in [0, 1)")
    let position = origin + unit * width
    return Swift.min(Swift.max(scale == .log ? exp(position) : position, min), max)
  }
}
