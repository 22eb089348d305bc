internal import Glibc

/// Whole numbers from `min` to `max`, both included, or every `step`-th of them, counted from `min`.
///
/// On a linear scale each is equally likely. On a log scale, a number that is log-uniform over
/// [min − ½, max + ½] is rounded: *n* has probability log((n + ½) / (n − ½)) / log((max + ½) / (min − ½)), so that the
/// ends get their full share. `min == max` is a constant.
public struct IntegerDomain: Hashable, Sendable {
  public let min: Int
  public let max: Int
  public let scale: Domain.Scale
  public let step: Int?

  /// The largest whole number up to which a `Double` tells neighbours apart.
  public static let limit = 1 << 53
  /// Up to how many whole numbers are a grid without being asked for.
  public static let naturalGridLimit = 100

  let count: Int
  /// log(min − ½) and the distance from there to log(max + ½); 0 on a linear scale.
  private let origin: Double
  private let width: Double

  /// - Throws: ``SearchSpaceError`` naming the key where `min > max`, an end is beyond ±``limit`` or the range wider
  ///   than it, the scale is logarithmic and `min < 1`, or the step is below 1, wider than the range, or meets a log
  ///   scale.
  public init(min: Int, max: Int, scale: Domain.Scale = .linear, step: Int? = nil) throws(SearchSpaceError) {
    for (key, end) in [("min", min), ("max", max)] where end.magnitude > Self.limit {
      throw SearchSpaceError(
        key: key, problem: "\(end) is too large: whole numbers go up to 2^53 = \(Self.limit)",
        advice: "narrow the range or use type: float")
    }
    guard min <= max else {
      throw SearchSpaceError(key: "min", problem: "min \(min) is larger than max \(max)", advice: "swap the two")
    }
    guard max - min < Self.limit else {
      throw SearchSpaceError(
        key: "max", problem: "the range from \(min) to \(max) is too wide",
        advice: "keep max − min below 2^53 = \(Self.limit)")
    }
    guard scale == .linear || min > 0 else {
      throw SearchSpaceError(
        key: "scale", problem: "a log scale needs min > 0, but min is \(min)",
        advice: "raise min to 1 or use scale: linear")
    }
    if let step {
      guard step > 0 else {
        throw SearchSpaceError(
          key: "step", problem: "step \(step) is not above 0", advice: "give a positive step or leave it out")
      }
      guard scale == .linear else {
        throw SearchSpaceError(
          key: "step", problem: "a step has no meaning on a log scale",
          advice: "leave the step out, use scale: linear, or list the values as an ordinal")
      }
      guard min == max || step <= max - min else {
        throw SearchSpaceError(
          key: "step", problem: "step \(step) is larger than the range from \(min) to \(max)",
          advice: "give a smaller step, or a single value as min and max")
      }
    }
    self.min = min
    self.max = max
    self.scale = scale
    self.step = step
    count = (max - min) / (step ?? 1) + 1
    switch scale {
    case .linear: (origin, width) = (0, 0)
    case .log:
      origin = log(Double(min) - 0.5)
      width = log(Double(max) + 0.5) - log(Double(min) - 0.5)
    }
  }

  /// Distributed as the type says for uniform `unit` in [0, 1). O(1).
  public func value(at unit: Double) -> Int {
    switch scale {
    case .linear: return self[Domain.slot(at: unit, of: count)]
    case .log:
      precondition(unit >= 0 && unit < 1, "a point of the search space has its coordinates in [0, 1)")
      return rounded(exp(origin + unit * width))
    }
  }

  /// `number` where it is in the domain, otherwise nil.
  public func normalized(_ number: Int) -> Int? {
    guard number >= min, number <= max else { return nil }
    return (number - min).isMultiple(of: step ?? 1) ? number : nil
  }

  /// See ``Domain/grid(levels:)``.
  func grid(levels: Int?) throws(SearchSpaceError) -> [Int] {
    guard let levels else {
      guard count <= (step == nil ? Self.naturalGridLimit : Domain.mostLevels) else {
        throw SearchSpaceError(
          key: "levels", problem: "a grid of all \(count) whole numbers from \(min) to \(max) is too fine",
          advice: "give the number of levels")
      }
      return (0..<count).map { self[$0] }
    }
    guard scale == .log, levels < count else { return Domain.spread(levels, over: count).map { self[$0] } }
    let (bottom, top) = (log(Double(min)), log(Double(max)))
    guard levels > 1 else { return [rounded(exp((bottom + top) / 2))] }
    var values = [min]
    for level in 1..<levels {
      let share = Double(level) / Double(levels - 1)
      let value = level == levels - 1 ? max : rounded(exp(bottom + share * (top - bottom)))
      if value > values[values.count - 1] { values.append(value) }
    }
    return values
  }

  private subscript(position: Int) -> Int { min + position * (step ?? 1) }

  private func rounded(_ number: Double) -> Int {
    Swift.min(Swift.max(Int(number.rounded()), min), max)
  }
}
