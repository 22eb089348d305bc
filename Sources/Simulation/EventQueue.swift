/// What is going to happen in a simulated cluster, the earliest first; of what happens at the same time, what was
/// announced first.
///
/// Whatever can happen has a place of its own, and happens once at most until it is announced again. That makes a
/// tournament cheaper than a heap: over the places stands a tree whose nodes name the earlier of their two children, and
/// an announcement is played up one path of it, with no branch that a processor could guess wrong.
///
/// Complexity: O(log places), but for ``first``, which is O(1). Source: Knuth, TAOCP 3, section 5.4.1.
struct EventQueue {
  /// Above the bits of a time, which is not negative, so that they are ordered as the times are; below, the number of the
  /// announcement.
  private typealias Key = UInt128

  /// Later than everything.
  private static var never: Key { .max }

  private var keys: [Key]
  /// The root is node 1, the children of node n are 2n and 2n + 1, and the last half of the nodes are the places.
  private var winners: [Int32]
  private var announced: UInt64 = 0

  /// - Parameter places: how many things can be about to happen at once; at least 1.
  init(places: Int) {
    var width = 1
    while width < places { width *= 2 }
    keys = Array(repeating: Self.never, count: width)
    winners = Array(repeating: 0, count: 2 * width)
    for place in 0..<width { winners[width + place] = Int32(place) }
    for node in (1..<width).reversed() { winners[node] = winners[2 * node] }
  }

  /// The next thing to happen, and when; nil where nothing will.
  var first: (place: Int, time: Double)? {
    let place = Int(winners[1])
    let key = keys[place]
    return key == Self.never ? nil : (place, Double(bitPattern: UInt64(truncatingIfNeeded: key >> 64)))
  }

  /// Announces that `place` happens at `time`, and at no other.
  mutating func announce(_ place: Int, at time: Double) {
    precondition(time.sign == .plus && !time.isNaN, "nothing can happen at \(time)")
    keys[place] = Key(time.bitPattern) << 64 | Key(announced)
    announced += 1
    Self.play(place, keys, &winners)
  }

  /// Says that `place` does not happen.
  mutating func cancel(_ place: Int) {
    keys[place] = Self.never
    Self.play(place, keys, &winners)
  }

  private static func play(_ place: Int, _ keys: [Key], _ winners: inout [Int32]) {
    let keys = keys.span
    var winners = winners.mutableSpan
    var winner = Int32(place)
    var best = keys[place]
    var node = keys.count + place
    // Every node below 2·count is there, and names a place.
    while node > 1 {
      let rival = unsafe winners[unchecked: node ^ 1]
      let key = unsafe keys[unchecked: Int(rival)]
      let isBeaten = key < best
      winner = isBeaten ? rival : winner
      best = isBeaten ? key : best
      node >>= 1
      unsafe winners[unchecked: node] = winner
    }
  }
}
