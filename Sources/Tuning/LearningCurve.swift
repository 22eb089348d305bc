/// What a trainer said of its loss while a job ran, in the order in which it said so.
///
/// For people and their plots: the study's decisions rest on the losses at the rungs alone.
public struct LearningCurve: Hashable, Sendable {
  public struct Point: Hashable, Sendable {
    /// Units of resource that the trial had been trained with.
    public var resource: Double
    public var loss: Double

    public init(resource: Double, loss: Double) {
      self.resource = resource
      self.loss = loss
    }
  }

  /// However much a trainer says, a curve has at most so many points. They are spread evenly: when it is full, every other
  /// one goes, and from then on every other one that is added.
  public static let limit = 256

  public private(set) var points: [Point]
  private var additions = 0
  private var stride = 1

  public init() { points = [] }

  /// A curve as it was recorded.
  init(points: [Point]) { self.points = points }

  public mutating func append(_ point: Point) {
    defer { additions += 1 }
    guard additions.isMultiple(of: stride) else { return }
    if points.count == Self.limit {
      points = Swift.stride(from: 0, to: points.count, by: 2).map { points[$0] }
      stride *= 2
      guard additions.isMultiple(of: stride) else { return }
    }
    points.append(point)
  }

  /// Two curves are the same if their points are.
  public static func == (one: LearningCurve, other: LearningCurve) -> Bool { one.points == other.points }
  public func hash(into hasher: inout Hasher) { hasher.combine(points) }
}
