internal import Glibc
internal import Tables

/// What trees are grown for: XGBoost's objective, and what its margins mean.
enum TreeTask: Hashable, Sendable {
  case regression
  case twoClasses
  case classes(Int)

  init(_ target: Preprocessing.Target) {
    switch target {
    case .number: self = .regression
    case .classes(let names): self = names.count == 2 ? .twoClasses : .classes(names.count)
    }
  }

  /// How many margins a row has.
  var outputCount: Int { if case .classes(let count) = self { count } else { 1 } }

  /// XGBoost's parameters.
  ///
  /// - Parameter meanTarget: where a regression begins.
  func parameters(meanTarget: Float) -> [(name: String, value: String)] {
    switch self {
    case .regression: [("objective", "reg:squarederror"), ("base_score", "\(meanTarget)")]
    case .twoClasses: [("objective", "binary:logistic"), ("base_score", "0.5")]
    case .classes(let count): [("objective", "multi:softprob"), ("num_class", "\(count)"), ("base_score", "0.5")]
    }
  }

  /// Every margin where no tree is.
  func baseMargin(meanTarget: Float) -> Float {
    switch self {
    case .regression: meanTarget
    case .twoClasses: 0
    case .classes: 0.5
    }
  }

  /// The first and second derivatives of the loss where no tree is, as XGBoost's objectives have them.
  func derivatives(
    labels: [Float], meanTarget: Float, positiveWeight: Float
  ) -> (gradients: [Float], hessians: [Float]) {
    switch self {
    case .regression:
      return (labels.map { meanTarget - $0 }, [Float](repeating: 1, count: labels.count))
    case .twoClasses:
      let weights = labels.map { $0 == 1 ? positiveWeight : 1 }
      return (zip(labels, weights).map { (0.5 - $0) * $1 }, weights.map { 0.25 * $0 })
    case .classes(let count):
      let share = 1 / Float(count)
      var gradients = [Float](repeating: share, count: labels.count * count)
      for (row, label) in labels.enumerated() { gradients[row * count + Int(label)] -= 1 }
      return (gradients, [Float](repeating: 2 * share * (1 - share), count: gradients.count))
    }
  }

  /// The loss and the error of some rows.
  ///
  /// - Parameters:
  ///   - labels: classes as their places; for a regression the targets.
  ///   - deviation: of the targets of the training part.
  func evaluate(margins: [Float], labels: [Float], deviation: Double) -> Evaluation {
    let outputs = outputCount
    var loss = 0.0
    var wrong = 0
    for (row, label) in labels.enumerated() {
      switch self {
      case .regression:
        let distance = Double(margins[row]) - Double(label)
        loss += distance * distance
      case .twoClasses:
        let towards = label == 1 ? Double(margins[row]) : -Double(margins[row])
        loss += max(0, -towards) + log1p(exp(-towards.magnitude))
        // A margin of 0 is the first class, as in a list of probabilities.
        if (margins[row] > 0) != (label == 1) { wrong += 1 }
      case .classes:
        let own = margins[(row * outputs)..<((row + 1) * outputs)].map(Double.init)
        let peak = own.reduce(-.infinity, Swift.max)
        loss += log(own.reduce(0) { $0 + exp($1 - peak) }) + peak - own[Int(label)]
        if own.indices.reduce(0, { own[$1] > own[$0] ? $1 : $0 }) != Int(label) { wrong += 1 }
      }
    }
    let count = Double(labels.count)
    guard self == .regression else {
      return Evaluation(loss: loss / count, error: Double(wrong) / count, count: labels.count)
    }
    return Evaluation(
      loss: loss / count / (deviation * deviation), error: (loss / count).squareRoot(), count: labels.count)
  }

  /// The probabilities of all classes, row by row.
  func probabilities(margins: [Float]) -> [[Float]] {
    switch self {
    case .regression: []
    case .twoClasses:
      margins.map { margin in
        let second = 1 / (1 + exp(-Double(margin)))
        return [Float(1 - second), Float(second)]
      }
    case .classes(let count):
      stride(from: 0, to: margins.count, by: count).map { first in
        let own = margins[first..<(first + count)].map(Double.init)
        let peak = own.reduce(-.infinity, Swift.max)
        let powers = own.map { exp($0 - peak) }
        let sum = powers.reduce(0, +)
        return powers.map { Float($0 / sum) }
      }
    }
  }
}
