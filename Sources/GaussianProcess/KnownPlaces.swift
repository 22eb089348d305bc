/// Places that need no second trial: a process that is sure of an optimum would suggest it for ever, or its next neighbour.
struct KnownPlaces: Sendable {
  private let places: [Double]
  /// By axis: places nearer than this along every axis are the same.
  private let reach: [Double]

  /// - Parameter places: one after the other, a coordinate for each axis.
  init(_ places: [Double], axes: [BanditAxis]) {
    self.places = places
    reach = axes.map { $0.isUnordered ? 0.5 : $0.cells == 0 ? 1e-3 : min(1e-3, 0.5 / Double($0.cells)) }
  }

  /// - Complexity: O(places); hardly any differs along the first axes so little that others matter.
  func contains(_ place: [Double]) -> Bool {
    let (places, reach, place) = (places.span, reach.span, place.span)
    var start = 0
    while start < places.count {
      var axis = 0
      while axis < reach.count, abs(places[start + axis] - place[axis]) < reach[axis] { axis += 1 }
      if axis == reach.count { return true }
      start += reach.count
    }
    return false
  }
}
