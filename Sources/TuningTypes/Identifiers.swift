/// A whole number with a meaning of its own: a trial's, a job's, a rung's.
///
/// Conforming types differ only in what they count, and the compiler keeps them apart.
public protocol NumberedIdentifier: RawRepresentable, Hashable, Comparable, Sendable, Codable,
  ExpressibleByIntegerLiteral, CustomStringConvertible
where RawValue == Int, IntegerLiteralType == Int {
  init(rawValue: Int)
}

extension NumberedIdentifier {
  @inlinable public init(_ rawValue: Int) { self.init(rawValue: rawValue) }
  @inlinable public init(integerLiteral value: Int) { self.init(rawValue: value) }
  @inlinable public static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
  public var description: String { String(rawValue) }
}

/// A trial: one configuration and all that is known of it. Counts from 0 in the order in which trials start.
public struct TrialID: NumberedIdentifier {
  public let rawValue: Int
  @inlinable public init(rawValue: Int) { self.rawValue = rawValue }
}

/// A job: one trial to be trained to one rung. A job that is tried again keeps its number.
public struct JobID: NumberedIdentifier {
  public let rawValue: Int
  @inlinable public init(rawValue: Int) { self.rawValue = rawValue }
}

/// A worker, counted from 0 over the whole study.
public struct WorkerID: NumberedIdentifier {
  public let rawValue: Int
  @inlinable public init(rawValue: Int) { self.rawValue = rawValue }
}

/// A rung *k* of a bracket, counted from 0 at the bottom.
public struct RungIndex: NumberedIdentifier {
  public let rawValue: Int
  @inlinable public init(rawValue: Int) { self.rawValue = rawValue }
  @inlinable public var above: RungIndex { RungIndex(rawValue + 1) }
}

/// A bracket *s*, named by its minimum early-stopping rate.
public struct BracketIndex: NumberedIdentifier {
  public let rawValue: Int
  @inlinable public init(rawValue: Int) { self.rawValue = rawValue }
}

/// An amount of training in whole units: epochs, training records, boosting rounds. The trainer says which.
public struct Resource: NumberedIdentifier {
  public let rawValue: Int
  @inlinable public init(rawValue: Int) { self.rawValue = rawValue }
}
