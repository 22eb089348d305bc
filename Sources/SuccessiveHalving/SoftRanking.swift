internal import HeapModule
internal import TuningTypes

/// Whether the trials of the top rung rank there as they ranked in the rung below, give or take ε.
///
/// The ranking is *settled* if at each place the trial that has it in the top rung had a loss in the rung below that differs
/// by at most ε from the loss of the trial which had that place there.
///
/// ε is how much losses differ between trials whose order is noise: those that *criss-cross*, which are in one order at the
/// top, were in the other order in a lower rung, and in the first again in one below that. It is the 90th percentile
/// (interpolated between neighbours) of |difference of their losses in the top rung| over all such pairs. While there is
/// no such pair in a top rung, ε stays as it was; at first it is 0.
///
/// Source: Bohdal et al., *PASHA* (arXiv 2207.06940), and its implementation in Syne Tune. What differs: they
/// look for criss-crossing in every epoch; a trial here reports at its rungs only, so that ε stays 0 until the top rung is
/// rung 2. Ladders that name their rungs closely make up for that.
struct SoftRanking: Sendable {
  /// The trials of the top rung, by their losses there.
  private var atTop: [RankedTrial] = []
  /// The same trials, by their losses in the rung below.
  private var below: [RankedTrial] = []
  /// For each of `atTop`, its loss in the rung below.
  private var previous: [Double] = []
  private var distances = UpperDecile()
  private(set) var epsilon: Double

  init(epsilon: Double = 0) { self.epsilon = epsilon }

  var count: Int { atTop.count }

  /// O(m).
  var isSettled: Bool {
    atTop.indices.allSatisfy {
      atTop[$0].trial == below[$0].trial || abs(previous[$0] - below[$0].loss.value) <= epsilon
    }
  }

  /// Takes in a trial that has just completed the top rung. O(m·(rungs + log m)).
  mutating func add(_ trial: TrialID, top: Int, _ rungs: [Rung]) {
    guard let loss = rungs[top].loss(of: trial), let before = rungs[top - 1].loss(of: trial) else { return }
    for other in atTop where Self.crissCross(trial, other.trial, top: top, rungs) {
      distances.insert(abs(loss.value - other.loss.value))
    }
    if let value = distances.value { epsilon = value }
    let ranked = RankedTrial(trial: trial, loss: loss)
    let place = atTop.firstIndex { ranked < $0 } ?? atTop.endIndex
    atTop.insert(ranked, at: place)
    previous.insert(before.value, at: place)
    let rankedBelow = RankedTrial(trial: trial, loss: before)
    below.insert(rankedBelow, at: below.firstIndex { rankedBelow < $0 } ?? below.endIndex)
  }

  /// Begins with an empty top rung; ε stays until pairs in it say otherwise.
  mutating func startAgain() { self = SoftRanking(epsilon: epsilon) }

  /// Whether two trials were in the other order in some rung below the top, and before that in the order they have now.
  private static func crissCross(_ a: TrialID, _ b: TrialID, top: Int, _ rungs: [Rung]) -> Bool {
    let now = order(a, b, in: rungs[top])
    guard now != 0 else { return false }
    var hasSwapped = false
    for rung in (0..<top).reversed() {
      let then = order(a, b, in: rungs[rung])
      if then == -now { hasSwapped = true }
      if hasSwapped, then == now { return true }
    }
    return false
  }

  /// -1 where `a` is better, 1 where `b` is, 0 where they are equal or one of them diverged.
  private static func order(_ a: TrialID, _ b: TrialID, in rung: Rung) -> Int {
    guard let one = rung.loss(of: a), let other = rung.loss(of: b), one.isFinite, other.isFinite else { return 0 }
    return one < other ? -1 : other < one ? 1 : 0
  }
}

/// The 90th percentile of a growing collection, interpolated between neighbours. O(log n) a number.
struct UpperDecile: Sendable {
  /// The lower ⌊0.9·(n − 1)⌋ + 1 numbers.
  private var lower = Heap<Double>()
  private var upper = Heap<Double>()

  var value: Double? {
    guard let low = lower.max else { return nil }
    let ninths = 9 * (lower.count + upper.count - 1)
    guard !ninths.isMultiple(of: 10), let high = upper.min, high > low else { return low }
    return low + (high - low) * Double(ninths % 10) / 10
  }

  mutating func insert(_ number: Double) {
    if let low = lower.max, low < number { upper.insert(number) } else { lower.insert(number) }
    let size = 9 * (lower.count + upper.count - 1) / 10 + 1
    if lower.count < size, let least = upper.popMin() { lower.insert(least) }
    if lower.count > size, let greatest = lower.popMax() { upper.insert(greatest) }
  }
}
