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
///
/// The two are kept as one number that is ordered in that way: rungs compare them all the time.
public struct RankedTrial: Comparable, Hashable, Sendable {
  /// Above, the bits of the loss: ordered as the losses are, all ones where it isn't finite. Below, the trial.
  @usableFromInline let rank: UInt128

  @inlinable public init(trial: TrialID, loss: Loss) {
    // −0 is 0. Below zero the order of the bits is the wrong way round, and all of it lies above that of the others.
    let bits = (loss.value + 0).bitPattern
    let ordered = bits >> 63 == 0 ? bits | 1 << 63 : ~bits
    rank = UInt128(loss.isFinite ? ordered : .max) << 64 | UInt128(UInt64(bitPattern: Int64(trial.rawValue)))
  }

  @inlinable public var trial: TrialID { TrialID(Int(truncatingIfNeeded: rank)) }

  /// The loss; of those that are not finite, ``Loss/diverged``.
  @inlinable public var loss: Loss {
    let ordered = UInt64(truncatingIfNeeded: rank >> 64)
    guard ordered != .max else { return .diverged }
    return Loss(Double(bitPattern: ordered >> 63 == 1 ? ordered & ~(1 << 63) : ~ordered))
  }

  @inlinable public static func < (a: RankedTrial, b: RankedTrial) -> Bool { a.rank < b.rank }
}
