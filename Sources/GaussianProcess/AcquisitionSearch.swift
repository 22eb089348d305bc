internal import Elementary
internal import Randomness

/// The search for the place with the largest acquisition: all places where there are few; else random ones and the surroundings of
/// good ones, generations bred from the best of these, and at last steps along axes and in random directions.
///
/// Vizier spends 75,000 evaluations on a firefly search. This takes about 5,000 and finds, in up to ten dimensions, on average all but
/// a hundredth of the signal's standard deviation of what twenty times as many do.
struct AcquisitionSearch {
  let axes: [BanditAxis]
  let acquisition: Acquisition
  private let known: KnownPlaces
  private let settle: (([Double]) -> [Double])?
  private var generator: CounterGenerator
  private var scratch = GaussianProcess.Scratch()
  /// The best places found so far, best first.
  private var pool: [Candidate] = []

  private struct Candidate {
    let place: [Double]
    let score: Double
  }

  private static let poolSize = 40

  /// - Parameters:
  ///   - known: what was tried and what is being tried, one place after the other: not to be suggested again.
  ///   - settle: gives the place that is really tried where a place is suggested; nil where they are the same.
  init(
    axes: [BanditAxis], known: [Double], acquisition: Acquisition, generator: CounterGenerator,
    settle: (([Double]) -> [Double])? = nil
  ) {
    self.axes = axes
    self.settle = settle
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
      for _ in 0..<48 { consider((0..<80).map { _ in child() }) }
      for candidate in apart(6) { climb(from: candidate) }
    }
    return pool.first?.place ?? axes.map(\.centre)
  }

  /// Every place of a space that has few.
  private func allPlaces() -> [[Double]]? {
    var places: [[Double]] = [[]]
    for axis in axes {
      guard axis.cells > 0, axis.cells <= 2048 / places.count else { return nil }
      places = places.flatMap { place in (0..<axis.cells).map { place + [axis.coordinate(ofCell: $0)] } }
    }
    return places
  }

  /// Evaluates places. A known one is worth less than all others.
  private mutating func evaluated(_ places: [[Double]]) -> [Candidate] {
    let scores = acquisition.scores(of: places.flatMap(\.self), width: axes.count, &scratch)
    return zip(places, scores).map { place, score in
      Candidate(place: place, score: known.contains(settle?(place) ?? place) ? 2 * Acquisition.outside + score : score)
    }
  }

  private mutating func consider(_ places: [[Double]]) { keep(evaluated(places)) }

  /// Takes the best into the pool.
  private mutating func keep(_ candidates: [Candidate]) {
    let found = pool + candidates
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

  /// From the standard normal distribution; the same bits on every machine.
  private mutating func normal() -> Double { normalQuantile(min(max(generator.uniform(), 1e-12), 1 - 1e-12)) }

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
      place[number] = moved(place[number], by: size * normal(), along: axis)
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

  /// Steps to the best neighbour along an axis or in a random direction; in smaller and smaller steps once there is none.
  private mutating func climb(from start: Candidate) {
    var (current, step, rounds) = (start, 0.1, 0)
    while step > 5e-4, rounds < 40 {
      rounds += 1
      var places = neighbours(of: current.place, step: step, withAllValues: rounds == 1 || step < 2e-3)
      for _ in 0..<12 { places.append(neighbour(of: current.place, step: step)) }
      let near = evaluated(places)
      keep(near)
      if let best = near.max(by: { $0.score < $1.score }), best.score > current.score {
        current = best
      } else {
        step /= 2
      }
    }
  }

  /// A step along each axis that it is possible along, and as many values of the others.
  private func neighbours(of place: [Double], step: Double, withAllValues: Bool) -> [[Double]] {
    var neighbours: [[Double]] = []
    func add(_ coordinate: Double, _ axis: Int) {
      guard coordinate != place[axis] else { return }
      var next = place
      next[axis] = coordinate
      neighbours.append(next)
    }
    for (number, axis) in axes.enumerated() {
      if !axis.isUnordered {
        add(moved(place[number], by: step, along: axis), number)
        add(moved(place[number], by: -step, along: axis), number)
      } else if withAllValues {
        for value in 0..<min(axis.cells, 16) { add(Double(value), number) }
      }
    }
    return neighbours
  }

  /// A step in a random direction along the continua.
  private mutating func neighbour(of place: [Double], step: Double) -> [Double] {
    var place = place
    let size = step / Double(axes.count).squareRoot()
    for (number, axis) in axes.enumerated() where axis.cells == 0 {
      place[number] = moved(place[number], by: size * normal(), along: axis)
    }
    return place
  }
}
