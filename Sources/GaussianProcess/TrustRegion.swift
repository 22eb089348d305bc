/// Where suggestions may lie while little is known: near what was tried, as far as ordered axes go.
///
/// The distance is that of the axis that differs most. The region grows with the points and is the whole space at last.
///
/// Source: Vizier (`acquisitions.py`).
struct TrustRegion: Sendable {
  private let order: AxisOrder
  private let radius: Double
  /// By point and ordered axis.
  private let trusted: [Double]

  /// Nil where it is the whole space.
  ///
  /// - Parameter points: that were tried or are about to be, one after the other.
  init?(points: [Double], axes: [BanditAxis]) {
    order = AxisOrder(axes)
    let count = points.count / axes.count
    radius = 0.2 + 0.3 * Double(count) / (5 * Double(axes.count + 1))
    guard radius <= 0.5, count > 0, order.orderedCount > 0 else { return nil }
    var trusted: [Double] = []
    for point in 0..<count {
      for column in 0..<order.orderedCount { trusted.append(points[point * axes.count + order.axes[column]]) }
    }
    self.trusted = trusted
  }

  /// The scores of four places, or, where they are outside, one below every other that falls with the distance.
  func applied(to scores: Lanes, at coordinates: [Lanes]) -> Lanes {
    let width = order.orderedCount
    var nearest = Lanes(repeating: .infinity)
    for start in stride(from: 0, to: trusted.count, by: width) {
      var largest = Lanes.zero
      for column in 0..<width {
        let difference = coordinates[order.axes[column]] - trusted[start + column]
        let distance = difference.replacing(with: -difference, where: difference .< 0)
        largest = largest.replacing(with: distance, where: distance .> largest)
      }
      nearest = nearest.replacing(with: largest, where: largest .< nearest)
    }
    return scores.replacing(with: Acquisition.outside - nearest, where: nearest .> radius)
  }
}
