internal import Elementary
internal import Randomness

/// The search for the place with the largest acquisition: all places where there are few; else random ones and the surroundings of
/// good ones, generations bred from the best of these, and at last steps along single axes.
///
/// Vizier spends 75,000 evaluations on a firefly search; this takes about 5,000, and the steps along axes make up for it.
struct AcquisitionSearch {
  let axes: [BanditAxis]
  let acquisition: Acquisition
  private let known: KnownPlaces
  private var generator: CounterGenerator
  private var scratch = GaussianProcess.Scratch()
  /// The best places found so far, best first.
  private var pool: [Candidate] = []

  private struct Candidate {
    let place: [Double]
    let score: Double
  }

  private static let poolSize = 40

  /// - Parameter known: what was tried and what is being tried, one place after the other: not to be suggested again.
  init(axes: [BanditAxis], known: [Double], acquisition: Acquisition, generator: CounterGenerator) {
    self.axes = axes
    self.known = KnownPlaces(known, axes: axes)
    self.acquisition = acquisition
    self.generator = generator
  }

  /// - Parameter starts: places whose surroundings are searched, best first.
  mutating func best(near starts: [[Double]]) -> [Double] {
    if let all = allPlaces() {
      consider(all)
    } else {
      consider((0..<512 + 64 * axes.count).map { _ in randomPlace() })
      var near: [[Double]] = starts
      for start in starts { for _ in 0..<12 { near.append(perturbed(start)) } }
      consider(near)
      for _ in 0..<20 { consider((0..<80).map { _ in child() }) }
      for candidate in apart(4) { climb(from: candidate) }
    }
    return pool.first?.place ?? axes.map(\.centre)
  }

  /// Every place of a space that has few.
  private func allPlaces() -> [[Double]]? {
    var places: [[Double]] = [[]]
    for axis in axes {
      guard axis.cells > 0, places.count * axis.cells <= 2048 else { return nil }
      places = places.flatMap { place in (0..<axis.cells).map { place + [axis.coordinate(ofCell: $0)] } }
    }
    return places
  }

  /// Evaluates places and keeps the best. A known one is worth less than all others.
  private mutating func consider(_ places: [[Double]]) {
    let scores = acquisition.scores(of: places.flatMap(\.self), width: axes.count, &scratch)
    var found = pool
    for (place, score) in zip(places, scores) {
      found.append(Candidate(place: place, score: known.contains(place) ? 2 * Acquisition.outside + score : score))
    }
    // Of equal ones the first found comes first.
    let ranked = found.indices.sorted {
      found[$0].score != found[$1].score ? found[$0].score > found[$1].score : $0 < $1
    }
    pool = []
    for index in ranked where pool.count < Self.poolSize {
      if let last = pool.last, last.score == found[index].score, last.place == found[index].place { continue }
      pool.append(found[index])
    }
  }

  // MARK: - Places

  private mutating func randomPlace() -> [Double] { axes.map { $0.coordinate(at: generator.uniform()) } }

  /// A place near another: some axes moved by a normal number of random size.
  private mutating func perturbed(_ place: [Double]) -> [Double] {
    var place = place
    let size = exponential(-0.7 - 5 * generator.uniform())
    let share = max(generator.uniform(), 1.0 / Double(axes.count))
    let one = Int(generator.uniform() * Double(axes.count))
    for (number, axis) in axes.enumerated() {
      guard generator.uniform() < share || number == one else { continue }
      if axis.isUnordered {
        if generator.uniform() < 0.5 { place[number] = axis.coordinate(at: generator.uniform()) }
        continue
      }
      let step = size * normalQuantile(min(max(generator.uniform(), 1e-12), 1 - 1e-12))
      place[number] = moved(place[number], by: step, along: axis)
    }
    return place
  }

  /// A coordinate moved, by one value at least where there are values; reflected at the ends.
  private func moved(_ coordinate: Double, by step: Double, along axis: BanditAxis) -> Double {
    guard axis.cells == 0 else {
      let next = axis.snapped(coordinate + step)
      guard next == coordinate else { return next }
      return axis.snapped(coordinate + (step < 0 ? -1 : 1) / Double(axis.cells))
    }
    var next = coordinate + step
    if next < 0 { next = -next }
    if next > 1 { next = 2 - next }
    return axis.snapped(next)
  }

  /// A place bred from the pool: near one of the best, or that moved by the difference of two others.
  private mutating func child() -> [Double] {
    let share = generator.uniform()
    let parent = pool[Int(share * share * Double(pool.count))].place
    guard generator.uniform() < 0.5 else { return perturbed(parent) }
    let first = pool[Int(generator.uniform() * Double(pool.count))].place
    let second = pool[Int(generator.uniform() * Double(pool.count))].place
    let factor = 0.3 + 0.7 * generator.uniform()
    var place = parent
    for (number, axis) in axes.enumerated() {
      guard generator.uniform() < 0.7 else { continue }
      if axis.isUnordered {
        place[number] = generator.uniform() < factor ? first[number] : parent[number]
      } else {
        place[number] = axis.snapped(parent[number] + factor * (first[number] - second[number]))
      }
    }
    return place
  }

  // MARK: - Steps along axes

  /// The best of the pool that are not near each other.
  private func apart(_ count: Int) -> [Candidate] {
    var chosen: [Candidate] = []
    for candidate in pool where chosen.count < count {
      let isNear = chosen.contains { other in
        axes.indices.allSatisfy { abs(other.place[$0] - candidate.place[$0]) < 0.1 }
      }
      if !isNear { chosen.append(candidate) }
    }
    return chosen
  }

  /// Steps to the best neighbour along an axis, in smaller and smaller steps once there is none.
  private mutating func climb(from start: Candidate) {
    var current = start
    var step = 0.1
    var rounds = 0
    while step > 5e-4, rounds < 24 {
      rounds += 1
      var neighbours: [[Double]] = []
      for (number, axis) in axes.enumerated() {
        func add(_ coordinate: Double) {
          guard coordinate != current.place[number] else { return }
          var place = current.place
          place[number] = coordinate
          neighbours.append(place)
        }
        if !axis.isUnordered {
          add(moved(current.place[number], by: step, along: axis))
          add(moved(current.place[number], by: -step, along: axis))
        } else if rounds == 1 || step < 2e-3 {
          for value in 0..<min(axis.cells, 16) { add(Double(value)) }
        }
      }
      consider(neighbours)
      if let best = pool.first, best.score > current.score, neighbours.contains(best.place) {
        current = best
      } else {
        step /= 3
      }
    }
  }
}
