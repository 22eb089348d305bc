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

  /// The most points that a curve has; see ``Recorder``.
  public static let limit = 256

  public private(set) var points: [Point]

  public init() { points = [] }

  /// A curve as a recorder made it: of ``limit`` points at most.
  package init(points: [Point]) { self.points = points }

  /// Makes a curve of what a trainer says.
  ///
  /// However much that is, the points are ``LearningCurve/limit`` at most, and spread evenly: when they are so many, every
  /// other one goes, and from then on every other one that is added.
  public struct Recorder: Sendable {
    public private(set) var curve = LearningCurve()
    private var additions = 0
    private var stride = 1

    public init() {}

    public mutating func append(_ point: Point) {
      defer { additions += 1 }
      guard additions.isMultiple(of: stride) else { return }
      if curve.points.count == LearningCurve.limit {
        curve.points = Swift.stride(from: 0, to: LearningCurve.limit, by: 2).map { curve.points[$0] }
        stride *= 2
        guard additions.isMultiple(of: stride) else { return }
      }
      curve.points.append(point)
    }
  }
}
