internal import TuningTypes

/// Which resources' results a model is made from, and how much each counts.
///
/// The reference is the highest resource with enough results, if it is not too low to be trusted unseen. Lower resources have results
/// sooner and more of them. How well each predicts the reference is measured on the trials that have both: it counts for all if their
/// orders agree well, and not at all if they don't. Until there is a reference nothing is modelled, or, where the study wants it, the
/// lower ones count without proof, and the model is given little choice.
///
/// Only trials that were good at the lower resource have both, which makes agreement look smaller than it is over all.
///
/// Source: the weights are after Li et al., *Hyper-Tune* (VLDB 2022), which measures how a model of each resource orders the
/// results of the highest.
package struct ModelledLevels: Sendable {
  /// Of the reference alone the better share is good; of the others the better half, as they only have to keep out what is bad.
  struct Part: Sendable {
    let level: ObservedLevel
    let isReference: Bool
    let weight: Double
  }

  /// The highest resource first.
  var parts: [Part] = []
  /// Whether the reference has many results.
  var isSettled = false

  /// At most so many resources are modelled, each at most half of the one above.
  static let most = 3
  /// A reference above other resources needs so many results, if there are not more hyperparameters.
  static let fewestOfReference = 10
  /// The reference has many results.
  static let manyOfReference = 20
  /// So many trials are compared.
  static let mostCompared = 128
  /// Agreement counts as if it had been `expected` on so many more trials.
  private static let (expected, expectedTrials) = (0.1, 10.0)
  /// A resource with an agreement up to this has no weight, and from that on its full one.
  private static let (least, full) = (0.1, 0.3)

  /// A resource's weight by its agreement with the reference.
  package static func weight(tau: Double, trials: Int) -> Double {
    let count = Double(trials)
    let believed = (tau * count + expected * expectedTrials) / (count + expectedTrials)
    return min(max((believed - least) / (full - least), 0), 1)
  }
}

extension ModelledLevels {
  /// - Parameter levels: the lowest first.
  /// - Complexity: O(``mostCompared``²) for each of the levels that are at most half of the next.
  init(of levels: [ObservedLevel], histories: LossHistories, axes: Int, options: KernelDensityOptions) {
    let lowest = options.modelFrom ?? 0
    let reference = levels.indices.last {
      levels[$0].resource >= lowest
        && DensityModel.isEnough(levels[$0], axes: axes, isAboveOthers: options.lowerRungs != .never && $0 > 0)
    }
    var compared: [TrialID] = []
    if let reference {
      parts = [Part(level: levels[reference], isReference: true, weight: 1)]
      isSettled = levels[reference].count >= Self.manyOfReference
      compared = levels[reference].sample.first(Self.mostCompared)
    }
    switch options.lowerRungs {
    case .always: break
    case .proven: guard reference != nil else { return }
    case .never: return
    }
    var above = parts.first?.level.resource.rawValue ?? .max
    for level in levels[..<(reference ?? levels.count)].reversed() where parts.count < Self.most {
      guard level.resource.rawValue <= above / 2, DensityModel.isEnough(level, axes: axes, isAboveOthers: false) else {
        continue
      }
      above = level.resource.rawValue
      var weight = 1.0
      if let reference {
        let found = histories.agreement(of: level.resource, with: levels[reference].resource, among: compared)
        weight = Self.weight(tau: found.tau, trials: found.trials)
      }
      if weight > 0 { parts.append(Part(level: level, isReference: false, weight: weight)) }
    }
  }
}
