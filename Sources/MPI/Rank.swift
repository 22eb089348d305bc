/// A process's number in a communicator, from 0.
public struct Rank: RawRepresentable, Hashable, Comparable, Sendable, ExpressibleByIntegerLiteral,
  CustomStringConvertible
{
  public let rawValue: Int
  @inlinable public init(rawValue: Int) { self.rawValue = rawValue }
  @inlinable public init(_ rawValue: Int) { self.rawValue = rawValue }
  @inlinable public init(integerLiteral value: Int) { self.rawValue = value }
  @inlinable public static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
  public var description: String { String(rawValue) }
}

/// What a message is, so that a receiver can wait for one kind alone. Every MPI allows at least 0 to 32767
/// (MPI-3.1 section 8.1.2).
public struct Tag: RawRepresentable, Hashable, Sendable, ExpressibleByIntegerLiteral, CustomStringConvertible {
  public let rawValue: Int
  @inlinable public init(rawValue: Int) { self.rawValue = rawValue }
  @inlinable public init(_ rawValue: Int) { self.rawValue = rawValue }
  @inlinable public init(integerLiteral value: Int) { self.rawValue = value }
  public var description: String { String(rawValue) }
}
