internal import HeapModule

/// What a ``TopSet`` has to ask about its elements, which themselves do not know.
package protocol TopSetStatuses<Element> {
  associatedtype Element

  /// Whether the element was erased after it was inserted.
  func isErased(_ element: Element) -> Bool

  /// Whether the element was taken by `TopSet.takeBest(_:)`.
  func isTaken(_ element: Element) -> Bool
}

/// The best *m* elements of a changing collection, where some have been taken and stay, and the best one not taken yet.
///
/// Three heaps: the elements of the top that can be taken (a min-max heap: the best leaves when it is taken, the worst
/// when it is displaced), those of the top that were taken (only the worst ever leaves), and the rest (only the best
/// does). Every element of the top is less than every element of the rest. An erased element stays in its heap as a
/// tombstone and is dropped when it comes to light; while there is none, nobody looks for one.
///
/// Complexity: each method O(log n), amortised over the growth of arrays; `resize(to:_:)` O(log n) for each step
/// between the old size and the new. Whoever moves the limit by one at a time, as a rung does, pays O(log n) a step.
package struct TopSet<Element: Comparable & Sendable>: Sendable {
  /// In the top and not taken. Its best is never a tombstone.
  var candidates = Heap<Element>()
  /// In the top and taken.
  var taken = Heap<Element>()
  /// Below the top, taken or not.
  var rest = Heap<Element>()
  /// How many elements the top has.
  package private(set) var topCount = 0
  /// How many elements there are.
  package private(set) var count = 0
  /// How many erased elements are still in a heap.
  package private(set) var tombstones = 0

  package init() {}

  /// The best element of the top that was not taken. O(1).
  package var best: Element? { candidates.min }

  /// The worst element of the top, taken or not. O(1) where nothing was erased.
  package mutating func worst(_ statuses: some TopSetStatuses<Element>) -> Element? { worstOfTop(statuses) }

  /// The best element below the top. O(1) where nothing was erased.
  package mutating func bestBelow(_ statuses: some TopSetStatuses<Element>) -> Element? {
    dropErasedBestOfRest(statuses)
    return rest.min
  }

  /// Adds an element that is neither taken nor erased. The top may be one too large until it is resized.
  package mutating func insert(_ element: Element, _ statuses: some TopSetStatuses<Element>) {
    count += 1
    if let worst = worstOfTop(statuses), element < worst {
      topCount += 1
      candidates.insert(element)
    } else {
      rest.insert(element)
    }
  }

  /// Takes the best element of the top that was not taken. It stays in the top.
  package mutating func takeBest(_ statuses: some TopSetStatuses<Element>) -> Element? {
    guard let best = candidates.popMin() else { return nil }
    taken.insert(best)
    dropErasedBest(statuses)
    return best
  }

  /// Counts out an element that `statuses` is about to call erased. To be followed by `resize(to:_:)`, with the new
  /// statuses.
  package mutating func willErase(_ element: Element, _ statuses: some TopSetStatuses<Element>) {
    if let worst = worstOfTop(statuses), !(worst < element) { topCount -= 1 }
    count -= 1
    tombstones += 1
  }

  /// Makes the top the best `limit` elements, or all if they are fewer.
  package mutating func resize(to limit: Int, _ statuses: some TopSetStatuses<Element>) {
    let size = min(limit, count)
    while topCount > size { shrink(statuses) }
    while topCount < size { grow(statuses) }
    dropErasedBest(statuses)
  }
}

extension TopSet {
  /// Moves the worst element of the top to the rest.
  private mutating func shrink(_ statuses: some TopSetStatuses<Element>) {
    dropErasedWorst(statuses)
    let worst: Element?
    if let waiting = candidates.max {
      if let gone = taken.max, waiting < gone { worst = taken.popMax() } else { worst = candidates.popMax() }
    } else {
      worst = taken.popMax()
    }
    guard let worst else { preconditionFailure("the top has fewer elements than it counts") }
    rest.insert(worst)
    topCount -= 1
  }

  /// Moves the best element of the rest to the top.
  private mutating func grow(_ statuses: some TopSetStatuses<Element>) {
    dropErasedBestOfRest(statuses)
    guard let best = rest.popMin() else { preconditionFailure("the rest has fewer elements than it counts") }
    if statuses.isTaken(best) { taken.insert(best) } else { candidates.insert(best) }
    topCount += 1
  }

  private mutating func worstOfTop(_ statuses: some TopSetStatuses<Element>) -> Element? {
    dropErasedWorst(statuses)
    guard let waiting = candidates.max else { return taken.max }
    guard let gone = taken.max else { return waiting }
    return max(waiting, gone)
  }

  private mutating func dropErasedBestOfRest(_ statuses: some TopSetStatuses<Element>) {
    guard tombstones > 0 else { return }
    while let best = rest.min, statuses.isErased(best) {
      rest.removeMin()
      tombstones -= 1
    }
  }

  private mutating func dropErasedBest(_ statuses: some TopSetStatuses<Element>) {
    guard tombstones > 0 else { return }
    while let best = candidates.min, statuses.isErased(best) {
      candidates.removeMin()
      tombstones -= 1
    }
  }

  private mutating func dropErasedWorst(_ statuses: some TopSetStatuses<Element>) {
    guard tombstones > 0 else { return }
    while let worst = candidates.max, statuses.isErased(worst) {
      candidates.removeMax()
      tombstones -= 1
    }
    while let worst = taken.max, statuses.isErased(worst) {
      taken.removeMax()
      tombstones -= 1
    }
  }
}
