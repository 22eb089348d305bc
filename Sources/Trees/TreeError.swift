/// Something that XGBoost refused, in its own words.
public struct TreeError: Error, Hashable, Sendable, CustomStringConvertible {
  public var problem: String
  public var description: String { problem }
}
