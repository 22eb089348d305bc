/// A validation loss with a total order: lower is better, and every value that is not finite is equally the worst.
///
/// Trials that compare equal are ordered by their ``TrialID``; see ``RankedTrial``.
public struct Loss: Comparable, Hashable, Sendable {
  /// The loss as reported; may be NaN or infinite.
  public let value: Double

  /// Of the many NaNs there is only one here, so that a loss comes back from a file as the same bits.
  @inlinable public init(_ value: Double) { self.value = value.isNaN ? .nan : value }

  /// The loss of a trial that diverged or has failed for good.
  public static let diverged = Loss(.nan)

  @inlinable public var isFinite: Bool { value.isFinite }

  @inlinable public static func < (a: Loss, b: Loss) -> Bool {
    a.isFinite ? (!b.isFinite || a.value < b.value) : false
  }

  @inlinable public static func == (a: Loss, b: Loss) -> Bool {
    a.isFinite ? a.value == b.value : !b.isFinite
  }

  public func hash(into hasher: inout Hasher) { hasher.combine(isFinite ? value : .infinity) }
}

extension Loss: ExpressibleByFloatLiteral, CustomStringConvertible {
  @inlinable public init(floatLiteral value: Double) { self.init(value) }
  public var description: String { value.description }
}

/// A trial with the loss by which it is ranked: by loss, then by the lower trial identifier.
public struct RankedTrial: Comparable, Hashable, Sendable {
  public let trial: TrialID
  public let loss: Loss

  @inlinable public init(trial: TrialID, loss: Loss) {
    self.trial = trial
    self.loss = loss
  }

  @inlinable public static func < (a: RankedTrial, b: RankedTrial) -> Bool {
    // Two finite losses that differ, which is nearly always so, are told apart by one comparison.
    let (x, y) = (a.loss.value, b.loss.value)
    if x.isFinite, y.isFinite, x != y { return x < y }
    return a.loss != b.loss ? a.loss < b.loss : a.trial < b.trial
  }
}
