/// A library that a model can't be trained without, and why it is not there.
public struct LibraryError: Error, Hashable, Sendable, CustomStringConvertible {
  public var problem: String

  package init(problem: String) { self.problem = problem }

  public var description: String { problem }
}
